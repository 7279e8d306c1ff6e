"""What the checkers of one endpoint have to say, as Route 53's two status calls report it (H110–H118)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.verdict.entry import CheckerState, Entry
from dnsemu.healthcheck.verdict.observation import Observation

_NEVER_FAILED = (
    "The health check endpoint has not failed since the Route 53 health checker for this endpoint restarted at"
)


@dataclass(frozen=True, slots=True)
class CheckerReport:
    """One checker's status text, and when it made the probe that this is about, in seconds since the epoch."""

    checker: Checker
    text: str
    at: float


def latest(entry: Entry) -> tuple[CheckerReport, ...]:
    """What each reporting checker saw last.

    Inversion and disabling leave it as it is (H116). There is none before the first probe (H117), and none of a check
    that is no endpoint (H118).
    """
    return tuple(CheckerReport(state.checker, last.text, last.at) for state, last in _reporting(entry))


def last_failures(entry: Entry) -> tuple[CheckerReport, ...]:
    """The last failure that each reporting checker saw; of one that saw none, since when and its last probe (H113)."""
    return tuple(_last_failure(state, last) for state, last in _reporting(entry))


def _last_failure(state: CheckerState, last: Observation) -> CheckerReport:
    if (failure := state.last_failure) is not None:
        return CheckerReport(state.checker, failure.text, failure.at)
    since = datetime.fromtimestamp(state.since, UTC).isoformat(timespec="milliseconds")
    return CheckerReport(state.checker, f"{_NEVER_FAILED} {since}", last.at)


def _reporting(entry: Entry) -> Iterator[tuple[CheckerState, Observation]]:
    """Checkers that have finished a probe, with the last one (H65)."""
    for state in entry.checkers.values():
        if state.last is not None:
            yield state, state.last
