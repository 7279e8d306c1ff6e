"""The drills in examples/drills: each passes, gives the same report twice, and fails when it is sabotaged."""

import json
import re
from pathlib import Path

import pytest

from dnsemu.drill.file.reading import parse_drill
from dnsemu.drill.outcome import carry_out
from dnsemu.drill.report import miss_text, report

FOLDER = Path(__file__).resolve().parents[3] / "examples" / "drills"
DRILLS = [path for path in sorted(FOLDER.glob("*.yaml")) if path.read_text().startswith("drill:")]


def reported(path, old="", new=""):
    """The report of a drill, with one place of its file sabotaged."""
    text = path.read_text()
    assert not old or text.count(old) == 1, old
    return report(carry_out(*parse_drill(path.name, text.replace(old, new) if old else text, FOLDER)))


@pytest.mark.parametrize("path", DRILLS, ids=lambda path: path.stem)
def test_a_shipped_drill_passes_with_the_same_report_twice(path):
    first = reported(path)
    failed = [each for each in first["expectations"] if not each["holds"]]
    assert not failed
    assert json.dumps(first) == json.dumps(reported(path))
    assert str(FOLDER) not in json.dumps(first)


SABOTAGED = {
    "active-passive": (
        "asks: api.shop.test, every: 2s}",
        "asks: api.shop.test, every: 2s, resolver: forever}",
        r"germany at \S+: expected 100 % of requests at 192\.0\.2\.2; seen 192\.0\.2\.1 100 %",
    ),
    "active-active": (
        "resolver: {min_ttl: 2m}",
        "resolver: {min_ttl: 3m}",
        r"batch at \S+: expected requests succeed again within 2m35s; seen the last request fails after 3m\S+",
    ),
    "canary": (
        "weight: 0",
        "weight: 1",
        r"users at 6m\S+: expected 100 % of requests at 192\.0\.2\.1; seen 192\.0\.2\.1 \S+ %, 192\.0\.2\.9 \S+ %",
    ),
}


@pytest.mark.parametrize("path", DRILLS, ids=lambda path: path.stem)
def test_a_sabotaged_drill_fails_with_a_clear_message(path):
    old, new, message = SABOTAGED[path.stem]
    found = reported(path, old, new)
    assert not found["passed"]
    texts = [miss_text(miss) for each in found["expectations"] for miss in each["misses"]]
    assert any(re.fullmatch(message, text) for text in texts), texts
    explained = [line for each in found["expectations"] for miss in each["misses"] for line in miss["explained"]]
    assert any("192.0.2." in line for line in explained)
