"""The inputs of a command besides the state: the time, new ids, settings, and the live emulator's readings."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import nsmallest
from typing import Any, Protocol

from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.settings import ApiSettings
from dnsemu.state.step import Step
from dnsemu.state.tables import Table

Request = dict[str, Any]
"""A request's members by the service model's names, as a caller of botocore passes them."""

Response = dict[str, Any]
"""A response's members by the service model's names, as botocore returns them; times are datetimes in UTC."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """An accepted change, in sync from `insync_at` on. Times are seconds since the epoch (A210–A214)."""

    submitted_at: float
    insync_at: float
    comment: str | None = None


CHANGES = Table("changes", ChangeRow)
"""By change id."""

MAX_CHANGES = 10_000
"""The newest changes, this many, are always available (A213)."""
MAX_SURPLUS = 100
"""Changes above `MAX_CHANGES` before the oldest are dropped together; finding them takes a pass over all changes."""


@dataclass(frozen=True, slots=True)
class HealthCheckObservation:
    """One checker's observation: its Region, its simulated address, the status text, and seconds since the epoch."""

    region: str
    address: str
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class TestAnswer:
    """The answer that DNS gives now: an rcode by name, and the values of the answer section as text."""

    rcode: str
    values: tuple[str, ...]


class LiveReader(Protocol):
    """Reads the running emulator for commands: observations of health checkers, and answers of DNS."""

    def observations(self, check_id: HealthCheckId) -> Sequence[HealthCheckObservation]:
        """Returns each reporting checker's last observation of an endpoint (H110); none for other checks (H118)."""

    def last_failures(self, check_id: HealthCheckId) -> Sequence[HealthCheckObservation]:
        """Returns each reporting checker's last failure, or an observation that says that there was none (H113)."""

    def answer(self, zone: HostedZone, name: str, type: str, address: bytes, bits: int, *, is_ecs: bool) -> TestAnswer:
        """Answers a client of this network from this zone, by the same decision as on the wire (A341)."""

    def prepare(self, declared: HostedZone) -> Iterator[None]:
        """Does the long part of `answer` before it, in steps of about a millisecond."""


class Ids(Protocol):
    """Makes new ids."""

    def zone(self) -> str:
        """Starts with `Z` (A47)."""

    def change(self) -> str:
        """Starts with `C`."""

    def delegation_set(self) -> str:
        """Starts with `N`."""

    def uuid(self) -> str:
        """A lower-case UUID."""


@dataclass(frozen=True, slots=True)
class Context:
    """The inputs of one command besides its request and the step. `now` is emulated time in seconds since the epoch."""

    now: float
    ids: Ids
    settings: ApiSettings
    live: LiveReader

    def change(self, step: Step, comment: str | None = None) -> dict[str, Any]:
        """Stores a new change, and returns its ChangeInfo, which is pending in the response that made it (A211)."""
        _drop_old_changes(step)
        change_id = self.ids.change()
        row = ChangeRow(self.now, self.now + self.settings.change_delay_s, comment)
        step.put(CHANGES, change_id, row=row)
        return change_info(change_id, row, "PENDING")


Command = Callable[[Request, Step, Context], Response]
"""Carries out one operation. Raises `ApiError` if it cannot; the caller then discards the step."""


def change_info(change_id: str, row: ChangeRow, status: str) -> dict[str, Any]:
    """Returns a ChangeInfo (A46, A214)."""
    info = {"Id": f"/change/{change_id}", "Status": status, "SubmittedAt": utc(row.submitted_at)}
    return info | ({"Comment": row.comment} if row.comment is not None else {})


def utc(at_s: float) -> datetime:
    """Returns seconds since the epoch as a time in UTC."""
    return datetime.fromtimestamp(at_s, UTC)


def _drop_old_changes(step: Step) -> None:
    """Drops the oldest changes if there are too many (A213)."""
    count = len(step.state.tables.get(CHANGES.name, ()))
    if count < MAX_CHANGES + MAX_SURPLUS:
        return
    oldest = nsmallest(count - MAX_CHANGES + 1, ((row.submitted_at, key) for key, row in step.all(CHANGES)))
    for _, key in oldest:
        step.drop(CHANGES, *key)
