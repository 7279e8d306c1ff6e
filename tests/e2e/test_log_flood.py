"""A flood of queries that fail, of hostile requests or of errors in files does not flood the log."""

import re
import socket
import urllib.request

import dns.message
import pytest

from dnsemu.runtime.log_limit import MAX_LINES
from dnsemu.runtime.logs import MAX_LINES_AT_ONCE
from tests.serving import free_port, serving_files
from tests.waiting import until

FLOOD = 1000


def dropped_lines(server):
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=10) as reply:
        found = re.search(
            r'^dnsemu_limit_reached_total\{limit="log_lines"\} ([\d.]+)', reply.read().decode(), re.MULTILINE
        )
    return float(found[1])


@pytest.mark.parametrize("workers", [0, 1])
def test_a_failed_forward_for_each_query(tmp_path, workers):
    """The upstream is closed; each query is answered SERVFAIL, and the log says so a hundred times."""
    file = tmp_path / "here.yaml"
    file.write_text("hosted_zones: [{name: here.test}]")
    options = ["--forward", f"127.0.0.1:{free_port()}", *(["--workers", str(workers)] if workers else [])]
    with serving_files(file, options=options) as server, socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", server.dns))
        sock.settimeout(10)
        for number in range(FLOOD):
            sock.send(dns.message.make_query(f"n{number}.elsewhere.test", "A").to_wire())
            assert dns.message.from_wire(sock.recv(4096)).rcode() == dns.rcode.SERVFAIL
        logged = server.errors.count("upstream failed")
        assert MAX_LINES.requests <= logged < FLOOD / 2, (
            "one a second more, and a line that counts the others every ten"
        )
        until(lambda: dropped_lines(server) >= FLOOD - logged, what="the metric of dropped lines")


def test_a_reload_with_many_errors(tmp_path):
    """The first errors are logged, and the number of the others."""
    file = tmp_path / "zone.yaml"
    file.write_text("hosted_zones: [{name: here.test}]")
    with serving_files(file) as server:
        rows = "".join(f"      - {{name: n{n}, type: A, ttl: 60, resource_records: [oops]}}\n" for n in range(900))
        file.write_text(f"hosted_zones:\n  - name: here.test\n    record_sets:\n{rows}")
        until(lambda: "still serving the previous state" in server.errors, what="a refused reload", within_s=30)
        assert server.errors.count("reload refused") == MAX_LINES_AT_ONCE + 1
        assert f"… and {900 - MAX_LINES_AT_ONCE:,} more" in server.errors
