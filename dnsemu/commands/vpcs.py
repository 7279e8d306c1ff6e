"""VPCs: which of them a private hosted zone is associated with, and which another account may associate.

There is one account here, so nothing has to be authorised and NotAuthorizedException does not occur (A241).
"""

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import Any

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.hosted_zones import (
    ConflictingDomainExists,
    InvalidVPCId,
    LastVPCAssociation,
    PublicZoneVPCAssociation,
    TooManyVPCAssociationAuthorizations,
    VPCAssociationAuthorizationNotFound,
    VPCAssociationNotFound,
)
from dnsemu.commands.errors.requests import InvalidInput, LimitsExceeded
from dnsemu.commands.hosted_zones.hosted_zones import ZONES, Vpc, existing_zone, zone_row
from dnsemu.commands.pagination import next_token, page, page_size, token_key
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.names import DName
from dnsemu.state.step import Step
from dnsemu.state.tables import Table

MAX_VPCS = 300
"""Of a zone, where quotas count (A242)."""
MAX_AUTHORIZATIONS = 1000
"""Of a zone, where quotas count (A243)."""
_AUTHORIZATIONS_ON_A_PAGE = 50


@dataclass(frozen=True, slots=True)
class AuthorizationRow:
    """A VPC that may be associated with a zone, since when in seconds since the epoch."""

    created_at: float


AUTHORIZATIONS = Table("authorizations", AuthorizationRow)
"""By zone id, Region and VPC id."""


def asked_vpc(request: Request) -> Vpc:
    """The VPC that a request names.

    Raises:
        InvalidInput: its Region or id is missing.
        InvalidVPCId: the text cannot be an id (A90).
    """
    vpc = request["VPC"]
    for member in ("VPCRegion", "VPCId"):
        if not vpc.get(member):
            raise InvalidInput(f"VPC has no {member}: write both VPCRegion and VPCId.")
    if not vpc["VPCId"].startswith("vpc-"):
        raise InvalidVPCId("The VPC ID is invalid.")
    return vpc["VPCRegion"], vpc["VPCId"]


def shown_vpc(vpc: Vpc) -> dict[str, Any]:
    """A VPC as the API shows it."""
    region, vpc_id = vpc
    return {"VPCRegion": region, "VPCId": vpc_id}


def refuse_second_zone(step: Step, name: DName, vpc: Vpc) -> None:
    """See that the VPC is associated with no zone of this name.

    Raises:
        ConflictingDomainExists: (A85, A241).
    """
    for (zone_id,), row in step.all(ZONES):
        if vpc in row.vpcs and step.world.hosted_zones[HostedZoneId(zone_id)].name == name:
            region, vpc_id = vpc
            raise ConflictingDomainExists(
                f"The VPC {vpc_id} in region {region} has already been associated with the hosted zone {zone_id} "
                "with the same domain name.",
            )


def associate_vpc_with_hosted_zone(request: Request, step: Step, context: Context) -> Response:
    """Let a private zone answer in one more VPC (A241)."""
    zone = existing_zone(step, request["HostedZoneId"])
    vpc = asked_vpc(request)
    if not zone.is_private:
        raise PublicZoneVPCAssociation(f"Attempting to associate public zone: {zone.id} with vpc: {vpc[1]}")
    refuse_second_zone(step, zone.name, vpc)
    row = zone_row(step, zone.id)
    if context.settings.has_quotas and len(row.vpcs) >= MAX_VPCS:
        raise LimitsExceeded(f"Limits Exceeded: {MAX_VPCS} VPCs are associated with this zone already.")
    step.put(ZONES, zone.id, row=replace(row, vpcs=(*row.vpcs, vpc)))
    return {"ChangeInfo": context.change(step, request.get("Comment"))}


def disassociate_vpc_from_hosted_zone(request: Request, step: Step, context: Context) -> Response:
    """Let a private zone no longer answer in a VPC, unless it is the last (A244)."""
    zone = existing_zone(step, request["HostedZoneId"])
    vpc = asked_vpc(request)
    row = zone_row(step, zone.id)
    if vpc not in row.vpcs:
        raise VPCAssociationNotFound("The specified VPC and hosted zone are not currently associated.")
    if len(row.vpcs) == 1:
        raise LastVPCAssociation(
            "The VPC that you're trying to disassociate from the private hosted zone is the last VPC that is "
            "associated with the hosted zone. Amazon Route 53 doesn't support disassociating the last VPC from a "
            "hosted zone.",
        )
    step.put(ZONES, zone.id, row=replace(row, vpcs=tuple(other for other in row.vpcs if other != vpc)))
    return {"ChangeInfo": context.change(step, request.get("Comment"))}


def create_vpc_association_authorization(request: Request, step: Step, context: Context) -> Response:
    """Authorise a VPC; one that is authorised stays so (A243)."""
    zone = _private_zone(step, request)
    vpc = asked_vpc(request)
    if step.get(AUTHORIZATIONS, zone.id, *vpc) is None:
        if context.settings.has_quotas and len(authorized_vpcs(step, zone)) >= MAX_AUTHORIZATIONS:
            raise TooManyVPCAssociationAuthorizations(
                f"There are {MAX_AUTHORIZATIONS} authorizations for hosted zone {zone.id} already.",
            )
        step.put(AUTHORIZATIONS, zone.id, *vpc, row=AuthorizationRow(context.now))
    return {"HostedZoneId": zone.id, "VPC": shown_vpc(vpc)}


def _private_zone(step: Step, request: Request) -> HostedZone:
    zone = existing_zone(step, request["HostedZoneId"])
    if not zone.is_private:
        raise InvalidInput(f"Hosted zone {zone.id} is public: only private zones are associated with VPCs.")
    return zone


def delete_vpc_association_authorization(request: Request, step: Step, context: Context) -> Response:
    """Take an authorisation back; an association that was made stays (A243)."""
    zone = existing_zone(step, request["HostedZoneId"])
    vpc = asked_vpc(request)
    if step.get(AUTHORIZATIONS, zone.id, *vpc) is None:
        raise VPCAssociationAuthorizationNotFound(
            "The VPC that you specified is not authorized to be associated with the hosted zone.",
        )
    step.drop(AUTHORIZATIONS, zone.id, *vpc)
    return {}


def list_vpc_association_authorizations(request: Request, step: Step, context: Context) -> Response:
    """A page of the VPCs authorised for a zone, by Region and id (A243)."""
    zone = existing_zone(step, request["HostedZoneId"])
    most = _AUTHORIZATIONS_ON_A_PAGE
    size = page_size(request, "MaxResults", default=most, cap=most)
    vpcs = authorized_vpcs(step, zone)
    start = bisect_left(vpcs, token_key(request["NextToken"], 2)) if "NextToken" in request else 0
    here, following = page(vpcs[start:], size)
    said: Response = {"HostedZoneId": zone.id, "VPCs": [shown_vpc(vpc) for vpc in here]}
    return said | ({"NextToken": next_token(*following)} if following is not None else {})


def authorized_vpcs(step: Step, zone: HostedZone) -> list[Vpc]:
    """The VPCs that may be associated with a zone, by Region and id."""
    return sorted((region, vpc_id) for (of, region, vpc_id), _ in step.all(AUTHORIZATIONS) if of == zone.id)
