"""A reset: whatever was done before it, the server is then as it was just after its start (H160–H167)."""

import asyncio
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from dnsemu.api.calls.clock import clock_json
from dnsemu.api.calls.events import event_json
from dnsemu.api.health_json import check_json
from dnsemu.app import Application
from dnsemu.clock.clock import Clock
from dnsemu.config.file.load import load_text
from dnsemu.config.model.health_checkers import BlockedPath
from dnsemu.control.resetting import Part
from dnsemu.explain.status import group_shares
from dnsemu.faults.force_rules import parse_force_file
from dnsemu.files.loading import compile_world
from dnsemu.healthcheck.report.cloudwatch import LatencyMetric
from dnsemu.healthcheck.verdict.results import Phases, ProbeResult
from dnsemu.healthcheck.verdict.signals import Alarm, AlarmState, ControlState, RoutingControl
from dnsemu.options import Options
from dnsemu.policies.location.client import Client
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

    def __init__(self, force_file=None):
        self.declared = compile_world(load_text("shop.yaml", FILE))
        clock = Clock(start=START, is_paused=True, monotonic=asyncio.get_running_loop().time)
        self.app = Application(self.declared, Options(clock=clock, seed=7, force_file=force_file))
        self.app.monitor._probe = self._probe
        self.down = set()

    async def _probe(self, check, checker):
        is_up = check.id not in self.down and not self.app.partitions.is_cut_off(checker, "127.0.0.1")
        return ProbeResult(is_up, "as told", phases=Phases(connect_s=0.1))

    async def __aenter__(self):
        await self.app.replacement.open(self.declared.published)
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
        names = sorted(published.world.health_checks)
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
            "of each check": [len(app.history.of(name)) for name in names],
            "latencies": [latency.data_points(name, LatencyMetric.CONNECTION, app.clock.now()) for name in names],
            "clock": clock_json(app.scheduler) | {"ahead_s": None},  # of the real time when the test began
            "uptime": app.clock.now() - app.lifecycle.started_at,
            "pending": app.propagation.has_pending,
            "tables": {name: dict(rows) for name, rows in app.command_runner.state.tables.items() if rows},
        }

    def follow_up(self):
        """What a client would see next: ids from the seed."""
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
