"""Compiled AWS resources: the addresses that answer for one, its health, and a zone with its names."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from dnsemu.config import names
from dnsemu.config.aws import name_servers
from dnsemu.config.aws.services import names_of, zones_of
from dnsemu.config.model.addresses import IPAddress, IPVersion
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import AliasTarget, HostedZoneId, RecordSet
from dnsemu.config.model.resources import Resource, ResourceKind, Target
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.policies.model import OneOf, Outcome, ResourceState, Sample, TargetState
from dnsemu.zone.compiled import Zone, compile_zone

MAX_ADDRESSES = 8
"""Addresses in one answer."""

TTL_S = 60
SHORT_TTL_S = 5
_SHORT_TTL_KINDS = (ResourceKind.S3_WEBSITE, ResourceKind.MULTI_AZ_DATABASE)
_ONE_TARGET_GROUP_KINDS = (ResourceKind.CLASSIC_LOAD_BALANCER, ResourceKind.ELASTIC_BEANSTALK)

IsHealthy = Callable[[HealthCheckId], bool]
LookUp = tuple[DName, str, IPVersion]
"""A host, the Region where it is looked up, and the IP version of the address sought."""

Hosts = Mapping[LookUp, IPAddress | None]
"""Addresses of hosts; None where a look-up found none."""

REGION_OF_GLOBAL = "us-east-1"
"""The Region where global services look up hosts."""


@dataclass(frozen=True, slots=True)
class CompiledResource:
    """A compiled AWS resource.

    `leaves` holds the answers of each target: one, two for a host with addresses of both IP versions, none for a host
    without an address so far. `zone` contains only the resource's names, so that queries find them. `unresolved` are
    the targets whose host has no address of either version. `target_ids` are the ids of the targets' statuses.
    """

    declared: Resource
    leaves: tuple[tuple[RecordSet, ...], ...]
    zone: Zone
    unresolved: frozenset[Target] = frozenset()
    target_ids: tuple[HealthCheckId, ...] = ()

    @property
    def names(self) -> tuple[DName, ...]:
        """All names of the resource."""
        return names_of(self.declared)

    @property
    def look_ups(self) -> Iterator[LookUp]:
        """Yields the look-ups of hosts whose addresses are needed; a database answers with the host name itself."""
        if self.declared.kind is not ResourceKind.MULTI_AZ_DATABASE:
            for target in self.declared.targets:
                if target.host is not None:
                    yield from look_ups_of(target.host, self.declared)

    def with_hosts(self, hosts: Hosts) -> "CompiledResource":
        """Returns the resource with the addresses of its hosts, as far as they are known."""
        resource = self.declared
        leaves = tuple(tuple(_leaves(resource, target, hosts)) for target in resource.targets)
        hosted = ((target, target.host) for target in resource.targets if target.host is not None)
        unresolved = (
            target
            for target, host in hosted
            if all(hosts.get(look_up, "") is None for look_up in look_ups_of(host, resource))
        )
        return replace(self, leaves=leaves, unresolved=frozenset(unresolved))

    def state(self, type: RRType, is_healthy: IsHealthy) -> ResourceState:
        """Returns its answers to questions of a type, with these statuses."""
        targets = tuple(
            self._target(target, id, next((leaf for leaf in leaves if leaf.type is type), None), is_healthy)
            for target, id, leaves in zip(self.declared.targets, self.target_ids, self.leaves, strict=True)
        )
        is_healthy_now = counts_as_healthy(self.declared, [target.is_healthy for target in targets])
        return ResourceState(self.declared, targets, is_healthy=is_healthy_now, outcome=self._outcome(targets))

    def _target(self, target: Target, id: HealthCheckId, leaf: RecordSet | None, is_healthy: IsHealthy) -> TargetState:
        is_unresolved, is_lost = target in self.unresolved, not is_healthy(id)
        is_up = target.health_check_id is None or is_healthy(target.health_check_id)
        return TargetState(
            target,
            id,
            is_healthy=is_up and not is_unresolved and not is_lost,
            leaf=leaf,
            is_unresolved=is_unresolved,
            is_lost=is_lost,
        )

    def _outcome(self, targets: Iterable[TargetState]) -> Outcome | None:
        """Up to eight healthy addresses, each equally likely; of all if none is healthy. A database's first host."""
        leaves = [(target.leaf, target.is_healthy) for target in targets if target.leaf is not None]
        pool = [leaf for leaf, is_healthy in leaves if is_healthy] or [leaf for leaf, _ in leaves]
        if not pool:
            return None
        if self.declared.kind is ResourceKind.MULTI_AZ_DATABASE:
            return OneOf.only(pool[0])
        distinct = tuple({leaf.rdata: leaf for leaf in pool}.values())
        return Sample(min(MAX_ADDRESSES, len(distinct)), distinct)


def compile_resource(declared: Resource) -> CompiledResource:
    """Compiles a resource; no host has an address yet."""
    return CompiledResource(declared, (), _zone(declared), target_ids=declared.target_ids).with_hosts({})


def counts_as_healthy(resource: Resource, targets: Iterable[bool]) -> bool:
    """True if an alias that evaluates target health counts the resource as healthy.

    Args:
        targets: for each target of the resource, in order, True if it is healthy.
    Source: routing.md R106, R111; an Elastic Beanstalk environment is assumed to have a load balancer.
    """
    if resource.kind.has_target_groups:
        groups: dict[str | None, bool] = dict.fromkeys(resource.target_groups, False)
        for target, is_healthy in zip(resource.targets, targets, strict=True):
            groups[target.target_group] = groups.get(target.target_group, False) or is_healthy
        return bool(groups) and all(groups.values())
    return any(targets) if resource.kind in _ONE_TARGET_GROUP_KINDS else True


def _zone(declared: Resource) -> Zone:
    """Compiles a zone with the names of a resource, and SOA and NS as Route 53 makes them.

    The names are aliases to the resource itself, so they answer as every other alias to it does.
    """
    zone_id = name_servers.derived_zone_id(declared.name)
    service_zones = zones_of(declared)
    is_database = declared.kind is ResourceKind.MULTI_AZ_DATABASE
    types = (RRType.CNAME,) if is_database else (RRType.A, RRType.AAAA)
    target = AliasTarget(
        service_zones[0] if service_zones else HostedZoneId(""), declared.name, evaluate_target_health=False
    )
    zone = HostedZone(zone_id, declared.name)
    aliases = [RecordSet(name, type, alias=target) for name in names_of(declared) for type in types]
    apex = [replace(record_set, name=declared.name) for record_set in _apex()]
    return compile_zone(replace(zone, record_sets=zone.record_sets.update({r.key: r for r in (*apex, *aliases)})))


@cache
def _apex() -> tuple[RecordSet, RecordSet]:
    """The NS and SOA record sets that all resources share; there may be many resources."""
    servers = name_servers.draw(names.ROOT)
    return name_servers.default_ns(names.ROOT, servers), name_servers.default_soa(names.ROOT, servers)


def look_ups_of(host: DName, resource: Resource) -> tuple[LookUp, LookUp]:
    """Returns the look-ups of a target's host, for each IP version."""
    region = resource.region or REGION_OF_GLOBAL
    return (host, region, 4), (host, region, 6)


def _leaves(resource: Resource, target: Target, hosts: Hosts) -> Iterator[RecordSet]:
    ttl = SHORT_TTL_S if resource.kind in _SHORT_TTL_KINDS else TTL_S
    if target.host is None:
        addresses = [target.address]
    elif resource.kind is ResourceKind.MULTI_AZ_DATABASE:
        text = names.display(target.host)
        yield RecordSet(resource.name, RRType.CNAME, ttl=ttl, values=(text,), rdata=(target.host,))
        return
    else:
        addresses = [hosts.get(look_up) for look_up in look_ups_of(target.host, resource)]
    for address in addresses:
        if address is not None:
            type = RRType.A if address.version == 4 else RRType.AAAA
            yield RecordSet(resource.name, type, ttl=ttl, values=(str(address),), rdata=(address.packed,))
