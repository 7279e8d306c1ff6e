"""Record sets and alias targets."""

from dataclasses import dataclass, field
from typing import NewType

from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.routing import Routing, Simple
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType

HostedZoneId = NewType("HostedZoneId", str)


# --- record sets and hosted zones ---


@dataclass(frozen=True, slots=True)
class AliasTarget:
    """Where an alias leads. `hosted_zone_id` is the alias's own zone for a target in the same zone (R102)."""

    hosted_zone_id: HostedZoneId
    name: DName
    evaluate_target_health: bool


@dataclass(frozen=True, slots=True)
class RecordSet:
    """One ResourceRecordSet: a leaf with TTL (seconds) and values, or an alias with neither (R20).

    `values` is the text as it was written, `rdata` the same in uncompressed wire form, in the same order. One with a
    `traffic_policy_instance_id` has none of these: it stands for what that instance answers (R195).
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
