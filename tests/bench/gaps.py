"""The benchmark of gaps: how long each call holds the event loop of a server with much in it, while DNS waits.

The server runs in this process, with its real HTTP port; the calls come from a thread. A timer of the loop measures the
gaps between two of its turns in two ways: by the clock, and by the CPU time of the loop's thread, which other programs
on the machine do not lengthen.

By default a server has 200,000 record sets, half of them with latency routing, a private zone of 100,000 more, 10,000
health checks, 25 forced Regions for some calls, and a tree of 6 names with 60 aliases each.
"""

import argparse
import asyncio
import gc
import http.client
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import structlog
from immutables import Map

from dnsemu.app import Application
from dnsemu.clock.clock import Clock
from dnsemu.config import names
from dnsemu.config.file.load import Loaded
from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS, HealthCheckers
from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, EndpointType, HealthCheck, HealthCheckId
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import AliasTarget, HostedZoneId, RecordSet
from dnsemu.config.model.routing import Latency, Routing, Simple, Weighted
from dnsemu.config.model.world import World
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.text.addresses import Address
from dnsemu.files.loading import LoadedFiles, compile_world
from dnsemu.runtime.event_loop import loop_factory
from dnsemu.runtime.lifecycle import Ready
from dnsemu.server.options import Options
from tests.builders import hosted_zone

AIM_S = 0.02
"""Nothing may hold the loop longer."""
PING_EVERY_S = 0.001
REGIONS = ("us-east-1", "eu-west-1")
LEVELS, WIDTH = 6, 60


@dataclass(frozen=True, slots=True)
class Sizes:
    """Numbers of what the server holds."""

    record_sets: int = 200_000
    private: int = 100_000
    checks: int = 10_000
    rules: int = 25


@dataclass(slots=True)
class Gap:
    """The longest gap of one call: by the clock, and in CPU time of the loop's thread; `took_s` is the whole call."""

    call: str
    wall_s: float = 0.0
    cpu_s: float = 0.0
    took_s: float = 0.0


class Pinger:
    """A timer of the event loop that measures the time between two of its turns."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._wall, self._cpu = time.perf_counter(), time.thread_time()
        self._gap = Gap("")
        self._ping()

    def start(self, call: str) -> Gap:
        """Measures into a new gap from now on."""
        self._gap = Gap(call)
        return self._gap

    def _ping(self) -> None:
        wall, cpu = time.perf_counter(), time.thread_time()
        self._gap.wall_s = max(self._gap.wall_s, wall - self._wall)
        self._gap.cpu_s = max(self._gap.cpu_s, cpu - self._cpu)
        self._wall, self._cpu = wall, cpu
        self._loop.call_later(PING_EVERY_S, self._ping)


# --- what the server holds ---


def _record_set(
    name: bytes, routing: Routing, rdata: bytes, id: str | None = None, check: str | None = None,
    alias: AliasTarget | None = None,
) -> RecordSet:  # fmt: skip
    return RecordSet(
        name=names.DName(name),
        type=RRType.A,
        routing=routing,
        set_identifier=id,
        ttl=None if alias else 60,
        values=() if alias else (".".join(map(str, rdata)),),
        rdata=() if alias else (rdata,),
        alias=alias,
        health_check_id=HealthCheckId(check) if check else None,
    )


def _label(number: int) -> bytes:
    text = b"n%06d" % number
    return bytes([len(text)]) + text


def _routed(number: int, checks: int) -> Iterator[RecordSet]:
    """Half of the record sets are simple, the other half pairs with latency routing."""
    latencies = [Latency(region) for region in REGIONS]
    simple, below = Simple(), bytes(names.parse("big.test"))
    for each in range(number // 2):
        rdata = bytes((10, each >> 16 & 255, each >> 8 & 255, each & 255))
        yield _record_set(_label(each) + below, simple, rdata)
        pair = number + each // 2
        check = f"hc-{each % checks}" if each < checks else None
        yield _record_set(_label(pair) + below, latencies[each % 2], rdata, REGIONS[each % 2], check)


def _tree() -> Iterator[RecordSet]:
    """A tree of aliases: every name has `WIDTH` of them to the next one."""
    zone, below = HostedZoneId("ZTREE"), bytes(names.parse("tree.test"))
    for level in range(LEVELS):
        target = names.DName(b"\x02t%d" % (level + 1) + below)
        for each in range(WIDTH):
            alias = AliasTarget(zone, target, evaluate_target_health=True) if level + 1 < LEVELS else None
            rdata = bytes((10, 1, level, each))
            yield _record_set(b"\x02t%d" % level + below, Weighted(1), rdata, f"w{each}", f"hc-{each}", alias)


def _zone(id: str, name: str, record_sets: Iterable[RecordSet], **more: Any) -> HostedZone:
    apex = hosted_zone(name).record_sets
    every = {key: apex[key] for key in apex} | {record_set.key: record_set for record_set in record_sets}
    return HostedZone(HostedZoneId(id), names.parse(name), every, **more)  # type: ignore[arg-type]


def _checks(number: int) -> dict[HealthCheckId, HealthCheck]:
    """Endpoints, and for each hundred a calculated check over them."""
    found: dict[HealthCheckId, HealthCheck] = {}
    for each in range(number):
        check_id = HealthCheckId(f"hc-{each}")
        config: Any = EndpointCheck(EndpointType.TCP, "127.0.0.1", port=9)
        if each % 100 == 99:
            config = CalculatedCheck(tuple(HealthCheckId(f"hc-{child}") for child in range(each - 99, each)), 50)
        found[check_id] = HealthCheck(check_id, config)
    return found


def declared(sizes: Sizes) -> LoadedFiles:
    """Returns what files would declare."""
    big = _zone("ZBIG", "big.test", _routed(sizes.record_sets, sizes.checks))
    tree = _zone("ZTREE", "tree.test", _tree())
    below, simple = bytes(names.parse("private.test")), Simple()
    private = _zone(
        "ZPRIVATE",
        "private.test",
        (_record_set(_label(each) + below, simple, b"\x0a\x00\x00\x01") for each in range(sizes.private)),
        is_private=True,
    )
    fleet = HealthCheckers(ALL_CHECKER_REGIONS, 2)
    world = World(Map({zone.id: zone for zone in (big, tree)}), Map(_checks(sizes.checks)), health_checkers=fleet)
    loaded = compile_world(Loaded(world))
    world = replace(world, hosted_zones=world.hosted_zones.set(private.id, private))
    return replace(loaded, published=replace(loaded.published, world=world))


# --- calls ---

XML = "https://route53.amazonaws.com/doc/2013-04-01/"
API, CONTROL = "/2013-04-01", "/dnsemu/v1"


@dataclass
class Client:
    """Calls the server from a thread, so that reading replies does not hold the loop."""

    address: Address

    async def call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Returns the body of a reply with status 200.

        Raises:
            RuntimeError: the status is another one.
        """
        return await asyncio.to_thread(self._call, method, path, body)

    def _call(self, method: str, path: str, body: bytes | None) -> bytes:
        connection = http.client.HTTPConnection(*self.address, timeout=120)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            reply = connection.getresponse()
            text = reply.read()
        finally:
            connection.close()
        if reply.status != 200:
            raise RuntimeError(f"{method} {path}: {reply.status} {text[:300]!r}")
        return text


def _post(call: str, **fields: Any) -> tuple[str, str, bytes]:
    return "POST", f"{CONTROL}/{call}", json.dumps(fields).encode()


def _batch(zone: str, changes: Iterable[tuple[str, str, str]]) -> tuple[str, str, bytes]:
    text = "".join(
        f"<Change><Action>{action}</Action><ResourceRecordSet><Name>{name}</Name><Type>A</Type><TTL>60</TTL>"
        f"<ResourceRecords><ResourceRecord><Value>{value}</Value></ResourceRecord></ResourceRecords>"
        "</ResourceRecordSet></Change>"
        for action, name, value in changes
    )
    body = f'<ChangeResourceRecordSetsRequest xmlns="{XML}"><ChangeBatch><Changes>{text}</Changes></ChangeBatch>'
    return "POST", f"{API}/hostedzone/{zone}/rrset", (body + "</ChangeResourceRecordSetsRequest>").encode()


def calls() -> dict[str, tuple[str, str, bytes | None]]:
    """The calls by their names in the table, in the order in which they are made."""
    answer = f"{API}/testdnsanswer?hostedzoneid=ZPRIVATE&recordtype=A&recordname="
    what_if = f"{CONTROL}/what-if?name=t0.tree.test&down=region:us-east-1"
    return {
        "save a snapshot": ("GET", f"{CONTROL}/snapshot", None),
        "status": ("GET", f"{CONTROL}/status", None),
        "metrics": ("GET", "/metrics", None),
        "explain a tree": ("GET", f"{CONTROL}/explain?name=t0.tree.test", None),
        "what-if": ("GET", what_if, None),
        "TestDNSAnswer, private": ("GET", f"{answer}n000001.private.test", None),
        "TestDNSAnswer, again": ("GET", f"{answer}n000002.private.test", None),
        "list record sets": ("GET", f"{API}/hostedzone/ZBIG/rrset", None),
        "list health checks": ("GET", f"{API}/healthcheck", None),
        "history": ("GET", f"{CONTROL}/history?limit=10000", None),
        "change": _batch("ZBIG", [("UPSERT", "new.big.test", "192.0.2.1")]),
        "change, private": _batch("ZPRIVATE", [("UPSERT", "new.private.test", "192.0.2.1")]),
        "TestDNSAnswer, changed": ("GET", f"{answer}new.private.test", None),
        "change batch of 500": _batch("ZBIG", [("UPSERT", f"m{n}.big.test", "192.0.2.1") for n in range(500)]),
        "force *": _post("force", pattern="*", status="unhealthy"),
        "history, forced": ("GET", f"{CONTROL}/history?limit=10000", None),
        "unforce *": _post("force", pattern="*", status="auto"),
        "force region:": _post("force", pattern="region:us-*", status="unhealthy"),
        "force more Regions": _post("force", pattern="region:us-*", status="unhealthy"),
        "change, forced Regions": _batch("ZBIG", [("UPSERT", "new.big.test", "192.0.2.2")]),
        "batch, forced Regions": _batch("ZBIG", [("UPSERT", f"m{n}.big.test", "192.0.2.2") for n in range(500)]),
        "reset forced": _post("reset", only=["forced"]),
        "reset health": _post("reset", only=["health"]),
        "new checkers": ("", "", None),
    }


async def _force_more(client: Client, rules: int) -> None:
    for number in range(1, rules):
        await client.call(*_post("force", pattern="region:us-*" + "*" * number, status="unhealthy"))


async def _new_checkers(app: Application, was: LoadedFiles) -> None:
    """Declares half as many checkers, as a reload of a changed file does."""
    fleet = HealthCheckers(ALL_CHECKER_REGIONS, 1)
    world = replace(was.published.world, health_checkers=fleet)
    await app.replacement.declare(replace(was.published, world=world))


async def _measure(
    sizes: Sizes, rounds: int, chosen: Sequence[str], announce: Callable[[Gap], None]
) -> dict[str, list[Gap]]:
    held = declared(sizes)
    clock = Clock(start=1_700_000_000.0, is_paused=True)
    options = Options(dns=(Address("127.0.0.1", 0),), http=Address("127.0.0.1", 0), clock=clock, seed=1)
    app = Application(held, options)
    ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(app.run(ready.set_result))
    await asyncio.wait((running, ready), return_when=asyncio.FIRST_COMPLETED)
    found: dict[str, list[Gap]] = {}
    if ready.done():
        client, pinger = Client(ready.result().http), Pinger()
        for name, (method, path, body) in calls().items():
            if chosen and not any(part in name for part in chosen):
                continue
            for _ in range(rounds):
                work: Awaitable[Any]
                if name == "new checkers":
                    work = _new_checkers(app, held)
                elif name == "force more Regions":
                    work = _force_more(client, sizes.rules)
                else:
                    work = client.call(method, path, body)
                gap, began = pinger.start(name), time.perf_counter()
                await work
                await asyncio.sleep(2 * PING_EVERY_S)
                gap.took_s = time.perf_counter() - began
                pinger.start("")
                found.setdefault(name, []).append(gap)
                announce(gap)
    app.stop()
    with suppress(asyncio.CancelledError):
        await running
    return found


def measured(
    sizes: Sizes, rounds: int = 1, chosen: Sequence[str] = (), announce: Callable[[Gap], None] = lambda _gap: None
) -> dict[str, list[Gap]]:
    """Starts a server in this process and makes the calls.

    Args:
        rounds: how often each call is made.
        chosen: parts of names of calls; none for all calls.
        announce: called with each gap.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_measure(sizes, rounds, chosen, announce))


def main() -> None:
    """Prints the longest gap of each call; with `--json`, prints all gaps as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record-sets", type=int, default=Sizes().record_sets)
    parser.add_argument("--private", type=int, default=Sizes().private, help="record sets in a private zone")
    parser.add_argument("--checks", type=int, default=Sizes().checks)
    parser.add_argument("--rules", type=int, default=Sizes().rules, help="forced Regions")
    parser.add_argument("--rounds", type=int, default=3, help="the median of these is printed")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("call", nargs="*", help="part of a call's name; all calls without")
    options = parser.parse_args()
    sizes = Sizes(options.record_sets, options.private, options.checks, options.rules)
    began = time.perf_counter()
    found = measured(sizes, options.rounds, options.call)
    if options.json:
        print(json.dumps({name: [[gap.wall_s, gap.cpu_s] for gap in gaps] for name, gaps in found.items()}))
        return
    print(f"\n{'call':28}{'longest gap':>14}{'of it CPU':>14}{'whole call':>14}\n")
    for name, gaps in found.items():
        wall, cpu = median(gap.wall_s for gap in gaps), median(gap.cpu_s for gap in gaps)
        took = median(gap.took_s for gap in gaps)
        mark = "" if cpu <= AIM_S else f"   over {AIM_S * 1000:.0f} ms"
        print(f"{name:28}{wall * 1000:11.1f} ms{cpu * 1000:11.1f} ms{took * 1000:11.1f} ms{mark}")
    print(f"\n{time.perf_counter() - began:.1f} s in all", file=sys.stderr)


if __name__ == "__main__":
    gc.collect()
    main()
