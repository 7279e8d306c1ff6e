"""Endpoint faults: which endpoints fail, how, and until when."""

import pytest

from dnsemu.config.file.load import load_text
from dnsemu.config.model.failing import Failing, FailureWay
from dnsemu.faults.endpoint_faults import EndpointFaults, NothingFails, failing_text, parse_failing
from dnsemu.faults.forced_statuses import Forcing, NothingMatches
from dnsemu.faults.patterns import parse_pattern
from dnsemu.files.loading import compile_world
from dnsemu.publication.board import Board
from tests.dnsemu.faults.shop import WORLD
from tests.healthcheck.stage import Stage


class Faulty(Stage):
    """A stage whose endpoints fail on purpose."""

    def __init__(self, text=WORLD):
        super().__init__(is_stepped=True)
        self.failing = {}
        self.forcing = Forcing(self.scheduler, self.monitor.set_overlays)
        self.board = Board(compile_world(load_text("shop.yaml", text)).published)
        self.faults = EndpointFaults(self.board, self.forcing, self._set_failing)
        self.declare(text)

    def _set_failing(self, failing):
        self.failing = failing

    def declare(self, text):
        published = compile_world(load_text("shop.yaml", text)).published
        self.monitor.apply(published.world.health_checks, published.world.health_checkers)
        self.forcing.apply(published.world, published.catalog)
        self.board.publish(published)

    def do(self, *lines):
        for line in lines:
            word, pattern, *how = line.split(" ", 2)
            if word == "fail":
                self.faults.fail(parse_pattern(pattern), parse_failing(how[0] if how else "refuse"))
            else:
                self.faults.heal(parse_pattern(pattern))

    @property
    def shown(self):
        return {check: failing_text(how) for check, how in sorted(self.failing.items())}


@pytest.mark.parametrize(("lines", "failing"), [
    pytest.param(["fail web-1"], {"web-1": "refuse"}, id="H161 one endpoint"),
    pytest.param(["fail web-* timeout"], {"web-1": "timeout", "web-2": "timeout"}, id="H161 a glob"),
    pytest.param(["fail address:192.0.2.1 status: 503"], {"web-1": "status: 503"}, id="H161 an address"),
    pytest.param(["fail az:use1-az1"], {"t-a": "refuse"}, id="H161 an Availability Zone, by its targets"),
    pytest.param(["fail region:us-east-1"], {"t-a": "refuse", "t-b": "refuse", "web-1": "refuse"},
                 id="H161 a Region, without its secondary"),
    pytest.param(["fail both"], {"web-1": "refuse", "web-2": "refuse"}, id="H161 a calculated check, by its children"),
    pytest.param(["fail web-*", "fail web-1 slow: 5s"], {"web-1": "slow: 5s", "web-2": "refuse"},
                 id="H161 a later fault overrides an earlier one"),
    pytest.param(["fail web-* timeout", "fail web-*"], {"web-1": "refuse", "web-2": "refuse"}, id="H161 and its own pattern"),
    pytest.param(["fail web-*", "heal web-*"], {}, id="H161 healed"),
    pytest.param(["fail web-*", "heal web-1"], {"web-2": "refuse"}, id="H161 healed in part"),
    pytest.param(["fail web-*", "heal web-1", "fail web-1"], {"web-1": "refuse", "web-2": "refuse"}, id="H161 and again"),
    pytest.param(["fail web-1", "fail web-2", "heal web-*"], {}, id="H161 healed by a wider pattern"),
])  # fmt: skip
async def test_endpoints_that_fail(lines, failing):
    stage = Faulty()
    stage.do(*lines)
    assert stage.shown == failing


async def test_nothing_is_left_when_all_is_healed():
    stage = Faulty()
    stage.do("fail web-1", "fail web-2", "heal web-*")
    assert stage.faults.faults == ()


async def test_a_pattern_that_matches_nothing_is_refused():
    stage = Faulty()
    with pytest.raises(NothingMatches, match="nothing-here matches no health check"):
        stage.do("fail nothing-here")
    stage.do("fail web-1")
    with pytest.raises(NothingFails, match="nothing that web-2 matches fails on purpose: what fails is web-1"):
        stage.do("heal web-2")
    assert stage.shown == {"web-1": "refuse"}


async def test_faults_follow_a_new_declaration():
    stage = Faulty()
    stage.do("fail web-*")
    stage.declare(WORLD.replace("{id: web-2,", "{id: web-3,").replace("[web-1, web-2]", "[web-1, web-3]"))
    assert stage.shown == {"web-1": "refuse", "web-3": "refuse"}


async def test_a_target_without_a_health_check_is_unhealthy_at_once():
    stage = Faulty(WORLD.replace("availability_zone: use1-az1, health_check_id: t-a", "availability_zone: use1-az1"))
    stage.do("fail az:use1-az1")
    ids = {id for r in stage.board.current.catalog.resources.values() for id in r.target_ids if id.endswith("10.0.0.1")}
    (target,) = ids
    assert stage.monitor.target_overlay(target).by == "az:use1-az1"
    stage.faults.end_all()
    assert stage.monitor.target_overlay(target) is None


@pytest.mark.parametrize(("written", "how"), [
    ("refuse", Failing()),
    ("timeout", Failing(FailureWay.TIMEOUT)),
    ("slow: 5s", Failing(FailureWay.SLOW, slow_s=5)),
    ({"slow": "1m30s"}, Failing(FailureWay.SLOW, slow_s=90)),
    ("status:503", Failing(FailureWay.STATUS, status=503)),
    ({"status": 404}, Failing(FailureWay.STATUS, status=404)),
    ("body: all: is well", Failing(FailureWay.BODY, body="all: is well")),
])  # fmt: skip
def test_ways_to_fail(written, how):
    assert parse_failing(written) == how
    assert parse_failing(failing_text(how)) == how


@pytest.mark.parametrize(("written", "message"), [
    ("refused", "'refused' is no way to fail: write refuse"),
    ("explode", "'explode' is no way to fail: write refuse, timeout"),
    ("refuse: 5s", "refuse takes nothing more: write refuse"),
    ("slow", "the duration is missing: write for example slow: 5s"),
    ("slow: 5", "'5' is no duration"),
    ("status: 200", "'200' is no status that fails: write one from 400 to 599"),
    ({"status": True}, "is no status that fails"),
    ({"slow": "1s", "status": 500}, "write refuse, timeout"),
    (7, "write refuse, timeout"),
    ({"body": 7}, "write the text of the body"),
])  # fmt: skip
def test_ways_that_are_refused(written, message):
    with pytest.raises(ValueError) as refused:
        parse_failing(written)
    assert message in str(refused.value)
