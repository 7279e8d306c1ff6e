"""The catalog: all hosted zones and resources that queries are answered from."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from immutables import Map

from dnsemu.config import names
from dnsemu.config.names import DName
from dnsemu.zone.compiled import Zone
from dnsemu.zone.lookup import Found, Hit, NoData, lookup
from dnsemu.zone.resources import CompiledResource

MAX_MEMO = 4096
"""Questions whose look-up a catalog remembers."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """All hosted zones by name. Immutable; the direct implementation of `CatalogReader`.

    `resources` are the declared AWS resources by each of their names; the zone of each is among `zones`.
    """

    zones: Map[DName, Zone]
    resources: Map[DName, CompiledResource] = field(default_factory=Map)
    _memo: dict[tuple[DName, int], Hit | NoData] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Results for names that exist; the same questions come again."""

    @classmethod
    def of(cls, zones: Iterable[Zone], resources: Iterable[CompiledResource] = ()) -> "Catalog":
        """Makes a catalog. Of two zones with one name the later wins, and a hosted zone over a resource's (R41)."""
        compiled = tuple(resources)
        everything = (*(resource.zone for resource in compiled), *zones)
        return cls(Map((zone.name, zone) for zone in everything), _by_name(compiled))

    def with_zone(self, zone: Zone) -> "Catalog":
        """Returns the catalog with a zone added or replaced, by its name."""
        return replace(self, zones=self.zones.set(zone.name, zone))

    def without_zone(self, name: DName) -> "Catalog":
        """Returns the catalog without the zone of a name; a resource's zone that it covered comes back (R41)."""
        zones = self.zones.delete(name)
        resource = self.resources.get(name)
        return replace(self, zones=zones.set(name, resource.zone) if resource is not None else zones)

    def with_zone_only(self, zone: Zone) -> "Catalog":
        """Returns the catalog with one zone only; resources stay, since aliases lead to them."""
        return replace(self, zones=Map({zone.name: zone}))

    def with_resources(self, resources: Iterable[CompiledResource]) -> "Catalog":
        """Returns the catalog with resources replaced, by their names."""
        return replace(self, resources=self.resources.update(_by_name(resources)))

    def zone_of(self, name: DName) -> Zone | None:
        """Returns the hosted zone with the longest name that `name` equals or lies below (R41)."""
        get = self.zones.get
        while (zone := get(name)) is None and name != names.ROOT:
            name = names.parent(name)
        return zone

    def resource(self, name: DName) -> CompiledResource | None:
        """Returns the declared resource of exactly this name."""
        return self.resources.get(name)

    # The zone's own methods read it directly; as static methods they cost no further call.
    node = staticmethod(Zone.node)
    cut_above = staticmethod(Zone.cut_above)
    closest_encloser = staticmethod(Zone.closest_encloser)
    group = staticmethod(Zone.group)

    def lookup(self, name: DName, type_: int) -> Found:
        """Looks up a question of class IN as `dnsemu.zone.lookup` does; remembers results for names that exist."""
        key = name, type_
        found_before = self._memo.get(key)
        if found_before is not None:
            return found_before
        found = lookup(self, name, type_)
        if isinstance(found, Hit | NoData) and found.node == name and len(self._memo) < MAX_MEMO:
            self._memo[key] = found
        return found


def _by_name(resources: Iterable[CompiledResource]) -> Map[DName, CompiledResource]:
    return Map((name, resource) for resource in resources for name in resource.names)
