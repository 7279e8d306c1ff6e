"""The benchmark of drills: CPU time and memory of each shipped drill, and of one with 100,000 clients.

The aim is two seconds for a ten-minute outage with 1,000 clients; the time does not depend on the number of clients.
"""

import argparse
import json
import re
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

from rich.console import Console
from rich.table import Table

from dnsemu.drill.file.reading import parse_drill
from dnsemu.drill.outcome import carry_out
from dnsemu.drill.report import report

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "drills"
ROUNDS = 5
AIM_S = 2.0
MANY = 100_000
_CLIENTS = re.compile(r"clients: \d+")


def main() -> None:
    """Measures and prints all drills."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="runs of each drill")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    options = parser.parse_args()
    results = [measured(name, text, options.rounds) for name, text in drills()]
    _print(results)
    if options.json is not None:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


def drills() -> Iterator[tuple[str, str]]:
    """Yields the shipped drills, and each with many clients in every population."""
    for path in sorted(FOLDER.glob("*.yaml")):
        text = path.read_text()
        if text.startswith("drill:"):
            yield path.stem, text
            yield f"{path.stem}, {MANY:,} clients each", _CLIENTS.sub(f"clients: {MANY}", text)


def measured(name: str, text: str, rounds: int) -> dict[str, Any]:
    """Carries a drill out a few times."""
    times = []
    for _ in range(rounds):
        began = process_time()
        drill, declared = parse_drill(f"{name}.yaml", text, FOLDER)
        found = report(carry_out(drill, declared))
        times.append(process_time() - began)
    return {
        "drill": name,
        "clients": sum(population.clients for population in drill.populations),
        "virtual_s": found["duration_s"],
        "cpu_s": median(times),
        "cpu_s_low": min(times),
        "cpu_s_high": max(times),
        "drills_per_s": 1 / median(times),
        "peak_bytes": _peak_bytes(),
        "aim_s": AIM_S,
    }


def _peak_bytes() -> int:
    """The most memory of this process so far; Linux counts in units of 1,024 bytes, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _print(results: list[dict[str, Any]]) -> None:
    table = Table(title="drills in virtual time", box=None, pad_edge=False)
    for heading in ("drill", "clients", "virtual s", "CPU s", "low … high", "drills/s", "peak MB", f"aim {AIM_S:g} s"):
        table.add_column(heading, justify="left" if heading == "drill" else "right")
    for row in results:
        table.add_row(
            row["drill"],
            f"{row['clients']:,}",
            f"{row['virtual_s']:g}",
            f"{row['cpu_s']:.2f}",
            f"{row['cpu_s_low']:.2f} … {row['cpu_s_high']:.2f}",
            f"{row['drills_per_s']:.1f}",
            f"{row['peak_bytes'] / 1e6:.0f}",
            "met" if row["cpu_s"] <= AIM_S else "missed",
        )
    Console(width=140, highlight=False).print(table)


if __name__ == "__main__":
    main()
