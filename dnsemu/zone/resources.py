"""AWS resources compiled: which addresses answer for one, whether it counts as healthy, and its own name as a zone."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import IPv4Address

from dnsemu.config import names
from dnsemu.config.aws import name_servers
from dnsemu.config.aws.services import names_of, zones_of
from dnsemu.config.model.addresses import IPAddress
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import AliasTarget, HostedZoneId, RecordSet
from dnsemu.config.model.resources import Resource, ResourceKind, Target
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.policies.model import OneOf, Outcome, ResourceState, Sample, TargetState
from dnsemu.zone.compiled import Zone, compile_zone

MAX_ADDRESSES = 8
"""Addresses in one answer, as of a load balancer."""

TTL_S = 60
SHORT_TTL_S = 5
_SHORT = (ResourceKind.S3_WEBSITE, ResourceKind.MULTI_AZ_DATABASE)
_SAME_AS_A_GROUP = (ResourceKind.CLASSIC_LOAD_BALANCER, ResourceKind.ELASTIC_BEANSTALK)

IsHealthy = Callable[[HealthCheckId], bool]
LookUp = tuple[DName, str]
"""A host, and the Region that it is looked up from."""

Hosts = Mapping[LookUp, IPv4Address | None]
"""The addresses that hosts were found to have, None for a host that was looked up in vain and never had one."""

REGION_OF_GLOBAL = "us-east-1"
"""Where the global services look hosts up from."""


@dataclass(frozen=True, slots=True)
class CompiledResource:
    """A resource ready to answer.

    `leaves` holds what each target answers, None for a host without an address so far. `zone` is a zone with nothing
    in it but the resource's names, so that they can be asked for. `lost` are the targets whose host cannot be found.
    """

    declared: Resource
    leaves: tuple[RecordSet | None, ...]
    zone: Zone
    lost: frozenset[Target] = frozenset()

    @property
    def names(self) -> tuple[DName, ...]:
        """The names that lead to it."""
        return names_of(self.declared)

    @property
    def look_ups(self) -> Iterator[LookUp]:
        """The hosts whose addresses it needs; a database answers the host itself."""
        if self.declared.kind is not ResourceKind.MULTI_AZ_DATABASE:
            for target in self.declared.targets:
                if target.host is not None:
                    yield _look_up(self.declared, target.host)

    def with_hosts(self, hosts: Hosts) -> "CompiledResource":
        """The same with the addresses of targets given by name, as far as they are known."""
        resource = self.declared
        leaves = tuple(_leaf(resource, target, hosts) for target in resource.targets)
        lost = (t for t in resource.targets if t.host is not None and hosts.get(_look_up(resource, t.host), "") is None)
        return replace(self, leaves=leaves, lost=frozenset(lost))

    def state(self, type: RRType, is_healthy: IsHealthy) -> ResourceState:
        """What it answers to questions of a type, with this health."""
        targets = tuple(
            TargetState(
                target,
                is_healthy=target not in self.lost
                and (target.health_check_id is None or is_healthy(target.health_check_id)),
                leaf=leaf if leaf is not None and leaf.type is type else None,
                is_unresolved=target in self.lost,
            )
            for target, leaf in zip(self.declared.targets, self.leaves, strict=True)
        )
        is_healthy_now = counts_as_healthy(self.declared, [target.is_healthy for target in targets])
        return ResourceState(self.declared, targets, is_healthy=is_healthy_now, outcome=self._outcome(targets))

    def _outcome(self, targets: Iterable[TargetState]) -> Outcome | None:
        """Up to eight of the healthy addresses, each as likely, of all where none is; a database's first host."""
        able = [(target.leaf, target.is_healthy) for target in targets if target.leaf is not None]
        pool = [leaf for leaf, is_healthy in able if is_healthy] or [leaf for leaf, _ in able]
        if not pool:
            return None
        if self.declared.kind is ResourceKind.MULTI_AZ_DATABASE:
            return OneOf.only(pool[0])
        different = tuple({leaf.rdata: leaf for leaf in pool}.values())
        return Sample(min(MAX_ADDRESSES, len(different)), different)


def compile_resource(declared: Resource) -> CompiledResource:
    """Compile a resource, of whose hosts no address is known yet."""
    return CompiledResource(declared, (), _zone(declared)).with_hosts({})


def counts_as_healthy(resource: Resource, targets: Iterable[bool]) -> bool:
    """Whether an alias that evaluates its target's health takes a resource as healthy.

    Args:
        targets: whether each of the resource's targets is healthy, in their order.
    Source: routing.md R106, R111; Elastic Beanstalk is taken to have a load balancer in front.
    """
    if resource.kind.has_target_groups:
        groups: dict[str | None, bool] = dict.fromkeys(resource.target_groups, False)
        for target, is_healthy in zip(resource.targets, targets, strict=True):
            groups[target.target_group] = groups.get(target.target_group, False) or is_healthy
        return bool(groups) and all(groups.values())
    return any(targets) if resource.kind in _SAME_AS_A_GROUP else True


def _zone(declared: Resource) -> Zone:
    """The names of a resource, with a SOA and NS as Route 53's are.

    They are aliases to the resource itself, so they answer what every other alias to it does.
    """
    zone_id = name_servers.derived_zone_id(declared.name)
    known = zones_of(declared)
    is_database = declared.kind is ResourceKind.MULTI_AZ_DATABASE
    types = (RRType.CNAME,) if is_database else (RRType.A, RRType.AAAA)
    target = AliasTarget(known[0] if known else HostedZoneId(""), declared.name, evaluate_target_health=False)
    zone = HostedZone(zone_id, declared.name)
    aliases = [RecordSet(name, type, alias=target) for name in names_of(declared) for type in types]
    apex = [replace(record_set, name=declared.name) for record_set in _apex()]
    return compile_zone(replace(zone, record_sets=zone.record_sets.update({r.key: r for r in (*apex, *aliases)})))


@cache
def _apex() -> tuple[RecordSet, RecordSet]:
    """The NS and SOA that all resources share: made once, since there may be many of them."""
    servers = name_servers.draw(names.ROOT)
    return name_servers.default_ns(names.ROOT, servers), name_servers.default_soa(names.ROOT, servers)


def _leaf(resource: Resource, target: Target, hosts: Hosts) -> RecordSet | None:
    ttl = SHORT_TTL_S if resource.kind in _SHORT else TTL_S
    if resource.kind is ResourceKind.MULTI_AZ_DATABASE and target.host is not None:
        text = names.display(target.host)
        return RecordSet(resource.name, RRType.CNAME, ttl=ttl, values=(text,), rdata=(target.host,))
    address: IPAddress | None = target.address
    if address is None and target.host is not None:
        address = hosts.get(_look_up(resource, target.host))
    if address is None:
        return None
    type = RRType.A if address.version == 4 else RRType.AAAA
    return RecordSet(resource.name, type, ttl=ttl, values=(str(address),), rdata=(address.packed,))


def _look_up(resource: Resource, host: DName) -> LookUp:
    return host, resource.region or REGION_OF_GLOBAL
