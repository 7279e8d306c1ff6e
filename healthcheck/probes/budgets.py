"""Time limits of a probe's phases, in real time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budgets:
    """Time limits of a probe's phases, in seconds (H38, H54, H60).

    `connect_s` covers TCP and TLS (H39). `status_s` starts when the connection is ready, `body_s` when the response
    headers are complete.
    """

    resolve_s: float = 2.0
    connect_s: float = 4.0
    status_s: float = 2.0
    body_s: float = 2.0
    tcp_s: float = 10.0
