"""Signals: CloudWatch alarms and routing controls, set from outside, that health checks without probes follow."""

from dataclasses import dataclass
from enum import Enum

from dnsemu.config.model.health_checks import InsufficientData, MetricCheck, RecoveryCheck


class AlarmState(Enum):
    """The state of an alarm's data (H87)."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class ControlState(Enum):
    """The state of a routing control (H93)."""

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


SignalSource = Alarm | RoutingControl
SignalState = AlarmState | ControlState


class NoSuchSource(Exception):
    """A call named an alarm or routing control that no health check follows."""

    def __init__(self, source: SignalSource) -> None:
        what = "alarm" if isinstance(source, Alarm) else "routing control"
        super().__init__(f"no health check follows the {what} {source}")
        self.source = source


def source_of(config: object) -> SignalSource | None:
    """The alarm or routing control that a check follows; None for other checks."""
    if isinstance(config, MetricCheck):
        return Alarm(config.alarm_region, config.alarm_name)
    return RoutingControl(config.routing_control_arn) if isinstance(config, RecoveryCheck) else None


def is_healthy_by_signal(config: MetricCheck | RecoveryCheck, state: SignalState | None, *, was_healthy: bool) -> bool:
    """True if the signal makes the raw status healthy.

    Args:
        state: None before the first signal: an alarm then has insufficient data, a routing control is on (H93).
        was_healthy: the raw status by the last sufficient data; True if there was none (H88).
    """
    if isinstance(config, RecoveryCheck):
        return state is not ControlState.OFF
    if state in (AlarmState.OK, AlarmState.ALARM):
        return state is AlarmState.OK
    if config.insufficient_data is InsufficientData.LAST_KNOWN:
        return was_healthy
    return config.insufficient_data is InsufficientData.HEALTHY
