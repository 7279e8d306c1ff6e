"""Hostile snapshots: each is refused without a change, and the store behind the server stays one that can be served."""

import itertools
import json

import pytest

from dnsemu.commands.registry import TABLES
from dnsemu.commands.validity import invalid_rows
from dnsemu.store.snapshot import SnapshotUnusable, load
from tests.hostile.http import requests_to
from tests.hostile.watching import withstands
from tests.serving import serving_files

FILE = """
hosted_zones:
  - {name: s.test, record_sets: [{name: w, type: A, ttl: 60, resource_records: [192.0.2.1]}]}
"""
PATH = "/dnsemu/v1/snapshot"
CHILD_BYTES = 400 << 20
"""Bound of memory with the child process that reads a snapshot: its interpreter, the text and what it makes of it."""


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The file and the options of a server with a store."""
    folder = tmp_path_factory.mktemp("snapshots")
    (folder / "f.yaml").write_text(FILE)
    return folder / "f.yaml", ("--store", f"sqlite:///{folder / 'db'}")


@pytest.fixture(scope="module")
def server(stored):
    """A server; after the last snapshot it is started again on its store, and the zone of the API is still there."""
    file, options = stored
    with serving_files(file, options=options) as running:
        with requests_to(running) as send:
            assert send("POST", PATH, text(snapshot()))[0] == 200
        yield running
    with serving_files(file, options=options) as running, withstands(running, "w.api.test"):
        pass


SERVERS = [f"ns-{number}.awsdns-0{number}.com" for number in range(1, 5)]


def zone(*record_sets, name="api.test.", id="ZAPI", **more):
    always = [
        {"name": name, "type": "NS", "ttl": 172800, "values": [f"{server}." for server in SERVERS]},
        {"name": name, "type": "SOA", "ttl": 900, "values": [f"{SERVERS[0]}. a.b. 1 7200 900 1209600 86400"]},
        {"name": f"w.{name}", "type": "A", "ttl": 60, "values": ["192.0.2.9"]},
    ]
    rest = {"comment": None, "is_private": False, "record_sets": [*always, *record_sets]}
    return {"id": id, "name": name, "name_servers": SERVERS} | rest | more


ENDPOINT = {"is": "endpoint", "type": "TCP", "ip_address": "127.0.0.1", "fully_qualified_domain_name": None, "port": 1, "resource_path": None, "search_string": None, "request_interval_s": 30.0, "failure_threshold": 3, "measure_latency": False, "enable_sni": None, "regions": []}  # fmt: skip


def check(id, config):
    return {"id": id, "config": config, "inverted": False, "disabled": False, "name": None}


def endpoint(id="c", **more):
    return check(id, ENDPOINT | more)


def calculated(id, *children):
    return check(id, {"is": "calculated", "children": list(children), "health_threshold": 1})


def snapshot(*, zones=None, checks=None, **more):
    """Returns a snapshot, which is good as it stands."""
    head = {
        "format": "dnsemu snapshot",
        "format_version": 1,
        "product_version": "0.1.0",
        "emulated_time": "2026-12-01T00:00:00+00:00",
    }
    return head | {"hosted_zones": zones or [zone()], "health_checks": checks or [endpoint()], "cidr_collections": [], "tables": {}} | more  # fmt: skip


def text(data):
    return json.dumps(data)


def weighted(n, **more):
    return {"name": "v.api.test.", "type": "A", "ttl": 60, "values": ["192.0.2.1"], "set_identifier": f"s{n}", "routing": {"is": "weighted", "weight": 1}} | more  # fmt: skip


def aliased(name, target):
    return {
        "name": name,
        "type": "A",
        "alias": {"hosted_zone_id": "ZAPI", "name": target, "evaluate_target_health": True},
    }


GOOD = text(snapshot())
RULES = {
    "the root as a name": lambda: text(snapshot(zones=[zone({"name": ".", "type": "A", "ttl": 1, "values": ["192.0.2.1"]})])),
    "the root as a zone": lambda: text(snapshot(zones=[zone(name=".", id="ZROOT")])),
    "a name outside its zone": lambda: text(snapshot(zones=[zone({"name": "a.b.", "type": "A", "ttl": 1, "values": ["192.0.2.1"]})])),
    "a name of 300 bytes": lambda: text(snapshot(zones=[zone({"name": "a." * 150, "type": "A", "ttl": 1, "values": ["192.0.2.1"]})])),
    "TTL -1": lambda: text(snapshot(zones=[zone({"name": "a.api.test.", "type": "A", "ttl": -1, "values": ["192.0.2.1"]})])),
    "TTL 2^31": lambda: text(snapshot(zones=[zone({"name": "a.api.test.", "type": "A", "ttl": 1 << 31, "values": ["192.0.2.1"]})])),
    "values that are none": lambda: text(snapshot(zones=[zone({"name": "a.api.test.", "type": "A", "ttl": 1, "values": ["x"]})])),
    "no values": lambda: text(snapshot(zones=[zone({"name": "a.api.test.", "type": "A", "ttl": 1, "values": []})])),
    "a type that is none": lambda: text(snapshot(zones=[zone({"name": "a.api.test.", "type": "OPT", "ttl": 1, "values": ["x"]})])),
    "a CNAME at the apex": lambda: text(snapshot(zones=[zone({"name": "api.test.", "type": "CNAME", "ttl": 1, "values": ["x."]})])),
    "an unknown Region": lambda: text(snapshot(zones=[zone(weighted(1, routing={"is": "latency", "region": "xx-1"}))])),
    "mixed policies": lambda: text(snapshot(zones=[zone(weighted(1), weighted(2, routing={"is": "latency", "region": "us-east-1"}))])),
    "one record set twice": lambda: text(snapshot(zones=[zone(weighted(1), weighted(1))])),
    "one zone twice": lambda: text(snapshot(zones=[zone(), zone()])),
    "a check that is its own child": lambda: text(snapshot(checks=[calculated("c", "c")])),
    "checks in a ring": lambda: text(snapshot(checks=[calculated(f"c{n}", f"c{(n + 1) % 200}") for n in range(200)])),
    "an interval of NaN": lambda: text(snapshot(checks=[endpoint(request_interval_s=float("nan"))])),
    "an interval of 0": lambda: text(snapshot(checks=[endpoint(request_interval_s=0.0)])),
    "an endless interval": lambda: text(snapshot(checks=[endpoint(request_interval_s=float("inf"))])),
    "a threshold of 10^400": lambda: text(snapshot(checks=[endpoint(failure_threshold=10**400)])),
    "a port of -1": lambda: text(snapshot(checks=[endpoint(port=-1)])),
}  # fmt: skip
"""Snapshots that break a rule, or have a row that is none."""

SHAPES = {
    "an unknown table": lambda: text(snapshot(tables={"x": []})),
    "rows that are none": lambda: text(snapshot(tables={"zones": [{"key": ["x"], "row": None}]})),
    "keys that are none": lambda: text(snapshot(tables={"zones": [{"key": [[]], "row": {}}]})),
    "rows of zones that are not there": lambda: text(snapshot(tables={"key_signing_keys": [{"key": ["Z", "k"], "row": {}}]})),
    "an unknown field": lambda: text(snapshot(x=1)),
    "another version": lambda: text(snapshot(format_version=1e308)),
    "the year 10000": lambda: text(snapshot(emulated_time="10000-01-01T00:00:00+00:00")),
    "no time": lambda: text(snapshot(emulated_time=[])),
    "lists in lists": lambda: GOOD[:-1] + ', "x": ' + "[" * 200_000 + "]" * 200_000 + "}",
    "open lists": lambda: "[" * (8 << 20),
    "objects in objects": lambda: '{"a":' * 200_000,
    "one string of 32 MB": lambda: '"' + "x" * (32 << 20),
    "one number of 8 MB": lambda: "9" * (8 << 20),
    "a million zones that are none": lambda: '{"format": "dnsemu snapshot", "format_version": 1, "hosted_zones": [' + "0," * 1_000_000 + "0]}",
    "a key of 1 MB": lambda: '{"' + "k" * (1 << 20) + '": 1}',
    "half of a snapshot": lambda: GOOD[: len(GOOD) // 2],
    "nothing": lambda: "",
    "zeros": lambda: bytes(8 << 20),
    "no UTF-8": lambda: b"\xff" * (1 << 20),
    "half characters": lambda: GOOD.replace("w.api", r"\ud800"),
    "a null": lambda: "null",
}  # fmt: skip


ON_A_SERVER = SHAPES | {name: RULES[name] for name in ("the root as a name", "a check that is its own child", "an interval of NaN", "one zone twice")}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_snapshots_that_break_a_rule(rule):
    with pytest.raises(SnapshotUnusable) as caught:
        load(RULES[rule](), TABLES, invalid_rows)
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("bad", ON_A_SERVER)
def test_bad_snapshots(bad, server):
    made = ON_A_SERVER[bad]()
    with withstands(server, "w.s.test", max_more_bytes=CHILD_BYTES), requests_to(server) as send:
        status, reply = send("POST", PATH, made)
        assert status == 400, reply[:300]
        assert len(reply) < 4096
        body = send("GET", PATH)[1]
    names = {found["name"] for found in json.loads(body)["hosted_zones"]}
    assert names == {"api.test.", "s.test."}, "nothing changed"


GOOD_BUT_LARGE = {
    "5,000 record sets": lambda: snapshot(zones=[zone(*({"name": f"n{n}.api.test.", "type": "A", "ttl": 1, "values": ["192.0.2.1"]} for n in range(5000)))]),
    "1,000 zones": lambda: snapshot(zones=[zone(), *(zone(name=f"z{n}.test.", id=f"Z{n}") for n in range(1000))]),
    "5,000 record sets in a group": lambda: snapshot(zones=[zone(*map(weighted, range(5000)))]),
    "a tree of aliases": lambda: snapshot(zones=[zone(*(branch(level, n) for level, n in itertools.product(range(20), range(50))))]),
    "an alias to itself": lambda: snapshot(zones=[zone(aliased("a.api.test.", "a.api.test."))]),
    "a tower of 2,000 checks": lambda: snapshot(checks=[endpoint("c0"), *(calculated(f"c{n + 1}", f"c{n}") for n in range(2000))]),
}  # fmt: skip


def branch(level, n):
    found = weighted(n) | aliased(f"l{level}.api.test.", f"l{level + 1}.api.test.")
    return {key: value for key, value in found.items() if key not in ("ttl", "values")}


@pytest.mark.parametrize("large", GOOD_BUT_LARGE)
def test_large_snapshots(large, server):
    """Done, or refused by a rule; and replaced by a small one."""
    made = text(GOOD_BUT_LARGE[large]())
    with withstands(server, "w.s.test", max_more_bytes=CHILD_BYTES), requests_to(server, timeout_s=30) as send:
        status, reply = send("POST", PATH, made)
        assert status in (200, 400), reply[:300]
        assert send("POST", PATH, GOOD)[0] == 200
