"""The benchmark runs and its results have their shape; how quick anything is, no test says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("run.py")
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
