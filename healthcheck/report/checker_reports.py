"""Checker reports of one endpoint, as returned by Route 53's two status calls (H110–H118)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.verdict.check_state import CheckerState, HealthCheckState
from dnsemu.healthcheck.verdict.results import Observation

_NEVER_FAILED = (
    "The health check endpoint has not failed since the Route 53 health checker for this endpoint restarted at"
)


@dataclass(frozen=True, slots=True)
class CheckerReport:
    """One checker's status text, and the instant of its probe in seconds since the epoch."""

    checker: Checker
    text: str
    at: float


def latest(state: HealthCheckState) -> tuple[CheckerReport, ...]:
    """The last observation of each reporting checker.

    Inversion and disabling do not change it (H116). Empty before the first probe (H117), and for a check without an
    endpoint (H118).
    """
    return tuple(CheckerReport(checker.checker, last.text, last.at) for checker, last in _reporting(state))


def last_failures(state: HealthCheckState) -> tuple[CheckerReport, ...]:
    """The last failure of each reporting checker; if it had none, the start of its probes and its last probe (H113)."""
    return tuple(_last_failure(checker, last) for checker, last in _reporting(state))


def _last_failure(checker: CheckerState, last: Observation) -> CheckerReport:
    if (failure := checker.last_failure) is not None:
        return CheckerReport(checker.checker, failure.text, failure.at)
    since = datetime.fromtimestamp(checker.since, UTC).isoformat(timespec="milliseconds")
    return CheckerReport(checker.checker, f"{_NEVER_FAILED} {since}", last.at)


def _reporting(state: HealthCheckState) -> Iterator[tuple[CheckerState, Observation]]:
    """Yields the checkers with an observation, and their last one (H65)."""
    for checker in state.checkers.values():
        if checker.last is not None:
            yield checker, checker.last
