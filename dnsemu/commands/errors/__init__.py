"""The errors of the Route 53 API: one class for each, whose name is its code.

The service model's errors are here, and the ones that every AWS service has. A branch gives the HTTP status; the
modules hold the classes by subject. To refuse a request, raise the class: `raise NoSuchHostedZone(zone_id)`.

    ApiError
        BadRequest  400
            requests: MalformedInput, InvalidInput, InvalidArgument, InvalidPaginationToken, LimitsExceeded,
                IncompleteSignature, RequestExpired, Throttling, ThrottlingException, PriorRequestNotComplete,
                ConcurrentModification
            hosted_zones: InvalidDomainName, ConflictingDomainExists, TooManyHostedZones, HostedZoneNotEmpty,
                NoSuchDelegationSet, HostedZoneNotFound, DelegationSetAlreadyCreated, DelegationSetAlreadyReusable,
                DelegationSetInUse, DelegationSetNotAvailable, DelegationSetNotReusable, HostedZonePartiallyDelegated,
                InsufficientCloudWatchLogsResourcePolicy, InvalidVPCId, HostedZoneNotPrivate, PublicZoneVPCAssociation,
                LastVPCAssociation, TooManyVPCAssociationAuthorizations
            record_sets: InvalidChangeBatch, InvalidResourceRecordSetProtectionBatch
            health_checks: TooManyHealthChecks, HealthCheckInUse, IncompatibleVersion, TooManyHealthCheckSources
            traffic: InvalidTrafficPolicyDocument, TooManyTrafficPolicies, TooManyTrafficPolicyVersionsForCurrentPolicy,
                TrafficPolicyInUse, TooManyTrafficPolicyInstances, ConflictingTypes
            cidr: CidrCollectionAlreadyExistsException, CidrCollectionInUseException, CidrBlockInUseException
            dnssec: DNSSECNotFound, TooManyKeySigningKeys, InvalidKeySigningKeyName, InvalidKeySigningKeyStatus,
                InvalidKMSArn, KeySigningKeyInUse, KeySigningKeyWithActiveStatusNotFound, KeySigningKeyInParentDSRecord,
                InvalidSigningStatus
        Unauthorized  401
            hosted_zones: NotAuthorizedException
        Forbidden  403
            requests: AccessDenied, InvalidClientTokenId, MissingAuthenticationToken, SignatureDoesNotMatch
            hosted_zones: FeatureNotEnabled
        NotFound  404
            requests: UnknownOperationException
            hosted_zones: NoSuchHostedZone, NoSuchQueryLoggingConfig, NoSuchCloudWatchLogsLogGroup,
                VPCAssociationNotFound, VPCAssociationAuthorizationNotFound
            record_sets: NoSuchChange, NoSuchGeoLocation
            health_checks: NoSuchHealthCheck, NoSuchHealthCheckSource
            traffic: NoSuchTrafficPolicy, NoSuchTrafficPolicyInstance
            cidr: NoSuchCidrCollectionException, NoSuchCidrLocationException
            dnssec: NoSuchKeySigningKey
        Conflict  409
            hosted_zones: HostedZoneAlreadyExists, QueryLoggingConfigAlreadyExists
            record_sets: ProtectionAlreadyExists
            health_checks: HealthCheckAlreadyExists, HealthCheckVersionMismatch, HealthCheckSourceAlreadyExists
            traffic: TrafficPolicyAlreadyExists, TrafficPolicyInstanceAlreadyExists
            cidr: CidrCollectionVersionMismatchException
            dnssec: KeySigningKeyAlreadyExists
        ServerError  500
            requests: InternalFailure, NotImplemented (501), ServiceUnavailable (503)
"""

from collections.abc import Iterator, Mapping

# A class joins the tree when its module is imported.
from dnsemu.commands.errors import cidr, dnssec, health_checks, hosted_zones, record_sets, requests, traffic  # noqa: F401
from dnsemu.commands.errors.kinds import ApiError


def _leaves(branch: type[ApiError]) -> Iterator[type[ApiError]]:
    below = branch.__subclasses__()
    if not below:
        yield branch
    for error in below:
        yield from _leaves(error)


ERRORS: Mapping[str, type[ApiError]] = {error.code: error for error in _leaves(ApiError)}
"""Every error by its code."""
