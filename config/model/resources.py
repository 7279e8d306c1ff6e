"""AWS resources that aliases point to, and the targets behind them."""

from collections import Counter
from dataclasses import dataclass
from enum import Enum

from dnsemu.config import names
from dnsemu.config.model.addresses import IPAddress
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.names import DName

_TARGET = "target/"
"""The beginning of a target's id. Ids of health checks have no slash."""


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

    def __str__(self) -> str:
        return str(self.address) if self.host is None else names.display(self.host)


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

    @property
    def target_ids(self) -> tuple[HealthCheckId, ...]:
        """The id of each target's status: unhealthy while its failure domain is down.

        `target/RESOURCE/ADDRESS`; targets of one address are numbered from the second on.
        """
        seen: Counter[str] = Counter()
        start = f"{_TARGET}{names.display(self.name)}/"
        ids = []
        for target in self.targets:
            place = str(target)
            seen[place] += 1
            number = f"/{seen[place]}" if seen[place] > 1 else ""
            ids.append(HealthCheckId(f"{start}{place}{number}"))
        return tuple(ids)


def target_label(target_id: HealthCheckId) -> str:
    """A target's id in words: `10.0.0.1 of lb.us-east-1.elb.amazonaws.com.`."""
    resource, _, place = target_id.removeprefix(_TARGET).partition("/")
    return f"{place} of {resource}"


def is_target_id(check_id: HealthCheckId) -> bool:
    """True for the id of a target's status; false for a health check's."""
    return check_id.startswith(_TARGET)
