"""A server's figures include all its processes."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="there is no /proc")

USES_CPU = "import os; print(sum(range(20_000_000)), flush=True); input()"


@pytest.fixture
def servers(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return import_module("servers")


TICK_S = 0.02
"""Resolution of the CPU time of ended processes, in seconds."""


@pytest.fixture
def child():
    """A process that used CPU time and now waits for input to end."""
    with subprocess.Popen([sys.executable, "-c", USES_CPU], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process


def test_a_childs_cpu_time_counts_while_it_runs_and_after_its_end(servers, child):
    own = servers.Running(os.getpid(), 0, 0.0)
    assert child.pid in servers.descendants(os.getpid())
    assert own.processes() >= 2
    with_child, of_child = own.cpu_s(), servers.Running(child.pid, 0, 0.0).cpu_s()
    assert 0 < of_child <= with_child
    child.communicate(b"\n")
    assert child.pid not in servers.descendants(os.getpid())
    assert own.cpu_s() >= with_child - TICK_S
    assert own.waited_s() is None or own.waited_s() >= 0


def test_an_ended_process_has_no_figures(servers, child):
    child.communicate(b"\n")
    gone = servers.Running(child.pid, 0, 0.0)
    assert gone.cpu_s() is gone.waited_s() is gone.resident_bytes() is None
