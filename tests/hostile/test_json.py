"""Hostile calls of the control API as a whole: large, deep or many. `test_control_calls` has every field with every value."""

import json
from urllib.parse import quote

import pytest

from tests.hostile.http import requests_to
from tests.hostile.watching import withstands
from tests.serving import serving_files

CHECKS = 300
CHECK_LINES = "".join(f"  - {{id: c{n}, type: TCP, ip_address: 127.0.0.1, port: 1}}\n" for n in range(CHECKS))
RECORD_SETS = "".join(
    f"      - {{name: n{n % 10}, type: A, ttl: 60, resource_records: [10.0.{n // 250}.{n % 250}], set_identifier: s{n}, weight: 1, health_check_id: c{n}}}\n"
    for n in range(CHECKS)
)
FILE = f"""
hosted_zones:
  - name: j.test
    record_sets:
      - {{name: w, type: A, ttl: 60, resource_records: [192.0.2.1]}}
{RECORD_SETS}
health_checks:
{CHECK_LINES}
health_checkers: {{probes: manual}}
"""
MOST = 256 << 10
"""Bytes of the largest body of a control call."""

BODIES = {
    "nested lists": lambda: "[" * (MOST // 2) + "]" * (MOST // 2),
    "nested objects": lambda: '{"a":' * 50_000 + "1" + "}" * 50_000,
    "open lists": lambda: "[" * MOST,
    "one number": lambda: "9" * MOST,
    "a number with an exponent": lambda: '{"by": 1e' + "9" * 100_000 + "}",
    "one string": lambda: '"' + "x" * (MOST - 2) + '"',
    "escapes": lambda: '{"pattern": "' + r"\u0041" * 40_000 + '", "status": "healthy"}',
    "half characters": lambda: '{"pattern": "' + r"\ud800" * 40_000 + '", "status": "healthy"}',
    "a key again and again": lambda: "{" + ",".join(['"pattern": "c"'] * 15_000) + "}",
    "many keys": lambda: "{" + ",".join(f'"k{n}": 1' for n in range(15_000)) + "}",
    "a pattern of stars": lambda: json.dumps({"pattern": "*a" * 100_000 + "b", "status": "healthy"}),
    "a pattern of brackets": lambda: json.dumps({"pattern": "[" * 200_000, "status": "healthy"}),
    "a pattern of ranges": lambda: json.dumps({"pattern": "[!a-z]" * 30_000, "status": "healthy"}),
    "a pattern of question marks": lambda: json.dumps({"pattern": "?" * 200_000, "status": "healthy"}),
    "blanks": lambda: " " * MOST,
    "zeros": lambda: bytes(MOST),
    "UTF-32": lambda: "{}".ljust(60_000).encode("utf-32"),
}
PATHS = (
    "force",
    "clock",
    "health-checks/c1/observe",
    "health-checks/c1/force",
    "alarms",
    "api-errors",
    "reset",
    "health-checkers/block",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    file = tmp_path_factory.mktemp("json") / "f.yaml"
    file.write_text(FILE)
    with serving_files(file) as running:
        yield running


@pytest.mark.parametrize("body", BODIES)
def test_bodies(body, server):
    made = BODIES[body]()
    with withstands(server, "w.j.test"), requests_to(server) as send:
        for path in PATHS:
            status, reply = send("POST", f"/dnsemu/v1/{path}", made)
            assert status < 500, (path, reply[:300])
        assert send("POST", "/dnsemu/v1/reset", "{}")[0] == 200


def repeated(call, body, times):
    return [("POST", call, json.dumps(body(n))) for n in range(times)]


CALLS = {
    "explain of a long name": [("GET", "explain?name=" + "a." * 3000, None)],
    "explain of parameters": [("GET", "explain?" + "&".join(f"name=n{n}.j.test" for n in range(400)), None)],
    "what-if of everything": [("GET", "what-if?fail=3", None)] * 3,
    "what-if of 300 failures": [("GET", "what-if?fail=300", None)],
    "what-if of patterns": [("GET", "what-if?" + "&".join(f"down=c{n}" for n in range(300)), None)],
    "what-if of patterns of stars": [("GET", "what-if?down=" + quote("*a" * 2000), None)],
    "words of long prefixes": [("GET", "words?of=names&prefix=" + "n" * 7000, None)] * 20,
    "history from an event far away": [("GET", f"history?since={'9' * 4000}&limit={'9' * 4000}", None)],
    "200 patterns": repeated("force", lambda n: {"pattern": f"c{n}*", "status": "unhealthy"}, 200),
    "200 patterns of Regions": repeated("force", lambda n: {"pattern": f"address:10.{n >> 8}.{n & 255}.0/24", "status": "unhealthy"}, 200),
    "200 injected errors": repeated("api-errors", lambda n: {"operation": "*", "code": "Throttling", "times": 1_000_000}, 200),
    "200 blocks": repeated("health-checkers/block", lambda n: {"from": "*", "to": f"10.{n >> 8}.{n & 255}.0/24"}, 200),
    "200 alarms": repeated("alarms", lambda n: {"name": f"a{n}", "region": "us-east-1", "state": "OK"}, 200),
    "200 routing controls": repeated("routing-controls", lambda n: {"arn": f"arn:aws:route53-recovery-control::1:controlpanel/{n}", "state": "On"}, 200),
    "200 observations": repeated("health-checks/c2/observe", lambda n: {"success": n % 2 == 0, "reason": "x" * 1000}, 200),
    "200 forced statuses": repeated("health-checks/c3/force", lambda n: {"status": ("healthy", "unhealthy")[n % 2]}, 200),
    "20 snapshots": [("GET", "snapshot", None)] * 20,
    "20 statuses": [("GET", "status", None)] * 20,
}  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_many_calls(call, server):
    with withstands(server, "w.j.test"), requests_to(server) as send:
        for method, path, body in CALLS[call]:
            status, reply = send(method, f"/dnsemu/v1/{path}", body)
            assert status < 500, reply[:300]
        for path in ("status", "force", "api-errors", "health-checkers", "signals"):
            status, reply = send("GET", f"/dnsemu/v1/{path}")
            assert status == 200
            assert len(reply) < 2 << 20
        assert send("POST", "/dnsemu/v1/reset", "{}")[0] == 200
