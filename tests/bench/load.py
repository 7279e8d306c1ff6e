"""Bursts of queries: what one server made of one workload, told by the sender and by the server's own process."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from sender import NETWORKS, LoadFailed, Queries, Sender, Sent, packets_file
from servers import Running
from workloads import Workload

WARM_UP_SHARE = 0.15
"""Of a burst's time, before it, unmeasured: caches that can be warm are."""
WARM_UP_ONE_S, WARM_UP_MANY_S = 0.1, 0.5
"""But no less than so long for one packet that comes again and again, and for many that do."""
BUSY = 0.9
"""A server that uses so much of a core, or waits for it, is what limits the rate."""
NEVER_IDLE = 0.1
"""So is a sender that has nothing to do for no more of its time."""


@dataclass(frozen=True, slots=True)
class Burst:
    """One burst. CPU and memory are the server's, None where the system does not tell.

    `busy` is the share of a core that it used, `waited` the share of the time that it wanted one that others had.
    """

    answers_per_second: float
    cpu_us_per_answer: float | None
    busy: float | None
    waited: float | None
    limit: str
    resident_octets: dict[str, int | None]
    sent: Sent

    def as_json(self) -> dict[str, Any]:
        """Everything, as plain data."""
        return asdict(self)


def limit(busy: float | None, waited: float | None, idle_share: float) -> str:
    """What kept the rate from being higher: the `server`, the `load`, or `neither` (each waits for the other)."""
    if busy is not None and busy + (waited or 0) >= BUSY:
        return "server"
    return "load" if idle_share <= NEVER_IDLE else "neither"


class Loads:
    """Sends workloads to servers, and sees that what is to be fresh is so in all bursts of a run."""

    def __init__(self, sender: Sender, seconds: float, scratch: Path) -> None:
        self.sender = sender
        self.seconds = seconds
        self.notes: list[str] = []
        self._scratch = scratch
        self._queries: dict[str, Queries] = {}
        self._warm_up_s: dict[str, float] = {}
        self._next: dict[tuple[str, int], int] = {}

    def queries(self, name: str, workload: Workload) -> Queries:
        """A workload as the sender reads it."""
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
        """A warm-up and a burst.

        Args:
            sockets: source ports of the queries.
            at_least_s: for what would not be seen in less.
        Raises:
            LoadFailed: no figures came of it.
        """
        queries = self.queries(name, workload)
        self._send(name, queries, server, self._warm_up_s[name], sockets)
        before_octets, waited_s, cpu_s = server.resident_octets(), server.waited_s(), server.cpu_s()
        sent = self._send(name, queries, server, max(self.seconds, at_least_s), sockets)
        used_s, waited_s = _since(cpu_s, server.cpu_s()), _since(waited_s, server.waited_s())
        busy, waited = (None if spent_s is None else spent_s / sent.seconds for spent_s in (used_s, waited_s))
        return Burst(
            answers_per_second=sent.per_second,
            cpu_us_per_answer=None if used_s is None else used_s / sent.completed * 1e6,
            busy=busy,
            waited=waited,
            limit=limit(busy, waited, sent.idle_share),
            resident_octets={"before": before_octets, "after": server.resident_octets()},
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
    """Medians over the rounds; `spread` is from the least to the most CPU per answer (or rate), over its median."""
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
    """What an answer costs, in µs: of the server's CPU, or of time where that is not known."""
    return burst.cpu_us_per_answer or 1e6 / burst.answers_per_second


@dataclass(frozen=True, slots=True)
class Ratio:
    """How much quicker one thing is than another, by what an answer costs: round by round, then the median."""

    median: float
    low: float
    high: float


def ratio(ours: Sequence[Burst], theirs: Sequence[Burst]) -> Ratio:
    """Pairs the bursts of each round, since what troubles a machine troubles both of a pair."""
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
