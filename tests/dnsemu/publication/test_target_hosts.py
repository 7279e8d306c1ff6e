"""Targets given by name: looked up by the clock, never by a query (routing.md R106)."""

import asyncio
from contextlib import asynccontextmanager

import pytest
import structlog.testing

from dnsemu.app import Application
from dnsemu.clock.clock import Clock
from dnsemu.clock.scheduler import Scheduler
from dnsemu.config.file.load import load_files, load_text
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.files.loading import compile_world
from dnsemu.files.reading import read_files
from dnsemu.healthcheck.probes.resolve import NO_ADDRESS, NX_DOMAIN, SERV_FAIL
from dnsemu.publication.target_hosts import EVERY_S, TargetHosts
from dnsemu.server.options import Options
from tests.asking import Server
from tests.dnsemu.clock.virtual_time import START, settle, virtual_time

LB = "lb.us-east-1.elb.amazonaws.com"


def zone_of(label, target):
    """Record sets of both types that lead to a resource."""
    alias = f"alias_target: {{dns_name: {target}, evaluate_target_health: true}}"
    return ", ".join(f"{{name: {label}, type: {type}, {alias}}}" for type in ("A", "AAAA"))


def reading(*hosts, region="us-east-1", kind="application-load-balancer", extra="", record_sets=()):
    targets = ", ".join(f"{{host: {host}}}" for host in hosts)
    name = LB.replace("us-east-1", region)
    return compile_world(
        load_text(
            "shop.yaml",
            f"""
resources: [{{dns_name: {name}, kind: {kind}, targets: [{targets}]}}{extra}]
hosted_zones:
  - name: shop.test
    record_sets: [{", ".join(record_sets) or zone_of("www", name)}]
""",
        )
    )


class FakeResolver:
    """Hosts and their addresses; a host in `held` is answered after its event is set. Records what it was asked.

    The list `asked` has the questions for IPv4; those for IPv6 come at the same times.
    """

    def __init__(self, **addresses):
        self.addresses = {name.replace("_", "."): address for name, address in addresses.items()}
        self.v6 = {}
        self.held = {}
        self.asked = []
        self.error = None

    async def resolve(self, name, region, version):
        name = name.rstrip(".")
        if version == 4:
            self.asked.append((name, region))
        if self.error is not None:
            raise self.error
        if name in self.held:
            await self.held[name].wait()
        return (self.addresses if version == 4 else self.v6).get(name, NX_DOMAIN)


@asynccontextmanager
async def followed(first, resolver, **clock):
    """A server whose hosts are looked up as time passes: gives the server, the `TargetHosts` and the scheduler."""
    server = Server()
    scheduler = Scheduler(Clock(start=START, monotonic=asyncio.get_running_loop().time, **clock))
    hosts = TargetHosts(server.board, resolver, scheduler)
    server.board.publish(hosts.follow(first.published))
    task = asyncio.create_task(scheduler.run())
    await settle()
    try:
        yield server, hosts, scheduler
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def addresses(server, name="www.shop.test", type="A"):
    return sorted(rdata.to_text() for rrset in server.ask(name, type).answer for rdata in rrset)


@virtual_time
async def test_a_host_answers_with_its_address():
    async with followed(reading("a.test", "b.test"), FakeResolver(a_test="192.0.2.1", b_test="192.0.2.2")) as (
        server,
        *_,
    ):
        assert addresses(server) == ["192.0.2.1", "192.0.2.2"]
        assert addresses(server, LB) == ["192.0.2.1", "192.0.2.2"]


@virtual_time
async def test_it_is_looked_up_again_and_again_and_a_new_address_is_taken():
    resolver = FakeResolver(a_test="192.0.2.1")
    async with followed(reading("a.test"), resolver) as (server, *_):
        resolver.addresses["a.test"] = "192.0.2.2"
        await asyncio.sleep(EVERY_S - 0.1)
        assert addresses(server) == ["192.0.2.1"]
        await asyncio.sleep(0.2)
        assert addresses(server) == ["192.0.2.2"]
        await asyncio.sleep(3 * EVERY_S + 0.1)
        assert resolver.asked == [("a.test", "us-east-1")] * 5


@virtual_time
async def test_a_host_that_is_lost_keeps_its_address_and_is_logged_once():
    resolver = FakeResolver(a_test="192.0.2.1")
    with structlog.testing.capture_logs() as logs:
        async with followed(reading("a.test"), resolver) as (server, *_):
            del resolver.addresses["a.test"]
            await asyncio.sleep(3 * EVERY_S + 0.1)
            assert addresses(server) == ["192.0.2.1"]
            assert [(log["host"], log["address_kept"]) for log in logs] == [("a.test.", "192.0.2.1")]
            resolver.addresses["a.test"] = "192.0.2.2"
            await asyncio.sleep(EVERY_S + 0.1)
            assert addresses(server) == ["192.0.2.2"]


@virtual_time
async def test_r106_a_host_with_ipv6_answers_for_aaaa_under_every_name():
    resolver = FakeResolver(a_test="192.0.2.1", b_test="192.0.2.2")
    resolver.v6["a.test"] = "2001:db8::1"
    both = zone_of("www", LB), zone_of("dual", f"dualstack.{LB}")
    async with followed(reading("a.test", "b.test", record_sets=both), resolver) as (server, *_):
        for name in ("www.shop.test", "dual.shop.test", LB, f"dualstack.{LB}"):
            assert addresses(server, name) == ["192.0.2.1", "192.0.2.2"]
            assert addresses(server, name, "AAAA") == ["2001:db8::1"]


@virtual_time
async def test_r106_a_host_with_ipv6_alone_is_found():
    resolver = FakeResolver()
    resolver.v6["a.test"] = "2001:db8::1"
    with structlog.testing.capture_logs() as logs:
        async with followed(reading("a.test"), resolver) as (server, *_):
            assert (addresses(server), addresses(server, type="AAAA")) == ([], ["2001:db8::1"])
            resource = next(iter(server.board.current.catalog.resources.values()))
            assert resource.state(RRType.A, lambda check: True).is_healthy
    assert not logs


@pytest.mark.parametrize(("answer", "kept"), [
    pytest.param(NO_ADDRESS, [], id="R106 a host without IPv4 any more"),
    pytest.param(NX_DOMAIN, [], id="R106 a resolver that says so in other words"),
    pytest.param(SERV_FAIL, ["192.0.2.1"], id="R106 a failure says nothing"),
])  # fmt: skip
def test_a_host_that_moves_to_ipv6(answer, kept):
    @virtual_time
    async def main():
        resolver = FakeResolver(a_test="192.0.2.1")
        async with followed(reading("a.test"), resolver) as (server, *_):
            resolver.addresses["a.test"] = answer
            resolver.v6["a.test"] = "2001:db8::1"
            await asyncio.sleep(2 * EVERY_S + 0.1)
            assert (addresses(server), addresses(server, type="AAAA")) == (kept, ["2001:db8::1"])
            resolver.v6["a.test"] = "2001:db8::2"
            await asyncio.sleep(EVERY_S + 0.1)
            assert addresses(server, type="AAAA") == ["2001:db8::2"]

    main()


@virtual_time
async def test_r107_a_host_that_was_never_resolved_has_no_data():
    with structlog.testing.capture_logs() as logs:
        async with followed(reading("a.test"), FakeResolver()) as (server, *_):
            assert addresses(server) == []
    assert [log["address_kept"] for log in logs] == [None]


@virtual_time
async def test_r111_a_host_that_cannot_be_resolved_is_not_healthy():
    """Before its first look-up it counts as healthy."""
    resolver = FakeResolver()
    resolver.held["a.test"] = asyncio.Event()
    async with followed(reading("a.test"), resolver) as (server, *_):

        def state():
            resource = next(iter(server.board.current.catalog.resources.values()))
            return resource.state(RRType.A, lambda check: True)

        assert (state().is_healthy, state().targets[0].is_unresolved) == (True, False)
        with structlog.testing.capture_logs():
            resolver.held["a.test"].set()
            await settle()
        assert (state().is_healthy, state().targets[0].is_unresolved) == (False, True)


@virtual_time
async def test_a_slow_look_up_holds_up_neither_the_others_nor_the_answers():
    resolver = FakeResolver(a_test="192.0.2.1", b_test="192.0.2.2")
    resolver.held["a.test"] = asyncio.Event()
    async with followed(reading("a.test", "b.test"), resolver) as (server, *_):
        assert addresses(server) == ["192.0.2.2"]
        resolver.addresses["b.test"] = "192.0.2.3"
        await asyncio.sleep(2 * EVERY_S + 0.1)
        assert addresses(server) == ["192.0.2.3"]
        assert [name for name, _ in resolver.asked].count("a.test") == 1
        resolver.held["a.test"].set()
        await settle()
        assert addresses(server) == ["192.0.2.1", "192.0.2.3"]


@virtual_time
async def test_a_slow_look_up_is_made_again_ten_seconds_after_its_end():
    resolver = FakeResolver(a_test="192.0.2.1")
    resolver.held["a.test"] = asyncio.Event()
    async with followed(reading("a.test"), resolver):
        await asyncio.sleep(25)
        resolver.held["a.test"].set()
        await asyncio.sleep(EVERY_S - 0.1)
        assert len(resolver.asked) == 1
        await asyncio.sleep(0.2)
        assert len(resolver.asked) == 2


@virtual_time
async def test_the_look_up_of_a_removed_host_is_cancelled():
    resolver = FakeResolver(a_test="192.0.2.1", b_test="192.0.2.2")
    resolver.held["a.test"] = asyncio.Event()
    async with followed(reading("a.test", "b.test"), resolver) as (server, hosts, scheduler):
        server.board.publish(hosts.follow(reading("b.test").published))
        await settle()
        assert scheduler.in_flight == 0
        del resolver.asked[:]
        await asyncio.sleep(3 * EVERY_S + 0.1)
        assert {name for name, _ in resolver.asked} == {"b.test"}


# --- stepped ---


@virtual_time
async def test_a_step_looks_hosts_up_as_often_as_falls_in_it():
    resolver = FakeResolver(a_test="192.0.2.1")
    async with followed(reading("a.test"), resolver, is_paused=True) as (server, _, scheduler):
        assert addresses(server) == ["192.0.2.1"]  # the first is due at once
        resolver.addresses["a.test"] = "192.0.2.2"
        await asyncio.sleep(1000)
        await scheduler.advance(EVERY_S - 0.001)
        assert addresses(server) == ["192.0.2.1"]
        await scheduler.advance(0.001)
        assert addresses(server) == ["192.0.2.2"]
        await scheduler.advance(3 * EVERY_S)
        assert len(resolver.asked) == 5


@virtual_time
async def test_a_step_waits_for_a_slow_look_up_which_costs_no_emulated_time():
    resolver = FakeResolver(a_test="192.0.2.1")
    async with followed(reading("a.test"), resolver, is_paused=True) as (server, _, scheduler):
        resolver.addresses["a.test"] = "192.0.2.2"
        resolver.held["a.test"] = asyncio.Event()
        step = asyncio.create_task(scheduler.advance(EVERY_S))
        await asyncio.sleep(5)
        assert not step.done()
        resolver.held["a.test"].set()
        await step
        assert (addresses(server), scheduler.clock.now()) == (["192.0.2.2"], START + EVERY_S)


# --- what a resolver does, and what is declared ---


@virtual_time
async def test_a_resolver_that_breaks_is_logged_and_asked_again():
    resolver = FakeResolver(a_test="192.0.2.1")
    resolver.error = RuntimeError("broken")
    with structlog.testing.capture_logs() as logs:
        async with followed(reading("a.test"), resolver) as (server, *_):
            resolver.error = None
            await asyncio.sleep(EVERY_S + 0.1)
            assert addresses(server) == ["192.0.2.1"]
    assert [(log["log_level"], log["host"]) for log in logs] == [("error", "a.test.")] * 2  # of each IP version


@virtual_time
async def test_a_reload_keeps_what_was_found_and_looks_new_hosts_up_at_once():
    resolver = FakeResolver(a_test="192.0.2.1", b_test="192.0.2.2")
    async with followed(reading("a.test"), resolver) as (server, hosts, _):
        server.board.publish(hosts.follow(reading("a.test", "b.test").published))
        assert addresses(server) == ["192.0.2.1"]
        await settle()
        assert addresses(server) == ["192.0.2.1", "192.0.2.2"]
        server.board.publish(hosts.follow(reading("b.test").published))
        assert addresses(server) == ["192.0.2.2"]


@virtual_time
async def test_the_place_to_look_from_is_the_resources_region():
    resolver = FakeResolver(a_test="192.0.2.1", c_test="192.0.2.3")
    cdn = ", {dns_name: d1.cloudfront.net, kind: cloudfront, targets: [{host: c.test}]}"
    async with followed(reading("a.test", region="eu-west-1", extra=cdn), resolver):
        assert sorted(resolver.asked) == [("a.test", "eu-west-1"), ("c.test", "us-east-1")]


@virtual_time
async def test_a_databases_hosts_are_not_looked_up():
    database = ", {dns_name: db.abc.us-east-1.rds.amazonaws.com, kind: multi-az-database, targets: [{host: db-1.test}]}"
    resolver = FakeResolver(a_test="192.0.2.1")
    async with followed(reading("a.test", extra=database), resolver):
        assert resolver.asked == [("a.test", "us-east-1")]


FILE = f"""
resources: [{{dns_name: {LB}, kind: application-load-balancer, targets: [{{host: app.shop.test}}]}}]
hosted_zones:
  - name: shop.test
    record_sets:
      - {{name: app, type: A, ttl: 60, resource_records: [192.0.2.7]}}
      - {{name: www, type: A, alias_target: {{dns_name: {LB}, evaluate_target_health: true}}}}
"""


@pytest.mark.outside
async def test_a_server_finds_hosts_in_its_own_hosted_zones_and_reads_files_apart(tmp_path):
    """End to end: the file is read in a child process, and the server itself answers for the host."""
    (tmp_path / "shop.yaml").write_text(FILE)
    found = await read_files([tmp_path / "shop.yaml"])
    assert found.published.world == load_files([tmp_path / "shop.yaml"]).world
    server = Application(found, Options(seed=1, clock=Clock(start=START, is_paused=True)))
    asking = Server()
    asking.use(server.responder)
    await server.replacement.open(found.published)
    assert addresses(asking) == []
    await server.scheduler.advance(0)
    assert addresses(asking) == ["192.0.2.7"]


@virtual_time
async def test_after_a_restart_a_host_is_looked_up_at_once_and_keeps_its_address_until_then():
    resolver = FakeResolver(a_test="192.0.2.1")
    async with followed(reading("a.test"), resolver) as (server, hosts, _):
        resolver.addresses["a.test"] = "192.0.2.2"
        hosts.restart()
        assert addresses(server) == ["192.0.2.1"]
        await settle()
        assert addresses(server) == ["192.0.2.2"]
        await asyncio.sleep(EVERY_S + 0.1)
        assert len(resolver.asked) == 3  # at the start, at the restart, and an interval later


@virtual_time
async def test_after_a_restart_an_address_that_is_gone_is_dropped_as_at_the_start():
    resolver = FakeResolver(a_test="192.0.2.1", b_test="192.0.2.2")
    with structlog.testing.capture_logs() as logs:
        async with followed(reading("a.test", "b.test"), resolver) as (server, hosts, _):
            del resolver.addresses["a.test"]
            await asyncio.sleep(EVERY_S + 0.1)
            assert addresses(server) == ["192.0.2.1", "192.0.2.2"]
            hosts.restart()
            await settle()
            assert addresses(server) == ["192.0.2.2"]
            del resolver.addresses["b.test"]
            await asyncio.sleep(EVERY_S + 0.1)
            assert addresses(server) == ["192.0.2.2"]
    assert [log["address_kept"] for log in logs] == ["192.0.2.1", None, "192.0.2.2"]
