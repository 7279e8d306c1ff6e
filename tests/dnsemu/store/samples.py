"""Values to store: tables with all kinds of fields, and strategies for whole states."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from ipaddress import ip_network
from typing import Any

from hypothesis import HealthCheck as Slowness
from hypothesis import settings
from hypothesis import strategies as st
from immutables import Map

from dnsemu.config import names
from dnsemu.config.model.geo import CidrCollection
from dnsemu.config.model.health_checks import (
    AlarmConfiguration,
    CalculatedCheck,
    EndpointCheck,
    EndpointType,
    HealthCheck,
    HealthCheckId,
    InsufficientData,
    MetricCheck,
    RecoveryCheck,
)
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import AliasTarget, HostedZoneId, RecordSet
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
from dnsemu.config.names import DName
from dnsemu.config.rdata.parsing import parse_value
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.state.state import State
from dnsemu.state.step import Step
from dnsemu.state.tables import Table

unhurried = settings(deadline=None, suppress_health_check=[Slowness.too_slow])
"""Settings for a busy machine: no limit on time."""


def valid(state):
    """Accepts every state: the rules are tested elsewhere."""
    return iter(())


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Part:
    size: float
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    size: int


@dataclass(frozen=True, slots=True)
class Thing:
    """A row with a field of each kind."""

    text: str
    number: int
    parts: tuple[Part, ...]
    pair: tuple[str, int]
    either: Part | Piece | None
    either_type: int | str
    colour: Colour
    extra: Mapping[str, Any]
    counts: Map[str, int]
    is_good: bool = False
    later: int = 7


@dataclass(frozen=True, slots=True)
class Number:
    value: int


THINGS = Table("things", Thing)
NUMBERS = Table("numbers", Number)
TABLES = {"things": THINGS, "numbers": NUMBERS}

texts = st.text(max_size=8)
whole = st.integers(-(2**63), 2**63)
numbers = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | whole | texts, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2), max_leaves=4
)  # fmt: skip
parts = st.builds(Part, numbers, st.none() | texts)
things = st.builds(
    Thing, texts, whole, st.lists(parts, max_size=2).map(tuple), st.tuples(texts, whole), st.none() | parts | st.builds(Piece, whole),
    whole | texts, st.sampled_from(Colour), st.dictionaries(texts, json_values, max_size=2),
    st.dictionaries(texts, whole, max_size=2).map(Map), st.booleans(),
)  # fmt: skip

labels = st.sampled_from([b"a", b"www", b"*", b"_x-1", b"a.b", b"\x00\xff"]) | st.binary(min_size=1, max_size=8)
dnames = st.lists(labels, max_size=4).map(
    lambda found: DName(b"".join(bytes([len(label)]) + label.lower() for label in found) + b"\x00")
)
routings = st.one_of(
    st.just(Simple()), st.builds(Weighted, st.integers(0, 255)), st.builds(Latency, texts),
    st.builds(Failover, st.sampled_from(FailoverRole)), st.builds(Geolocation, texts, st.none() | texts),
    st.builds(Geoproximity, st.none() | texts, st.none(), st.none() | numbers, st.none() | numbers, st.integers(-99, 99), st.booleans()),
    st.builds(IpBased, texts, texts), st.just(Multivalue()),
)  # fmt: skip
values = {
    RRType.A: st.ip_addresses(v=4).map(str),
    RRType.AAAA: st.ip_addresses(v=6).map(str),
    RRType.TXT: st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\')).map(lambda text: f'"{text}"'),
    RRType.MX: st.integers(0, 65535).map(lambda preference: f"{preference} Mail.example.com."),
}  # fmt: skip
ids = st.sampled_from(["1", "2", "3"])


@st.composite
def record_sets(draw: st.DrawFn) -> RecordSet:
    type = draw(st.sampled_from(list(values)))
    base = RecordSet(
        draw(dnames), type, draw(routings), draw(st.none() | st.text(min_size=1, max_size=4)),
        health_check_id=draw(st.none() | texts.map(HealthCheckId)),
    )  # fmt: skip
    if draw(st.booleans()):
        return replace(base, traffic_policy_instance_id=draw(texts))
    if draw(st.booleans()):
        return replace(base, alias=AliasTarget(HostedZoneId(draw(texts)), draw(dnames), draw(st.booleans())))
    written = tuple(draw(st.lists(values[type], min_size=1, max_size=3)))
    rdata = tuple(parse_value(type, value) for value in written)
    return replace(base, ttl=draw(st.integers(0, 2**31 - 1)), values=written, rdata=rdata)


zones = st.builds(
    HostedZone, ids.map(HostedZoneId), dnames, st.just(Map()), st.lists(texts, max_size=2).map(tuple), st.none() | texts, st.booleans()
)  # fmt: skip
alarms = st.builds(
    AlarmConfiguration, whole, numbers, texts, whole, texts, texts, texts, st.lists(st.tuples(texts, texts), max_size=2).map(tuple)
)  # fmt: skip
checks = st.builds(
    HealthCheck, ids.map(HealthCheckId),
    st.one_of(
        st.builds(EndpointCheck, st.sampled_from(EndpointType), st.none() | texts, port=st.none() | whole, regions=st.lists(texts, max_size=2).map(tuple)),
        st.builds(CalculatedCheck, st.lists(texts.map(HealthCheckId), max_size=2).map(tuple), whole),
        st.builds(MetricCheck, texts, texts, st.sampled_from(InsufficientData), st.none() | alarms),
        st.builds(RecoveryCheck, texts),
    ),
    st.booleans(), st.booleans(),
)  # fmt: skip
networks = st.builds(lambda ip, bits: ip_network(f"{ip}/{bits}", strict=False), st.ip_addresses(), st.integers(0, 32))
collections = st.builds(
    CidrCollection, ids, texts, st.dictionaries(texts, st.lists(networks, max_size=2).map(tuple), max_size=2).map(Map)
)  # fmt: skip


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    """Draws a few consecutive steps that add and delete rows of all kinds."""
    found: list[Step] = []
    state = State()
    for _ in range(draw(st.integers(1, 4))):
        step = Step(state)
        for _ in range(draw(st.integers(0, 5))):
            _change(draw, step)
        found.append(step)
        state = step.state
    return found


def _change(draw: st.DrawFn, step: Step) -> None:
    world = step.world
    kind = draw(st.sampled_from(["zone", "sets", "sets", "check", "collection", "row", "drop"]))
    if kind == "zone":
        step.put_hosted_zone(draw(zones))
    elif kind == "sets" and world.hosted_zones:
        zone = world.hosted_zones[draw(st.sampled_from(sorted(world.hosted_zones)))]
        removed = [key for key in zone.record_sets if draw(st.booleans())]
        step.change_record_sets(zone.id, removed=removed, put=draw(st.lists(record_sets(), max_size=3)))
    elif kind == "check":
        step.put_health_check(draw(checks))
    elif kind == "collection":
        step.put_cidr_collection(draw(collections))
    elif kind == "row":
        step.put(THINGS, draw(texts), draw(ids), row=draw(things))
        step.put(NUMBERS, draw(ids), row=Number(draw(whole)))
    elif kind == "drop":
        step.drop(NUMBERS, draw(ids))
        if world.hosted_zones:
            step.drop_hosted_zone(min(world.hosted_zones))
        if world.health_checks:
            step.drop_health_check(min(world.health_checks))
        if world.cidr_collections:
            step.drop_cidr_collection(min(world.cidr_collections))


def without_empty(state: State) -> State:
    """Returns the state without empty tables, which a store does not keep."""
    return State(state.world, Map({name: rows for name, rows in state.tables.items() if rows}))


def zone_with(*record_sets: RecordSet) -> HostedZone:
    """Returns the zone Z1, example.com."""
    return HostedZone(HostedZoneId("Z1"), names.parse("example.com"), Map({r.key: r for r in record_sets}))


def declared(*record_sets: RecordSet) -> Step:
    """Returns a step that adds the zone Z1 and one row."""
    step = Step(State())
    step.put_hosted_zone(zone_with(*record_sets))
    step.put(NUMBERS, "one", row=Number(1))
    return step
