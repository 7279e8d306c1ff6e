"""A running server as its HTTP port and its metrics see it: what they may read, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from config.addresses import Address
from config.faults import Fault
from config.world import HealthCheckId
from dnsemu.commands.state import State
from dnsemu.force_file import ForceFile
from dnsemu.forcing import Forcing
from dnsemu.keeper import Keeper
from dnsemu.published import Board
from dnsemu.responder import Responder
from healthcheck.agenda import Agenda
from healthcheck.blockade import Blockade
from healthcheck.clock import Clock
from healthcheck.history import History
from healthcheck.monitor import HealthMonitor
from healthcheck.snapshot import HealthBoard


@dataclass(frozen=True, slots=True)
class Ready:
    """Where the server listens, ports as they really are."""

    dns: tuple[Address, ...]
    http: Address

    def __str__(self) -> str:
        return f"dnsemu ready dns={','.join(map(str, self.dns))} http={self.http}"


class Running(Protocol):
    """What an application offers to those that tell of it."""

    board: Board
    health: HealthBoard
    responder: Responder
    monitor: HealthMonitor
    history: History
    forcing: Forcing
    force_file: ForceFile
    blockade: Blockade
    agenda: Agenda
    clock: Clock
    started_at: float
    is_ready: bool
    ready: Ready | None

    keeper: Keeper

    async def reset(self) -> None:
        """Go back to what files declare, or to nothing.

        Raises:
            ReadingFailed: the files could not be read.
            StoreFailed: it could not be kept, so it did not happen.
        """

    async def restore(self, state: State) -> None:
        """Hold another state, under what files declare; raises as `reset` does."""

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What keeps the files' present state from being served, the force file's too."""

    @property
    def failures(self) -> Mapping[str, str]:
        """Parts that stopped with an error or failed just now, and the error."""

    def check_detail(self, check: HealthCheckId) -> str:
        """What to say of a health check in an explanation."""
