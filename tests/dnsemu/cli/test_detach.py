"""The logs of servers in the background: those that ended long ago are removed."""

import fcntl
import os

import pytest

from dnsemu.cli import detach
from dnsemu.cli.detach import MAX_ENDED_LOGS, prune_logs


@pytest.fixture
def logs(tmp_path):
    """More logs of ended servers than are kept, the first one oldest."""
    found = [tmp_path / f"serve-{number:03}.log" for number in range(MAX_ENDED_LOGS + 5)]
    for age, log in enumerate(found):
        log.write_text("x")
        os.utime(log, (age, age))
    return found


def test_the_newest_logs_of_servers_that_ended_remain(tmp_path, logs):
    (tmp_path / "server-1").write_text("{}")
    prune_logs(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "server-1", *logs[5:]])


def test_the_log_of_a_server_that_runs_remains(tmp_path, logs):
    with logs[0].open("ab") as written:
        fcntl.flock(written, fcntl.LOCK_SH)
        prune_logs(tmp_path)
    assert logs[0].exists()
    assert len(list(tmp_path.iterdir())) == MAX_ENDED_LOGS + 1


def test_another_server_in_the_background_removes_old_logs(tmp_path, logs, monkeypatch):
    monkeypatch.setattr(detach, "private_folder", lambda: tmp_path)
    detach._new_log(as_json=False)
    assert len(list(tmp_path.iterdir())) == MAX_ENDED_LOGS + 1
