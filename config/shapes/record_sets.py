"""Record sets: their shape, and its conversion to a `RecordSet`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from dnsemu.config import names
from dnsemu.config.errors import Problem, quoted
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.record_sets import AliasTarget, HostedZoneId, RecordSet
from dnsemu.config.model.routing import (
    Failover,
    FailoverRole,
    Geolocation,
    Geoproximity,
    IpBased,
    Latency,
    Multivalue,
    Routing,
    Simple,
    Weighted,
)
from dnsemu.config.names import BadName, DName
from dnsemu.config.rdata.hints import value_hint
from dnsemu.config.rdata.parsing import BadValue, parse_value
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.shapes.about import Notation, about
from dnsemu.config.shapes.base import Hint, Shape, bad_name
from dnsemu.config.shapes.locations import CidrRoutingConfigShape, GeoLocationShape, GeoProximityLocationShape
from dnsemu.config.text.degrees import spelling
from dnsemu.config.text.ids import bare_id

MAX_TTL_S = 2147483647
MAX_VALUES = 400
MAX_VALUE_CHARACTERS = 4000
MAX_SET_IDENTIFIER_CHARACTERS = 128

TypeName = Literal[
    "A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "SSHFP", "SVCB",
    "TLSA", "TXT",
]  # fmt: skip


class AliasTargetShape(Shape):
    """The target of an alias (R102)."""

    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {
        "name": "write dns_name",
        "target": "write dns_name",
        "domain_name": "write dns_name",
        "zone_id": "write hosted_zone_id",
        "evaluate_health": "write evaluate_target_health",
    }

    hosted_zone_id: Annotated[
        str | None,
        about("The id of the hosted zone of the target; needed only if the target is in another hosted zone.", "R102"),
    ] = None
    dns_name: Annotated[str, Notation.DOMAIN_NAME, about("The name of the target, always absolute.")]
    evaluate_target_health: Annotated[
        bool, Hint("A133", "evaluate-target-health", "evaluate_target_health: true or false"),
        about("`true`: the alias is healthy only while its target is."),
    ]  # fmt: skip


class RecordSetShape(Shape):
    """One record set, in a file or pasted from the API."""

    USUAL_FIELDS = ("name", "type", "ttl", "resource_records")
    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {
        "value": "write resource_records",
        "values": "write resource_records",
        "records": "write resource_records",
        "record": "write resource_records",
        "answers": "write resource_records",
        "data": "write resource_records",
        "rdata": "write resource_records",
        "content": "write resource_records",
        "alias": "write alias_target: {dns_name: …, evaluate_target_health: …}",
        "target": "write alias_target: {dns_name: …, evaluate_target_health: …}",
        "health_check": "write health_check_id",
        "healthcheck": "write health_check_id",
        "id": "write set_identifier",
        "identifier": "write set_identifier",
        "geo": "write geo_location",
        "geolocation": "write geo_location",
        "geoproximity": "write geo_proximity_location",
        "geo_proximity": "write geo_proximity_location",
        "multivalue": "write multi_value_answer",
        "multi_value": "write multi_value_answer",
        "cidr": "write cidr_routing_config",
        "cidr_location": "write cidr_routing_config",
        "latency": "write region",
        "role": "write failover",
        "policy": "write the field of the policy: weight, region, failover, geo_location and so on",
        "routing_policy": "write the field of the policy: weight, region, failover, geo_location and so on",
        "routing": "write the field of the policy: weight, region, failover, geo_location and so on",
        "zone": "leave it out: the record set is in the hosted zone above it",
        "zone_id": "leave it out: the record set is in the hosted zone above it",
    }

    name: Annotated[
        str,
        Notation.DOMAIN_NAME,
        about("The name of the record set: relative to the zone, or `@` for the zone itself."),
    ]
    type: Annotated[
        TypeName, Hint("R13", "record-type", f"one of {', '.join(t.name for t in RRType)}"),
        about("The record type of the record set."),
    ]  # fmt: skip
    ttl: Annotated[
        int | None, Field(ge=0, le=MAX_TTL_S), Hint("R20", "ttl-range", f"whole seconds from 0 to {MAX_TTL_S}"),
        about("Seconds for which resolvers may keep an answer; required, except for an alias, which has none."),
    ] = None  # fmt: skip
    set_identifier: Annotated[
        str | None, Field(min_length=1, max_length=MAX_SET_IDENTIFIER_CHARACTERS),
        Hint("R30", "set-identifier", "text of 1 to 128 characters, in quotes if it looks like a number"),
        about("Tells the record sets of one name and type apart; required with a routing policy, refused without one."),
    ] = None  # fmt: skip
    resource_records: Annotated[
        list[str] | None, Hint("R17", "values", "a list of texts, in quotes where they look like something else"),
        Notation.VALUE,
        about(
            f"The values: at most {MAX_VALUES}, of at most {MAX_VALUE_CHARACTERS} characters each; required, except "
            "for an alias, which has none."
        ),
    ] = None  # fmt: skip
    alias_target: Annotated[
        AliasTargetShape | None, about("Makes it an alias: it answers what its target answers, in place of values.")
    ] = None
    health_check_id: Annotated[
        str | None, about("The `id` of the health check that decides if it is healthy; left out, it always is.", "R117")
    ] = None
    weight: Annotated[
        int | None, Field(ge=0, le=255), Hint("R62", "weight-range", "a whole number from 0 to 255"),
        about("Weighted routing: its share of the answers is its weight divided by the sum of all weights."),
    ] = None  # fmt: skip
    region: Annotated[
        str | None, Notation.REGION,
        about("Latency routing: the Region of the endpoint; the one fastest for the client answers.", "R66"),
    ] = None  # fmt: skip
    failover: Annotated[
        Literal["PRIMARY", "SECONDARY"] | None, Hint("R72", "failover-role", "PRIMARY or SECONDARY"),
        about("Failover routing: `SECONDARY` answers while `PRIMARY` is unhealthy."),
    ] = None  # fmt: skip
    geo_location: Annotated[
        GeoLocationShape | None, about("Geolocation routing: the location of the clients that it answers.", "R75")
    ] = None
    geo_proximity_location: Annotated[
        GeoProximityLocationShape | None,
        about("Geoproximity routing: the location of the endpoint; the one nearest to the client answers.", "R83"),
    ] = None
    cidr_routing_config: Annotated[
        CidrRoutingConfigShape | None, about("IP-based routing: the networks of the clients that it answers.", "R92")
    ] = None
    multi_value_answer: Annotated[
        bool | None,
        about("Multivalue answer routing, if `true`: up to eight healthy record sets answer together.", default=False),
    ] = None

    @field_validator(
        "resource_records",
        mode="before",
        json_schema_input_type=list[str | dict[Literal["value", "Value"], str]] | None,
    )
    @classmethod
    def _texts(cls, value: Any) -> Any:
        """Replaces the API's `{Value: …}` with its text, so that errors name the list entry."""
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            return [_only_value(item) for item in value]
        return value


def _only_value(item: Any) -> Any:
    if isinstance(item, dict) and len(item) == 1:
        return item.get("value", item.get("Value", item))
    return item


def absolute(text: str, zone: DName) -> DName:
    """Reads a record's name, which may be relative to its zone.

    Args:
        text: `@` is the zone itself; a name that equals the zone's, ends in it label by label or has a trailing dot is
            absolute; any other is relative to the zone.
    Raises:
        BadName: no name, or too long with the zone's name.
    """
    if text == "@":
        return zone
    name = names.parse(text)
    if text.endswith(".") or names.is_at_or_below(name, zone):
        return name
    return names.join(name, zone)


def problems(shape: RecordSetShape) -> Iterator[Problem]:
    """Yields problems between the fields of a record set: those that exclude or require each other."""
    policies = written_policies(shape)
    if len(policies) > 1:
        yield Problem("two-policies", "R31", f"{' and '.join(policies)} are two routing policies", "keep one of them")
    if policies and shape.set_identifier is None:
        yield Problem(
            "set-identifier-missing", "R30", f"{policies[0]} needs a set_identifier", "write one, unique in its group"
        )
    if not policies and shape.set_identifier is not None:
        yield Problem(
            "set-identifier-alone", "R30", "set_identifier without a routing policy",
            f"write one of {', '.join(POLICY_FIELDS)}, or leave set_identifier out", ("set_identifier",),
        )  # fmt: skip
    if shape.geo_proximity_location is not None:
        yield from _one_geoproximity_place(shape.geo_proximity_location)


def _one_geoproximity_place(shape: GeoProximityLocationShape) -> Iterator[Problem]:
    given = [field for field in ("aws_region", "local_zone_group", "coordinates") if getattr(shape, field) is not None]
    if len(given) != 1:
        found = " and ".join(given) if given else "none"
        yield Problem(
            "geoproximity-place", "R83", f"one place is wanted, but found {found}",
            "write one of aws_region, local_zone_group and coordinates", ("geo_proximity_location",),
        )  # fmt: skip


POLICY_FIELDS = (
    "weight",
    "region",
    "failover",
    "geo_location",
    "geo_proximity_location",
    "cidr_routing_config",
    "multi_value_answer",
)
"""The fields that select a routing policy; at most one may be given (R31)."""


def written_policies(shape: RecordSetShape) -> list[str]:
    """Returns the policy fields that are given; `multi_value_answer: false` does not count (R36)."""
    found = [field for field in POLICY_FIELDS if getattr(shape, field) is not None]
    return found if shape.multi_value_answer is not False else [f for f in found if f != "multi_value_answer"]


def convert(
    shape: RecordSetShape, zone: DName, zone_id: HostedZoneId, collection_ids: Mapping[str, str]
) -> tuple[RecordSet | None, list[Problem]]:
    """Converts a shape to a record set.

    Args:
        shape: the shape; its fields are valid by themselves.
        zone: the hosted zone's name, to which the record set's may be relative.
        zone_id: the hosted zone's id, for aliases that name no hosted zone.
        collection_ids: ids of CIDR collections by name.
    Returns:
        The record set, or None and its problems.
    """
    found = list(problems(shape))
    name = zone
    try:
        name = absolute(shape.name, zone)
    except BadName as error:
        found.append(bad_name(error, ("name",)))
    type = RRType[shape.type]
    alias = None
    if shape.alias_target is not None:
        alias = _alias(shape.alias_target, zone_id, found)
    rdata = _rdata(type, shape.resource_records or (), found)
    if found:
        return None, found
    record_set = RecordSet(
        name=name,
        type=type,
        routing=_routing(shape, collection_ids),
        set_identifier=shape.set_identifier,
        ttl=shape.ttl,
        values=tuple(shape.resource_records or ()),
        rdata=rdata,
        alias=alias,
        health_check_id=HealthCheckId(shape.health_check_id) if shape.health_check_id is not None else None,
    )
    return record_set, found


def _rdata(type: RRType, values: Sequence[str], found: list[Problem]) -> tuple[bytes, ...]:
    """Parses the values, except for those that `_value_problems` refuses as too long or too many."""
    rdata: list[bytes] = []
    for index, value in enumerate(values if len(values) <= MAX_VALUES else ()):
        if len(value) > MAX_VALUE_CHARACTERS:
            continue
        try:
            rdata.append(parse_value(type, value))
        except BadValue as error:
            message = f"Invalid Resource Record: '{error}'"
            plain = f"{quoted(value)} is no value of type {type.name}: {error.plain(value)}"
            at = ("resource_records", index)
            found.append(Problem("bad-value", "A186", message, value_hint(type, value), at, plain=plain))
    return tuple(rdata)


def _alias(shape: AliasTargetShape, zone_id: HostedZoneId, found: list[Problem]) -> AliasTarget | None:
    """Converts an alias target; one without the id of a hosted zone gets `zone_id`."""
    try:
        name = names.parse(shape.dns_name)
    except BadName as error:
        found.append(bad_name(error, ("alias_target", "dns_name")))
        return None
    written = bare_id(shape.hosted_zone_id) if shape.hosted_zone_id is not None else None
    return AliasTarget(HostedZoneId(written or zone_id), name, shape.evaluate_target_health)


def _routing(shape: RecordSetShape, collection_ids: Mapping[str, str]) -> Routing:
    if shape.weight is not None:
        return Weighted(shape.weight)
    if shape.region is not None:
        return Latency(shape.region)
    if shape.failover is not None:
        return Failover(FailoverRole(shape.failover))
    if (geo := shape.geo_location) is not None:
        return Geolocation(geo.continent_code, geo.country_code, geo.subdivision_code)
    if (near := shape.geo_proximity_location) is not None:
        point = near.coordinates
        place = Geoproximity(
            near.aws_region, near.local_zone_group, bias=near.bias or 0, is_zero_bias_written=near.bias == 0
        )
        if point is None:
            return place
        written = spelling(point.latitude, point.longitude)
        return replace(place, latitude=float(point.latitude), longitude=float(point.longitude), spelling=written)
    if (cidr := shape.cidr_routing_config) is not None:
        return IpBased(collection_ids.get(cidr.collection_id, cidr.collection_id), cidr.location_name)
    return Multivalue() if shape.multi_value_answer else Simple()
