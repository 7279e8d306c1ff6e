"""Errors about hosted zones, delegation sets, query logging and VPCs."""

from dnsemu.commands.errors.kinds import BadRequest, Conflict, Forbidden, NotFound, Unauthorized


class NoSuchHostedZone(NotFound):
    """A request names a hosted zone that does not exist (A88)."""

    def __init__(self, zone_id: str) -> None:
        super().__init__(f"No hosted zone found with ID: {zone_id}")


class InvalidDomainName(BadRequest):
    """A name is not a domain name, or not one that a hosted zone may have (A52, A87)."""


class HostedZoneAlreadyExists(Conflict):
    """The caller reference is taken by another hosted zone (A86)."""


class ConflictingDomainExists(BadRequest):
    """Another zone with a conflicting name has the same VPC or name servers (A85, A241)."""


class TooManyHostedZones(BadRequest):
    """The account or the delegation set has no room for another hosted zone (A95)."""


class HostedZoneNotEmpty(BadRequest):
    """A zone that still holds something cannot be deleted (A92)."""


class FeatureNotEnabled(Forbidden):
    """The hosted zone's tier does not include the feature that the operation reads."""


# --- delegation sets ---


class NoSuchDelegationSet(BadRequest):
    """A request names a reusable delegation set that does not exist (A232)."""


class HostedZoneNotFound(BadRequest):
    """The zone whose name servers a reusable delegation set is to take over does not exist (A231)."""


class DelegationSetAlreadyCreated(BadRequest):
    """The caller reference is taken by another delegation set (A230)."""


class DelegationSetAlreadyReusable(BadRequest):
    """The zone's name servers already are a reusable delegation set (A231)."""


class DelegationSetInUse(BadRequest):
    """A delegation set that hosted zones use cannot be deleted (A232)."""


class DelegationSetNotAvailable(BadRequest):
    """No four name servers are left for this name (A85)."""


class DelegationSetNotReusable(BadRequest):
    """The delegation set belongs to one zone and cannot be shared."""


class HostedZonePartiallyDelegated(BadRequest):
    """The parent zone delegates only a part of this zone here."""


# --- query logging ---


class NoSuchQueryLoggingConfig(NotFound):
    """A request names a query logging configuration that does not exist (A252)."""


class QueryLoggingConfigAlreadyExists(Conflict):
    """The hosted zone has a query logging configuration already (A251)."""


class NoSuchCloudWatchLogsLogGroup(NotFound):
    """The log group does not exist."""


class InsufficientCloudWatchLogsResourcePolicy(BadRequest):
    """The log group does not let Route 53 write to it."""


# --- VPCs ---


class InvalidVPCId(BadRequest):
    """The text cannot be the id of a VPC (A90)."""


class HostedZoneNotPrivate(BadRequest):
    """The operation is for private hosted zones (A350)."""


class PublicZoneVPCAssociation(BadRequest):
    """A public hosted zone cannot be associated with a VPC (A241)."""


class LastVPCAssociation(BadRequest):
    """A private hosted zone keeps at least one VPC (A244)."""


class VPCAssociationNotFound(NotFound):
    """The VPC is not associated with the hosted zone (A244)."""


class VPCAssociationAuthorizationNotFound(NotFound):
    """The VPC is not authorized to be associated with the hosted zone (A243)."""


class TooManyVPCAssociationAuthorizations(BadRequest):
    """The hosted zone has no room for another authorization (A243)."""


class NotAuthorizedException(Unauthorized):
    """The account of the zone has not authorized the VPC (A241)."""
