"""The server's way from start to stop, as the ready line, `status` and `/readyz` show it."""

from dataclasses import dataclass

from dnsemu.config.text.addresses import Address
from dnsemu.runtime.lateness import LatenessMeter


@dataclass(frozen=True, slots=True)
class Ready:
    """The addresses the server listens on, with real port numbers, and words of warning such as `open-resolver`."""

    dns: tuple[Address, ...]
    http: Address
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join(("dnsemu ready", f"dns={','.join(map(str, self.dns))}", f"http={self.http}", *self.warnings))


class Lifecycle:
    """Written by the application, read by the HTTP port."""

    def __init__(self, started_at: float) -> None:
        """Begin a run at an instant of emulated time, in seconds since the epoch."""
        self.started_at = started_at
        self.ready: Ready | None = None
        """None until everything listens."""
        self.is_ready = False
        """True from when everything listens until the server stops."""
        self.lateness = LatenessMeter()
        self.failures: dict[str, str] = {}
        """Parts that stopped with an error or failed just now, with the error."""

    def begin(self, ready: Ready) -> None:
        """Marks the server as ready at these addresses."""
        self.ready = ready
        self.is_ready = True
