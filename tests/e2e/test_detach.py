"""`dnsemu serve --detach` and `dnsemu stop`: a server in the background, and its end."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from dnsemu.runtime.registry import folders
from tests.serving import FREE_PORTS, dnsemu, free_port, serving_files
from tests.waiting import until

ZONE = Path(__file__).with_name("run.yaml")


@pytest.fixture(autouse=True)
def _own_registry(tmp_path, monkeypatch):
    """`stop` ends only what a test of this module has started: the registry of running processes is empty."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert all(tmp_path in folder.parents for folder in folders())


def detached(*options):
    """A server in the background, as `--json` describes it."""
    done = dnsemu("serve", ZONE, "--detach", "--json", *FREE_PORTS, *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["ready"]


def is_running(pid):
    """True if a process runs and is no zombie."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def is_open(address):
    host, port = address.split(":")
    with socket.socket() as sock:
        return sock.connect_ex((host, int(port))) == 0


def test_a_server_in_the_background_runs_until_stop(require_tool):
    ready = detached()
    host, port = ready["dns"][0].split(":")
    answer = subprocess.run(
        [require_tool("dig"), "+short", f"@{host}", "-p", port, "far.run.test"],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    assert answer.stdout == "192.0.2.7\n"
    first = dnsemu("stop", "--server", ready["http"])
    assert (first.returncode, first.stdout) == (0, f"stopped the server at {ready['http']}\n")
    assert not is_running(ready["pid"])
    again = dnsemu("stop", "--server", ready["http"])
    assert (again.returncode, again.stdout) == (0, f"no server answers at {ready['http']}: nothing to stop\n")


def test_the_ready_line_is_that_of_the_foreground(tmp_path):
    log = tmp_path / "server.log"
    port = free_port()
    done = dnsemu("serve", ZONE, "--detach", "--dns", "127.0.0.1:0", "--http", f"127.0.0.1:{port}", "--log", log)
    assert done.stdout.startswith("dnsemu ready dns=127.0.0.1:")
    assert done.stdout.endswith(f" http=127.0.0.1:{port}\n")
    assert f"log {log}; stop it with: dnsemu stop --server http://127.0.0.1:{port}\n" in done.stderr
    assert log.exists()
    dnsemu("stop", "--all")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(("no-such.yaml",), 2, "no-such.yaml", id="a file that is refused"),
        pytest.param((ZONE, "--dns", "192.0.2.1:1053"), 1, "192.0.2.1 is no address of this machine", id="an address"),
        pytest.param((ZONE, "--query-log", "-"), 2, "name a file", id="a query log on standard output"),
        pytest.param((ZONE, "--log", "/no/such/folder/log"), 1, "/no/such/folder/log", id="a log"),
    ],
)
def test_a_start_that_fails_is_reported(arguments, code, message, tmp_path):
    done = dnsemu("serve", *arguments, "--detach", *FREE_PORTS[2:])
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_stop_all_ends_every_server():
    servers = [detached(), detached()]
    done = dnsemu("stop", "--all", "--json")
    assert set(json.loads(done.stdout)["stopped"]) == {server["http"] for server in servers}
    assert not any(is_running(server["pid"]) for server in servers)
    assert dnsemu("stop", "--all").stdout == "no server runs\n"


def test_a_server_that_does_not_answer_is_ended():
    """It is found in the registry; a stopped process ends by SIGKILL only."""
    ready = detached()
    os.kill(ready["pid"], signal.SIGSTOP)
    done = dnsemu("stop", "--server", ready["http"], within_s=60)
    assert (done.returncode, done.stdout) == (0, f"stopped the server at {ready['http']}\n")
    assert not is_running(ready["pid"])


def test_stop_ends_a_server_in_the_foreground():
    with serving_files(ZONE) as server:
        done = dnsemu("stop", "--server", server.url)
        assert done.stdout == f"stopped the server at {server.url}\n"
        assert server.process.wait(5) == 0


def test_stop_ends_workers_that_a_killed_server_left_behind():
    ready = detached("--workers", "2")
    address = ready["dns"][0]
    os.kill(ready["pid"], signal.SIGKILL)
    until(lambda: not is_open(ready["http"]), what="the end of the server")
    assert is_open(address), "workers answer without the control plane"
    workers = until(lambda: left_behind(2), what="workers that know that they are left behind")
    done = dnsemu("stop", "--server", ready["http"])
    assert done.stdout == "stopped 2 workers of a server that was killed\n"
    assert not any(map(is_running, workers))
    assert not is_open(address)


def left_behind(number):
    """The process ids of workers in the registry, if there are so many."""
    found = [int(path.name.split("-")[1]) for folder in folders() for path in folder.glob("worker-*")]
    return found if len(found) == number else None


def test_another_program_is_not_stopped():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port = sock.getsockname()[1]

        def answer():
            connection, _ = sock.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        from threading import Thread

        answering = Thread(target=answer)
        answering.start()
        done = dnsemu("stop", "--server", f"127.0.0.1:{port}")
        answering.join()
    assert done.returncode == 1
    assert "it is not dnsemu" in done.stderr
