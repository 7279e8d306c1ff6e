"""The aims of dnsemu's speed, and the verdict on each. Arithmetic on bursts; nothing is measured here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contenders import ECHO, OURS, SOCKET_ECHO
from load import Burst, Ratio, ratio
from workloads import WORKLOADS

MET, MISSED, UNKNOWN = "met", "missed", "not measured"


@dataclass(frozen=True, slots=True)
class Figures:
    """A run's bursts by workload and server, and the ratios of its other parts by name."""

    bursts: Mapping[tuple[str, str], Sequence[Burst]]
    growth: Mapping[str, Ratio]


Figure = Callable[[Figures], Ratio | None]


@dataclass(frozen=True, slots=True)
class Aim:
    """A ratio, and its lower bound."""

    what: str
    at_least: float
    figure: Figure

    def judged(self, figures: Figures) -> dict[str, Any]:
        """Returns the ratio and the verdict on its median; `is_clear` is true if every round agrees."""
        found = self.figure(figures)
        verdict = {"aim": self.what, "at_least": self.at_least}
        if found is None:
            return {**verdict, "ratio": None, "verdict": UNKNOWN, "is_clear": False}
        met = found.median >= self.at_least
        return {
            **verdict,
            "ratio": {"median": found.median, "low": found.low, "high": found.high},
            "verdict": MET if met else MISSED,
            "is_clear": (found.low if met else -found.high) >= (self.at_least if met else -self.at_least),
        }


def _beside(workload: str, server: str) -> Figure:
    """Compares dnsemu with another server on the same workload."""
    return lambda figures: _ratio(figures, (workload, OURS), (workload, server))


def _beside_static(workload: str) -> Figure:
    """Compares a workload with one static name, both on dnsemu."""
    return lambda figures: _ratio(figures, (workload, OURS), ("static", OURS))


def _ratio(figures: Figures, ours: tuple[str, str], theirs: tuple[str, str]) -> Ratio | None:
    found = [figures.bursts.get(key) for key in (ours, theirs)]
    return ratio(found[0], found[1]) if found[0] and found[1] else None


def _grown(part: str) -> Figure:
    return lambda figures: figures.growth.get(part)


def _memory(workload: str) -> Figure:
    return lambda figures: kept_memory(figures.bursts.get((workload, OURS), ()))


def kept_memory(bursts: Sequence[Burst]) -> Ratio | None:
    """Divides the memory after a workload's first burst, when caches are full, by the memory after its last."""
    resident = [burst.resident_bytes for burst in bursts]
    if len(resident) < 2 or any(None in (each["before"], each["after"]) for each in resident):
        return None
    full = resident[0]["after"] or 0
    added = sum((each["after"] or 0) - (each["before"] or 0) for each in resident[1:])
    share = full / (full + added)
    return Ratio(share, share, share)


AIMS = (
    Aim("static / echo, drained socket", 0.9, _beside("static", SOCKET_ECHO)),
    Aim("static / echo, uvloop transport", 0.9, _beside("static", ECHO)),
    Aim("weighted / echo, drained socket", 0.9, _beside("weighted", SOCKET_ECHO)),
    Aim("weighted / echo, uvloop transport", 0.9, _beside("weighted", ECHO)),
    Aim("weighted / Knot weighted", 0.85, _beside("weighted", "Knot")),
    Aim("weighted / gdnsd weighted", 0.6, _beside("weighted", "gdnsd")),
    Aim("weighted / PowerDNS Lua, default", 50, _beside("weighted", "PowerDNS")),
    Aim("geolocation / Knot subnet", 1.2, _beside("geolocation", "Knot")),
    Aim("latency / Knot subnet", 1.2, _beside("latency", "Knot")),
    *(Aim(f"{name} / own static", 0.8, _beside_static(name)) for name in ("geolocation", "latency", "tree", "cookie")),
    *(
        Aim(f"{name} / own static", 0.3, _beside_static(name))
        for name in ("wildcard", "any network", "random case", "nxdomain")
    ),
    *(Aim(f"memory stays, {name}", 0.95, _memory(name)) for name, workload in WORKLOADS.items() if workload.is_cold),
    Aim("2 workers / 1, by CPU", 0.9, _grown("workers")),
    Aim("many record sets / few", 0.9, _grown("record sets")),
    Aim("a check flapping / none", 0.95, _grown("flapping")),
)


def verdicts(figures: Figures) -> list[dict[str, Any]]:
    """Returns every aim with its verdict."""
    return [aim.judged(figures) for aim in AIMS]
