"""Parses a traffic policy document into a checked tree of typed values (R185–R191)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from dnsemu.commands.traffic.fields import BadDocument, JsonObject, read_json
from dnsemu.commands.traffic.places import FIELDS_2015, FIELDS_2023, check_place, geoproximity_2015, geoproximity_2023
from dnsemu.config import names
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.routing import Failover, FailoverRole, Geolocation, Latency, Multivalue, Routing, Weighted
from dnsemu.config.names import BadName, DName
from dnsemu.config.rdata.parsing import BadValue, parse_value
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.loops import MAX_LEVELS

VERSION_2023 = "2023-05-09"
VERSIONS = ("2015-10-01", VERSION_2023)
RECORD_TYPES = {type.name: type for type in RRType if type not in (RRType.NS, RRType.SOA)}
VALUE = "value"
S3_WEBSITE = "s3-website"
RESOURCE_TYPES = (
    "cloudfront",
    "application-load-balancer",
    "elastic-load-balancer",
    "network-load-balancer",
    "elastic-beanstalk",
    S3_WEBSITE,
)
"""Types of endpoints that are AWS resources, which aliases point to (R186)."""

MAX_RULE_DEPTH = MAX_LEVELS - 1
"""Rules one below the other; the instance's own record set is a level too (R112)."""

_ADDRESS_TYPES = (RRType.A, RRType.AAAA)
_DASHED_WEBSITE_REGIONS = frozenset({
    "ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "eu-west-1", "sa-east-1", "us-east-1", "us-gov-west-1",
    "us-west-1", "us-west-2",
})  # fmt: skip
"""Regions with a dash before their name in the names of S3 websites; all others have a dot."""

_TARGET = ("EndpointReference", "RuleReference", "EvaluateTargetHealth", "HealthCheck")


@dataclass(frozen=True, slots=True)
class Value:
    """An endpoint that is one value: its text, and its rdata in wire format."""

    text: str
    rdata: bytes


@dataclass(frozen=True, slots=True)
class AwsResource:
    """An endpoint that is an AWS resource, by its DNS name."""

    name: DName


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch of a rule, to another rule or an endpoint by its id."""

    to: str
    is_rule: bool
    routing: Routing
    evaluate_target_health: bool
    health_check_id: HealthCheckId | None


@dataclass(frozen=True, slots=True)
class TrafficDocument:
    """The tree of a traffic policy. All references exist, and there is no cycle."""

    type: RRType
    start: str
    starts_with_rule: bool
    endpoints: Mapping[str, Value | AwsResource]
    rules: Mapping[str, tuple[Branch, ...]]


def parse(text: str) -> TrafficDocument:
    """Parses a traffic policy document.

    Raises:
        BadDocument: it is not JSON, a field is missing or unknown, or a reference does not exist or closes a cycle.
    """
    known = ("AWSPolicyFormatVersion", "RecordType", "StartEndpoint", "StartRule", "Endpoints", "Rules")
    top = JsonObject(read_json(text), "", known)
    is_2023 = top.one_of("AWSPolicyFormatVersion", VERSIONS) == VERSION_2023
    type = RECORD_TYPES[top.one_of("RecordType", RECORD_TYPES)]
    endpoints = {key: _endpoint(fields, type) for key, fields in _by_id(top, "Endpoints", ("Type", "Region", "Value"))}
    rules = {
        key: _rule(fields, type, is_2023=is_2023) for key, fields in _by_id(top, "Rules", ("RuleType", *_CONTAINERS))
    }
    for located in rules.values():
        for path, branch in located:
            _check_reference(path, branch, endpoints, rules)
    branches = {key: tuple(branch for _, branch in located) for key, located in rules.items()}
    if ("StartEndpoint" in top) == ("StartRule" in top):
        found = "both" if "StartRule" in top else "neither"
        raise BadDocument("", f"The document starts with StartEndpoint or with StartRule, and has {found}.")
    starts_with_rule = "StartRule" in top
    field = "StartRule" if starts_with_rule else "StartEndpoint"
    start = top.required(field, "an id")
    if start not in (rules if starts_with_rule else endpoints):
        raise top.error(field, f"there is no {'rule' if starts_with_rule else 'endpoint'} {start}")
    _check_depth(branches, start)
    return TrafficDocument(type, start, starts_with_rule, endpoints, branches)


def _by_id(top: JsonObject, section: str, known: tuple[str, ...]) -> Iterator[tuple[str, JsonObject]]:
    by_id = top.object(section)
    return ((key, by_id.object(key, known)) for key in by_id.ids())


# --- endpoints ---


def _endpoint(fields: JsonObject, type: RRType) -> Value | AwsResource:
    """Reads an endpoint; only the website of a bucket needs its Region, which others may have too (R186)."""
    kind = fields.one_of("Type", (VALUE, *RESOURCE_TYPES))
    text = fields.required("Value", "the value, or the DNS name of the resource")
    if kind == VALUE:
        try:
            return Value(text, parse_value(type, text))
        except BadValue as error:
            raise fields.error("Value", str(error)) from None
    if type not in _ADDRESS_TYPES:
        raise fields.error("Type", f"{kind} answers with addresses only: write {VALUE}, or a RecordType of A or AAAA")
    if kind == S3_WEBSITE and f".{S3_WEBSITE}" not in text:
        text = _website_name(text, fields.required("Region", "the bucket's Region, such as us-east-1"))
    try:
        return AwsResource(names.parse(text))
    except BadName as error:
        raise fields.error("Value", str(error)) from None


def _website_name(bucket: str, region: str) -> str:
    """Returns the DNS name of the website of an S3 bucket."""
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{bucket}.{S3_WEBSITE}{'-' if region in _DASHED_WEBSITE_REGIONS else '.'}{region}.{suffix}"


# --- rules ---

LocatedBranch = tuple[str, Branch]
"""The path of a branch in the document, and the branch."""


def _rule(fields: JsonObject, type: RRType, *, is_2023: bool) -> list[LocatedBranch]:
    kind = fields.one_of("RuleType", tuple(_RULES))
    read = _geoproximity_2015 if kind == "geoproximity" and not is_2023 else _RULES[kind]
    allowed = _CONTAINERS_OF[kind]
    for container in _CONTAINERS:
        if container in fields and container not in allowed:
            raise fields.error(container, f"a rule of type {kind} has {' and '.join(allowed)}")
    if kind == "multivalue" and type is RRType.CNAME:
        raise fields.error("RuleType", "multivalue answers are not for CNAME")
    return list(read(fields))


def _branch(fields: JsonObject, routing: Routing) -> LocatedBranch:
    if ("EndpointReference" in fields) == ("RuleReference" in fields):
        found = "both" if "RuleReference" in fields else "neither"
        raise BadDocument(fields.path, f"EndpointReference or RuleReference is wanted, and there is {found}")
    is_rule = "RuleReference" in fields
    check = fields.text("HealthCheck")
    return fields.path, Branch(
        to=fields.required("RuleReference" if is_rule else "EndpointReference", "an id"),
        is_rule=is_rule,
        routing=routing,
        evaluate_target_health=fields.boolean("EvaluateTargetHealth"),
        health_check_id=HealthCheckId(check) if check is not None else None,
    )


def _failover(fields: JsonObject) -> Iterator[LocatedBranch]:
    sides = {"Primary": FailoverRole.PRIMARY, "Secondary": FailoverRole.SECONDARY}
    if not any(side in fields for side in sides):
        raise BadDocument(fields.path, "Primary and Secondary are missing")
    for side, role in sides.items():
        if side in fields:
            yield _branch(fields.object(side, _TARGET), Failover(role))


def _geo(fields: JsonObject) -> Iterator[LocatedBranch]:
    seen: set[Routing] = set()
    for item in fields.objects("Locations", (*_TARGET, "IsDefault", "Continent", "Country", "Subdivision")):
        continent, country, subdivision = map(item.text, ("Continent", "Country", "Subdivision"))
        if item.boolean("IsDefault"):
            if (continent, country or "*", subdivision) != (None, "*", None):
                raise item.error("IsDefault", "the default is no place: leave the others out, or write Country *")
            country = "*"
        yield _branch(item, _unique(item, Geolocation(continent, country, subdivision), seen))


def _latency(fields: JsonObject) -> Iterator[LocatedBranch]:
    seen: set[Routing] = set()
    for item in fields.objects("Regions", (*_TARGET, "Region")):
        region = item.required("Region", "a Region such as us-east-1")
        yield _branch(item, _unique(item, Latency(region), seen))


def _unique(item: JsonObject, routing: Routing, seen: set[Routing]) -> Routing:
    """Checks that the place of a routing exists and is not in `seen`, adds it, and returns the routing (R33, R189)."""
    check_place(item, routing)
    if routing in seen:
        raise BadDocument(item.path, "this place is there twice")
    seen.add(routing)
    return routing


def _geoproximity(fields: JsonObject) -> Iterator[LocatedBranch]:
    for item in fields.objects("GeoproximityLocations", (*_TARGET, *FIELDS_2023)):
        yield _branch(item, geoproximity_2023(item))


def _geoproximity_2015(fields: JsonObject) -> Iterator[LocatedBranch]:
    for item in fields.objects("GeoproximityLocations", (*_TARGET, *FIELDS_2015)):
        yield _branch(item, geoproximity_2015(item))


def _multivalue(fields: JsonObject) -> Iterator[LocatedBranch]:
    return (_branch(item, Multivalue()) for item in fields.objects("Items", ("EndpointReference", "HealthCheck")))


def _weighted(fields: JsonObject) -> Iterator[LocatedBranch]:
    for item in fields.objects("Items", (*_TARGET, "Weight")):
        weight = item.integer("Weight", 0, 255)
        if weight is None:
            raise item.error("Weight", "this is missing; write a whole number from 0 to 255")
        yield _branch(item, Weighted(weight))


_RULES: dict[str, Callable[[JsonObject], Iterable[LocatedBranch]]] = {
    "failover": _failover,
    "geo": _geo,
    "geoproximity": _geoproximity,
    "latency": _latency,
    "multivalue": _multivalue,
    "weighted": _weighted,
}
_CONTAINERS_OF = {
    "failover": ("Primary", "Secondary"),
    "geo": ("Locations",),
    "geoproximity": ("GeoproximityLocations",),
    "latency": ("Regions",),
    "multivalue": ("Items",),
    "weighted": ("Items",),
}
_CONTAINERS = tuple(dict.fromkeys(container for containers in _CONTAINERS_OF.values() for container in containers))


# --- references ---


def _check_reference(
    path: str, branch: Branch, endpoints: Mapping[str, Value | AwsResource], rules: Mapping[str, list[LocatedBranch]]
) -> None:
    if branch.to not in (rules if branch.is_rule else endpoints):
        kind, field = ("rule", "RuleReference") if branch.is_rule else ("endpoint", "EndpointReference")
        raise BadDocument(f"{path}.{field}", f"there is no {kind} {branch.to}")
    if isinstance(branch.routing, Multivalue) and isinstance(endpoints[branch.to], AwsResource):
        message = f"multivalue answers are values, and {branch.to} is an AWS resource"
        raise BadDocument(f"{path}.EndpointReference", message)


def _check_depth(rules: Mapping[str, tuple[Branch, ...]], start: str) -> None:
    """Checks that rules form no cycle and are not deeper than aliases are followed."""
    below = {key: [branch.to for branch in branches if branch.is_rule] for key, branches in rules.items()}
    levels: dict[str, int] = {}
    try:
        for rule in TopologicalSorter(below).static_order():
            levels[rule] = 1 + max((levels[to] for to in below[rule]), default=0)
    except CycleError as error:
        cycle = " -> ".join(reversed(error.args[1]))
        raise BadDocument("Rules", f"these lead in a circle: {cycle}") from None
    if levels.get(start, 0) > MAX_RULE_DEPTH:
        message = (
            f"from {start} down there are {levels[start]} rules one below the other, and {MAX_RULE_DEPTH} are followed"
        )
        raise BadDocument("Rules", message)
