"""The ways in which an endpoint fails on purpose."""

from dataclasses import dataclass
from enum import Enum


class FailureWay(Enum):
    """The ways in which an endpoint fails."""

    REFUSE = "refuse"
    TIMEOUT = "timeout"
    SLOW = "slow"
    STATUS = "status"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class Failing:
    """The way in which an endpoint fails; `slow_s`, `status` and `body` belong to the kinds of those names."""

    kind: FailureWay = FailureWay.REFUSE
    slow_s: float = 0.0
    status: int = 200
    body: str = ""
