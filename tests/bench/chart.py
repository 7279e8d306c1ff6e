"""Draws results as horizontal bars in a self-contained SVG that is legible on light and dark pages."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from contenders import ECHO, OURS, SOCKET_ECHO

WIDTH, LABEL_WIDTH, VALUE_WIDTH = 760, 170, 120
BAR, GAP, TITLE = 16, 6, 44
BESIDE_OTHERS = ("static", "weighted", "geolocation")

_STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 14px; }
.note { font-size: 12px; fill: #59636e; }
.page { fill: #ffffff; }
.ours { fill: #0969da; } .ceiling { fill: #8c959f; } .other { fill: #b6a3d9; }
.aim { stroke: #bc4c00; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .note { fill: #9198a1; } .page { fill: #0d1117; }
  .ours { fill: #4493f8; } .ceiling { fill: #6e7681; } .other { fill: #8b76b8; } .aim { stroke: #f0883e; }
}
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """A value with its label. `kind` is `ours`, `ceiling` or `other`; `aim` is a value to mark."""

    label: str
    value: float
    text: str
    kind: str
    aim: float | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars on a scale from 0, or on a logarithmic scale between two values; all logarithmic panels share one scale."""

    title: str
    note: str
    bars: Sequence[Bar]
    logarithmic: tuple[float, float] | None = None

    def height(self) -> int:
        """Height in pixels, with the space below."""
        return TITLE + len(self.bars) * (BAR + GAP) + 18


def chart(results: Mapping[str, Any]) -> str:
    """Returns an SVG of a run's results (the JSON): dnsemu beside other servers, and its workloads side by side."""
    panels = [panel for panel in (*_beside_others(results), _workloads(results)) if panel.bars]
    height = sum(panel.height() for panel in panels) + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        'role="img" aria-label="Answers per second of CPU time">',
        f"<style>{_STYLE}</style>",
        # A page may be dark although the reader's system is not.
        f'<rect class="page" width="{WIDTH}" height="{height}" rx="6"/>',
    ]
    top = 0
    for panel in panels:
        parts += _drawn(panel, top)
        top += panel.height()
    return "\n".join([*parts, "</svg>", ""])


def per_cpu_second(entry: Mapping[str, Any]) -> float:
    """Returns answers per second of the server's CPU time, or of elapsed time if CPU time is unknown."""
    middle = entry["median"]
    cpu_us = middle["cpu_us_per_answer"]
    return float(1e6 / cpu_us if cpu_us else middle["answers_per_second"])


def _beside_others(results: Mapping[str, Any]) -> Sequence[Panel]:
    panels: list[Panel] = []
    every = [per_cpu_second(entry) for entry in results["load"] if entry["workload"] in BESIDE_OTHERS]
    scale = (10 ** math.floor(math.log10(min(every))), max(every)) if every else None
    for name in BESIDE_OTHERS:
        found = {entry["server"]: per_cpu_second(entry) for entry in results["load"] if entry["workload"] == name}
        bars = [
            Bar(server, value, f"{value:,.0f}", _kind(server))
            for server, value in sorted(found.items(), key=lambda item: -item[1])
        ]
        note = "answers per second of CPU time, logarithmic; the echoes answer nothing and are Python's ceiling"
        panels.append(Panel(_title(results, name), note, bars, logarithmic=scale))
    return panels


def _workloads(results: Mapping[str, Any]) -> Panel:
    ours = {entry["workload"]: per_cpu_second(entry) for entry in results["load"] if entry["server"] == OURS}
    aims = {
        verdict["aim"].removesuffix(" / own static"): verdict["at_least"]
        for verdict in results["aims"]
        if verdict["aim"].endswith(" / own static")
    }
    static = ours.pop("static", None)
    bars = [] if static is None else [
        Bar(name, value / static, f"{value / static:.2f}", "ours", aims.get(name)) for name, value in ours.items()
    ]  # fmt: skip
    return Panel("dnsemu: kinds of question", "beside one static A name; marks are what it sets out to reach", bars)


def _title(results: Mapping[str, Any], workload: str) -> str:
    return next((entry["title"] for entry in results["load"] if entry["workload"] == workload), workload)


def _kind(server: str) -> str:
    return "ours" if server == OURS else "ceiling" if server in (ECHO, SOCKET_ECHO) else "other"


def _drawn(panel: Panel, top: int) -> Sequence[str]:
    room = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    values = [bar.value for bar in panel.bars]
    most = max([*values, *(bar.aim for bar in panel.bars if bar.aim is not None)])

    def length(value: float) -> float:
        if panel.logarithmic is None:
            return room * value / most
        low, high = panel.logarithmic
        return room * math.log10(value / low) / (math.log10(high / low) or 1)

    parts = [
        f'<text class="title" x="8" y="{top + 20}">{escape(panel.title)}</text>',
        f'<text class="note" x="8" y="{top + 37}">{escape(panel.note)}</text>',
    ]
    for index, bar in enumerate(panel.bars):
        y = top + TITLE + index * (BAR + GAP)
        middle, end = y + BAR - 3, length(bar.value)
        parts += [
            f'<text x="{LABEL_WIDTH - 8}" y="{middle}" text-anchor="end">{escape(bar.label)}</text>',
            f'<rect class="{bar.kind}" x="{LABEL_WIDTH}" y="{y}" width="{max(end, 1):.1f}" height="{BAR}" rx="2"/>',
        ]
        if bar.aim is not None:
            x = LABEL_WIDTH + length(bar.aim)
            parts.append(f'<line class="aim" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 2}" y2="{y + BAR + 2}"/>')
            end = max(end, length(bar.aim))
        parts.append(f'<text x="{LABEL_WIDTH + end + 6:.1f}" y="{middle}">{escape(bar.text)}</text>')
    return parts
