"""A traffic policy document: what its text says, checked, as a tree of typed values (R185–R191)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from dnsemu.commands.traffic.fields import BadDocument, Fields, read_json
from dnsemu.commands.traffic.places import LOCATED, LOCATED_2015, check_place, geoproximity, geoproximity_2015
from dnsemu.config import names
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.routing import Failover, FailoverRole, Geolocation, Latency, Multivalue, Routing, Weighted
from dnsemu.config.names import BadName, DName
from dnsemu.config.rdata.parsing import BadValue, parse_value
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.alias import MAX_LEVELS

NEWER = "2023-05-09"
VERSIONS = ("2015-10-01", NEWER)
TYPES = {type.name: type for type in RRType if type not in (RRType.NS, RRType.SOA)}
VALUE = "value"
S3_WEBSITE = "s3-website"
RESOURCES = (
    "cloudfront",
    "application-load-balancer",
    "elastic-load-balancer",
    "network-load-balancer",
    "elastic-beanstalk",
    S3_WEBSITE,
)
"""The endpoints that are AWS resources, to which aliases lead (R186)."""

MAX_RULES_DEEP = MAX_LEVELS - 1
"""Rules one below the other; the instance's own record set is a level too (R112)."""

_ALIASED = (RRType.A, RRType.AAAA)
_DASHED = frozenset({
    "ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "eu-west-1", "sa-east-1", "us-east-1", "us-gov-west-1",
    "us-west-1", "us-west-2",
})  # fmt: skip
"""The Regions whose S3 websites have a dash before the Region's name; all others have a dot."""

_TARGET = ("EndpointReference", "RuleReference", "EvaluateTargetHealth", "HealthCheck")


@dataclass(frozen=True, slots=True)
class Value:
    """An endpoint that is one value, as it was written and in wire form."""

    text: str
    rdata: bytes


@dataclass(frozen=True, slots=True)
class AwsResource:
    """An endpoint that is an AWS resource, by its DNS name."""

    name: DName


@dataclass(frozen=True, slots=True)
class Branch:
    """One way that a rule may lead: to a rule or an endpoint, by its id."""

    to: str
    is_rule: bool
    routing: Routing
    evaluate_target_health: bool
    health_check_id: HealthCheckId | None


@dataclass(frozen=True, slots=True)
class TrafficDocument:
    """A traffic policy's tree. All its references lead somewhere, and none in a circle."""

    type: RRType
    start: str
    starts_with_rule: bool
    endpoints: Mapping[str, Value | AwsResource]
    rules: Mapping[str, tuple[Branch, ...]]


def parse(text: str) -> TrafficDocument:
    """Read a traffic policy document.

    Raises:
        BadDocument: it is no JSON, lacks something, has something that is not known, or leads nowhere or in a circle.
    """
    known = ("AWSPolicyFormatVersion", "RecordType", "StartEndpoint", "StartRule", "Endpoints", "Rules")
    top = Fields(read_json(text), "", known)
    is_newer = top.one_of("AWSPolicyFormatVersion", VERSIONS) == NEWER
    type = TYPES[top.one_of("RecordType", TYPES)]
    endpoints = {key: _endpoint(fields, type) for key, fields in _by_id(top, "Endpoints", ("Type", "Region", "Value"))}
    rules = {key: _rule(fields, type, is_newer) for key, fields in _by_id(top, "Rules", ("RuleType", *_CONTAINERS))}
    for key, places in rules.items():
        for place, branch in places:
            _check_reference(place, branch, endpoints, rules, f"Rules.{key}")
    branches = {key: tuple(branch for _, branch in places) for key, places in rules.items()}
    if ("StartEndpoint" in top) == ("StartRule" in top):
        found = "both" if "StartRule" in top else "neither"
        raise BadDocument("", f"The document starts with StartEndpoint or with StartRule, and has {found}.")
    starts_with_rule = "StartRule" in top
    field = "StartRule" if starts_with_rule else "StartEndpoint"
    start = top.needed(field, "an id")
    if start not in (rules if starts_with_rule else endpoints):
        raise top.fault(field, f"there is no {'rule' if starts_with_rule else 'endpoint'} {start}")
    _check_depth(branches, start)
    return TrafficDocument(type, start, starts_with_rule, endpoints, branches)


def _by_id(top: Fields, section: str, known: tuple[str, ...]) -> Iterator[tuple[str, Fields]]:
    things = top.fields(section)
    return ((key, things.fields(key, known)) for key in things.ids())


# --- endpoints ---


def _endpoint(fields: Fields, type: RRType) -> Value | AwsResource:
    kind = fields.one_of("Type", (VALUE, *RESOURCES))
    text = fields.needed("Value", "the value, or the DNS name of the resource")
    if "Region" in fields and kind != S3_WEBSITE:
        raise fields.fault("Region", f"only an endpoint of type {S3_WEBSITE} has one; leave it out")
    if kind == VALUE:
        try:
            return Value(text, parse_value(type, text))
        except BadValue as error:
            raise fields.fault("Value", str(error)) from None
    if type not in _ALIASED:
        raise fields.fault("Type", f"{kind} answers with addresses only: write {VALUE}, or a RecordType of A or AAAA")
    if kind == S3_WEBSITE and f".{S3_WEBSITE}" not in text:
        text = _website(text, fields.needed("Region", "the bucket's Region, such as us-east-1"))
    try:
        return AwsResource(names.parse(text))
    except BadName as error:
        raise fields.fault("Value", str(error)) from None


def _website(bucket: str, region: str) -> str:
    """The DNS name of a bucket's website, for those who write the bucket's name alone."""
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{bucket}.{S3_WEBSITE}{'-' if region in _DASHED else '.'}{region}.{suffix}"


# --- rules ---

Places = list[tuple[str, Branch]]
"""Branches, each with where it is."""


def _rule(fields: Fields, type: RRType, is_newer: bool) -> Places:
    kind = fields.one_of("RuleType", tuple(_RULES))
    read = geoproximity_rule_2015 if kind == "geoproximity" and not is_newer else _RULES[kind]
    own = _CONTAINERS_OF[kind]
    for container in _CONTAINERS:
        if container in fields and container not in own:
            raise fields.fault(container, f"a rule of type {kind} has {' and '.join(own)}")
    if kind == "multivalue" and type is RRType.CNAME:
        raise fields.fault("RuleType", "multivalue answers are not for CNAME")
    return list(read(fields))


def _branch(fields: Fields, routing: Routing) -> tuple[str, Branch]:
    if ("EndpointReference" in fields) == ("RuleReference" in fields):
        found = "both" if "RuleReference" in fields else "neither"
        raise BadDocument(fields.place, f"EndpointReference or RuleReference is wanted, and there is {found}")
    is_rule = "RuleReference" in fields
    check = fields.text("HealthCheck")
    return fields.place, Branch(
        to=fields.needed("RuleReference" if is_rule else "EndpointReference", "an id"),
        is_rule=is_rule,
        routing=routing,
        evaluate_target_health=fields.flag("EvaluateTargetHealth"),
        health_check_id=HealthCheckId(check) if check is not None else None,
    )


def _failover(fields: Fields) -> Iterator[tuple[str, Branch]]:
    sides = {"Primary": FailoverRole.PRIMARY, "Secondary": FailoverRole.SECONDARY}
    if not any(side in fields for side in sides):
        raise BadDocument(fields.place, "Primary and Secondary are missing")
    for side, role in sides.items():
        if side in fields:
            yield _branch(fields.fields(side, _TARGET), Failover(role))


def _geo(fields: Fields) -> Iterator[tuple[str, Branch]]:
    seen: set[Routing] = set()
    for item in fields.items("Locations", (*_TARGET, "IsDefault", "Continent", "Country", "Subdivision")):
        continent, country, subdivision = map(item.text, ("Continent", "Country", "Subdivision"))
        if item.flag("IsDefault"):
            if (continent, country or "*", subdivision) != (None, "*", None):
                raise item.fault("IsDefault", "the default is no place: leave the others out, or write Country *")
            country = "*"
        yield _branch(item, _once(item, Geolocation(continent, country, subdivision), seen))


def _latency(fields: Fields) -> Iterator[tuple[str, Branch]]:
    seen: set[Routing] = set()
    for item in fields.items("Regions", (*_TARGET, "Region")):
        region = item.needed("Region", "a Region such as us-east-1")
        yield _branch(item, _once(item, Latency(region), seen))


def _once(item: Fields, routing: Routing, seen: set[Routing]) -> Routing:
    """A routing whose place exists, and is there once only (R33, R189)."""
    check_place(item, routing)
    if routing in seen:
        raise BadDocument(item.place, "this place is there twice")
    seen.add(routing)
    return routing


def _geoproximity(fields: Fields) -> Iterator[tuple[str, Branch]]:
    for item in fields.items("GeoproximityLocations", (*_TARGET, *LOCATED)):
        yield _branch(item, geoproximity(item))


def geoproximity_rule_2015(fields: Fields) -> Iterator[tuple[str, Branch]]:
    """A geoproximity rule in the older format, where places are written otherwise."""
    for item in fields.items("GeoproximityLocations", (*_TARGET, *LOCATED_2015)):
        yield _branch(item, geoproximity_2015(item))


def _multivalue(fields: Fields) -> Iterator[tuple[str, Branch]]:
    return (_branch(item, Multivalue()) for item in fields.items("Items", ("EndpointReference", "HealthCheck")))


def _weighted(fields: Fields) -> Iterator[tuple[str, Branch]]:
    for item in fields.items("Items", (*_TARGET, "Weight")):
        weight = item.whole("Weight", 0, 255)
        if weight is None:
            raise item.fault("Weight", "this is missing; write a whole number from 0 to 255")
        yield _branch(item, Weighted(weight))


_RULES: dict[str, Callable[[Fields], Iterable[tuple[str, Branch]]]] = {
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
_CONTAINERS = tuple(dict.fromkeys(container for own in _CONTAINERS_OF.values() for container in own))


# --- references ---


def _check_reference(
    place: str,
    branch: Branch,
    endpoints: Mapping[str, Value | AwsResource],
    rules: Mapping[str, Places],
    rule: str,
) -> None:
    if branch.to not in (rules if branch.is_rule else endpoints):
        kind, field = ("rule", "RuleReference") if branch.is_rule else ("endpoint", "EndpointReference")
        raise BadDocument(f"{place}.{field}", f"there is no {kind} {branch.to}")
    if isinstance(branch.routing, Multivalue) and isinstance(endpoints[branch.to], AwsResource):
        message = f"multivalue answers are values, and {branch.to} is an AWS resource"
        raise BadDocument(f"{place}.EndpointReference", message)


def _check_depth(rules: Mapping[str, tuple[Branch, ...]], start: str) -> None:
    """Rules lead neither in a circle nor deeper than aliases are followed."""
    below = {key: [branch.to for branch in branches if branch.is_rule] for key, branches in rules.items()}
    levels: dict[str, int] = {}
    try:
        for rule in TopologicalSorter(below).static_order():
            levels[rule] = 1 + max((levels[to] for to in below[rule]), default=0)
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise BadDocument("Rules", f"these lead in a circle: {circle}") from None
    if levels.get(start, 0) > MAX_RULES_DEEP:
        message = (
            f"from {start} down there are {levels[start]} rules one below the other, and {MAX_RULES_DEEP} are followed"
        )
        raise BadDocument("Rules", message)
