"""The benchmark runs and its results are complete; no test checks speed."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from argparse import Namespace
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from unittest.mock import Mock

import pytest

RUN = Path(__file__).with_name("run.py")
HEALTH = Path(__file__).with_name("health.py")
CHURN = Path(__file__).with_name("churn.py")
API = Path(__file__).with_name("api.py")
at_leisure = pytest.mark.skipif("DNSEMU_ALL_TESTS" not in os.environ, reason="slow; set DNSEMU_ALL_TESTS to run it")
"""Together they take most of a minute; `make bench` runs these parts in full."""
MAX_LOST_SHARE = 0.02
"""Maximum share of lost queries: on a busy machine a reply may come after the time-out."""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A function that runs the benchmark and returns its results and its output."""

    def ran(*options):
        folder = tmp_path_factory.mktemp("bench")
        file = folder / "results.json"
        done = subprocess.run(
            [sys.executable, RUN, "--quick", "--json", file, *options],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(file.read_text()), done.stdout

    return ran


@pytest.fixture(scope="module")
def load(run, tmp_path_factory):
    chart = tmp_path_factory.mktemp("chart") / "chart.svg"
    parts = ("--parts", "load", "start", "--record-sets", "50")
    results, said = run(*parts, "--workloads", "static", "nxdomain", "any network", "--chart", chart)
    return results, said, chart


def test_each_workload_is_measured_at_dnsemu_and_both_echoes(load):
    results, said, _ = load
    measured = {(entry["workload"], entry["server"]) for entry in results["load"]}
    assert measured >= {
        (w, s) for w in ("static", "nxdomain", "any network") for s in ("dnsemu", "echo", "socket echo")
    }
    assert ("static", "dnslib") in measured
    assert "answers/s" in said


@pytest.mark.parametrize(
    ("workload", "rcode", "has_record"),
    [("static", "NOERROR", True), ("nxdomain", "NXDOMAIN", False), ("any network", "NOERROR", True)],
)
def test_dnsemu_answers_every_query_correctly(load, workload, rcode, has_record):
    (entry,) = (e for e in load[0]["load"] if (e["workload"], e["server"]) == (workload, "dnsemu"))
    (burst,) = entry["rounds"]
    sent = burst["sent"]
    assert sent["completed"] > 0
    assert sent["rcodes"] == {rcode: sent["completed"]}
    assert sent["answered"] == (sent["completed"] if has_record else 0)
    assert (sent["wrong"], sent["stray"]) == (0, 0)
    assert sent["lost"] <= MAX_LOST_SHARE * sent["sent"]
    assert entry["ratio"]["echo"]["median"] > 0


def test_memory_start_up_and_verdicts_are_reported(load):
    results, said, chart = load
    assert {entry["workload"] for entry in results["memory"]} == {"nxdomain", "any network"}
    assert results["start_up"]["record_sets"] == 50
    assert len(results["start_up"]["small"]["ready_s"]) == len(results["start_up"]["many"]["ready_s"]) == 1
    verdicts = {verdict["aim"]: verdict["verdict"] for verdict in results["aims"]}
    assert verdicts["static / echo, drained socket"] in {"met", "missed"}
    assert verdicts["a check flapping / none"] == "not measured"
    assert "verdict" in said
    assert ET.parse(chart).getroot().tag.endswith("svg")


@at_leisure
def test_growth_and_latency_are_measured(run):
    results, said = run("--parts", "flapping", "workers", "latency")
    assert results["load"] == []
    growth = results["growth"]
    assert "flapping" in growth
    assert growth["flapping"]["turns"] >= 2
    for pair in growth.values():
        assert pair["ratio"]["low"] <= pair["ratio"]["median"] <= pair["ratio"]["high"]
        for way in ("before", "after"):
            (sent,) = (bursts[way]["sent"] for bursts in pair["rounds"])
            assert sent["rcodes"] == {"NOERROR": sent["completed"]}
    assert ("workers" in growth) or any(note.startswith("workers") for note in results["notes"])
    without, with_checks = results["latency"]
    assert (without["checks"], without["probes"]) == (0, 0)
    assert with_checks["probes"] >= with_checks["checks"] > 0
    assert with_checks["latency_us"]["p99"] >= with_checks["latency_us"]["p50"] > 0
    assert [burst["sent"]["rcodes"].keys() for burst in with_checks["rounds"]] == [{"NOERROR"}]
    assert "p99" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(["--workloads", "axfr"], "axfr", id="no such workload"),
        pytest.param(["--parts", "latency", "--chart", "x.svg"], "load", id="a chart of what is not measured"),
    ],
)
def test_invalid_options_are_refused(options, said):
    ran = subprocess.run([sys.executable, RUN, *options], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert said in ran.stderr


@at_leisure
def test_health_checks_in_bulk_are_measured(tmp_path):
    file = tmp_path / "health.json"
    command = [sys.executable, HEALTH, "--seconds", "1", "--checks", "40", "--interval", "0.5", "--json", file]
    ran = subprocess.run(
        [*command, "--workloads", "http", "silent"], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "probes/s" in ran.stdout
    entries = {entry["workload"]: entry for entry in json.loads(file.read_text())["health_checks"]}
    assert entries.keys() == {"none", "http", "silent"}
    assert entries["none"]["probes_per_second"] == entries["none"]["asked"]["connections"] == 0
    assert entries["http"]["probes_per_second"] > 0
    assert entries["http"]["asked"]["requests"] > 40
    assert entries["silent"]["asked"]["silent"] >= 1
    assert [entry["failures_not_meant"] for entry in entries.values()] == [0, 0, 0]
    assert all(entry["dns_us"]["p50"] > 0 for entry in entries.values())


@at_leisure
def test_every_change_of_flapping_checks_is_accounted_for(tmp_path):
    file = tmp_path / "churn.json"
    command = [sys.executable, CHURN, "--minutes", "0.1", "--checks", "10", "--json", file]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    results = json.loads(file.read_text())
    assert results["unaccounted"] == []
    assert ran.returncode == 0, ran.stderr
    assert results["status_changes"] > 0
    assert results["reloads"] > 0


@at_leisure
def test_the_cost_of_the_api_is_measured(tmp_path):
    file = tmp_path / "api.json"
    command = [sys.executable, API, "--quick", "--directory", tmp_path, "--json", file]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "changes/s" in ran.stdout
    results = json.loads(file.read_text())
    measured = {(entry["store"], entry["client"]) for entry in results["changes"]["measured"]}
    assert measured == {(s, c) for s in ("memory", "SQLite") for c in ("1 by socket", "8 by socket", "1 by boto3")}
    assert all(entry["per_second"] > 0 for entry in results["changes"]["measured"])
    assert (results["lists"]["record_sets"], results["lists"]["pages"]) == (700, 3)
    assert [entry["record_sets"] for entry in results["large_zones"]] == [100]
    assert all(entry["took_ms"]["calls"] > 0 for entry in results["large_zones"])
    assert [(e["zones"], e["record_sets_each"]) for e in results["start_up"]["measured"]] == [(3, 5), (1, 100)]
    assert [entry["checks"] for entry in results["health_checks"]] == [20]


def test_a_failed_part_keeps_the_figures_of_the_others(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(RUN.parent))
    run = import_module("run")
    record = import_module("load").Ratio(1, 1, 1)
    monkeypatch.setattr(run, "start_up", lambda *_: {"record_sets": 1})
    monkeypatch.setattr(run, "latencies", Mock(side_effect=import_module("servers").DidNotStart("no")))
    monkeypatch.setattr(run, "PARTS", {"flapping": lambda _: Mock(as_json=lambda: {"ratio": asdict(record)})})
    options = Namespace(parts=["start", "latency", "flapping"], workloads=[], record_sets=1, quick=True)
    measured = run._measure(options, Mock(loads=Mock(notes=[])))
    assert measured.start_up == {"record_sets": 1}
    assert measured.failures == ["latency: no"]
    assert measured.figures().growth == {"flapping": record}


def test_written_results_are_complete(monkeypatch):
    monkeypatch.syspath_prepend(str(RUN.parent))
    results = {"load": [{"µs": 1.0}, {"rounds": [1, (2.5, None)]}], "notes": [], "noise": {"most": 1 / 3}}
    text = import_module("run").written(results)
    assert json.loads(text) == {
        **results,
        "load": [{"µs": 1.0}, {"rounds": [1, [2.5, None]]}],
        "noise": {"most": 0.33333},
    }
    assert '  {"µs": 1.0},' in text.splitlines()


def test_wrong_answers_are_found(monkeypatch):
    monkeypatch.syspath_prepend(str(RUN.parent))
    contenders, servers = import_module("contenders"), import_module("servers")
    with servers.running(servers.script_command("fixed_dnslib.py"), servers.SCRIPT_READY) as server:
        fixed = contenders.Contender("fixed", lambda: None)
        found = {name: contenders.unfit(fixed, server, name) for name in ("static", "weighted", "nxdomain")}
        assert found == {"static": None, "weighted": "nothing but 192.0.2.1", "nxdomain": "NOERROR"}
        echo = contenders.Contender("echo", lambda: None, reads_questions=False)
        assert contenders.unfit(echo, server, "nxdomain") is None


def test_drills_are_measured(tmp_path):
    file = tmp_path / "drills.json"
    script = Path(__file__).with_name("drills.py")
    command = [sys.executable, script, "--rounds", "1", "--json", file]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads(file.read_text())
    assert len(results) == 6
    assert all(0 < row["cpu_s_low"] <= row["cpu_s"] <= row["cpu_s_high"] for row in results)
    assert "canary, 100,000 clients each" in done.stdout
