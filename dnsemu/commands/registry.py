"""Lists every operation of the Route 53 API with the function that runs it, and every table of rows."""

from typing import Any

from dnsemu.commands import changes, geo_locations, limits, tags, test_dns_answer, vpcs
from dnsemu.commands.cidr import collections as cidr_collections
from dnsemu.commands.cidr.collections import CIDR
from dnsemu.commands.context import CHANGES, Command
from dnsemu.commands.dnssec import key_signing_keys
from dnsemu.commands.dnssec.key_signing_keys import DNSSEC, KEY_SIGNING_KEYS, KMS_KEYS
from dnsemu.commands.from_file import FROM_FILE
from dnsemu.commands.health_checks import health_checks, status
from dnsemu.commands.health_checks.health_checks import CHECK_REFERENCES, HEALTH_CHECKS
from dnsemu.commands.hosted_zones import creation, delegation_sets, deletion, hosted_zones, query_logging
from dnsemu.commands.hosted_zones import lists as zone_lists
from dnsemu.commands.hosted_zones.delegation_sets import DELEGATION_SETS
from dnsemu.commands.hosted_zones.hosted_zones import ZONE_REFERENCES, ZONES
from dnsemu.commands.hosted_zones.query_logging import QUERY_LOGGING
from dnsemu.commands.record_sets import change, protections
from dnsemu.commands.record_sets import lists as record_set_lists
from dnsemu.commands.record_sets.protections import PROTECTIONS
from dnsemu.commands.tags import TAGS
from dnsemu.commands.traffic import instances, policies
from dnsemu.commands.traffic.policies import INSTANCES, POLICIES, POLICY_VERSIONS
from dnsemu.commands.vpcs import AUTHORIZATIONS
from dnsemu.state.tables import Table

COMMANDS: dict[str, Command] = {
    # hosted zones
    "CreateHostedZone": creation.create_hosted_zone,
    "GetHostedZone": zone_lists.get_hosted_zone,
    "UpdateHostedZoneComment": hosted_zones.update_hosted_zone_comment,
    "UpdateHostedZoneFeatures": hosted_zones.update_hosted_zone_features,
    "GetHostedZoneCount": hosted_zones.get_hosted_zone_count,
    "ListHostedZones": zone_lists.list_hosted_zones,
    "ListHostedZonesByName": zone_lists.list_hosted_zones_by_name,
    "ListHostedZonesByVPC": zone_lists.list_hosted_zones_by_vpc,
    "DeleteHostedZone": deletion.delete_hosted_zone,
    "CreateReusableDelegationSet": delegation_sets.create_reusable_delegation_set,
    "GetReusableDelegationSet": delegation_sets.get_reusable_delegation_set,
    "DeleteReusableDelegationSet": delegation_sets.delete_reusable_delegation_set,
    "ListReusableDelegationSets": delegation_sets.list_reusable_delegation_sets,
    "CreateQueryLoggingConfig": query_logging.create_query_logging_config,
    "DeleteQueryLoggingConfig": query_logging.delete_query_logging_config,
    "GetQueryLoggingConfig": query_logging.get_query_logging_config,
    "ListQueryLoggingConfigs": query_logging.list_query_logging_configs,
    # record sets
    "ChangeResourceRecordSets": change.change_resource_record_sets,
    "ListResourceRecordSets": record_set_lists.list_resource_record_sets,
    "CreateResourceRecordSetProtections": protections.create_protections,
    "DeleteResourceRecordSetProtections": protections.delete_protections,
    "ListResourceRecordSetProtections": protections.list_protections,
    "GetChange": changes.get_change,
    # health checks
    "CreateHealthCheck": health_checks.create_health_check,
    "DeleteHealthCheck": health_checks.delete_health_check,
    "GetHealthCheck": health_checks.get_health_check,
    "GetHealthCheckCount": health_checks.get_health_check_count,
    "ListHealthChecks": health_checks.list_health_checks,
    "UpdateHealthCheck": health_checks.update_health_check,
    "GetHealthCheckStatus": status.get_health_check_status,
    "GetHealthCheckLastFailureReason": status.get_health_check_last_failure_reason,
    "GetCheckerIpRanges": status.get_checker_ip_ranges,
    # traffic policies
    "CreateTrafficPolicy": policies.create_traffic_policy,
    "CreateTrafficPolicyVersion": policies.create_traffic_policy_version,
    "DeleteTrafficPolicy": policies.delete_traffic_policy,
    "GetTrafficPolicy": policies.get_traffic_policy,
    "ListTrafficPolicies": policies.list_traffic_policies,
    "ListTrafficPolicyVersions": policies.list_traffic_policy_versions,
    "UpdateTrafficPolicyComment": policies.update_traffic_policy_comment,
    "CreateTrafficPolicyInstance": instances.create_traffic_policy_instance,
    "DeleteTrafficPolicyInstance": instances.delete_traffic_policy_instance,
    "GetTrafficPolicyInstance": instances.get_traffic_policy_instance,
    "GetTrafficPolicyInstanceCount": instances.get_traffic_policy_instance_count,
    "ListTrafficPolicyInstances": instances.list_traffic_policy_instances,
    "ListTrafficPolicyInstancesByHostedZone": instances.list_traffic_policy_instances_by_hosted_zone,
    "ListTrafficPolicyInstancesByPolicy": instances.list_traffic_policy_instances_by_policy,
    "UpdateTrafficPolicyInstance": instances.update_traffic_policy_instance,
    # CIDR collections
    "ChangeCidrCollection": cidr_collections.change_cidr_collection,
    "CreateCidrCollection": cidr_collections.create_cidr_collection,
    "DeleteCidrCollection": cidr_collections.delete_cidr_collection,
    "ListCidrBlocks": cidr_collections.list_cidr_blocks,
    "ListCidrCollections": cidr_collections.list_cidr_collections,
    "ListCidrLocations": cidr_collections.list_cidr_locations,
    # VPCs
    "AssociateVPCWithHostedZone": vpcs.associate_vpc_with_hosted_zone,
    "DisassociateVPCFromHostedZone": vpcs.disassociate_vpc_from_hosted_zone,
    "CreateVPCAssociationAuthorization": vpcs.create_vpc_association_authorization,
    "DeleteVPCAssociationAuthorization": vpcs.delete_vpc_association_authorization,
    "ListVPCAssociationAuthorizations": vpcs.list_vpc_association_authorizations,
    # DNSSEC
    "ActivateKeySigningKey": key_signing_keys.activate_key_signing_key,
    "CreateKeySigningKey": key_signing_keys.create_key_signing_key,
    "DeactivateKeySigningKey": key_signing_keys.deactivate_key_signing_key,
    "DeleteKeySigningKey": key_signing_keys.delete_key_signing_key,
    "DisableHostedZoneDNSSEC": key_signing_keys.disable_hosted_zone_dnssec,
    "EnableHostedZoneDNSSEC": key_signing_keys.enable_hosted_zone_dnssec,
    "GetDNSSEC": key_signing_keys.get_dnssec,
    # tags
    "ChangeTagsForResource": tags.change_tags_for_resource,
    "ListTagsForResource": tags.list_tags_for_resource,
    "ListTagsForResources": tags.list_tags_for_resources,
    # geolocation, quotas, test answers
    "GetGeoLocation": geo_locations.get_geo_location,
    "ListGeoLocations": geo_locations.list_geo_locations,
    "GetAccountLimit": limits.get_account_limit,
    "GetHostedZoneLimit": limits.get_hosted_zone_limit,
    "GetReusableDelegationSetLimit": limits.get_reusable_delegation_set_limit,
    "TestDNSAnswer": test_dns_answer.test_dns_answer,
}
"""By the operation's name in the service model."""

_TABLES: tuple[Table[Any], ...] = (
    CHANGES,
    FROM_FILE,
    ZONES,
    ZONE_REFERENCES,
    DELEGATION_SETS,
    QUERY_LOGGING,
    PROTECTIONS,
    HEALTH_CHECKS,
    CHECK_REFERENCES,
    POLICY_VERSIONS,
    POLICIES,
    INSTANCES,
    CIDR,
    AUTHORIZATIONS,
    KMS_KEYS,
    KEY_SIGNING_KEYS,
    DNSSEC,
    TAGS,
)

TABLES: dict[str, Table[Any]] = {table.name: table for table in _TABLES}
"""By name."""


def is_read(operation: str) -> bool:
    """True if an operation only reads."""
    return operation.startswith(("Get", "List", "Test"))
