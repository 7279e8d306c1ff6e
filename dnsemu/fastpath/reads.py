"""Recording readers: note everything that an answer reads, so that a change drops exactly the answers that it affects.

The look-up of an absent name is a read too, since the name may be created.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Any

from dnsemu.config import names
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot
from dnsemu.policies.model import Group
from dnsemu.publication.board import Difference
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import Node, Zone
from dnsemu.zone.resources import CompiledResource


class ReadKind(IntEnum):
    """The first part of a key that is not a name in a zone. The key of a name in a zone is (zone's name, name)."""

    ZONE = 0
    RESOURCE = 1
    CHECK = 2
    CLIENT = 3


ReadKey = tuple[Any, Any]
"""One thing that an answer can read and a change can alter."""

CLIENT: ReadKey = (ReadKind.CLIENT, None)


def keys_of(difference: Difference) -> Iterator[ReadKey]:
    """Yields the keys of everything that differs."""
    for name in difference.zones:
        yield ReadKind.ZONE, name
    yield from difference.names
    for name in difference.resources:
        yield ReadKind.RESOURCE, name
    if difference.clients:
        yield CLIENT


def check_key(check: HealthCheckId) -> ReadKey:
    """Returns the key of a health check's status."""
    return ReadKind.CHECK, check


class RecordingCatalog:
    """A `CatalogReader` that adds the keys of its reads to a set."""

    def __init__(self, catalog: Catalog, keys: set[ReadKey]) -> None:
        self._catalog = catalog
        self._keys = keys

    def zone_of(self, name: DName) -> Zone | None:
        """As `Catalog.zone_of`; reads each possible zone name up to the one found.

        It also reads that zone's apex, since answers carry its NS or SOA.
        """
        zone = self._catalog.zone_of(name)
        for ancestor in names.ancestors(name):
            self._keys.add((ReadKind.ZONE, ancestor))
            if zone is not None and ancestor == zone.name:
                self._keys.add((ancestor, ancestor))
                break
        return zone

    def node(self, zone: Zone, name: DName) -> Node | None:
        """As `Zone.node`; reads the name."""
        self._keys.add((zone.name, name))
        return zone.node(name)

    def cut_above(self, zone: Zone, name: DName) -> DName | None:
        """As `Zone.cut_above`; reads each name below the apex, since a delegation may be created there."""
        for ancestor in names.ancestors(name):
            if ancestor == zone.name:
                break
            self._keys.add((zone.name, ancestor))
        return zone.cut_above(name)

    def closest_encloser(self, zone: Zone, name: DName) -> DName:
        """As `Zone.closest_encloser`; reads each name up to the one found."""
        found = zone.closest_encloser(name)
        for ancestor in names.ancestors(names.parent(name)):
            self._keys.add((zone.name, ancestor))
            if ancestor == found:
                break
        return found

    def group(self, zone: Zone, name: DName, type: RRType) -> Group | None:
        """As `Zone.group`; reads the name."""
        self._keys.add((zone.name, name))
        return zone.group(name, type)

    def resource(self, name: DName) -> CompiledResource | None:
        """As `Catalog.resource`; reads the resource."""
        self._keys.add((ReadKind.RESOURCE, name))
        return self._catalog.resource(name)


class RecordingHealth:
    """A `HealthReader` that adds the keys of its reads to a set."""

    def __init__(self, health: HealthSnapshot, keys: set[ReadKey]) -> None:
        self._health = health
        self._keys = keys

    @property
    def generation(self) -> int:
        """As `HealthSnapshot.generation`; no answer depends on it."""
        return self._health.generation

    def is_healthy(self, check: HealthCheckId | None) -> bool:
        """As `HealthSnapshot.is_healthy`; reads the health check."""
        if check is not None:
            self._keys.add(check_key(check))
        return self._health.is_healthy(check)
