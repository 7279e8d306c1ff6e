"""Finds everything that fails with a failure domain: health checks, resource targets, record sets.

Forced statuses and what-if call the same pure function, so they agree. A Region contains:

- record sets whose latency or geoproximity routing names it;
- resources in it, with their targets, and the aliases that lead straight to them;
- everything that these record sets lead to, along aliases and CNAMEs, except record sets of other Regions, and failover
  secondaries, which take over. A resource without a Region (a global service) fails with the record set above it.

An Availability Zone contains the targets in it. An address or a network contains the health checks that probe it, and
the targets and record sets that answer it, targets given by host name too.

A target fails with or without a health check: it has a status under its own id. A record set without a health check
goes on answering, as in Route 53 (R114).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from ipaddress import ip_address, ip_network

from dnsemu.config.model.addresses import IPNetwork
from dnsemu.config.model.batches import Steps, batches
from dnsemu.config.model.health_checks import EndpointCheck, HealthCheck, HealthCheckId
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.resources import Resource, Target
from dnsemu.config.model.routing import Geoproximity, Latency
from dnsemu.config.model.world import World
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.faults.patterns import Pattern, PatternKind
from dnsemu.faults.unchecked import UncheckedSearch, takes_down
from dnsemu.faults.zone_search import (
    SearchedZone,
    below,
    is_secondary,
    region_of,
    regions_of,
    resource_of,
    searched_zones,
)
from dnsemu.zone.catalog import Catalog

GROUPS_PER_STEP = 100
"""Groups of record sets, or resources, that are looked at without a pause."""
CHECKS_PER_STEP = 200
"""Health checks that are compared with one pattern without a pause."""
DOMAINS_PER_STEP = 4
"""With more domains, fewer groups are looked at without a pause."""

_REGIONAL = (Latency, Geoproximity)


@dataclass(frozen=True, slots=True)
class DomainContents:
    """Everything that fails with a failure domain; record sets and targets with or without a health check.

    `targets` are by their ids; `lost_targets` are those that no health check takes down. `unchecked` are the record
    sets that no health check takes down, so that they go on answering (R114).
    """

    health_checks: Mapping[HealthCheckId, HealthCheck]
    targets: Mapping[HealthCheckId, tuple[Resource, Target]]
    record_sets: tuple[RecordSet, ...]
    lost_targets: frozenset[HealthCheckId] = frozenset()
    unchecked: tuple[RecordSet, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True if nothing fails with the domain."""
        return not (self.health_checks or self.targets or self.record_sets)

    @property
    def failing(self) -> frozenset[HealthCheckId]:
        """The health checks and targets whose statuses become unhealthy."""
        return self.lost_targets.union(self.health_checks)

    @property
    def endpoints(self) -> tuple[EndpointCheck, ...]:
        """The endpoints that the health checks probe."""
        configs = (check.config for check in self.health_checks.values())
        return tuple(config for config in configs if isinstance(config, EndpointCheck))


def domain_contents(
    patterns: Iterable[Pattern], world: World, catalog: Catalog
) -> Steps[dict[Pattern, DomainContents]]:
    """Finds everything that fails with each pattern, in one pass over all record sets.

    Args:
        catalog: compiled from the World. Hosted zones that it lacks count too, although no query reaches them.
    """
    domains = _Domains(map(_Domain, patterns))
    for domain in domains.all:
        for matching in batches(_matching_checks(domain, world), CHECKS_PER_STEP):
            domain.health_checks.update(check_id for check_id in matching if check_id is not None)
            yield
    if domains.hold_targets:
        yield from _search_resources(catalog, domains)
    if domains.hold_record_sets:
        for zone in searched_zones(world, catalog):
            yield from _search_zone(zone, domains)
    found = {}
    for domain in domains.all:
        contents = domain.contents(world)
        unchecked = yield from _unchecked(domain, contents, world)
        found[domain.pattern] = replace(contents, unchecked=unchecked)
    return found


@dataclass
class _Domain:
    """One pattern and its contents so far; record sets by object identity, which is faster than their keys."""

    pattern: Pattern
    health_checks: set[HealthCheckId] = field(default_factory=set)
    targets: dict[HealthCheckId, tuple[Resource, Target]] = field(default_factory=dict)
    whole: set[DName] = field(default_factory=set)
    """The resources without a Region that fail as a whole."""
    record_sets: dict[int, RecordSet] = field(default_factory=dict)
    entrances: dict[int, tuple[RecordSet, SearchedZone]] = field(default_factory=dict)
    """The record sets that are in the domain by themselves, and not only below another."""

    @cached_property
    def network(self) -> IPNetwork:
        return network_of(self.pattern)

    @cached_property
    def masked(self) -> tuple[RRType, int, int]:
        """The type of record sets that may hold an address of the network, its bits, and the mask of its prefix."""
        type_ = RRType.A if self.network.version == 4 else RRType.AAAA
        return type_, int(self.network.network_address), int(self.network.netmask)

    def add_target(self, target_id: HealthCheckId, resource: Resource, target: Target) -> None:
        self.targets[target_id] = resource, target
        if target.health_check_id is not None:
            self.health_checks.add(target.health_check_id)

    def add_all_targets(self, resource: Resource) -> None:
        if resource.name not in self.whole:
            self.whole.add(resource.name)
            for target, target_id in zip(resource.targets, resource.target_ids, strict=True):
                self.add_target(target_id, resource, target)

    def add(self, record_set: RecordSet) -> None:
        self.record_sets[id(record_set)] = record_set
        if record_set.health_check_id is not None:
            self.health_checks.add(record_set.health_check_id)

    def contents(self, world: World) -> DomainContents:
        checks = world.health_checks
        declared = {check_id: checks[check_id] for check_id in self.health_checks if check_id in checks}
        lost = frozenset(
            id for id, (_, target) in self.targets.items() if not takes_down(target.health_check_id, checks)
        )
        return DomainContents(declared, dict(self.targets), tuple(self.record_sets.values()), lost)


class _ByPlace(dict[str, list[_Domain]]):
    """The domains whose globs match a Region or an Availability Zone, computed at its first use."""

    def __init__(self, domains: Iterable[_Domain]) -> None:
        super().__init__()
        self.domains = tuple(domains)

    def __missing__(self, place: str) -> list[_Domain]:
        found = self[place] = [domain for domain in self.domains if fnmatchcase(place, domain.pattern.text)]
        return found


class _Domains:
    """The domains of one search, by kind."""

    def __init__(self, domains: Iterable[_Domain]) -> None:
        self.all = tuple(domains)
        self.by_region = _ByPlace(self._of_kind(PatternKind.REGION))
        self.by_zone = _ByPlace(self._of_kind(PatternKind.ZONE))
        self.addressed = tuple(self._of_kind(PatternKind.ADDRESS))
        self.hold_record_sets = bool(self.by_region.domains or self.addressed)
        self.hold_targets = self.hold_record_sets or bool(self.by_zone.domains)

    def _of_kind(self, kind: PatternKind) -> Iterator[_Domain]:
        return (domain for domain in self.all if domain.pattern.kind is kind)


def _unchecked(domain: _Domain, contents: DomainContents, world: World) -> Steps[tuple[RecordSet, ...]]:
    """The record sets at the entrances of a domain that go on answering although it is down."""
    search = UncheckedSearch(world.health_checks, contents.failing, domain.record_sets)
    found = []
    for number, (record_set, zone) in enumerate(domain.entrances.values(), 1):
        if zone.is_answering and search.keeps_answering(record_set, zone):
            found.append(record_set)
        if not number % GROUPS_PER_STEP:
            yield
    return tuple(found)


# --- health checks and targets ---


@lru_cache(maxsize=1024)
def network_of(pattern: Pattern) -> IPNetwork:
    """The network that an address pattern names."""
    return ip_network(pattern.text, strict=False)


def _matching_checks(domain: _Domain, world: World) -> Iterator[HealthCheckId | None]:
    """The health checks whose id or name, or whose endpoint's address, the pattern matches; None for the others."""
    if domain.pattern.kind in (PatternKind.CHECK, PatternKind.ADDRESS):
        for check_id, check in world.health_checks.items():
            yield check_id if matches_check(domain.pattern, check) else None


def matches_check(pattern: Pattern, check: HealthCheck) -> bool:
    """True if a pattern matches a health check's id or name, or its endpoint's address."""
    if pattern.kind is PatternKind.CHECK:
        return fnmatchcase(check.id, pattern.text) or fnmatchcase(check.name or "", pattern.text)
    if pattern.kind is PatternKind.ADDRESS:
        address = check.config.ip_address if isinstance(check.config, EndpointCheck) else None
        return address is not None and ip_address(address) in network_of(pattern)
    return False


def _search_resources(catalog: Catalog, domains: _Domains) -> Iterator[None]:
    """Puts the targets of resources into the domains that their Region, Availability Zone or address is in."""
    resources = {compiled.declared.name: compiled for compiled in catalog.resources.values()}
    for number, compiled in enumerate(resources.values(), 1):
        resource = compiled.declared
        in_region = domains.by_region[resource.region] if resource.region is not None else []
        targets = zip(resource.targets, compiled.target_ids, compiled.leaves, strict=True)
        for target, target_id, leaves in targets:
            for domain in (*in_region, *_domains_of(target, leaves, domains)):
                domain.add_target(target_id, resource, target)
        if not number % GROUPS_PER_STEP:
            yield


def _domains_of(target: Target, leaves: Sequence[RecordSet], domains: _Domains) -> Iterator[_Domain]:
    """The Availability Zones of a target, and the networks of its addresses; a host has those that it has now."""
    if target.availability_zone is not None:
        yield from domains.by_zone[target.availability_zone]
    if domains.addressed:
        addresses = [ip_address(leaf.rdata[0]) for leaf in leaves if leaf.type is not RRType.CNAME]
        yield from (d for d in domains.addressed if any(address in d.network for address in addresses))


# --- record sets ---


def _search_zone(zone: SearchedZone, domains: _Domains) -> Iterator[None]:
    """Puts the record sets of a hosted zone into the domains that their Region or addresses are in."""
    networks = [(domain, *domain.masked) for domain in domains.addressed]
    groups_per_step = max(GROUPS_PER_STEP * DOMAINS_PER_STEP // max(len(domains.all), DOMAINS_PER_STEP), 1)
    for number, members in enumerate(zone.groups(), 1):
        if domains.by_region.domains:
            _search_regions(members, zone, domains.by_region)
        if networks:
            _search_networks(members, zone, networks)
        if not number % groups_per_step:
            yield
    yield


def _search_regions(members: Sequence[RecordSet], zone: SearchedZone, by_region: _ByPlace) -> None:
    for record_set in members:
        if record_set.alias is not None or type(record_set.routing) in _REGIONAL:
            for region in regions_of(record_set, zone):
                for domain in by_region[region]:
                    domain.entrances[id(record_set)] = record_set, zone
                    _add_with_all_below(record_set, domain, zone)


def _search_networks(
    members: Sequence[RecordSet], zone: SearchedZone, networks: Sequence[tuple[_Domain, RRType, int, int]]
) -> None:
    for domain, type_, network, mask in networks:
        for record_set in members:
            if record_set.type is type_:
                for rdata in record_set.rdata:
                    if int.from_bytes(rdata, "big") & mask == network:
                        domain.add(record_set)
                        domain.entrances[id(record_set)] = record_set, zone


def _add_with_all_below(first: RecordSet, domain: _Domain, zone: SearchedZone) -> None:
    """Puts a record set that is in a Region into its domain, and what it leads to."""
    waiting = [(first, zone)]
    while waiting:
        record_set, here = waiting.pop()
        if id(record_set) in domain.record_sets:
            continue
        domain.add(record_set)
        resource = resource_of(record_set, here)
        if resource is not None and resource.region is None:
            domain.add_all_targets(resource)
        elif resource is None:
            waiting += (entry for entry in below(record_set, here) if _is_part_of(domain, entry[0]))


def _is_part_of(domain: _Domain, record_set: RecordSet) -> bool:
    """True if a record set below one in the Region fails with it: not if it names another Region or is a secondary."""
    region = region_of(record_set)
    return (region is None or fnmatchcase(region, domain.pattern.text)) and not is_secondary(record_set)
