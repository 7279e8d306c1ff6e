"""SIGTERM and SIGINT stop the server promptly with exit code 0, whatever it is doing."""

import http.client
import signal
import socket
import time

import dns.message
import dns.query
import pytest

from tests.e2e.asking import ask, query, texts
from tests.serving import DNSEMU, FREE_PORTS, serving, serving_files
from tests.waiting import until

from .conftest import SHOP

HANGING = """
health_checks:
  - {{id: hangs, type: HTTP, ip_address: 127.0.0.1, port: {port}, request_interval: 0.2, failure_threshold: 2}}
  - {{id: tcp, type: HTTPS, ip_address: 127.0.0.1, port: {port}, request_interval: 0.2, failure_threshold: 2}}
"""
PROMPT_S = 4.0
"""Limit for stopping, generous for busy machines. Waiting for a probe or an idle client would take longer."""


def stopped_by(server, number):
    """Stops a server; returns the seconds that it took."""
    began = time.monotonic()
    assert server.stop(number) == 0, server.errors
    return time.monotonic() - began


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_with_open_connections_and_probes(tmp_path, number):
    """An open TCP connection, another in the middle of a message, an HTTP keep-alive connection, hanging probes."""
    with socket.create_server(("127.0.0.1", 0)) as hanging:  # the kernel accepts, and no one answers
        file = tmp_path / "hanging.yaml"
        file.write_text(HANGING.format(port=hanging.getsockname()[1]))
        with serving_files(SHOP, file) as server:
            where = ("127.0.0.1", server.dns)
            page = http.client.HTTPConnection("127.0.0.1", server.http, timeout=5)

            def probes():
                page.request("GET", "/metrics")
                (line,) = [
                    x for x in page.getresponse().read().decode().splitlines() if x.startswith("dnsemu_probes_in")
                ]
                return float(line.split()[1])

            with socket.create_connection(where) as idle, socket.create_connection(where) as halfway:
                halfway.sendall(b"\0\x20half")
                assert dns.query.tcp(query("www.shop.test"), "127.0.0.1", 5, sock=idle).answer
                until(lambda: probes() > 1, what="probes under way")
                assert stopped_by(server, number) < PROMPT_S
                assert idle.recv(1) == b""
            page.close()
            assert server.errors == ""


def test_it_stops_while_it_reads_files(tmp_path):
    file = tmp_path / "large.yaml"
    sets = "".join(f"      - {{name: h{n}, type: A, ttl: 60, resource_records: [192.0.2.1]}}\n" for n in range(3000))
    file.write_text("hosted_zones:\n  - name: shop.test\n    record_sets:\n" + sets)
    with serving_files(file) as server:
        server.process.send_signal(signal.SIGHUP)
        ask(server.dns, "h1.shop.test")
        assert stopped_by(server, signal.SIGTERM) < PROMPT_S
        assert "Traceback" not in server.errors


def test_a_second_signal_does_no_harm():
    with serving_files(SHOP) as server:
        server.process.send_signal(signal.SIGINT)
        assert stopped_by(server, signal.SIGTERM) < PROMPT_S
        assert server.errors == ""


def test_queries_sent_before_the_signal_are_answered():
    """Queries in the kernel's buffer when the signal comes are not lost."""
    with serving_files(SHOP) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", server.dns))
        sock.settimeout(5)
        server.process.send_signal(signal.SIGSTOP)
        for number in range(100):
            sock.send(query("www.shop.test", id=number).to_wire())
        server.process.send_signal(signal.SIGTERM)
        server.process.send_signal(signal.SIGCONT)
        assert server.process.wait(10) == 0
        replies = [dns.message.from_wire(sock.recv(4096)) for _ in range(100)]
        assert {reply.id for reply in replies} == set(range(100))
        assert texts(replies[0]) == ["192.0.2.1"]


def test_the_demo_stops_at_once():
    with serving([DNSEMU, "demo", *FREE_PORTS]) as server:
        assert stopped_by(server, signal.SIGINT) < PROMPT_S
        assert server.errors == ""
