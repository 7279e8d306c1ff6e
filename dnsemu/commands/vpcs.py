"""VPCs: their associations with private hosted zones, and the authorizations to associate them.

There is one account, so no authorization is needed and NotAuthorizedException does not occur (A241).
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
"""Quota of VPCs for one hosted zone (A242)."""
MAX_AUTHORIZATIONS = 1000
"""Quota of authorizations for one hosted zone (A243)."""
MAX_PAGE = 50
"""Authorizations on a page, by default and at most."""


@dataclass(frozen=True, slots=True)
class AuthorizationRow:
    """The authorization to associate a VPC with a hosted zone; `created_at` is in seconds since the epoch."""

    created_at: float


AUTHORIZATIONS = Table("authorizations", AuthorizationRow)
"""By zone id, Region and VPC id."""


def requested_vpc(request: Request) -> Vpc:
    """Returns the VPC that a request names.

    Raises:
        InvalidInput: its Region or id is missing.
        InvalidVPCId: the text cannot be the id of a VPC (A90).
    """
    vpc = request["VPC"]
    for member in ("VPCRegion", "VPCId"):
        if not vpc.get(member):
            raise InvalidInput(f"VPC has no {member}: write both VPCRegion and VPCId.")
    if not vpc["VPCId"].startswith("vpc-"):
        raise InvalidVPCId("The VPC ID is invalid.")
    return vpc["VPCRegion"], vpc["VPCId"]


def vpc_to_api(vpc: Vpc) -> dict[str, Any]:
    """Returns a VPC as the API shows it."""
    region, vpc_id = vpc
    return {"VPCRegion": region, "VPCId": vpc_id}


def refuse_second_zone(step: Step, name: DName, vpc: Vpc) -> None:
    """Checks that the VPC is not associated with a zone of this name.

    Raises:
        ConflictingDomainExists: it is (A85, A241).
    """
    for (zone_id,), row in step.all(ZONES):
        if vpc in row.vpcs and step.world.hosted_zones[HostedZoneId(zone_id)].name == name:
            region, vpc_id = vpc
            raise ConflictingDomainExists(
                f"The VPC {vpc_id} in region {region} has already been associated with the hosted zone {zone_id} "
                "with the same domain name.",
            )


def associate_vpc_with_hosted_zone(request: Request, step: Step, context: Context) -> Response:
    """Associates one more VPC with a private hosted zone (A241)."""
    zone = existing_zone(step, request["HostedZoneId"])
    vpc = requested_vpc(request)
    if not zone.is_private:
        raise PublicZoneVPCAssociation(f"Attempting to associate public zone: {zone.id} with vpc: {vpc[1]}")
    refuse_second_zone(step, zone.name, vpc)
    row = zone_row(step, zone.id)
    if context.settings.has_quotas and len(row.vpcs) >= MAX_VPCS:
        raise LimitsExceeded("Limits Exceeded: Cannot associate more VPCs to hosted zone.")
    step.put(ZONES, zone.id, row=replace(row, vpcs=(*row.vpcs, vpc)))
    return {"ChangeInfo": context.change(step, request.get("Comment"))}


def disassociate_vpc_from_hosted_zone(request: Request, step: Step, context: Context) -> Response:
    """Ends the association of a VPC with a private hosted zone; the last one stays (A244)."""
    zone = existing_zone(step, request["HostedZoneId"])
    vpc = requested_vpc(request)
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
    """Authorizes a VPC; a repeated request changes nothing (A243)."""
    zone = _private_zone(step, request)
    vpc = requested_vpc(request)
    if step.get(AUTHORIZATIONS, zone.id, *vpc) is None:
        if context.settings.has_quotas and len(authorized_vpcs(step, zone)) >= MAX_AUTHORIZATIONS:
            raise TooManyVPCAssociationAuthorizations(
                f"There are {MAX_AUTHORIZATIONS} authorizations for hosted zone {zone.id} already.",
            )
        step.put(AUTHORIZATIONS, zone.id, *vpc, row=AuthorizationRow(context.now))
    return {"HostedZoneId": zone.id, "VPC": vpc_to_api(vpc)}


def _private_zone(step: Step, request: Request) -> HostedZone:
    zone = existing_zone(step, request["HostedZoneId"])
    if not zone.is_private:
        raise InvalidInput(f"Hosted zone {zone.id} is public: only private zones are associated with VPCs.")
    return zone


def delete_vpc_association_authorization(request: Request, step: Step, context: Context) -> Response:
    """Withdraws an authorization; an existing association stays (A243)."""
    zone = existing_zone(step, request["HostedZoneId"])
    vpc = requested_vpc(request)
    if step.get(AUTHORIZATIONS, zone.id, *vpc) is None:
        raise VPCAssociationAuthorizationNotFound(
            "The VPC that you specified is not authorized to be associated with the hosted zone.",
        )
    step.drop(AUTHORIZATIONS, zone.id, *vpc)
    return {}


def list_vpc_association_authorizations(request: Request, step: Step, context: Context) -> Response:
    """Lists the VPCs authorized for a hosted zone, by Region and id (A243)."""
    zone = existing_zone(step, request["HostedZoneId"])
    size = page_size(request, "MaxResults", default=MAX_PAGE, cap=MAX_PAGE)
    vpcs = authorized_vpcs(step, zone)
    start = bisect_left(vpcs, token_key(request["NextToken"], 2)) if "NextToken" in request else 0
    shown, following = page(vpcs[start:], size)
    response: Response = {"HostedZoneId": zone.id, "VPCs": [vpc_to_api(vpc) for vpc in shown]}
    return response | ({"NextToken": next_token(*following)} if following is not None else {})


def authorized_vpcs(step: Step, zone: HostedZone) -> list[Vpc]:
    """Returns the VPCs authorized for a hosted zone, by Region and id."""
    return sorted((region, vpc_id) for (zone_id, region, vpc_id), _ in step.all(AUTHORIZATIONS) if zone_id == zone.id)
