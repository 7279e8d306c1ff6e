"""Results of probes as values: a failed probe is a result, not an exception."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phases:
    """Duration of each phase of a probe, in seconds; None for a phase that was not reached or does not exist."""

    connect_s: float | None = None
    tls_s: float | None = None
    first_byte_s: float | None = None


NO_PHASES = Phases()


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The result of one probe; `reason` is the status text of H114 without its first word.

    `waited_s` is the time limit that ran out, in seconds, or 0: the minimum of emulated time that the probe took.
    """

    success: bool
    reason: str
    phases: Phases = NO_PHASES
    waited_s: float = 0.0

    @classmethod
    def passed(cls, reason: str, phases: Phases = NO_PHASES) -> "ProbeResult":
        """A successful probe."""
        return cls(success=True, reason=reason, phases=phases)

    @classmethod
    def failed(cls, reason: str, phases: Phases = NO_PHASES, *, waited_s: float = 0.0) -> "ProbeResult":
        """A failed probe."""
        return cls(success=False, reason=reason, phases=phases, waited_s=waited_s)


@dataclass(frozen=True, slots=True)
class Observation:
    """A probe's result, and the instant of its end in seconds since the epoch."""

    result: ProbeResult
    at: float

    @property
    def text(self) -> str:
        """The status as Route 53 words it: `Success: …` or `Failure: …` (H111)."""
        return f"{'Success' if self.result.success else 'Failure'}: {self.result.reason}"


TIMED_OUT = (
    "Connection timed out. The endpoint or the internet connection is down, or requests are being blocked by your "
    "firewall. See https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-router-firewall-rules.html"
)
"""H114 d."""


def with_resolved_ip(reason: str, ip: str | None) -> str:
    """Appends the probed address to a reason, if the endpoint is a domain name (H114 b)."""
    return f"{reason.removesuffix('.')}. Resolved IP: {ip}" if ip else reason
