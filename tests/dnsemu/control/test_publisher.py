"""Publication: forced failure domains follow the addresses that are published."""

import pytest
from structlog.testing import capture_logs

from dnsemu.config.model.batches import at_once
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.control.publisher import Publisher
from dnsemu.faults.force_rules import parse_force_file
from dnsemu.faults.forced_statuses import Forcing
from dnsemu.healthcheck.verdict.snapshot import Status
from dnsemu.publication.board import Board, Published
from dnsemu.publication.target_hosts import EVERY_S, TargetHosts
from dnsemu.state.state import State
from dnsemu.state.step import apply_writes
from dnsemu.state.tables import HEALTH_CHECK, Write
from tests.asking import Server
from tests.dnsemu.clock.virtual_time import virtual_time
from tests.dnsemu.publication.test_target_hosts import FakeResolver, reading
from tests.healthcheck.stage import Stage, endpoint


@virtual_time
async def test_h162a_a_target_given_by_host_is_down_with_the_address_that_it_has_now():
    stage, resolver = Stage(), FakeResolver(a_test="192.0.2.1", b_test="192.0.2.2")
    board: Board = Server().board
    forcing = Forcing(stage.scheduler, stage.monitor.set_overlays)
    publisher = Publisher(board, stage.monitor, forcing, TargetHosts(board, resolver, stage.scheduler))
    declared: Published = reading("a.test", "b.test").published
    forcing.read(parse_force_file("forced", "address:192.0.2.1 unhealthy", 0.0))

    def down():
        return {
            id.rpartition("/")[2] for id, status in stage.board.current.status.items() if status is Status.UNHEALTHY
        }

    async with stage.running():
        publisher.publish_all(declared)
        assert down() == set()
        await stage.passes(0.1)
        assert down() == {"a.test."}
        publisher.publish_all(declared)
        assert down() == {"a.test."}
        resolver.addresses.update({"a.test": "192.0.2.7", "b.test": "192.0.2.1"})
        await stage.passes(EVERY_S)
        assert down() == {"b.test."}


def broken(*_):
    raise RecursionError("an error of ours")


@pytest.mark.parametrize("part", ["_outside_probes.note", "_monitor.apply", "_forcing.apply"])
@virtual_time
async def test_a_committed_change_is_published_although_a_follower_fails(part, monkeypatch):
    stage = Stage()
    board: Board = Server().board
    forcing = Forcing(stage.scheduler, stage.monitor.set_overlays)
    publisher = Publisher(board, stage.monitor, forcing, TargetHosts(board, FakeResolver(), stage.scheduler))
    follower, method = part.split(".")
    monkeypatch.setattr(getattr(publisher, follower), method, broken)
    declared: Published = reading("a.test").published
    with capture_logs() as logs:
        publisher.publish_all(declared)
        assert board.current.world is declared.world
        check = Write(HEALTH_CHECK, HealthCheckId("new"), endpoint("new"))
        after = State(apply_writes(declared.world, [check]))
        publisher.publish_writes(at_once(publisher.compile_writes([check], after, None)), after)
    assert "new" in board.current.world.health_checks
    assert [entry["log_level"] for entry in logs].count("error") == 2
