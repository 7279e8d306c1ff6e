"""What an answer read, noted while it was made: zones by name, names in zones, resources, health checks, the client."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, cast

from immutables import Map

from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.names import DName
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot
from dnsemu.publication.board import Difference
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import Zone


class ReadKind(IntEnum):
    """What a key is about, where it is not a name in a zone: those are (the zone's name, the name)."""

    ZONE = 0
    RESOURCE = 1
    CHECK = 2
    CLIENT = 3


Key = tuple[Any, Any]
"""One thing that can be read, and can change."""

CLIENT: Key = (ReadKind.CLIENT, None)


class Reads:
    """Notes what is read of catalogs and health snapshots that went through it."""

    def __init__(self) -> None:
        self.keys: set[Key] = set()

    def catalog(self, catalog: Catalog) -> Catalog:
        """The same catalog, watched."""
        zones = _Zones(catalog.zones, self)
        resources = _Watched(catalog.resources, lambda name: self.keys.add((ReadKind.RESOURCE, name)))
        return Catalog(cast(Map[DName, Zone], zones), cast(Any, resources))

    def health(self, health: HealthSnapshot) -> HealthSnapshot:
        """The same snapshot, watched."""
        return _WatchedHealth(health.generation, health.status, self.keys)


def keys_of(change: Difference) -> Iterator[Key]:
    """The keys of what changed."""
    for name in change.zones:
        yield ReadKind.ZONE, name
    yield from change.names
    for name in change.resources:
        yield ReadKind.RESOURCE, name
    if change.clients:
        yield CLIENT


def check_key(check: HealthCheckId) -> Key:
    """The key of a health check's status."""
    return ReadKind.CHECK, check


class _Watched:
    """A mapping or a set that tells which of its members are asked for; what is not there counts too."""

    def __init__(self, members: Any, note: Callable[[DName], None]) -> None:
        self._members = members
        self._note = note

    def __bool__(self) -> bool:
        return True  # so that nobody passes by what is empty now

    def __contains__(self, key: DName) -> bool:
        self._note(key)
        return key in self._members

    def __getitem__(self, key: DName) -> Any:
        self._note(key)
        return self._members[key]

    def get(self, key: DName) -> Any:
        """The member, or None."""
        self._note(key)
        return self._members.get(key)


class _Zones:
    """The zones of a catalog, each watched once it is found."""

    def __init__(self, zones: Mapping[DName, Zone], reads: Reads) -> None:
        self._zones = zones
        self._reads = reads
        self._found: dict[DName, Zone] = {}

    def get(self, name: DName) -> Zone | None:
        """The zone of exactly this name."""
        self._reads.keys.add((ReadKind.ZONE, name))
        zone = self._zones.get(name)
        if zone is None:
            return None
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = _watched(zone, self._reads.keys)
        return found


def _watched(zone: Zone, keys: set[Key]) -> Zone:
    apex = zone.name
    keys.add((apex, apex))  # whose NS and SOA go into every answer

    def note(name: DName) -> None:
        keys.add((apex, name))

    return replace(
        zone,
        nodes=cast(Any, _Watched(zone.nodes, note)),
        cuts=cast(Any, _Watched(zone.cuts, note)),
        hidden=cast(Any, _Watched(zone.hidden, note)),
    )


@dataclass(frozen=True, slots=True)
class _WatchedHealth(HealthSnapshot):
    keys: set[Key] | None = None

    def is_healthy(self, check: HealthCheckId | None) -> bool:
        if check is not None and self.keys is not None:
            self.keys.add((ReadKind.CHECK, check))
        return HealthSnapshot.is_healthy(self, check)
