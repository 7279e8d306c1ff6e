"""What a command may know besides the state: the time, new ids, settings, and what goes on in the emulated world."""

from collections.abc import Callable, Sequence
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
"""A request's members by the service model's names, as botocore would have been given them."""

Response = dict[str, Any]
"""A response's members by the service model's names, as botocore would return them; times are datetimes in UTC."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change that was accepted; it is in sync from `insync_at` on. Times are seconds since the epoch (A210–A214)."""

    submitted_at: float
    insync_at: float
    comment: str | None = None


CHANGES = Table("changes", ChangeRow)
"""By change id."""

MAX_CHANGES = 10_000
"""Of this many of the newest changes one can always be asked about (A213)."""
MAX_SURPLUS = 100
"""So many more are kept before the oldest go, all at once: the search for them looks at all changes."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one checker saw: its Region and simulated address, the status text, and when (seconds since the epoch)."""

    region: str
    address: str
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class TestAnswer:
    """What DNS would answer just now: an rcode by name, and the values of the answer section as text."""

    rcode: str
    values: tuple[str, ...]


class Live(Protocol):
    """The emulated world as commands may read it."""

    def observations(self, check_id: HealthCheckId) -> Sequence[Seen]:
        """What each reporting checker of an endpoint saw last (H110); none for other kinds of checks (H118)."""

    def last_failures(self, check_id: HealthCheckId) -> Sequence[Seen]:
        """The last failure that each reporting checker saw, or that there was none (H113)."""

    def answer(self, zone: HostedZone, name: str, type: str, address: bytes, bits: int, is_ecs: bool) -> TestAnswer:
        """Answers a client of this network from this zone, by the same decision as on the wire (A341)."""


class Ids(Protocol):
    """Makes ids that are new."""

    def zone(self) -> str:
        """`Z` and more (A47)."""

    def change(self) -> str:
        """`C` and more."""

    def delegation_set(self) -> str:
        """`N` and more."""

    def uuid(self) -> str:
        """A lower-case UUID."""


@dataclass(frozen=True, slots=True)
class Context:
    """One command's surroundings. `now` is emulated time, in seconds since the epoch."""

    now: float
    ids: Ids
    settings: ApiSettings
    live: Live

    def change(self, step: Step, comment: str | None = None) -> dict[str, Any]:
        """Keep a new change, and give its ChangeInfo as the response that made it shows it: pending (A211)."""
        _forget_old_changes(step)
        change_id = self.ids.change()
        row = ChangeRow(self.now, self.now + self.settings.change_delay_s, comment)
        step.put(CHANGES, change_id, row=row)
        return change_info(change_id, row, "PENDING")


Command = Callable[[Request, Step, Context], Response]
"""Carries out one operation. Raises `ApiError` if it cannot; the caller then discards the step."""


def change_info(change_id: str, row: ChangeRow, status: str) -> dict[str, Any]:
    """A ChangeInfo (A46, A214)."""
    info = {"Id": f"/change/{change_id}", "Status": status, "SubmittedAt": moment(row.submitted_at)}
    return info | ({"Comment": row.comment} if row.comment is not None else {})


def moment(at: float) -> datetime:
    """Seconds since the epoch as a time in UTC."""
    return datetime.fromtimestamp(at, UTC)


def _forget_old_changes(step: Step) -> None:
    """Make room for a new change by dropping the oldest, where there are too many (A213)."""
    kept = len(step.state.tables.get(CHANGES.name, ()))
    if kept < MAX_CHANGES + MAX_SURPLUS:
        return
    oldest = nsmallest(kept - MAX_CHANGES + 1, ((row.submitted_at, key) for key, row in step.all(CHANGES)))
    for _, key in oldest:
        step.drop(CHANGES, *key)
