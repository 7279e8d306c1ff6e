"""Fuzzing by seeds: `make fuzz FUZZ=SECONDS`. A seed that finds something becomes a row of `test_fuzzing`.

A case is a function of a random generator, which fails by an assertion or any other exception.
"""

import argparse
import contextlib
import itertools
import json
import random
import sys
import time
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory

from dnsemu.commands.registry import TABLES
from dnsemu.commands.validity import invalid_rows
from dnsemu.config import names
from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_files
from dnsemu.healthcheck.http.head import BadResponse
from dnsemu.healthcheck.http.response import Response
from dnsemu.healthcheck.http.search import Search
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.publication.board import Board
from dnsemu.route53.model import service
from dnsemu.store.snapshot import Snapshot, SnapshotUnusable, load, save
from dnsemu.zone.compiled import compile_zone
from dnsemu.zone.resources import compile_resource
from tests.asking import Server
from tests.dnsemu.fastpath.test_fast_and_slow import Side
from tests.dnsemu.fastpath.worlds import RandomWorld
from tests.hostile.http import requests_to
from tests.hostile.mutating import mutated_bytes, mutated_data
from tests.hostile.test_snapshots import aliased, branch, calculated, endpoint, snapshot, weighted, zone
from tests.serving import serving_files

# --- packets ---


def packets(dice):
    """Mutated packets get the same reply on the fast way and on the slow way."""
    world = RandomWorld(dice.getrandbits(30))
    board, health = Board(world.published), HealthBoard()
    fast, slow = Side(board, health), Side(board, health, ttl_divisor=lambda: 1.0)
    questions = [world.question() for _ in range(20)]
    made = [
        (mutated_bytes(dice, packet, 4)[:65_535], source, udp) for packet, source, udp in questions for _ in range(10)
    ]
    for number, (packet, source, over_udp) in enumerate(dice.choices([*questions, *made], k=400)):
        expected = slow.ask(packet, source, number, over_udp=over_udp)
        assert fast.ask(packet, source, number, over_udp=over_udp) == expected, (packet.hex(), source)


# --- responses of endpoints ---

RESPONSES = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nsome needle \r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nsome \r\n7\r\nneedle.\r\n0\r\nX: y\r\n\r\n",
    b"HTTP/1.0 503 No\r\nConnection: close\r\nA: b\r\n c\r\n\r\n<b>needle</b>",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\x1f\x8b\x08\r\n0\r\n\r\n",
)


def responses(dice):
    """The verdict on a response does not depend on the pieces in which it comes."""
    for _ in range(100):
        data = mutated_bytes(dice, dice.choice(RESPONSES), 10)
        text = dice.choice((None, "needle"))
        whole = _verdict([data], text)
        places = sorted(dice.randrange(len(data) + 1) for _ in range(dice.randrange(1, 12)))
        pieces = [data[start:end] for start, end in itertools.pairwise([0, *places, len(data)])]
        assert _verdict(pieces, text) == whole, (data, places, text)
        assert _verdict([bytes([octet]) for octet in data], text) == whole, (data, text)


def _verdict(pieces, text):
    response = Response(Search(text) if text else None)
    for piece in pieces:
        try:
            response.feed(piece)
        except BadResponse as failure:
            return str(failure), False
        if response.code is not None and response.is_found is not None:
            break
    response.end()
    return response.code, bool(response.is_found)


# --- files ---

EXAMPLES = sorted(Path("examples").glob("*.yaml"))


def files(dice):
    """A mutated file is refused with errors, or everything in it can be compiled and asked for."""
    path = dice.choice(EXAMPLES)
    with TemporaryDirectory() as folder:
        changed = Path(folder, path.name)
        changed.write_bytes(mutated_bytes(dice, path.read_bytes()))
        try:
            world = load_files([changed]).world
        except FilesRefused as refused:
            _check_messages(refused.errors)
            return
    _serve(world)


def _check_messages(errors):
    assert errors
    assert all(0 < len(str(error)) < 3000 for error in errors)


def _serve(world):
    zones = [compile_zone(declared) for declared in world.hosted_zones.values() if not declared.is_private]
    server = Server(*zones, geo=world.geo, resources=world.resources.values())
    assert all(map(compile_resource, world.resources.values()))
    for declared in world.hosted_zones.values():
        for name, type_, _ in list(declared.record_sets)[:50]:
            text = names.display(name).encode()
            wire = b"\0\1\1\0\0\1\0\0\0\0\0\0" + name + type_.to_bytes(2, "big") + b"\0\1"
            reply = server.raw(wire)
            assert reply, text
            assert reply[3] & 15 in (0, 2, 3, 5), text


# --- snapshots ---


def _whole_snapshot():
    tables = {
        "zones": [{"key": ["ZAPI"], "row": {"caller_reference": "1", "created_at": 1.5, "vpcs": [], "delegation_set_id": None, "accelerated_recovery": None, "recovery_settled_at": 0.0}}],
        "zone_references": [{"key": ["1"], "row": {"zone_id": "ZAPI"}}],
    }  # fmt: skip
    record_sets = [*map(weighted, range(3)), *(branch(1, n) for n in range(2)), aliased("a.api.test.", "w.api.test.")]
    checks = [endpoint(), endpoint("d"), calculated("e", "c", "d")]
    return snapshot(zones=[zone(*record_sets), zone(name="b.test.", id="ZB")], checks=checks, tables=tables)


def snapshots(dice):
    """A mutated snapshot is refused, or its state can be compiled, asked for, saved and read again."""
    text = json.dumps(mutated_data(dice, _whole_snapshot()))
    try:
        read = load(text, TABLES, invalid_rows)
    except SnapshotUnusable as unusable:
        _check_messages([unusable])
        return
    _serve(read.state.world)
    again = "".join(save(Snapshot(read.state, read.emulated_time_s), TABLES))
    assert "".join(save(load(again, TABLES, invalid_rows), TABLES)) == again


# --- requests ---

FILE = """
hosted_zones:
  - name: z.test
    id: ZFUZZ
    record_sets:
      - {name: w, type: A, ttl: 60, resource_records: [192.0.2.1], set_identifier: a, weight: 1, health_check_id: c}
health_checks:
  - {id: c, type: TCP, ip_address: 127.0.0.1, port: 1}
health_checkers: {probes: manual}
"""
TEXTS = (
    "ZFUZZ",
    "c",
    "w.z.test",
    "A",
    "UPSERT",
    "CREATE",
    "DELETE",
    "60",
    "192.0.2.1",
    "1",
    "x",
    "TCP",
    "us-east-1",
    "true",
    "2026-01-01T00:00:00Z",
)
CONTROL = {
    "force": {"pattern": "c", "status": "unhealthy", "for": "1s"},
    "clock": {"do": "advance", "by": "1s"},
    "health-checks/c/observe": {"success": True, "reason": "x", "region": "us-east-1"},
    "health-checks/c/force": {"status": "auto"},
    "alarms": {"name": "a", "region": "us-east-1", "state": "OK"},
    "health-checkers/block": {"from": "*", "to": "10.0.0.0/8"},
    "health-checkers/unblock": {"from": "*", "to": "10.0.0.0/8"},
    "api-errors": {"operation": "GetChange", "code": "Throttling", "times": 1},
    "reset": {"only": ["api", "health"]},
}


def requests(dice, send):
    """No request of the Route 53 API or the control API gets a 5xx."""
    for _ in range(20):
        method, path, body = _control_call(dice) if dice.random() < 0.3 else _operation(dice)
        status, reply = send(method, path, body)
        assert status < 500 or b"<Code>NotImplemented<" in reply, (method, path, body, status, reply[:500])


def _control_call(dice):
    path = dice.choice(list(CONTROL))
    return "POST", f"/dnsemu/v1/{path}", json.dumps(mutated_data(dice, CONTROL[path]))


def _operation(dice):
    operation = dice.choice(list(service().operations.values()))
    path, query, content = operation.path, [], ""
    for member in operation.input.members.values() if operation.input else ():
        text = dice.choice(TEXTS)
        if member.location == "uri":
            path = path.replace(f"{{{member.wire_name}}}", text).replace(f"{{{member.wire_name}+}}", text)
        elif member.location == "querystring" and dice.random() < 0.5:
            query.append(f"{member.wire_name}={text}")
        elif member.location == "body" and (member.name in operation.input.required or dice.random() < 0.5):
            content += f"<{member.name}>{_content(dice, member.shape, 0)}</{member.name}>"
    if query:
        path += ("&" if "?" in path else "?") + "&".join(query)
    body = (
        f'<{operation.root} xmlns="https://route53.amazonaws.com/doc/2013-04-01/">{content}</{operation.root}>'
        if content
        else ""
    )
    return operation.method, path, mutated_bytes(dice, body.encode(), 3) if dice.random() < 0.5 else body


def _content(dice, shape, depth):
    if shape.type == "structure":
        members = [m for m in shape.members.values() if depth < 6 and (m.name in shape.required or dice.random() < 0.3)]
        return "".join(f"<{m.name}>{_content(dice, m.shape, depth + 1)}</{m.name}>" for m in members)
    if shape.type == "list":
        name = shape.item_name
        return "".join(f"<{name}>{_content(dice, shape.item, depth + 1)}</{name}>" for _ in range(dice.randrange(3)))
    return dice.choice(shape.enum) if shape.enum and dice.random() < 0.8 else dice.choice(TEXTS)


# --- running ---

PURE = {"packets": packets, "responses": responses, "files": files, "snapshots": snapshots}


@contextlib.contextmanager
def cases():
    """Yields all cases by name; requests go to a server that runs meanwhile."""
    with TemporaryDirectory() as folder:
        Path(folder, "f.yaml").write_text(FILE)
        with (
            serving_files(Path(folder, "f.yaml"), options=("--clock", "virtual")) as server,
            requests_to(server) as send,
        ):
            yield PURE | {"requests": lambda dice: requests(dice, send)}
            assert "Traceback" not in server.errors, server.errors[-4000:]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--case", choices=[*PURE, "requests"])
    arguments = parser.parse_args()
    ends = time.monotonic() + arguments.seconds
    done, found = 0, 0
    with cases() as known:
        chosen = {arguments.case: known[arguments.case]} if arguments.case else known
        for seed in itertools.count(arguments.seed):
            for name, case in chosen.items():
                try:
                    case(random.Random(seed))
                except Exception:
                    found += 1
                    print(f"--- {name}, seed {seed}\n{traceback.format_exc(limit=-6)[-3000:]}", flush=True)
            done += 1
            if time.monotonic() >= ends or found >= 20:
                break
    print(f"{done} rounds from seed {arguments.seed}: {found} found")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
