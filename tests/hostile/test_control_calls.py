"""Hostile control calls: every field of every call with every awkward value. Each is refused or done, never a 5xx."""

import contextlib
import http.client
import json
from urllib.parse import quote

import pytest

from tests.serving import serving_files

FILE = """
hosted_zones:
  - name: f.test
    record_sets:
      - {name: w, type: A, ttl: 60, resource_records: [192.0.2.1], set_identifier: a, weight: 1, health_check_id: c}
      - {name: w, type: A, ttl: 60, resource_records: [192.0.2.2], set_identifier: b, weight: 1}
health_checks:
  - {id: c, type: TCP, ip_address: 127.0.0.1, port: 1}
  - {id: m, type: CLOUDWATCH_METRIC, alarm_identifier: {name: a, region: us-east-1}}
health_checkers: {probes: manual}
"""

VALUES = {
    "null": "null",
    "true": "true",
    "a list": "[]",
    "an object": "{}",
    "a deep list": "[" * 3000 + "]" * 3000,
    "minus one": "-1",
    "zero": "0",
    "4,301 digits": "9" * 4301,
    "4,000 digits": "9" * 4000,
    "a large float": "1e308",
    "infinity by overflow": "1e999",
    "NaN": "NaN",
    "Infinity": "-Infinity",
    "empty text": '""',
    "a long text": json.dumps("x" * 100_000),
    "a lone surrogate": r'"\ud800"',
    "a surrogate in the middle": r'"a\udfffb"',
    "NUL": r'"\u0000"',
    "a new line": r'"a\nb"',
    "the year 9999": '"9999-12-31T23:59:59Z"',
    "beyond the year 9999": '"9999-12-31T23:59:59-23:59"',
    "the year 1": '"0001-01-01T00:00:00Z"',
    "before the year 1": '"0001-01-01T00:00:00+23:59"',
    "the longest duration": '"36500d"',
    "too long a duration": '"999999999999999d"',
    "a pattern of stars": json.dumps("*a" * 50),
    "brackets": '"[[[[["',
    "other digits": '"١٢s"',
}

CALLS = {
    ("POST", "clock"): {"do": "advance", "by": "1s"},
    ("POST", "clock#speed"): {"do": "speed", "by": 2},
    ("POST", "force"): {"pattern": "c", "status": "healthy", "for": "1m"},
    ("POST", "force#until"): {"pattern": "c", "status": "healthy", "until": "2300-01-01T00:00:00Z"},
    ("POST", "health-checks/c/force"): {"status": "healthy", "until": "2300-01-01T00:00:00Z"},
    ("POST", "health-checks/c/force#for"): {"status": "healthy", "for": "1m"},
    ("POST", "health-checks/c/observe"): {"success": True, "reason": "x", "region": "us-east-1"},
    ("POST", "health-checks/c/probe"): {"region": "us-east-1"},
    ("POST", "alarms"): {"name": "a", "region": "us-east-1", "state": "OK"},
    ("POST", "routing-controls"): {"arn": "arn:aws:x", "state": "On"},
    ("POST", "health-checkers/block"): {"from": "us-east-1", "to": "10.0.0.0/8"},
    ("POST", "health-checkers/unblock"): {"from": "us-east-1", "to": "10.0.0.0/8"},
    ("POST", "endpoint-faults"): {"pattern": "c", "how": "slow: 5s"},
    ("POST", "endpoint-faults/heal"): {"pattern": "c"},
    ("POST", "files"): {"files": [{"name": "f.yaml", "text": FILE}], "endpoints": {"c": "127.0.0.1:9"}},
    ("POST", "changes"): {
        "zone": "f.test",
        "changes": [
            {"action": "UPSERT", "record_set": {"name": "n", "type": "A", "ttl": 5, "resource_records": ["192.0.2.1"]}}
        ],
    },
    ("POST", "api-errors"): {"operation": "ListHostedZones", "code": "Throttling", "times": 1},
}

QUERIES = {
    "status": ("name",),
    "explain": ("name", "type", "client", "place", "as"),
    "resolve": ("name", "type", "client", "place"),
    "what-if": ("name", "type", "fail", "down", "place"),
    "history": ("check", "kind", "since", "limit"),
    "metrics": ("check",),
}

TEXTS = (
    *(
        "",
        ".",
        "..",
        "*",
        "a" * 300,
        ".".join(["a"] * 200),
        "\x00",
        "\n",
        "%",
        "٣",
        "é",
        "-1",
        "9" * 5000,
        "1e999",
        "nan",
    ),
    *(
        "::/0",
        "0.0.0.0/0",
        "::1%eth0",
        "1.2.3.4/33",
        "999,999",
        "nan,nan",
        "TYPE99999",
        "[",
        "*a" * 50,
        "region:[",
        "az:",
    ),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    file = tmp_path_factory.mktemp("hostile") / "f.yaml"
    file.write_text(FILE)
    with serving_files(file, options=("--clock", "virtual")) as running:
        yield running
        assert "Traceback" not in running.errors


@contextlib.contextmanager
def requests_to(server):
    """Yields a function that makes a control call and returns the status and the reply."""
    connection = http.client.HTTPConnection("127.0.0.1", server.http, timeout=30)

    def send(method, path, body=None):
        body = body.encode() if isinstance(body, str) else body
        connection.close()  # a refused request may have ended the connection
        connection.request(method, f"/dnsemu/v1/{path}", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()

    yield send
    connection.close()


@pytest.fixture(scope="module")
def ask(server):
    with requests_to(server) as send:
        yield send


@pytest.mark.parametrize(("method", "path"), [pytest.param(*call, id=" ".join(call)) for call in CALLS])
def test_fields_of_bodies(method, path, ask):
    for field in CALLS[method, path]:
        for name, value in VALUES.items():
            parts = {key: json.dumps(text) for key, text in CALLS[method, path].items()} | {field: value}
            body = "{" + ",".join(f'"{key}":{text}' for key, text in parts.items()) + "}"
            status, reply = ask(method, path.partition("#")[0], body)
            assert status < 500, f"{field}: {name}: {reply[:300]!r}"
            assert 200 <= status < 300 or json.loads(reply)["error"]["what"], f"{field}: {name}"


@pytest.mark.parametrize(("method", "path"), [pytest.param(*call, id=" ".join(call)) for call in CALLS])
def test_whole_bodies(method, path, ask):
    for name, body in {
        **VALUES,
        "nothing": "",
        "half a body": '{"do"',
        "not UTF-8": b"\xff\xfe",
        "UTF-16": "{}".encode("utf-16"),
    }.items():
        status, reply = ask(method, path.partition("#")[0], body)
        assert status < 500, f"{name}: {reply[:300]!r}"


@pytest.mark.parametrize(
    ("path", "parameter"), [(path, parameter) for path, names in QUERIES.items() for parameter in names]
)
def test_parameters(path, parameter, ask):
    escaped = [quote(text) for text in TEXTS]
    for value in (*escaped, "%ff", "%ed%a0%80", "%", "%zz"):
        known = {"name": "w.f.test"} if path in ("explain", "what-if") else {}
        query = "&".join(f"{key}={text}" for key, text in (known | {parameter: value}).items())
        status, reply = ask("GET", f"{path}?{query}")
        assert status < 500, f"{value[:40]}: {reply[:300]!r}"


@pytest.mark.parametrize("check", ["%00", "%ff", "%ed%a0%80", "a" * 5000, "..", "%2e%2e%2f", "%5b", "*", "%0a"])
def test_ids_in_paths(check, ask):
    for method, path in (("GET", ""), ("POST", "/force"), ("POST", "/observe"), ("POST", "/probe")):
        status, reply = ask(
            method, f"health-checks/{check}{path}", '{"status":"healthy","success":true}' if path else None
        )
        assert status < 500, f"{path}: {reply[:300]!r}"


def test_the_clock_stays_in_the_calendar(tmp_path):
    """A clock at the end of its calendar goes no further, and calls still answer with times of four-digit years."""
    file = tmp_path / "f.yaml"
    file.write_text(FILE)
    with serving_files(file, options=("--clock", "virtual=9998-12-30T00:00:00Z")) as server, requests_to(server) as ask:
        steps = [ask("POST", "clock", json.dumps({"do": "advance", "by": by})) for by in ("1d", "31d", "1d", "23h59m")]
        assert [status for status, _ in steps] == [200, 400, 400, 200]
        forced = ask("POST", "force", '{"pattern": "c", "status": "unhealthy", "for": "36500d"}')
        assert forced[0] == 400
        assert all(ask("GET", path)[0] == 200 for path in ("status", "clock", "history", "force", "snapshot"))
        assert "Traceback" not in server.errors
