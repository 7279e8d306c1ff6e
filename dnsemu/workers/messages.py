"""What a control plane and a worker say to each other, beside the pieces of what is published."""

from collections.abc import Mapping
from dataclasses import dataclass

from dnsemu.answering.counters import Answered
from dnsemu.config.text.addresses import Address
from dnsemu.policies.location.place import Place


@dataclass(frozen=True, slots=True)
class Setup:
    """The first word to a worker.

    `sockets` are file descriptors, UDP and TCP for each address, each with the vantage point's address that it belongs
    to, if any. `dice` seeds the worker's dice; None for dice that nobody foresees. `query_log` is the path of the query
    log, if there is one.
    """

    number: int
    sockets: tuple[tuple[int, int, str | None], ...]
    forward: tuple[Address, ...]
    dice: str | None
    logs_as_json: bool
    query_log: str | None


@dataclass(frozen=True, slots=True)
class StartAnswering:
    """Answer on the sockets from now on, from what was told before."""


@dataclass(frozen=True, slots=True)
class Answering:
    """The worker answers."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """How many frames the worker has taken in and acted on since it began."""

    frames: int


@dataclass(frozen=True, slots=True)
class ReadCounters:
    """Tell what was counted; `number` comes back with it. 0 if nobody waits."""

    number: int


@dataclass(frozen=True, slots=True)
class CountersRead:
    """What a worker counted since it told the last time; in answer to `number`, or None for of its own accord."""

    number: int | None
    answered: Mapping[Answered, int]
    dropped: int
    query_log_dropped: int


@dataclass(frozen=True, slots=True)
class RelayedQuery:
    """A query that only the control plane can answer, with the arguments of `Responder.respond`."""

    number: int
    packet: bytes
    source: str
    over_udp: bool
    place: Place | None


@dataclass(frozen=True, slots=True)
class RelayedReply:
    """The reply to a `RelayedQuery`; empty where there is none."""

    number: int
    packet: bytes
