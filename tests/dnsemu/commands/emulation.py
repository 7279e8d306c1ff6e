"""Runs commands one after another on a state in memory: no HTTP, no store, and a clock that only tests move."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID

from dnsemu.commands.context import Context, HealthCheckObservation, Request, Response, TestAnswer
from dnsemu.commands.errors.kinds import ApiError
from dnsemu.commands.registry import COMMANDS
from dnsemu.commands.validity import invalid_rows
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.settings import ApiSettings
from dnsemu.state.state import State
from dnsemu.state.step import Step
from dnsemu.state.tables import Write
from tests.error_texts import check_listed

NOW = 1_700_000_000.0
"""2023-11-14 22:13:20 UTC, the start of the clock of an `Emulation`."""


class CountedIds:
    """Makes ids with one running number: Z…01, Z…02, C…03."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def zone(self) -> str:
        return f"Z{next(self._numbers):020}"

    def change(self) -> str:
        return f"C{next(self._numbers):020}"

    def delegation_set(self) -> str:
        return f"N{next(self._numbers):020}"

    def uuid(self) -> str:
        return str(UUID(int=next(self._numbers)))


@dataclass
class FakeLiveReader:
    """A live reader that returns what a test has put into it."""

    observed: dict[str, Sequence[HealthCheckObservation]] = field(default_factory=dict)
    failed: dict[str, Sequence[HealthCheckObservation]] = field(default_factory=dict)
    answers: dict[tuple[str, str], TestAnswer] = field(default_factory=dict)
    """By name and type, as the request has them."""
    asked: list[tuple[HostedZoneId, str, str, bytes, int, bool]] = field(default_factory=list)

    def observations(self, check_id: HealthCheckId) -> Sequence[HealthCheckObservation]:
        return self.observed.get(check_id, ())

    def last_failures(self, check_id: HealthCheckId) -> Sequence[HealthCheckObservation]:
        return self.failed.get(check_id, ())

    def answer(self, zone: HostedZone, name: str, type: str, address: bytes, bits: int, *, is_ecs: bool) -> TestAnswer:
        self.asked.append((zone.id, name, type, address, bits, is_ecs))
        return self.answers.get((name, type), TestAnswer("NXDOMAIN", ()))


CHECKED_CALLS = 30
"""Calls after which only every thirtieth state is checked as a whole: a test may make thousands of rows."""


@dataclass
class Emulation:
    """The inputs of commands; `now` is in seconds since the epoch. `writes` are those of the last successful call."""

    state: State = field(default_factory=State)
    now: float = NOW
    settings: ApiSettings = field(default_factory=ApiSettings)
    live: FakeLiveReader = field(default_factory=FakeLiveReader)
    ids: CountedIds = field(default_factory=CountedIds)
    writes: tuple[Write, ...] = ()
    calls: int = 0

    def call(self, operation: str, **request: object) -> Response:
        """Runs an operation and takes over its state; an `ApiError` leaves the state as it was."""
        step = Step(self.state)
        asked: Request = dict(request)
        response = COMMANDS[operation](asked, step, Context(self.now, self.ids, self.settings, self.live))
        before, self.state, self.writes = self.state, step.state, step.writes
        self.calls += 1
        if self.writes and (self.calls <= CHECKED_CALLS or not self.calls % CHECKED_CALLS):
            self._check_validity(before)
        return response

    def _check_validity(self, before: State) -> None:
        """Asserts that the command made no row that a snapshot could not have; tests begin with incomplete states."""
        found = list(invalid_rows(self.state))
        known = {(row.table, row.key) for row in invalid_rows(before)} if found else set()
        assert [str(row) for row in found if (row.table, row.key) not in known] == []

    def refused(self, operation: str, **request: object) -> ApiError:
        """Runs an operation that must fail, and returns its error, whose texts must be listed."""
        try:
            response = self.call(operation, **request)
        except ApiError as error:
            for sentence in error.sentences:
                check_listed(error.code, sentence)
            return error
        raise AssertionError(f"{operation} was not refused: {response}")
