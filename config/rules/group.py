"""Rules within a group: its record sets share one policy, and each member occurs once."""

from collections.abc import Callable, Iterator, Sequence

from dnsemu.config import names
from dnsemu.config.errors import Problem
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import (
    Failover,
    Geolocation,
    Geoproximity,
    IpBased,
    Latency,
    Multivalue,
    Routing,
    Simple,
    Weighted,
)
from dnsemu.config.rules.places import geolocation_text, geoproximity_text

MAX_GROUP = 100
"""Record sets of one name, type and policy (R209.4)."""
MAX_GEOPROXIMITY_GROUP = 30
"""The limit for geoproximity (R89, R209.5)."""
TWICE = "record-set-twice"
"""Id of the problem that a record set with this identity exists."""


def subject(record_set: RecordSet) -> str:
    """Returns the words with which Route 53 names a record set that has a routing policy."""
    name = names.to_text(record_set.name)
    return f"RRSet with DNS name {name}, type {record_set.type.name}, SetIdentifier {record_set.set_identifier}"


def group_problems(record_set: RecordSet, group: Sequence[RecordSet]) -> Iterator[Problem]:
    """Yields problems of a record set with the other record sets of its name and type."""
    twin = next((other for other in group if other.set_identifier == record_set.set_identifier), None)
    if twin is not None:
        is_simple = record_set.set_identifier is None
        instead = _ONE_LIST if is_simple else "give it another set_identifier or name"
        plain = f"{_identity(record_set)} is already declared"
        yield Problem(TWICE, "R30", already_exists(record_set), instead, plain=plain)
        return
    routing = record_set.routing
    other = next((other for other in group if type(other.routing) is not type(routing)), None)
    if other is not None:
        plain = (
            f"{_group(record_set)} has two policies: {_POLICY_NAMES[type(routing)]} here, and "
            f"{_POLICY_NAMES[type(other.routing)]} in another record set"
        )
        instead = "give all record sets of a name and type one policy"
        yield Problem("mixed-policies", "R32", _mixed(record_set), instead, plain=plain)
        return
    limit = MAX_GEOPROXIMITY_GROUP if isinstance(routing, Geoproximity) else MAX_GROUP
    if len(group) >= limit:
        message = (
            f"Exceeded limit on number of {_LIMIT_NAMES[type(routing)]} RRSets for {names.to_text(record_set.name)}, "
            f"type {record_set.type.name} in this zone."
        )
        rule = "R209.5" if isinstance(routing, Geoproximity) else "R209.4"
        plain = f"{_group(record_set)} has more than {limit} record sets"
        yield Problem("group-limit", rule, message, f"at most {limit} share a name and type", plain=plain)
        return
    yield from _CLASHES.get(type(routing), _no_clash)(record_set, group)


_ONE_LIST = "write all values into one resource_records, or give each a set_identifier and a routing policy"


def _group(record_set: RecordSet) -> str:
    """Names a record set's group in the words of a file."""
    return f"{names.display(record_set.name)} {record_set.type.name}"


def _identity(record_set: RecordSet) -> str:
    with_identifier = f" with set_identifier {record_set.set_identifier}" if record_set.set_identifier else ""
    return f"{_group(record_set)}{with_identifier}"


_POLICY_NAMES: dict[type[Routing], str] = {
    Simple: "none",
    Weighted: "weight",
    Latency: "region",
    Failover: "failover",
    Geolocation: "geo_location",
    Geoproximity: "geo_proximity_location",
    IpBased: "cidr_routing_config",
    Multivalue: "multi_value_answer",
}
"""The field of a file that selects a policy."""


def already_exists(record_set: RecordSet) -> str:
    """Returns Route 53's message for a record set that exists (A140)."""
    return f"Tried to create resource record set [{identity_text(record_set)}] but it already exists"


def identity_text(record_set: RecordSet) -> str:
    """Formats a record set's identity as in Route 53's messages."""
    identity = f"name='{names.to_text(record_set.name)}', type='{record_set.type.name}'"
    if record_set.set_identifier is not None:
        identity += f", set-identifier='{record_set.set_identifier}'"
    return identity


_LIMIT_NAMES: dict[type[Routing], str] = {
    Weighted: "weighted",
    Latency: "latency",
    Failover: "failover",
    Geolocation: "geolocation",
    Geoproximity: "geo-proximity",
    IpBased: "CIDR",
    Multivalue: "multivalue answer",
}


def _mixed(record_set: RecordSet) -> str:
    text, routing = subject(record_set), record_set.routing
    others = "RRSet with the same name and type already exists."
    match routing:
        case Simple():
            name = names.to_text(record_set.name)
            return (
                f"RRSet with DNS name {name}, type {record_set.type.name} cannot be created as other RRSets exist "
                "with the same name and type."
            )
        case Weighted():
            return f"{text} cannot be created as a non-weighted set exists with the same name and type."
        case Multivalue():
            return f"{text} cannot be created because a non multivalue answer rrset exists with the same name and type."
        case Latency():
            return f"{text}, and Region Name={routing.region} cannot be created because a non-latency {others}"
        case Geolocation():
            where = geolocation_text(routing)
            return f"{text}, and routing to [{where}}} cannot be created because a non-GEO {others}"
        case Failover():
            role = routing.role.value.lower()
            return f"{text}, and marked as {role} cannot be created because a non-failover {others}"
        case Geoproximity():
            where = geoproximity_text(routing)
            return f"{text}, and {where} cannot be created because a non-geo-proximity {others}"
        case IpBased():
            return f"{text}, and {_cidr_text(routing)} cannot be created because a non-CIDR {others}"


def _cidr_text(routing: IpBased) -> str:
    return f"routing to CidrCollectionId={routing.collection_id} CidrLocationId={routing.location}"


def _no_clash(record_set: RecordSet, group: Sequence[RecordSet]) -> Iterator[Problem]:
    return iter(())


def _weighted_clash(record_set: RecordSet, group: Sequence[RecordSet]) -> Iterator[Problem]:
    other = next((other for other in group if other.ttl is not None), None)
    if other is not None and record_set.ttl is not None and other.ttl != record_set.ttl:
        name = names.to_text(record_set.name)
        message = (
            f"RRSet with DNS name {name} and type {record_set.type.name}, SetIdentifier {record_set.set_identifier} "
            "cannot be created as weighted sets must contain the same TTL."
        )
        plain = (
            f"the weighted record sets of {_group(record_set)} have different TTLs: {other.ttl} and {record_set.ttl}"
        )
        yield Problem("weighted-ttl", "R22", message, f"write ttl: {other.ttl}", ("ttl",), plain=plain)


def _latency_clash(record_set: RecordSet, group: Sequence[RecordSet]) -> Iterator[Problem]:
    if _taken(record_set, group) and isinstance(record_set.routing, Latency):
        message = (
            f"{subject(record_set)}, and Region Name={record_set.routing.region} cannot be created because a latency "
            "RRSet with the same name, type and region already exists."
        )
        plain = f"{_group(record_set)} has another record set with region {record_set.routing.region}"
        yield Problem("region-twice", "R33", message, "write another region", ("region",), plain=plain)


def _failover_clash(record_set: RecordSet, group: Sequence[RecordSet]) -> Iterator[Problem]:
    if _taken(record_set, group) and isinstance(record_set.routing, Failover):
        role = record_set.routing.role.value.lower()
        message = (
            f"{subject(record_set)}, and marked as {role} cannot be created because a failover RRSet with the same "
            f"name, type and marked as {role} already exists."
        )
        plain = f"{_group(record_set)} has another record set with failover {record_set.routing.role.value}"
        instead = "one is PRIMARY, one SECONDARY (R209.6)"
        yield Problem("role-twice", "R33", message, instead, ("failover",), plain=plain)


def _geolocation_clash(record_set: RecordSet, group: Sequence[RecordSet]) -> Iterator[Problem]:
    if _taken(record_set, group) and isinstance(record_set.routing, Geolocation):
        message = (
            f"{subject(record_set)}, and routing to [{geolocation_text(record_set.routing)}}} cannot be created "
            f"because a GEO RRSet with the same name, type and routing to [{geolocation_text(record_set.routing)}}} "
            "already exists."
        )
        plain = f"{_group(record_set)} has another record set with this geo_location"
        yield Problem("location-twice", "R33", message, "write another location", ("geo_location",), plain=plain)


def _geoproximity_clash(record_set: RecordSet, group: Sequence[RecordSet]) -> Iterator[Problem]:
    routing = record_set.routing
    if isinstance(routing, Geoproximity) and any(
        isinstance(other.routing, Geoproximity) and geoproximity_text(other.routing) == geoproximity_text(routing)
        for other in group
    ):
        message = (
            f"{subject(record_set)}, and {geoproximity_text(routing)} cannot be created because a geo-proximity RRSet "
            "with the same name, type and location already exists."
        )
        plain, at = f"{_group(record_set)} has another record set at this place", ("geo_proximity_location",)
        yield Problem("location-twice", "R33", message, "write another location", at, plain=plain)


def _ip_based_clash(record_set: RecordSet, group: Sequence[RecordSet]) -> Iterator[Problem]:
    routing = record_set.routing
    if not isinstance(routing, IpBased):
        return
    others = [other.routing for other in group if isinstance(other.routing, IpBased)]
    foreign = next((other for other in others if other.collection_id != routing.collection_id), None)
    at = ("cidr_routing_config",)
    if foreign is not None:
        message = (
            f"{subject(record_set)}, and {_cidr_text(routing)} cannot be created because a CIDR RRSets with a "
            f"different collection id ({foreign.collection_id}) already exist"
        )
        plain = f"{_group(record_set)} has record sets of two CIDR collections"
        yield Problem("one-collection", "R33", message, "use one collection for all of them", at, plain=plain)
    elif routing in others:
        message = (
            f"{subject(record_set)}, and {_cidr_text(routing)} cannot be created because a CIDR RRSet with the same "
            "name, type and location already exists."
        )
        plain = f"{_group(record_set)} has another record set with location_name {routing.location}"
        yield Problem("location-twice", "R33", message, "write another location_name", at, plain=plain)


def _taken(record_set: RecordSet, group: Sequence[RecordSet]) -> bool:
    return any(other.routing == record_set.routing for other in group)


_CLASHES: dict[type[Routing], Callable[[RecordSet, Sequence[RecordSet]], Iterator[Problem]]] = {
    Weighted: _weighted_clash,
    Latency: _latency_clash,
    Failover: _failover_clash,
    Geolocation: _geolocation_clash,
    Geoproximity: _geoproximity_clash,
    IpBased: _ip_based_clash,
}
