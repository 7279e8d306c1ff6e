"""A flood of queries that are all different: the server keeps working, and its memory stays bounded."""

import contextlib
import random
import socket
import threading
import urllib.request
from pathlib import Path

import dns.edns
import dns.exception
import dns.query

from tests.e2e.asking import ask, query, served, texts
from tests.e2e.aws import route53
from tests.e2e.endpoints import App
from tests.serving import serving_files
from tests.waiting import until

FILE = """
health_checks:
  - {{id: app, type: HTTP, ip_address: 127.0.0.1, port: {port}, request_interval: 0.2, failure_threshold: 1}}
hosted_zones:
  - name: flood.test
    record_sets:
      - {{name: "*.wild", type: A, ttl: 60, resource_records: [192.0.2.1]}}
      - {{name: geo, type: A, ttl: 60, set_identifier: d, geo_location: {{country_code: "*"}}, resource_records: [192.0.2.2]}}
      - {{name: app, type: A, ttl: 5, set_identifier: p, failover: PRIMARY, health_check_id: app, resource_records: [192.0.2.3]}}
      - {{name: app, type: A, ttl: 5, set_identifier: s, failover: SECONDARY, resource_records: [192.0.2.4]}}
"""
MAX_MORE_BYTES = 120 << 20
"""Bound of all caches together: compiled answers, known packets, client networks; with room for the allocator."""


class Flood:
    """Sends packets as fast as possible until the block ends, and counts them; replies are dropped."""

    def __init__(self, port):
        self._port = port
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._send, args=(seed,)) for seed in range(2)]
        self.sent = [0, 0]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        for thread in self._threads:
            thread.join()

    def _send(self, seed):
        dice = random.Random(seed)
        ecs = query("geo.flood.test", use_edns=0, options=[dns.edns.ECSOption("1.2.3.0", 24)]).to_wire()
        wild, none = (query(f"{'x' * 12}.{name}.flood.test").to_wire() for name in ("wild", "none"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(("127.0.0.1", self._port))
            sock.settimeout(0)
            while not self._ends.is_set():
                noise = dice.randbytes(12)
                letters = bytes(97 + byte % 26 for byte in noise)
                for packet in (
                    ecs[:-3] + noise[:3],
                    wild[:13] + letters + wild[25:],
                    none[:13] + letters + none[25:],
                    noise + letters,
                ):
                    try:
                        sock.send(packet)
                        self.sent[seed] += 1
                        sock.recv(4096)
                    except BlockingIOError:
                        pass


def _resident_bytes(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


def test_a_flood_stops_nothing_and_memory_stays_bounded(tmp_path):
    """With unique names, spoofed client networks and garbage, TCP, UDP, the API, probes and failovers still work."""
    app = App("app")
    try:
        (tmp_path / "flood.yaml").write_text(FILE.format(port=app.port))
        with serving_files(tmp_path / "flood.yaml") as server:
            until(lambda: served(server.dns, "app.flood.test") == ["192.0.2.3"], what="the primary")
            before = _resident_bytes(server.process.pid)
            with Flood(server.dns) as flood:
                until(lambda: sum(flood.sent) > 30_000, within_s=60, what="a flood")
                assert texts(ask(server.dns, "a.wild.flood.test", over=dns.query.tcp)) == ["192.0.2.1"]
                with urllib.request.urlopen(f"{server.url}/metrics", timeout=5) as reply:
                    assert b"dnsemu_queries_total" in reply.read()
                zone = route53(server).create_hosted_zone(Name="new.test", CallerReference="1")
                assert zone["HostedZone"]["Name"] == "new.test."
                assert ask(server.dns, "new.test", "SOA", over=dns.query.tcp).answer
                app.kill()
                until(lambda: _over_tcp(server, "app.flood.test") == ["192.0.2.4"], within_s=20, what="the failover")
            until(lambda: _over_udp(server, "app.flood.test") == ["192.0.2.4"], what="an answer over UDP")
            assert _resident_bytes(server.process.pid) - before < MAX_MORE_BYTES
    finally:
        app.kill()


def _over_udp(server, name):
    """Returns the answer, or None if the query was lost: the flood still fills the socket's buffer for a moment."""
    with contextlib.suppress(dns.exception.Timeout):
        return texts(ask(server.dns, name, within_s=0.5))
    return None


def _over_tcp(server, name):
    return texts(ask(server.dns, name, over=dns.query.tcp))
