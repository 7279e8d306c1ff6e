"""Files that a user names and that turn into something else while the server runs: DNS answers, and later changes count."""

import contextlib
import os

import dns.message
import dns.query
import pytest

from tests.serving import dnsemu_here, serving_files
from tests.waiting import until

FILE = """
hosted_zones:
  - name: f.test
    record_sets:
      - {{name: w, type: A, ttl: 60, resource_records: [{address}], set_identifier: a, weight: 1, health_check_id: c}}
health_checks: [{{id: c, type: TCP, ip_address: 127.0.0.1, port: 1}}]
health_checkers: {{probes: manual}}
"""
LIMIT_S = 2.0
"""Real seconds in which a query is answered at the latest; a server that hangs answers never."""


def address(server):
    reply = dns.query.udp(dns.message.make_query("w.f.test", "A"), "127.0.0.1", LIMIT_S, server.dns)
    return str(reply.answer[0][0])


@contextlib.contextmanager
def fifo_at(path):
    """Puts a named pipe that is open for writing in the place of a file."""
    pipe = path.with_name("pipe")
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDWR)
    try:
        pipe.replace(path)
        yield
    finally:
        os.close(end)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A file that is served, and a force file. Each test leaves both as they were."""
    folder = tmp_path_factory.mktemp("served")
    file, force = folder / "f.yaml", folder / "force"
    file.write_text(FILE.format(address="192.0.2.1"))
    force.write_text("c unhealthy\n")
    with serving_files(file, options=("--force-file", force)) as server:
        yield server, file, force


def forced(server):
    return dnsemu_here("force", "--json", "--server", server.url).stdout


@pytest.mark.parametrize("what", ["a pipe", "a folder", "a device", "a large file", "a line of a million words"])
def test_a_force_file_that_turns_into(what, served):
    server, _, force = served
    with contextlib.ExitStack() as stack:
        force.unlink()
        match what:
            case "a pipe":
                stack.enter_context(fifo_at(force))
            case "a folder":
                force.mkdir()
            case "a device":
                force.symlink_to("/dev/zero")
            case "a large file":
                with force.open("wb") as file:
                    file.truncate(1 << 40)
            case _:
                force.write_text("c unhealthy " * 1_000_000)
        until(lambda: "cannot be read" in forced(server), within_s=10, what="a refusal")
        assert address(server) == "192.0.2.1"
        assert '"pattern": "c"' in forced(server), "earlier rules stay"
    if force.is_dir():
        force.rmdir()
    else:
        force.unlink()
    force.write_text("")
    until(lambda: '"rules": []' in forced(server), within_s=10, what="no rules")
    force.write_text("c unhealthy\n")
    until(lambda: '"pattern": "c"' in forced(server), within_s=10, what="the rule")
    assert "Traceback" not in server.errors


def test_a_force_file_that_is_a_pipe_at_the_start(tmp_path):
    (tmp_path / "f.yaml").write_text(FILE.format(address="192.0.2.1"))
    with (
        fifo_at(tmp_path / "force"),
        serving_files(tmp_path / "f.yaml", options=("--force-file", tmp_path / "force")) as server,
    ):
        assert address(server) == "192.0.2.1"
        assert "this is a pipe, no file" in forced(server)


def test_a_declared_file_that_turns_into_a_pipe(served):
    """With a writer that never closes it, reading is given up; the next reload counts."""
    server, file, _ = served
    before = file.read_bytes()
    with fifo_at(file):
        until(lambda: "not closed in time" in server.errors, within_s=30, what="a refusal")
        assert address(server) == "192.0.2.1"
    for content, expected in ((FILE.format(address="192.0.2.2").encode(), "192.0.2.2"), (before, "192.0.2.1")):
        file.with_name("new").write_bytes(content)
        file.with_name("new").replace(file)
        until(lambda expected=expected: address(server) == expected, within_s=15, what="the new file")


def test_a_location_database_that_turns_into_a_pipe(served):
    server, file, _ = served
    with fifo_at(file.with_name("geo.mmdb")):
        file.write_text(FILE.format(address="192.0.2.2") + "geo: {database: geo.mmdb}\n")
        until(lambda: "geo.mmdb" in server.errors, within_s=15, what="a refusal")
        assert address(server) == "192.0.2.1"
