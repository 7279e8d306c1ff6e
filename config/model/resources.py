"""AWS resources that aliases lead to, and the targets behind them."""

from dataclasses import dataclass
from enum import Enum

from dnsemu.config.model.addresses import IPAddress
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.names import DName

# --- AWS resources that aliases lead to ---


class ResourceKind(Enum):
    """What a resource is: an AWS service that gives out DNS names (R106), or a database that fails over by its name."""

    APPLICATION_LOAD_BALANCER = "application-load-balancer"
    NETWORK_LOAD_BALANCER = "network-load-balancer"
    CLASSIC_LOAD_BALANCER = "classic-load-balancer"
    CLOUDFRONT = "cloudfront"
    S3_WEBSITE = "s3-website"
    API_GATEWAY = "api-gateway"
    GLOBAL_ACCELERATOR = "global-accelerator"
    VPC_ENDPOINT = "vpc-endpoint"
    ELASTIC_BEANSTALK = "elastic-beanstalk"
    MULTI_AZ_DATABASE = "multi-az-database"


@dataclass(frozen=True, slots=True)
class Target:
    """What stands behind a resource: an address, or a host that has one; exactly one of the two.

    `availability_zone` is an id (`use1-az1`); `target_group` None is the group of those that name none.
    """

    address: IPAddress | None = None
    host: DName | None = None
    availability_zone: str | None = None
    target_group: str | None = None
    health_check_id: HealthCheckId | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """An AWS resource by its DNS name, outside every hosted zone; `region` is None for the global services.

    `target_groups` are those declared by name, with targets or without; `targets` are in order of preference, which
    matters to a database only.
    """

    name: DName
    kind: ResourceKind
    region: str | None = None
    availability_zones: tuple[str, ...] = ()
    target_groups: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
