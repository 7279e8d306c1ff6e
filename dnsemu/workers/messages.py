"""Control messages between the control plane and a worker; `replication` has those that carry published state."""

from collections.abc import Mapping
from dataclasses import dataclass

from dnsemu.answering.counters import ReplyLabels
from dnsemu.config.text.addresses import Address
from dnsemu.policies.location.place import Place
from dnsemu.runtime.lateness import Lateness
from dnsemu.runtime.limits import Limit
from dnsemu.zone.view import View


@dataclass(frozen=True, slots=True)
class Setup:
    """The first message to a worker.

    `sockets` are file descriptors for each address, UDP and TCP, with the vantage point's address if there is one.
    `dice` seeds the worker's random draws; None for unpredictable ones. `query_log` is the path of the query log, if
    any. The worker logs an error if the control plane sends nothing for `silence_limit_s`.
    """

    number: int
    sockets: tuple[tuple[int, int, str | None], ...]
    forward: tuple[Address, ...]
    dice: str | None
    logs_as_json: bool
    query_log: str | None
    silence_limit_s: float


@dataclass(frozen=True, slots=True)
class StartAnswering:
    """Tells a worker to answer on its sockets: it has received everything that is published."""


@dataclass(frozen=True, slots=True)
class Answering:
    """Reports that the worker answers."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Reports the number of frames that the worker has handled since it started."""

    frames: int


@dataclass(frozen=True, slots=True)
class ReadCounters:
    """Asks a worker for its counters; the reply repeats `request_id`, which is 0 if no caller waits."""

    request_id: int


@dataclass(frozen=True, slots=True)
class CountersRead:
    """Reports increments of a worker's counters since its last report; `request_id` is None for an unasked one."""

    request_id: int | None
    answered: Mapping[ReplyLabels, int]
    dropped: int
    query_log_dropped: int
    lateness: Lateness
    reached: Mapping[Limit, int]


@dataclass(frozen=True, slots=True)
class RelayedQuery:
    """Asks the control plane for a reply that only it can make; the fields are arguments of `Responder.respond`."""

    query_id: int
    packet: bytes
    source: str
    over_udp: bool
    place: Place | None
    view: View


@dataclass(frozen=True, slots=True)
class RelayedReply:
    """The reply to a `RelayedQuery`; empty if there is none."""

    query_id: int
    packet: bytes
