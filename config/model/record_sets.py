"""Record sets and alias targets."""

from dataclasses import dataclass, field
from typing import NewType

from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.routing import Routing, Simple
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType

HostedZoneId = NewType("HostedZoneId", str)


@dataclass(frozen=True, slots=True)
class AliasTarget:
    """The target of an alias; in the same zone, `hosted_zone_id` is the id of the alias's zone (R102)."""

    hosted_zone_id: HostedZoneId
    name: DName
    evaluate_target_health: bool


@dataclass(frozen=True, slots=True)
class RecordSet:
    """One ResourceRecordSet: TTL (seconds) and values, or an alias with neither (R20).

    `values` is the text as written, `rdata` the same in uncompressed wire form and in the same order. A record set with
    a `traffic_policy_instance_id` has neither values nor alias: that instance's policy answers in its place (R195).
    """

    name: DName
    type: RRType
    routing: Routing = field(default_factory=Simple)
    set_identifier: str | None = None
    ttl: int | None = None
    values: tuple[str, ...] = ()
    rdata: tuple[bytes, ...] = ()
    alias: AliasTarget | None = None
    health_check_id: HealthCheckId | None = None
    traffic_policy_instance_id: str | None = None

    @property
    def key(self) -> "RecordSetKey":
        """The record set's identity inside its hosted zone (R30)."""
        return self.name, self.type, self.set_identifier


RecordSetKey = tuple[DName, RRType, str | None]
