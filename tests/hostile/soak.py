"""A soak: everything changes all the time, and what the server holds stays flat. `make soak SOAK=SECONDS`.

Zones come and go, health checks flap, names and client networks are new in each query, connections stay half-open, files are
read again. Memory, descriptors and metric series are sampled; in the last quarter they are those of the third one.
"""

import argparse
import contextlib
import json
import random
import signal
import socket
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import dns.edns
import dns.message

from tests.hostile.http import requests_to
from tests.hostile.watching import open_descriptors, resident_bytes
from tests.serving import serving_files

CHECKS = 20
FILE = """
hosted_zones:
  - name: soak.test
    record_sets:
      - {name: w, type: A, ttl: 60, resource_records: [192.0.2.1]}
      - {name: "*.wild", type: A, ttl: 60, set_identifier: us, region: us-east-1, resource_records: [192.0.2.2]}
      - {name: "*.wild", type: A, ttl: 60, set_identifier: eu, region: eu-west-1, resource_records: [192.0.2.3]}
      - {name: app, type: A, ttl: 5, set_identifier: p, failover: PRIMARY, health_check_id: c0, resource_records: [192.0.2.4]}
      - {name: app, type: A, ttl: 5, set_identifier: s, failover: SECONDARY, resource_records: [192.0.2.5]}
health_checkers: {probes: manual}
health_checks:
""" + "".join(
    f"  - {{id: c{n}, type: TCP, ip_address: 127.0.0.1, port: 1, failure_threshold: 1}}\n" for n in range(CHECKS)
)
MAX_MORE_BYTES = 16 << 20
"""Bound of the growth from the third quarter to the last one, with room for the allocator."""
MAX_MORE_DESCRIPTORS = 16
MAX_MORE_SERIES = 20
MAX_HALF_OPEN = 40
SAMPLES = 40
XMLNS = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"'


@dataclass(frozen=True)
class Sample:
    """Holdings of the server at one time."""

    at_s: float
    resident_bytes: int
    descriptors: int
    series: int


class Soak:
    """Disturbs one server; each method is one kind of disturbance."""

    def __init__(self, server, seed, stack):
        self._server = server
        self._dice = random.Random(seed)
        self._send = stack.enter_context(requests_to(server))
        self._half_open = []
        self._number = 0
        self._udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self._udp.connect(("127.0.0.1", server.dns))
        self._udp.settimeout(5)
        stack.callback(self._close_all)

    def run(self, seconds):
        """Disturbs for a time; returns the samples."""
        began = time.monotonic()
        samples, kinds = [], [self.zones, self.flaps, self.names, self.connections, self.calls, self.files]
        while (now := time.monotonic() - began) < seconds:
            if now >= len(samples) * seconds / SAMPLES:
                samples.append(self.sample(now))
            self._dice.choices(kinds, (4, 4, 8, 2, 1, 0.2))[0]()
        samples.append(self.sample(seconds))
        return samples

    def sample(self, now):
        pid = self._server.process.pid
        text = self._get("/metrics").decode()
        series = sum(not line.startswith("#") for line in text.splitlines())
        return Sample(now, resident_bytes(pid), open_descriptors(pid), series)

    def zones(self):
        """A new zone is made, changed, asked and deleted."""
        self._number += 1
        name = f"z{self._number}.churn.test"
        body = f"<CreateHostedZoneRequest {XMLNS}><Name>{name}</Name><CallerReference>{name}</CallerReference></CreateHostedZoneRequest>"
        reply = self._expect(201, "POST", "/2013-04-01/hostedzone", body).decode()
        zone = reply.partition("/hostedzone/")[2].partition("<")[0]
        for action in ("CREATE", "DELETE"):
            record_set = f"<Name>w.{name}</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.9</Value></ResourceRecord></ResourceRecords>"
            change = f"<Change><Action>{action}</Action><ResourceRecordSet>{record_set}</ResourceRecordSet></Change>"
            batch = f"<ChangeResourceRecordSetsRequest {XMLNS}><ChangeBatch><Changes>{change}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
            self._expect(200, "POST", f"/2013-04-01/hostedzone/{zone}/rrset/", batch)
            self._ask(f"w.{name}")
        self._expect(200, "DELETE", f"/2013-04-01/hostedzone/{zone}")

    def flaps(self):
        check = f"c{self._dice.randrange(CHECKS)}"
        body = json.dumps({"success": self._dice.random() < 0.5, "reason": f"flap {self._dice.random()}"})
        self._expect(200, "POST", f"/dnsemu/v1/health-checks/{check}/observe", body)
        self._ask("app.soak.test")

    def names(self):
        """New names and client networks, each asked twice, so that the packets are remembered."""
        for _ in range(50):
            network = f"{self._dice.randrange(1, 224)}.{self._dice.randrange(256)}.{self._dice.randrange(256)}.0"
            name = f"{self._dice.getrandbits(60):x}.{self._dice.choice(('wild', 'none'))}.soak.test"
            for _ in range(2):
                self._ask(name, options=[dns.edns.ECSOption(network, 24)])

    def connections(self):
        """Half of a request, or of a query, on a connection that is left; the oldest ones are closed."""
        port, data = self._dice.choice(
            ((self._server.http, b"GET /metrics HTTP/1.1\r\nHost: a\r\nX: "), (self._server.dns, b"\0\x40abc"))
        )
        with contextlib.suppress(OSError):
            sock = socket.create_connection(("127.0.0.1", port), timeout=5)
            self._half_open.append(sock)
            sock.sendall(data)
        while len(self._half_open) > MAX_HALF_OPEN:
            self._half_open.pop(0).close()

    def calls(self):
        for path in (
            "status",
            "history?limit=100",
            "snapshot",
            "explain?name=app.soak.test",
            "what-if?name=app.soak.test",
        ):
            self._get(f"/dnsemu/v1/{path}")
        self._expect(200, "POST", "/dnsemu/v1/force", '{"pattern": "c1*", "status": "unhealthy", "for": "1s"}')
        self._expect(200, "POST", "/dnsemu/v1/force", '{"pattern": "c1*", "status": "auto"}')

    def files(self):
        self._server.process.send_signal(signal.SIGHUP)

    def _ask(self, name, **more):
        query = dns.message.make_query(name, "A", use_edns=0, id=self._dice.randrange(65_536), **more).to_wire()
        self._udp.send(query)
        while self._udp.recv(4096)[:2] != query[:2]:
            pass

    def _get(self, path):
        return self._expect(200, "GET", path)

    def _expect(self, expected, method, path, body=None):
        status, reply = self._send(method, path, body)
        assert status == expected, (method, path, status, reply[:500])
        return reply

    def _close_all(self):
        for sock in self._half_open:
            sock.close()


def growth(samples):
    """Returns by what the last quarter's median exceeds the third one's: bytes, descriptors, series."""
    end = samples[-1].at_s
    third = [sample for sample in samples if end / 2 <= sample.at_s < end * 3 / 4]
    last = [sample for sample in samples if sample.at_s >= end * 3 / 4]
    fields = ("resident_bytes", "descriptors", "series")
    return tuple(
        statistics.median(getattr(s, field) for s in last) - statistics.median(getattr(s, field) for s in third)
        for field in fields
    )


def soak(seconds, seed, folder):
    """Disturbs a new server; returns the samples."""
    (folder / "f.yaml").write_text(FILE)
    with serving_files(folder / "f.yaml") as server, contextlib.ExitStack() as stack:
        samples = Soak(server, seed, stack).run(seconds)
        assert "Traceback" not in server.errors, server.errors[-4000:]
    return samples


def check(samples):
    """Fails if the last quarter holds more than the third one."""
    more_bytes, more_descriptors, more_series = growth(samples)
    table = "\n".join(
        f"{s.at_s:7.1f} s {s.resident_bytes >> 20:5} MiB {s.descriptors:4} descriptors {s.series:6} series"
        for s in samples
    )
    assert more_bytes < MAX_MORE_BYTES, table
    assert more_descriptors < MAX_MORE_DESCRIPTORS, table
    assert more_series < MAX_MORE_SERIES, table
    return table


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    arguments = parser.parse_args()
    print(f"soak for {arguments.seconds:g} s, seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        print(check(soak(arguments.seconds, arguments.seed, Path(folder))))


if __name__ == "__main__":
    sys.exit(main())
