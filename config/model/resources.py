"""AWS resources that aliases point to, and the targets behind them."""

from dataclasses import dataclass
from enum import Enum

from dnsemu.config.model.addresses import IPAddress
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.names import DName


class ResourceKind(Enum):
    """The kind of a resource: an AWS service that hands out DNS names (R106), or a database that fails over by name."""

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

    @property
    def has_target_groups(self) -> bool:
        """True if the targets are in target groups (R111)."""
        return self in (ResourceKind.APPLICATION_LOAD_BALANCER, ResourceKind.NETWORK_LOAD_BALANCER)


@dataclass(frozen=True, slots=True)
class Target:
    """A target of a resource: either an address or a host name.

    `availability_zone` is an id (`use1-az1`); targets with `target_group` None form one group.
    """

    address: IPAddress | None = None
    host: DName | None = None
    availability_zone: str | None = None
    target_group: str | None = None
    health_check_id: HealthCheckId | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """An AWS resource with its DNS name, which lies outside every hosted zone; `region` is None for global services.

    `target_groups` lists the declared groups, also those without targets. `targets` are in order of preference, which
    only a database uses.
    """

    name: DName
    kind: ResourceKind
    region: str | None = None
    availability_zones: tuple[str, ...] = ()
    target_groups: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
