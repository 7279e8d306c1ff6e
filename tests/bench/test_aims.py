"""Medians, ratios and verdicts, checked by hand; the chart is a valid SVG."""

import xml.etree.ElementTree as ET
from importlib import import_module
from pathlib import Path

import pytest


@pytest.fixture
def modules(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return import_module


@pytest.fixture
def burst(modules):
    """A function that returns a burst of one second, from the CPU time of an answer in µs."""

    def made(cpu_us, before=100, after=100, limit="server"):
        sent = modules("sender").Sent(
            1.0, 0.5, 1_000, 1_000, 0, 0, 0, 1_000, 0, 0, 0, 1_000, {"p50": 1.0, "p99": 2.0, "most": 3.0}, {}
        )
        return modules("load").Burst(1_000.0, cpu_us, 0.9, 0.0, limit, {"before": before, "after": after}, sent)

    return made


def test_a_ratio_is_the_median_of_each_rounds_own(modules, burst):
    ours, theirs = [burst(10), burst(20), burst(40)], [burst(9), burst(10), burst(40)]
    found = modules("load").ratio(ours, theirs)
    assert (found.median, found.low, found.high) == (0.9, 0.5, 1.0)


def test_a_ratio_without_cpu_time_is_by_rate(modules, burst):
    found = modules("load").ratio([burst(None)], [burst(10)])
    assert found.median == 1.0


def test_medians_over_rounds(modules, burst):
    middle = modules("load").middle([burst(10), burst(30, limit="load"), burst(20)])
    assert (middle["cpu_us_per_answer"], middle["limit"], middle["spread"]) == (20, "server", 1.0)
    assert middle["latency_us"] == {"p50": 1.0, "p99": 2.0, "most": 3.0}
    assert modules("load").middle([burst(None)])["cpu_us_per_answer"] is None


@pytest.mark.parametrize(
    ("busy", "waited", "idle", "limit"),
    [
        pytest.param(0.95, 0.0, 0.5, "server", id="it uses its core"),
        pytest.param(0.5, 0.45, 0.5, "server", id="it waits for its core"),
        pytest.param(0.5, 0.0, 0.05, "load", id="the sender is never idle"),
        pytest.param(0.5, 0.0, 0.5, "neither", id="both are idle"),
        pytest.param(None, None, 0.5, "neither", id="the system does not provide CPU time"),
    ],
)
def test_limit(modules, busy, waited, idle, limit):
    assert modules("load").limit(busy, waited, idle) == limit


@pytest.mark.parametrize(
    ("ratios", "verdict", "is_clear"),
    [
        pytest.param((0.95, 0.92, 0.99), "met", True, id="in every round"),
        pytest.param((0.95, 0.85, 0.99), "met", False, id="not in every round"),
        pytest.param((0.9, 0.9, 0.9), "met", True, id="exactly"),
        pytest.param((0.7, 0.6, 0.8), "missed", True, id="missed in every round"),
        pytest.param((0.85, 0.6, 0.95), "missed", False, id="missed, but not in every round"),
        pytest.param(None, "not measured", False, id="no figures"),
    ],
)
def test_verdicts(modules, ratios, verdict, is_clear):
    found = None if ratios is None else modules("load").Ratio(*ratios)
    judged = modules("aims").Aim("this / that", 0.9, lambda figures: found).judged(None)
    assert (judged["verdict"], judged["is_clear"]) == (verdict, is_clear)
    assert (judged["ratio"] is None) is (ratios is None)


def test_every_aim_uses_the_figures_that_it_names(modules, burst):
    aims, load = modules("aims"), modules("load")
    costs = {"dnsemu": 10, "socket echo": 9, "echo": 12, "Knot": 5, "gdnsd": 4, "PowerDNS": 600}
    bursts = {("weighted", server): [burst(cost)] * 2 for server, cost in costs.items()}
    bursts |= {
        ("static", "dnsemu"): [burst(8)] * 2,
        ("wildcard", "dnsemu"): [burst(16, after=100), burst(16, after=125)],
    }
    found = {judged["aim"]: judged for judged in aims.verdicts(aims.Figures(bursts, {"workers": load.Ratio(1, 1, 1)}))}
    medians = {name: judged["ratio"]["median"] for name, judged in found.items() if judged["ratio"]}
    assert medians == {
        "weighted / echo, drained socket": 0.9,
        "weighted / echo, uvloop transport": 1.2,
        "weighted / Knot weighted": 0.5,
        "weighted / gdnsd weighted": 0.4,
        "weighted / PowerDNS Lua, default": 60,
        "wildcard / own static": 0.5,
        "memory stays, wildcard": 0.8,
        "2 workers / 1, by CPU": 1,
    }
    assert found["memory stays, wildcard"]["verdict"] == "missed"
    assert found["static / echo, drained socket"]["verdict"] == "not measured"


def test_memory_needs_two_rounds(modules, burst):
    assert modules("aims").kept_memory([burst(1)]) is None
    assert modules("aims").kept_memory([burst(1), burst(1, before=None, after=None)]) is None


def entry(workload, server, cpu_us):
    return {
        "workload": workload,
        "title": f"<{workload}> & more",
        "server": server,
        "median": {"cpu_us_per_answer": cpu_us, "answers_per_second": 1.0},
    }


SVG = "{http://www.w3.org/2000/svg}"


def drawn(modules, load):
    aims = [{"aim": "tree / own static", "at_least": 0.8}, {"aim": "weighted / Knot weighted", "at_least": 0.85}]
    return ET.fromstring(modules("chart").chart({"load": load, "aims": aims}))


def test_a_chart_shows_the_results(modules):
    load = [
        entry("static", "dnsemu", 10), entry("static", "echo", 8), entry("static", "PowerDNS", 1_000),
        entry("tree", "dnsemu", 20),
    ]  # fmt: skip
    svg = drawn(modules, load)
    bars = {bar.get("class"): float(bar.get("width")) for bar in svg.iter(f"{SVG}rect")}
    assert bars.pop("page") == float(svg.get("width"))
    texts = ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")]
    assert "<static> & more" in texts
    assert {"dnsemu", "echo", "PowerDNS", "100,000", "125,000", "1,000", "0.50"} <= set(texts)
    assert bars.keys() == {"ours", "ceiling", "other"}
    assert bars["ceiling"] > bars["other"]
    assert len(list(svg.iter(f"{SVG}line"))) == 1
    assert {element.tag.removeprefix(SVG) for element in svg.iter()} == {"svg", "style", "text", "rect", "line"}
    width, height = (float(svg.get(side)) for side in ("width", "height"))
    for element in (*svg.iter(f"{SVG}rect"), *svg.iter(f"{SVG}text")):
        assert 0 <= float(element.get("x") or 0) + float(element.get("width") or 0) <= width
        assert 0 <= float(element.get("y") or 0) < height


@pytest.mark.parametrize(
    "load",
    [
        pytest.param([], id="nothing"),
        pytest.param([entry("static", "dnsemu", 10)], id="one bar"),
        pytest.param([entry("tree", "dnsemu", None)], id="no CPU time, and nothing to compare with"),
    ],
)
def test_a_chart_of_few_results_is_valid(modules, load):
    assert drawn(modules, load).tag == f"{SVG}svg"
