"""Bursts of queries: one workload on one server, measured at the sender and at the server's process."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from sender import NETWORKS, LoadFailed, Queries, Sender, Sent, packets_file
from servers import Running
from workloads import Workload

WARM_UP_SHARE = 0.15
"""Warm-up before a burst, as a share of its time; it fills the caches."""
WARM_UP_ONE_S, WARM_UP_MANY_S = 0.1, 0.5
"""Minimum warm-up in seconds: for one repeated packet, and for many."""
BUSY = 0.9
"""Share of a core, used or waited for, from which the server limits the rate."""
NEVER_IDLE = 0.1
"""Share of idle time up to which the sender limits the rate."""


@dataclass(frozen=True, slots=True)
class Burst:
    """One burst. CPU and memory are the server's; None if the system does not provide them.

    `busy` is the share of a core that it used, `waited` the share of time in which it waited for a core.
    """

    answers_per_second: float
    cpu_us_per_answer: float | None
    busy: float | None
    waited: float | None
    limit: str
    resident_bytes: dict[str, int | None]
    sent: Sent

    def as_json(self) -> dict[str, Any]:
        """Returns plain data."""
        return asdict(self)


def limit(busy: float | None, waited: float | None, idle_share: float) -> str:
    """Returns the limit of the rate: the `server`, the `load`, or `neither` (each waits for the other)."""
    if busy is not None and busy + (waited or 0) >= BUSY:
        return "server"
    return "load" if idle_share <= NEVER_IDLE else "neither"


class Loads:
    """Sends workloads to servers; parts that must be fresh are fresh across all bursts of a run."""

    def __init__(self, sender: Sender, seconds: float, scratch: Path) -> None:
        self.sender = sender
        self.seconds = seconds
        self.notes: list[str] = []
        self._scratch = scratch
        self._queries: dict[str, Queries] = {}
        self._warm_up_s: dict[str, float] = {}
        self._next: dict[tuple[str, int], int] = {}

    def queries(self, name: str, workload: Workload) -> Queries:
        """Returns a workload as the sender reads it."""
        if name not in self._queries:
            asked = workload.asked()
            file = self._scratch / f"{name}.packets"
            file.write_bytes(packets_file(asked.packets))
            self._queries[name] = Queries(file, asked.patches, workload.garbage_every)
            least_s = WARM_UP_MANY_S if len(asked.packets) > 1 else WARM_UP_ONE_S
            self._warm_up_s[name] = max(self.seconds * WARM_UP_SHARE, least_s)
        return self._queries[name]

    def burst(
        self, name: str, workload: Workload, server: Running, *, sockets: int = 1, at_least_s: float = 0
    ) -> Burst:
        """Runs a warm-up and a burst.

        Args:
            sockets: source ports of the queries.
            at_least_s: minimum length, for effects that need time.
        Raises:
            LoadFailed: there are no figures.
        """
        queries = self.queries(name, workload)
        self._send(name, queries, server, self._warm_up_s[name], sockets)
        before_bytes, waited_s, cpu_s = server.resident_bytes(), server.waited_s(), server.cpu_s()
        sent = self._send(name, queries, server, max(self.seconds, at_least_s), sockets)
        used_s, waited_s = _since(cpu_s, server.cpu_s()), _since(waited_s, server.waited_s())
        busy, waited = (None if spent_s is None else spent_s / sent.seconds for spent_s in (used_s, waited_s))
        return Burst(
            answers_per_second=sent.per_second,
            cpu_us_per_answer=None if used_s is None else used_s / sent.completed * 1e6,
            busy=busy,
            waited=waited,
            limit=limit(busy, waited, sent.idle_share),
            resident_bytes={"before": before_bytes, "after": server.resident_bytes()},
            sent=sent,
        )

    def _send(self, name: str, queries: Queries, server: Running, seconds: float, sockets: int) -> Sent:
        first = self._next.get((name, server.port), 0)
        try:
            sent = self.sender.send(server.port, queries, seconds, first=first, sockets=sockets)
        except LoadFailed as failure:
            raise LoadFailed(f"{name}: {failure}") from None
        self._next[name, server.port] = sent.next
        if sent.next > NETWORKS > first and any(patch.kind == "network" for patch in queries.patches):
            self.notes.append(f"{name}: all {NETWORKS:,} networks were used up, and come again")
        return sent


def middle(rounds: Sequence[Burst]) -> dict[str, Any]:
    """Returns medians over the rounds; `spread` is the range of CPU per answer (or of the rate) over its median."""
    cpu = _median([burst.cpu_us_per_answer for burst in rounds])
    costs = [cost(burst) for burst in rounds]
    limits = [burst.limit for burst in rounds]
    return {
        "answers_per_second": median(burst.answers_per_second for burst in rounds),
        "cpu_us_per_answer": cpu,
        "busy": _median([burst.busy for burst in rounds]),
        "waited": _median([burst.waited for burst in rounds]),
        "limit": max(sorted(set(limits)), key=limits.count),
        "latency_us": {key: median(b.sent.latency_us[key] for b in rounds) for key in ("p50", "p99", "most")},
        "lost": sum(burst.sent.lost for burst in rounds),
        "wrong": sum(burst.sent.wrong + burst.sent.stray for burst in rounds),
        "spread": (max(costs) - min(costs)) / median(costs),
    }


def cost(burst: Burst) -> float:
    """Returns the cost of an answer in µs of the server's CPU, or of elapsed time if CPU time is unknown."""
    return burst.cpu_us_per_answer or 1e6 / burst.answers_per_second


@dataclass(frozen=True, slots=True)
class Ratio:
    """The speed of one thing over another, by the cost of an answer: computed per round, then the median."""

    median: float
    low: float
    high: float


def ratio(ours: Sequence[Burst], theirs: Sequence[Burst]) -> Ratio:
    """Pairs the bursts of each round: noise of the machine affects both of a pair."""
    by_rounds = [
        cost(their) / cost(our)
        if our.cpu_us_per_answer and their.cpu_us_per_answer
        else our.answers_per_second / their.answers_per_second
        for our, their in zip(ours, theirs, strict=True)
    ]
    return Ratio(median(by_rounds), min(by_rounds), max(by_rounds))


def _since(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
