"""The benchmark runs and its results have their shape; how quick anything is, no test says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run.py")
HEALTH = Path(__file__).with_name("health.py")
CHURN = Path(__file__).with_name("churn.py")
API = Path(__file__).with_name("api.py")
LOST_AT_MOST = 0.02
"""Share of the queries: a busy machine may hold a socket's queue back for longer than a query waits."""


@pytest.fixture(scope="module")
def results(require_tool, tmp_path_factory):
    require_tool("dnsperf")
    file = tmp_path_factory.mktemp("bench") / "results.json"
    command = [sys.executable, RUN, "--seconds", "0.2", "--rounds", "1", "--record-sets", "50", "--json", file]
    ran = subprocess.run(
        [*command, "--workloads", "static", "nxdomain"], capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "answers/s" in ran.stdout
    return json.loads(file.read_text())


def test_each_workload_is_measured_at_dnsemu_and_both_echoes(results):
    measured = {(entry["workload"], entry["server"]) for entry in results["load"]}
    assert measured >= {(w, s) for w in ("static", "nxdomain") for s in ("dnsemu", "echo", "socket echo")}
    assert ("static", "dnslib") in measured


@pytest.mark.parametrize(("workload", "rcode"), [("static", "NOERROR"), ("nxdomain", "NXDOMAIN")])
def test_dnsemu_answers_every_question_as_it_should(results, workload, rcode):
    (entry,) = (e for e in results["load"] if (e["workload"], e["server"]) == (workload, "dnsemu"))
    (burst,) = entry["rounds"]
    assert burst["completed"] > 0
    assert burst["rcodes"] == {rcode: burst["completed"]}
    assert burst["lost"] <= LOST_AT_MOST * burst["sent"]
    assert entry["ratio"]["echo"] > 0


def test_memory_and_start_are_told(results):
    assert {entry["server"] for entry in results["memory"]} >= {"dnsemu", "echo", "socket echo", "dnslib"}
    assert results["start_up"]["record_sets"] == 50
    assert len(results["start_up"]["small"]["ready_s"]) == len(results["start_up"]["many"]["ready_s"]) == 1


def test_what_is_not_a_benchmark_of_ours_is_refused(require_tool):
    require_tool("dnsperf")
    ran = subprocess.run([sys.executable, RUN, "--workloads", "axfr"], capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "axfr" in ran.stderr


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


def test_every_change_of_flapping_checks_is_accounted_for(tmp_path):
    file = tmp_path / "churn.json"
    command = [sys.executable, CHURN, "--minutes", "0.15", "--checks", "10", "--json", file]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    results = json.loads(file.read_text())
    assert results["unaccounted"] == []
    assert ran.returncode == 0, ran.stderr
    assert results["status_changes"] > 0
    assert results["reloads"] > 0


def test_what_the_api_costs_is_measured(tmp_path):
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
