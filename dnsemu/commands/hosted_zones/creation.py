"""Creates hosted zones, public ones with drawn name servers, private ones with a VPC."""

from collections.abc import Iterator

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.hosted_zones import (
    ConflictingDomainExists,
    DelegationSetNotAvailable,
    HostedZoneAlreadyExists,
    InvalidDomainName,
    TooManyHostedZones,
)
from dnsemu.commands.errors.requests import InvalidInput, used_up
from dnsemu.commands.hosted_zones.delegation_sets import MAX_ZONES_OF_SET, delegation_set_to_api, existing_set, zones_of
from dnsemu.commands.hosted_zones.hosted_zones import (
    BASE_URL,
    ZONE_REFERENCES,
    ZONES,
    Vpc,
    ZoneReference,
    ZoneRow,
    zone_to_api,
)
from dnsemu.commands.vpcs import refuse_second_zone, requested_vpc, vpc_to_api
from dnsemu.config import names
from dnsemu.config.aws import name_servers
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.config.names import BadName, DName
from dnsemu.state.step import Step

MAX_ZONES_OF_ACCOUNT = 500
"""Quota of an account (A95)."""

PRIVATE_SERVERS = tuple(map(name_servers.name_server, (1536, 0, 1024, 512)))
"""The name servers of every private zone (R28, A84)."""

_MAX_DRAWS = 1000
"""Draws before the name servers of a name count as used up; most names need one."""

_MIN_AGE_DIFFERENCE_S = 0.001
"""Least difference between the creation times of two zones."""


def create_hosted_zone(request: Request, step: Step, context: Context) -> Response:
    """Creates a zone with its NS and SOA: a private one if the request has a VPC, else a public one (A80, A81, A84)."""
    vpc = _requested_vpc(request)
    name = zone_name(request["Name"], is_strict=context.settings.is_strict)
    reference = request["CallerReference"]
    if step.get(ZONE_REFERENCES, reference) is not None:
        raise HostedZoneAlreadyExists("A hosted zone has already been created with the specified caller reference.")
    if context.settings.has_quotas and len(step.world.hosted_zones) >= MAX_ZONES_OF_ACCOUNT:
        raise TooManyHostedZones(used_up("MAX_HOSTED_ZONES_BY_OWNER", "hosted zones"))
    set_id = None
    if vpc is not None:
        refuse_second_zone(step, name, vpc)
        servers = PRIVATE_SERVERS
    elif "DelegationSetId" in request:
        set_id, servers = _servers_of_set(request["DelegationSetId"], name, step, context)
    else:
        servers = _drawn_servers(name, step)
    defaults = (name_servers.default_ns(name, servers), name_servers.default_soa(name, servers))
    zone = HostedZone(
        id=HostedZoneId(context.ids.zone()),
        name=name,
        record_sets=RecordSets({record_set.key: record_set for record_set in defaults}),
        name_servers=servers,
        comment=request.get("HostedZoneConfig", {}).get("Comment"),
        is_private=vpc is not None,
    )
    # Of two zones with one name the newer answers (R41), even if the clock stands still or was set back.
    newest = max((row.created_at or 0.0 for _, row in step.all(ZONES)), default=0.0)
    created_at = max(context.now, newest + _MIN_AGE_DIFFERENCE_S)
    row = ZoneRow(reference, created_at, (vpc,) if vpc is not None else (), set_id)
    step.put_hosted_zone(zone)
    step.put(ZONES, zone.id, row=row)
    step.put(ZONE_REFERENCES, reference, row=ZoneReference(zone.id))
    return {
        "HostedZone": zone_to_api(zone, row, context.now),
        "ChangeInfo": context.change(step),
        **({"VPC": vpc_to_api(vpc)} if vpc is not None else {"DelegationSet": delegation_set_to_api(step, zone)}),
        "Location": f"{BASE_URL}/hostedzone/{zone.id}",
    }


def _requested_vpc(request: Request) -> Vpc | None:
    """Returns the VPC that makes a zone private, or None for a public zone (A81)."""
    if "VPC" not in request:
        if request.get("HostedZoneConfig", {}).get("PrivateZone"):
            raise InvalidInput("PrivateZone is true, but there is no VPC: name the VPC that the private zone is for.")
        return None
    if "DelegationSetId" in request:
        raise InvalidInput(
            "A VPC makes the zone private, and reusable delegation sets are for public hosted zones: "
            "leave VPC or DelegationSetId out.",
        )
    return requested_vpc(request)


def zone_name(text: str, *, is_strict: bool = False) -> DName:
    """Parses the name of a new zone; `is_strict` also refuses names of one label.

    Raises:
        InvalidDomainName: a zone cannot have this name (A52, A87, R8, R12).
    """
    try:
        name = names.parse(text)
    except BadName as error:
        reason = f"{error.code} ({error.reason})" if error.code == "DomainNameTooLong" else str(error)
        raise InvalidDomainName(f"FATAL problem: {reason}") from None
    if name == names.ROOT:
        raise InvalidDomainName("The root cannot be a hosted zone: write a name such as example.com.")
    if names.is_wildcard(name):
        raise InvalidDomainName("Creation of hosted zone with a wildcard domain name is not supported.")
    if is_strict and names.parent(name) == names.ROOT:
        raise InvalidDomainName(f"{names.to_text(name)} is reserved by AWS!")
    return name


def _servers_of_set(set_id: str, name: DName, step: Step, context: Context) -> tuple[str, tuple[str, ...]]:
    """Returns the bare id and the name servers of a set, if it may serve a zone of this name (A85, R29)."""
    bare, row = existing_set(step, set_id)
    if any(set(zone.name_servers).intersection(row.name_servers) for zone in _related(name, step)):
        raise ConflictingDomainExists(
            f"Cannot create hosted zone with DelegationSetId DelegationSetId:{bare} as the DNSName "
            f"{names.to_text(name)} conflicts with existing ones sharing the delegation set",
        )
    if context.settings.has_quotas and sum(1 for _ in zones_of(step, bare)) >= MAX_ZONES_OF_SET:
        raise TooManyHostedZones(used_up("MAX_ZONES_BY_REUSABLE_DELEGATION_SET", "hosted zones"))
    return bare, row.name_servers


def _drawn_servers(name: DName, step: Step) -> tuple[str, ...]:
    """Draws four servers that no zone of this name uses, and if possible none above or below it (A85, R29)."""
    related = list(_related(name, step))
    used = {server for zone in related for server in zone.name_servers}
    used_by_name = {server for zone in related if zone.name == name for server in zone.name_servers}
    for avoided in (used, used_by_name):
        for attempt in range(_MAX_DRAWS):
            servers = name_servers.draw(name, str(attempt or ""))
            if avoided.isdisjoint(servers):
                return servers
    raise DelegationSetNotAvailable(
        f"There are so many hosted zones named {names.to_text(name)} that no name servers are left for another.",
    )


def _related(name: DName, step: Step) -> Iterator[HostedZone]:
    """Yields the public zones of this name, and of names above and below it."""
    for zone in step.world.hosted_zones.values():
        if not (zone.name.endswith(name) or name.endswith(zone.name)):  # a fast test that skips nearly all
            continue
        is_related = names.is_at_or_below(zone.name, name) or names.is_at_or_below(name, zone.name)
        if is_related and not zone.is_private:
            yield zone
