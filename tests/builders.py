"""Builders for tests: record sets, groups, zones, health, clients."""

from dataclasses import dataclass, field
from fractions import Fraction
from ipaddress import ip_address

from immutables import Map

from dnsemu.config import names
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import AliasTarget, HostedZoneId, RecordSet
from dnsemu.config.model.resources import Resource, ResourceKind, Target
from dnsemu.config.model.routing import (
    Failover,
    FailoverRole,
    Geolocation,
    Geoproximity,
    IpBased,
    Latency,
    Multivalue,
    Simple,
    Weighted,
)
from dnsemu.config.rdata.parsing import parse_value
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.policies.decide import Decision, Leaf
from dnsemu.policies.location.client import Client
from dnsemu.policies.location.place import Place
from dnsemu.policies.model import Group
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import compile_zone
from dnsemu.zone.resources import compile_resource

VIRGINIA = Place(38.9, -77.4, "NA", "US", "VA")
ANYONE = Client(b"\xc0\x00\x02\x01", 32, VIRGINIA)


def at(latitude=0.0, longitude=0.0, continent=None, country=None, subdivision=None):
    """Returns a client at a place."""
    return Client(b"\xc0\x00\x02\x01", 32, Place(latitude, longitude, continent, country, subdivision))


def record_set(
    name, type_="A", values=("192.0.2.1",), *,
    ttl=60, routing=None, id=None, check=None, alias=None, eth=True, alias_zone="Z1",
):  # fmt: skip
    """Returns a record set with an absolute name; `alias` is the target's name."""
    type_ = RRType[type_]
    if isinstance(values, str):
        values = (values,)
    target = AliasTarget(HostedZoneId(alias_zone), names.parse(alias), eth) if alias else None
    return RecordSet(
        name=names.parse(name),
        type=type_,
        routing=routing or Simple(),
        set_identifier=id,
        ttl=None if alias else ttl,
        values=() if alias else tuple(values),
        rdata=() if alias else tuple(parse_value(type_, value) for value in values),
        alias=target,
        health_check_id=HealthCheckId(check) if check else None,
    )


def weighted(name, weight, id, **more):
    return record_set(name, routing=Weighted(weight), id=id, **more)


def latency(name, region, **more):
    return record_set(name, routing=Latency(region), id=more.pop("id", region), **more)


def primary(name, **more):
    return record_set(name, routing=Failover(FailoverRole.PRIMARY), id="primary", **more)


def secondary(name, **more):
    return record_set(name, routing=Failover(FailoverRole.SECONDARY), id="secondary", **more)


def geo(name, id, continent=None, country=None, subdivision=None, **more):
    return record_set(name, routing=Geolocation(continent, country, subdivision), id=id, **more)


def geoproximity(name, id, *, region=None, local_zone_group=None, latitude=None, longitude=None, bias=0, **more):
    place = Geoproximity(region, local_zone_group, latitude, longitude, bias)
    return record_set(name, routing=place, id=id, **more)


def ip_based(name, location, *, collection="c", **more):
    return record_set(name, routing=IpBased(collection, location), id=location, **more)


def multivalue(name, id, **more):
    return record_set(name, routing=Multivalue(), id=id, **more)


def target(place, check=None, **more):
    """Returns a target of a resource: an address, or a host that is looked up."""
    try:
        return Target(ip_address(place), health_check_id=check, **more)
    except ValueError:
        return Target(host=names.parse(place), health_check_id=check, **more)


def resource(name, *targets, kind="application-load-balancer", region="us-east-1", groups=()):
    return Resource(names.parse(name), ResourceKind(kind), region, (), tuple(groups), targets)


def group(*record_sets):
    return Group(record_sets[0].name, record_sets[0].type, record_sets)


def hosted_zone(name, *record_sets, ns=("ns-1.awsdns-00.com", "ns-600.awsdns-11.net"), with_apex=True):
    """Returns a declared hosted zone with a default NS and SOA at its apex."""
    apex = (
        record_set(name, "NS", ns, ttl=172800),
        record_set(name, "SOA", f"{ns[0]} awsdns-hostmaster.amazon.com 1 7200 900 1209600 86400", ttl=900),
    )
    everything = (*(apex if with_apex else ()), *record_sets)
    return HostedZone(HostedZoneId("Z1"), names.parse(name), Map({r.key: r for r in everything}))


def zone(name, *record_sets, **more):
    return compile_zone(hosted_zone(name, *record_sets, **more))


def catalog_of(world):
    """The catalog of a World's public hosted zones and its resources."""
    public = [zone for zone in world.hosted_zones.values() if not zone.is_private]
    return Catalog.of(map(compile_zone, public), map(compile_resource, world.resources.values()))


@dataclass
class FakeSurroundings:
    """`Surroundings` from dictionaries: the checks that are down, and groups by name and type."""

    down: frozenset[str] = frozenset()
    groups: dict = field(default_factory=dict)
    resources: dict = field(default_factory=dict)
    others: dict = field(default_factory=dict)
    """The surroundings in other hosted zones by id; None for a zone that is not ours."""

    @classmethod
    def of(cls, *record_sets, down=(), resources=(), others=None):
        members = {}
        for member in record_sets:
            members.setdefault((member.name, member.type), []).append(member)
        groups = {key: group(*sets) for key, sets in members.items()}
        return cls(frozenset(down), groups, {r.name: compile_resource(r) for r in resources}, others or {})

    def group(self, name, type):
        return self.groups.get((name, type))

    def beyond(self, alias):
        return self.others.get(alias.hosted_zone_id, self)

    def target(self, alias, type):
        resource = self.resources.get(alias.name)
        return resource.state(type, self.is_healthy) if resource else None

    def is_healthy(self, check):
        return check not in self.down


def shares_by_id(decision):
    """Returns the exact shares of a decision's members, by set identifier."""
    return {r.set_identifier: share for r, share in decision.outcome.shares()} if decision.outcome else {}


def leaf_shares(node, share=Fraction(1), into=None):
    """Returns the exact shares of all leaves below a node, by set identifier."""
    into = {} if into is None else into
    if isinstance(node, Leaf):
        into[node.record_set.set_identifier] = into.get(node.record_set.set_identifier, 0) + share
    elif isinstance(node, Decision) and node.outcome:
        for member, part in node.outcome.shares():
            leaf_shares(node.below(member), share * part, into)
    return into
