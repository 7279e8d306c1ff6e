"""Commands run one after another on a state of their own: no HTTP, no store, a clock that stands until it is moved."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID

from dnsemu.commands.context import Context, HealthCheckObservation, Request, Response, TestAnswer
from dnsemu.commands.errors.kinds import ApiError
from dnsemu.commands.registry import COMMANDS
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.settings import ApiSettings
from dnsemu.state.state import State
from dnsemu.state.step import Step
from dnsemu.state.tables import Write

NOW = 1_700_000_000.0
"""2023-11-14 22:13:20 UTC, where the clock of an `Emulation` starts."""


class CountedIds:
    """Ids in the order in which they were asked for: Z…01, Z…02, C…03."""

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
class FakeLive:
    """An emulated world that says what a test has put into it."""

    seen: dict[str, Sequence[HealthCheckObservation]] = field(default_factory=dict)
    failed: dict[str, Sequence[HealthCheckObservation]] = field(default_factory=dict)
    answers: dict[tuple[str, str], TestAnswer] = field(default_factory=dict)
    """By name and type as they were asked for."""
    asked: list[tuple[HostedZoneId, str, str, bytes, int, bool]] = field(default_factory=list)

    def observations(self, check_id: HealthCheckId) -> Sequence[HealthCheckObservation]:
        return self.seen.get(check_id, ())

    def last_failures(self, check_id: HealthCheckId) -> Sequence[HealthCheckObservation]:
        return self.failed.get(check_id, ())

    def answer(self, zone: HostedZone, name: str, type: str, address: bytes, bits: int, *, is_ecs: bool) -> TestAnswer:
        self.asked.append((zone.id, name, type, address, bits, is_ecs))
        return self.answers.get((name, type), TestAnswer("NXDOMAIN", ()))


@dataclass
class Emulation:
    """What commands run on; `now` is in seconds since the epoch. `writes` are those of the last call that went well."""

    state: State = field(default_factory=State)
    now: float = NOW
    settings: ApiSettings = field(default_factory=ApiSettings)
    live: FakeLive = field(default_factory=FakeLive)
    ids: CountedIds = field(default_factory=CountedIds)
    writes: tuple[Write, ...] = ()

    def call(self, operation: str, **request: object) -> Response:
        """The response; the state is then what the command made of it. An `ApiError` leaves it as it was."""
        step = Step(self.state)
        asked: Request = dict(request)
        response = COMMANDS[operation](asked, step, Context(self.now, self.ids, self.settings, self.live))
        self.state, self.writes = step.state, step.writes
        return response

    def refused(self, operation: str, **request: object) -> ApiError:
        """What the command says against it."""
        try:
            response = self.call(operation, **request)
        except ApiError as refusal:
            return refusal
        raise AssertionError(f"{operation} was not refused: {response}")
