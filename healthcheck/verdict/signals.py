"""What health checks without probes follow: CloudWatch alarms and routing controls, set from outside."""

from dataclasses import dataclass
from enum import Enum

from dnsemu.config.model.health_checks import InsufficientData, MetricCheck, RecoveryCheck


class AlarmState(Enum):
    """What an alarm's data says (H87)."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class ControlState(Enum):
    """How a routing control is set (H93)."""

    ON = "On"
    OFF = "Off"


@dataclass(frozen=True, slots=True)
class Alarm:
    """A CloudWatch alarm, by Region and name."""

    region: str
    name: str

    def __str__(self) -> str:
        return f"{self.region}/{self.name}"


@dataclass(frozen=True, slots=True)
class RoutingControl:
    """A routing control, by ARN."""

    arn: str

    def __str__(self) -> str:
        return self.arn


Source = Alarm | RoutingControl
State = AlarmState | ControlState


class NoSuchSource(Exception):
    """A call named an alarm or routing control that no health check follows."""

    def __init__(self, source: Source) -> None:
        what = "alarm" if isinstance(source, Alarm) else "routing control"
        super().__init__(f"no health check follows the {what} {source}")
        self.source = source


def source_of(config: object) -> Source | None:
    """What a check follows, if it follows anything."""
    if isinstance(config, MetricCheck):
        return Alarm(config.alarm_region, config.alarm_name)
    return RoutingControl(config.routing_control_arn) if isinstance(config, RecoveryCheck) else None


def is_healthy_by(config: MetricCheck | RecoveryCheck, state: State | None, last_known: bool) -> bool:
    """The raw status that a signal gives.

    Args:
        state: the signal, None before there is any: an alarm then lacks data, a routing control counts as on (H93).
        last_known: the raw status when there was data last; healthy if there never was (H88).
    """
    if isinstance(config, RecoveryCheck):
        return state is not ControlState.OFF
    if state in (AlarmState.OK, AlarmState.ALARM):
        return state is AlarmState.OK
    if config.insufficient_data is InsufficientData.LAST_KNOWN:
        return last_known
    return config.insufficient_data is InsufficientData.HEALTHY
