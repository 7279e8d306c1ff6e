"""One probe's outcome as a value: failing is an outcome too, not an exception."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phases:
    """How long each phase of a probe took, in seconds; None for a phase that was not reached or does not exist."""

    connect_s: float | None = None
    tls_s: float | None = None
    first_byte_s: float | None = None


NO_PHASES = Phases()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt; `reason` is the status text of H114 without its first word.

    `waited_s` is the time limit that ran out, in seconds, or 0: the emulated time that the attempt took at least.
    """

    success: bool
    reason: str
    phases: Phases = NO_PHASES
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Observation:
    """An outcome and when it was known, in seconds since the epoch."""

    outcome: Outcome
    at: float

    @property
    def text(self) -> str:
        """The status as Route 53 words it: `Success: …` or `Failure: …` (H111)."""
        return f"{'Success' if self.outcome.success else 'Failure'}: {self.outcome.reason}"


TIMED_OUT = (
    "Connection timed out. The endpoint or the internet connection is down, or requests are being blocked by your "
    "firewall. See https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-router-firewall-rules.html"
)
"""H114 d."""


def resolved(reason: str, ip: str | None) -> str:
    """A reason, with the address probed if the endpoint is a domain name (H114 b)."""
    return f"{reason.removesuffix('.')}. Resolved IP: {ip}" if ip else reason
