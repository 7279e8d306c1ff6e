"""A reset: whatever was done before it, the server is then as it was just after its start."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnsemu.api.calls.clock import clock_json
from dnsemu.api.calls.events import event_json
from dnsemu.api.health_json import check_json
from dnsemu.app import Application
from dnsemu.clock.clock import Clock
from dnsemu.config import names
from dnsemu.config.file.load import load_text
from dnsemu.config.model.health_checkers import BlockedPath
from dnsemu.control.resetting import Part
from dnsemu.explain.status import group_shares
from dnsemu.faults.force_rules import parse_force_file
from dnsemu.files.loading import compile_world
from dnsemu.healthcheck.report.cloudwatch import LatencyMetric
from dnsemu.healthcheck.verdict.results import Phases, ProbeResult
from dnsemu.healthcheck.verdict.signals import Alarm, AlarmState, ControlState, RoutingControl
from dnsemu.policies.location.client import Client
from dnsemu.server.options import Options
from dnsemu.store.store import MemoryStore, StoreFailed
from tests.dnsemu.clock.virtual_time import START, settle, virtual_time
from tests.rounds import rounds

ARN = "arn:aws:route53-recovery-control::123456789012:controlpanel/0123456789abcdef0123456789abcdef/routingcontrol/0123456789abcdef"
FILE = f"""
api: {{change_delay: 45s}}
health_checkers: {{regions: [us-east-1, eu-west-1, sa-east-1], per_region: 1}}
health_checks:
  - {{id: web, type: TCP, ip_address: 127.0.0.1, port: 9, request_interval: 30, failure_threshold: 2, measure_latency: true}}
  - {{id: db, type: TCP, ip_address: 127.0.0.1, port: 10, request_interval: 10, failure_threshold: 1, inverted: true}}
  - {{id: all, type: CALCULATED, child_health_checks: [web, db, alarmed], health_threshold: 2}}
  - {{id: alarmed, type: CLOUDWATCH_METRIC, alarm_identifier: {{region: us-east-1, name: high}}}}
  - {{id: arc, type: RECOVERY_CONTROL, routing_control_arn: "{ARN}"}}
hosted_zones:
  - name: shop.test
    id: Z0SHOP
    record_sets:
      - {{name: www, type: A, ttl: 60, set_identifier: p, failover: PRIMARY, health_check_id: all, resource_records: [192.0.2.1]}}
      - {{name: www, type: A, ttl: 60, set_identifier: s, failover: SECONDARY, resource_records: [192.0.2.2]}}
"""


class Stage:
    """An application without sockets: a clock that stands still, endpoints that the test turns on and off."""

    def __init__(self, **options):
        self.declared = compile_world(load_text("shop.yaml", FILE))
        clock = Clock(start=START, is_paused=True, monotonic=asyncio.get_running_loop().time)
        self.app = Application(self.declared, Options(clock=clock, seed=7, **options))
        self.app.monitor._probe = self._probe
        self.down = set()
        self.held = None
        """An event that probes wait for, if any."""

    async def _probe(self, check, checker):
        if self.held is not None:
            await self.held.wait()
        is_up = check.id not in self.down and not self.app.partitions.is_cut_off(checker, "127.0.0.1")
        return ProbeResult(is_up, "as told", phases=Phases(connect_s=0.1))

    async def __aenter__(self):
        await self.app.replacement.open(self.declared.published)
        await self.app.force_file.read()
        self._running = asyncio.create_task(self.app.scheduler.run())
        return self

    async def __aexit__(self, *_):
        self._running.cancel()
        with suppress(asyncio.CancelledError):
            await self._running

    @property
    def world(self):
        """Everything that users see, apart from event ids and metrics of the process."""
        app = self.app
        published, snapshot = app.board.current, app.health.current
        client = Client.at_place(published.locator.unlocated)
        latency = app.monitor.latency
        checks = sorted(published.world.health_checks)
        return {
            "zones": {zone.id: dict(zone.record_sets.items()) for zone in published.world.hosted_zones.values()},
            "served": {name: dict(zone.nodes) for name, zone in published.catalog.zones.items()},
            "checks": [check_json(state, app.monitor) for state in app.monitor.states()],
            "statuses": dict(snapshot.status),
            "shares": [group for group in group_shares(published, snapshot, client) if group is not None],
            "forced": app.forcing.rules,
            "signals": dict(app.monitor.signals()),
            "blocked": app.partitions.added,
            "injected": app.injected_errors.pending,
            "history": [{**event_json(app.history, event), "id": None} for event in app.history.newest(10_000)],
            "of each check": [len(app.history.of(check)) for check in checks],
            "latencies": [latency.data_points(check, LatencyMetric.CONNECTION, app.clock.now()) for check in checks],
            "clock": clock_json(app.scheduler) | {"ahead_s": None},  # of the real time when the test began
            "uptime": app.clock.now() - app.lifecycle.started_at,
            "pending": app.propagation.has_pending,
            "tables": {name: dict(rows) for name, rows in app.command_runner.state.tables.items() if rows},
        }

    def follow_up(self):
        """The next id from the seed."""
        return self.app.command_runner._ids.zone()


# Each takes a stage and a number that chooses among variants.


async def advance(stage, number):
    await stage.app.scheduler.advance((0.5, 5, 31, 600)[number % 4])


async def change_clock(stage, number):
    clock = stage.app.clock
    change = (clock.resume, clock.pause, lambda: clock.set_speed(10), lambda: clock.set_speed(0.5))[number % 4]
    await stage.app.scheduler.change_clock(change)
    await asyncio.sleep(number % 3)


async def turn(stage, number):
    stage.down ^= {("web", "db")[number % 2]}


async def observe(stage, number):
    stage.app.monitor.record_result(("web", "db")[number % 2], ProbeResult(number % 3 == 0, "by hand"))


async def probe(stage, number):
    await stage.app.monitor.probe_now(("web", "db")[number % 2])


async def signal(stage, number):
    stage.app.monitor.set_signal(Alarm("us-east-1", "high"), tuple(AlarmState)[number % 3])
    stage.app.monitor.set_signal(RoutingControl(ARN), tuple(ControlState)[number % 2])


async def force(stage, number):
    line = ("web unhealthy", "w* healthy for 20s", "all unhealthy for 1h", "web auto")[number % 4]
    stage.app.forcing.force(*parse_force_file("force", line, stage.app.clock.now()))


async def block(stage, number):
    stage.app.partitions.block(BlockedPath(("*", "us-east-1")[number % 2], None))


async def inject(stage, number):
    stage.app.injected_errors.add("*", "Throttling", 1 + number)


async def create_zone(stage, number):
    run = stage.app.command_runner.run
    reference = str(len(stage.app.command_runner.state.tables))
    with suppress(Exception):  # the reference is taken
        zone = await run("CreateHostedZone", {"Name": f"api{number}.test", "CallerReference": reference + str(number)})
        await run("ChangeResourceRecordSets", upsert(zone["HostedZone"]["Id"].rpartition("/")[2], f"api{number}.test"))


async def create_check(stage, number):
    config = {"Type": "TCP", "IPAddress": "127.0.0.1", "Port": 11 + number}
    with suppress(Exception):
        await stage.app.command_runner.run(
            "CreateHealthCheck", {"CallerReference": str(number), "HealthCheckConfig": config}
        )


async def change_declared(stage, number):
    await stage.app.command_runner.run("ChangeResourceRecordSets", upsert("Z0SHOP", "shop.test"))


CALLS = (
    *(advance, change_clock, turn, observe, probe, signal, force, block, inject),
    *(create_zone, create_check, change_declared),
)


def upsert(zone, name):
    record_set = {"Name": f"new.{name}", "Type": "A", "TTL": 1, "ResourceRecords": [{"Value": "192.0.2.9"}]}
    return {"HostedZoneId": zone, "ChangeBatch": {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record_set}]}}


@settings(max_examples=rounds(40))
@given(st.lists(st.tuples(st.sampled_from(CALLS), st.integers(0, 11)), max_size=12))
def test_any_calls_and_a_reset_equal_a_fresh_start(calls):
    @virtual_time
    async def follow():
        async with Stage() as fresh, Stage() as stage:
            for call, number in calls:
                await call(stage, number)
            await stage.app.resetter.reset(frozenset(Part))
            stage.down.clear()
            await settle()
            assert stage.world == fresh.world
            assert stage.follow_up() == fresh.follow_up()
            for each in (fresh, stage):
                each.down.add("web")
                await each.app.scheduler.advance(120)
            assert stage.world == fresh.world

    follow()


async def disturb(stage):
    """Changes something in every part."""
    for call, number in (
        (create_zone, 0),
        (observe, 0),
        (observe, 1),
        (signal, 1),
        (force, 2),
        (block, 0),
        (inject, 0),
    ):
        await call(stage, number)
    await change_clock(stage, 2)
    stage.down |= {"web"}
    await advance(stage, 3)


PARTS_OF = {
    "zones": Part.API,
    "injected": Part.API,
    "signals": Part.HEALTH,
    "clock": Part.CLOCK,
    "forced": Part.FORCED,
    "blocked": Part.FORCED,
    "history": Part.HISTORY,
}


@pytest.mark.parametrize("part", Part, ids=lambda part: part.value)
def test_one_part_is_reset_and_the_others_stay(part):
    @virtual_time
    async def follow():
        async with Stage() as fresh, Stage() as stage:
            await disturb(stage)
            before = stage.world
            undone = await stage.app.resetter.reset({part})
            assert list(undone) == [part.value]
            after, start = stage.world, fresh.world
            for key, of in PARTS_OF.items():
                assert before[key] != start[key], key
                if of is part:
                    assert after[key] == start[key], key
                elif key != "history":  # it tells of the reset
                    assert after[key] == before[key], key

    follow()


@virtual_time
async def test_a_reset_of_health_keeps_forced_statuses_and_tells_of_what_changed():
    async with Stage() as stage:
        stage.app.forcing.force(*parse_force_file("force", "web unhealthy", START))
        stage.app.monitor.record_result("db", ProbeResult(success=False, reason="by hand"))
        last = stage.app.history.last
        await stage.app.resetter.reset({Part.HEALTH})
        web, db = stage.app.monitor.state("web"), stage.app.monitor.state("db")
        assert (web.status.value, web.forced.value, web.observed.value) == ("unhealthy", "unhealthy", "healthy")
        assert (db.status.value, db.votes) == ("unhealthy", (0, 0))  # H71: inverted, not observed
        told = {(event.check_id, event.kind.value, event.cause) for event in stage.app.history.since(last)}
        assert told == {("db", "status", "reset"), ("all", "status", "reset")}


@virtual_time
async def test_probing_goes_on_after_the_clock_alone_went_back():
    async with Stage() as stage:
        await stage.app.scheduler.advance(3600)
        await stage.app.resetter.reset({Part.CLOCK})
        stage.down.add("web")
        await stage.app.scheduler.advance(61)
        state = stage.app.monitor.state("web")
        assert (state.votes, state.observed.value) == ((0, 3), "unhealthy")
        assert all(START < checker.last.at <= START + 61 for checker in state.checkers.values())
        assert stage.app.monitor.latency.data_points("web", LatencyMetric.CONNECTION, stage.app.clock.now())


@virtual_time
async def test_r43_a_pending_change_is_published_when_the_clock_alone_goes_back():
    async with Stage() as stage:
        await advance(stage, 3)
        await change_declared(stage, 0)
        assert stage.app.propagation.has_pending
        await stage.app.resetter.reset({Part.CLOCK})
        assert not stage.app.propagation.has_pending
        (zone,) = stage.app.board.current.catalog.zones.values()
        assert "new.shop.test" in {names.display(name).rstrip(".") for name in zone.nodes}


@virtual_time
async def test_a_reset_stops_a_step_in_progress():
    async with Stage() as stage:
        stage.held = asyncio.Event()
        stepping = asyncio.create_task(stage.app.scheduler.advance(86_400))
        await settle()
        resetting = asyncio.create_task(stage.app.resetter.reset(frozenset(Part)))
        await settle()
        stage.held.set()
        await asyncio.gather(stepping, resetting)
        assert (stage.app.clock.now(), stage.app.scheduler.advancing_to) == (START, None)
        assert stage.app.monitor.state("web").votes == (0, 0)


class BrokenStore(MemoryStore):
    """Commits fail once it is broken."""

    is_broken = False

    async def commit(self, writes):
        if self.is_broken:
            raise StoreFailed("the disk is full")


@virtual_time
async def test_if_the_store_fails_nothing_is_reset():
    store = BrokenStore()
    async with Stage(store=store) as stage:
        await disturb(stage)
        before = stage.world
        store.is_broken = True
        with pytest.raises(StoreFailed):
            await stage.app.resetter.reset(frozenset(Part))
        assert stage.world == before
        store.is_broken = False
        await stage.app.resetter.reset(frozenset(Part))
        assert stage.world["forced"] == ()


@virtual_time
async def test_a_query_sees_the_state_before_the_reset_or_the_one_after_it():
    """Every published value and every snapshot of health is seen together with what belongs to it."""
    async with Stage() as stage:
        await create_zone(stage, 0)
        await advance(stage, 3)
        stage.app.forcing.force(*parse_force_file("force", "all unhealthy", stage.app.clock.now()))
        seen = []

        async def query():
            while True:
                zones = len(stage.app.board.current.catalog.zones)
                seen.append((zones, stage.app.health.current.status["all"].value))
                await asyncio.sleep(0)

        asking = asyncio.create_task(query())
        await settle()
        await stage.app.resetter.reset(frozenset(Part))
        await settle()
        asking.cancel()
        assert list(dict.fromkeys(seen)) == [(2, "unhealthy"), (1, "healthy")]


@virtual_time
async def test_the_rules_of_the_force_file_are_as_at_the_start(tmp_path):
    file = tmp_path / "forced"
    file.write_text("web unhealthy for 10m")
    async with Stage(force_file=file) as stage:
        at_start = stage.app.forcing.rules
        assert [rule.until for rule in at_start] == [START + 600]
        await stage.app.scheduler.advance(3600)
        assert stage.app.forcing.rules == ()
        await stage.app.resetter.reset(frozenset(Part))
        assert stage.app.forcing.rules == at_start
        assert stage.app.monitor.state("web").forced.value == "unhealthy"
        await stage.app.scheduler.advance(599)
        assert stage.app.forcing.rules == at_start
        await stage.app.scheduler.advance(2)
        assert stage.app.forcing.rules == ()


@pytest.mark.parametrize("turns", range(1, 6))
@pytest.mark.parametrize("parts", [frozenset(Part), {Part.HEALTH}, {Part.API, Part.HEALTH}])
@virtual_time
async def test_a_reset_is_finished_although_its_client_disconnects(parts, turns):
    """Probes stop in the middle of a reset; they go on after it, whatever the turn in which the client left."""
    async with Stage() as stage:
        await stage.app.scheduler.advance(60)
        resetting = asyncio.create_task(stage.app.resetter.reset(parts))
        for _ in range(turns):
            await asyncio.sleep(0)
        resetting.cancel()
        with suppress(asyncio.CancelledError):
            await resetting
        await settle()
        stage.down |= {"web", "db"}
        since = stage.app.history.last
        await stage.app.scheduler.advance(120)
        newest = stage.app.history.newest(stage.app.history.last - since)
        assert {"web", "db"} <= {event.check_id for event in newest}
