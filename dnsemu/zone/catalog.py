"""The catalog: every hosted zone and resource that is answered from."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from immutables import Map

from dnsemu.config import names
from dnsemu.config.names import DName
from dnsemu.zone.compiled import Zone
from dnsemu.zone.lookup import Found, Hit, NoData, lookup
from dnsemu.zone.resources import CompiledResource

MAX_FOUND = 4096


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every hosted zone by name; never changes once published.

    `resources` are the declared ones by each of their names; each has its zone among the others.
    """

    zones: Map[DName, Zone]
    resources: Map[DName, CompiledResource] = field(default_factory=Map)
    _found: dict[tuple[DName, int], Hit | NoData] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was found for names that exist, so many: what is asked once is often asked again."""

    @classmethod
    def of(cls, zones: Iterable[Zone], resources: Iterable[CompiledResource] = ()) -> "Catalog":
        """A catalog of these; of two zones with one name the later answers, a hosted one before a resource's (R41)."""
        compiled = tuple(resources)
        everything = (*(resource.zone for resource in compiled), *zones)
        return cls(Map((zone.name, zone) for zone in everything), _by_name(compiled))

    def with_zone(self, zone: Zone) -> "Catalog":
        """The same with a zone, in place of whichever has its name."""
        return replace(self, zones=self.zones.set(zone.name, zone))

    def without_zone(self, name: DName) -> "Catalog":
        """The same without the zone of a name; a resource's own comes back where it was covered (R41)."""
        zones = self.zones.delete(name)
        resource = self.resources.get(name)
        return replace(self, zones=zones.set(name, resource.zone) if resource is not None else zones)

    def alone(self, zone: Zone) -> "Catalog":
        """Nothing but one zone, with the resources that its aliases lead to."""
        return replace(self, zones=Map({zone.name: zone}))

    def with_resources(self, resources: Iterable[CompiledResource]) -> "Catalog":
        """The same with newer states of some of the resources."""
        return replace(self, resources=self.resources.update(_by_name(resources)))

    def zone_of(self, name: DName) -> Zone | None:
        """The hosted zone with the longest name that `name` equals or lies below (R41)."""
        get = self.zones.get
        while (zone := get(name)) is None and name != names.ROOT:
            name = names.parent(name)
        return zone

    def resource(self, name: DName) -> CompiledResource | None:
        """The declared resource of exactly this name."""
        return self.resources.get(name)

    node = staticmethod(Zone.node)
    cut_above = staticmethod(Zone.cut_above)
    closest_encloser = staticmethod(Zone.closest_encloser)
    group = staticmethod(Zone.group)

    def lookup(self, name: DName, type_: int) -> Found:
        """Looks a question of class IN up, as `dnsemu.zone.lookup` does; what exists is remembered."""
        key = name, type_
        known = self._found.get(key)
        if known is not None:
            return known
        found = lookup(self, name, type_)
        if isinstance(found, Hit | NoData) and found.node == name and len(self._found) < MAX_FOUND:
            self._found[key] = found
        return found


def _by_name(resources: Iterable[CompiledResource]) -> Map[DName, CompiledResource]:
    return Map((name, resource) for resource in resources for name in resource.names)
