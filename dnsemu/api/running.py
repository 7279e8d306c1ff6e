"""A running server as its HTTP port and its metrics see it: what they may read, and nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from dnsemu.answering.counters import Answered
from dnsemu.clock.clock import Clock
from dnsemu.clock.scheduler import Scheduler
from dnsemu.config.errors import FileError
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.text.addresses import Address
from dnsemu.control.command_runner import CommandRunner
from dnsemu.faults.force_file import ForceFile
from dnsemu.faults.forced_statuses import Forcing
from dnsemu.healthcheck.monitor import HealthMonitor
from dnsemu.healthcheck.probes.partitions import Partitions
from dnsemu.healthcheck.verdict.history import History
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.publication.board import Board
from dnsemu.server.responder import Responder
from dnsemu.state.state import State


@dataclass(frozen=True, slots=True)
class Ready:
    """Where the server listens, ports as they really are."""

    dns: tuple[Address, ...]
    http: Address

    def __str__(self) -> str:
        return f"dnsemu ready dns={','.join(map(str, self.dns))} http={self.http}"


class DataPlane(Protocol):
    """Whoever answers DNS: the process itself, or its workers."""

    async def start(self) -> None:
        """Begin to answer; returns when everybody does who is able to."""

    async def close(self) -> None:
        """Answer what is queued and stop."""

    def note_pace(self) -> None:
        """Have it known that emulated time goes differently."""

    async def reached(self) -> None:
        """Wait until all that was published is answered from, everywhere."""

    @property
    def answered(self) -> Iterable[tuple[Answered, int]]:
        """Replies sent by what they are counted under, as far as that is known."""

    @property
    def dropped(self) -> int:
        """Packets that got no reply, as far as that is known."""

    @property
    def query_log_dropped(self) -> int:
        """Lines of the query log that could not be written, as far as that is known."""

    async def count(self) -> None:
        """Find out what was counted up to now."""

    def rows(self) -> list[dict[str, Any]]:
        """Each process that answers, as plain data: `number`, `pid`, `is_answering`, `restarts`."""


class Running(Protocol):
    """What an application offers to those that tell of it."""

    board: Board
    health: HealthBoard
    responder: Responder
    monitor: HealthMonitor
    history: History
    forcing: Forcing
    force_file: ForceFile
    partitions: Partitions
    scheduler: Scheduler
    clock: Clock
    started_at: float
    is_ready: bool
    ready: Ready | None
    data_plane: DataPlane

    command_runner: CommandRunner

    async def reset(self) -> None:
        """Go back to what files declare, or to nothing.

        Raises:
            ReadingFailed: the files could not be read.
            StoreFailed: it could not be kept, so it did not happen.
        """

    async def restore(self, state: State) -> None:
        """Hold another state, under what files declare; raises as `reset` does."""

    @property
    def file_errors(self) -> tuple[FileError, ...]:
        """What keeps the files' present state from being served, the force file's too."""

    @property
    def failures(self) -> Mapping[str, str]:
        """Parts that stopped with an error or failed just now, and the error."""

    def check_detail(self, check: HealthCheckId) -> str:
        """What to say of a health check in an explanation."""
