"""Forced statuses: the rule that counts for a check, and its end (health-checks.md H161, H162)."""

import asyncio

import pytest
import structlog.testing

from dnsemu.faults.contents_index import Declared
from dnsemu.faults.force_file import ForceFile
from dnsemu.faults.force_rules import MAX_RULES, ForceRule, parse_force_file
from dnsemu.faults.forced_statuses import Forcing, NothingMatches, TooManyRules
from dnsemu.faults.patterns import parse_pattern
from dnsemu.healthcheck.verdict.history import EventKind
from tests.builders import catalog_of
from tests.dnsemu.clock.virtual_time import START, virtual_time
from tests.dnsemu.faults.shop import WORLD, world
from tests.healthcheck.stage import DOWN, UP, Stage

# --- which rule counts ---


class Forced(Stage):
    """A stage on stepped time where statuses are forced."""

    def __init__(self, text=WORLD):
        super().__init__(is_stepped=True)
        self.forcing = Forcing(self.scheduler, self.monitor.set_overlays)
        self.declare(text)

    def declare(self, text):
        self.world = world(text)
        self.monitor.apply(self.world.health_checks, self.world.health_checkers)
        self.forcing.apply(self.world, catalog_of(self.world))

    def force(self, *lines):
        for line in lines:
            for rule in self.parsed(line):
                self.forcing.force(rule)

    def read(self, text):
        self.forcing.read(self.parsed(text))

    def parsed(self, text):
        return parse_force_file("forced", text, self.clock.now())

    @property
    def overlaid(self):
        """Every forced status, and the pattern that says so."""
        return {e.check.id: (e.forced, e.overlay.by) for e in self.monitor.states() if e.overlay}

    @property
    def rules(self):
        return [f"{rule.pattern} {rule.status or 'auto'}" for rule in self.forcing.rules]


@pytest.mark.parametrize(("file", "called", "overlaid", "rules"), [
    pytest.param("", ["web-1 unhealthy"], {"web-1": (DOWN, "web-1")}, ["web-1 unhealthy"], id="H161 one check"),
    pytest.param("", ["web-1 unhealthy", "web-* healthy"], {"web-1": (UP, "web-*"), "web-2": (UP, "web-*")},
                 ["web-1 unhealthy", "web-* healthy"], id="H161 later rules override earlier ones"),
    pytest.param("", ["web-* healthy", "web-1 unhealthy"], {"web-1": (DOWN, "web-1"), "web-2": (UP, "web-*")},
                 ["web-* healthy", "web-1 unhealthy"], id="H161 even over narrower ones"),
    pytest.param("", ["web-1 unhealthy", "web-* healthy", "web-1 unhealthy"], {"web-1": (DOWN, "web-1"), "web-2": (UP, "web-*")},
                 ["web-* healthy", "web-1 unhealthy"], id="H161 the same pattern replaces, and is the latest"),
    pytest.param("", ["web-* unhealthy", "web-1 auto"], {"web-2": (DOWN, "web-*")},
                 ["web-* unhealthy", "web-1 auto"], id="H161 auto removes what earlier rules forced"),
    pytest.param("", ["web-1 unhealthy", "web-1 auto"], {}, [], id="H161 auto alone is not kept"),
    pytest.param("", ["web-1 unhealthy", "* auto"], {}, ["web-1 unhealthy", "* auto"], id="H161 auto of a wider pattern"),
    pytest.param("", ["web-1 unhealthy", "db-1 unhealthy", "web-1 auto"], {"db-1": (DOWN, "db-1")},
                 ["db-1 unhealthy", "web-1 auto"], id="H161 auto of one of several"),
    pytest.param("web-* unhealthy\n", ["web-1 healthy"], {"web-1": (UP, "web-1"), "web-2": (DOWN, "web-*")},
                 ["web-* unhealthy", "web-1 healthy"], id="H161 the file's rules come before called ones"),
    pytest.param("web-* unhealthy\n", ["web-1 auto"], {"web-2": (DOWN, "web-*")},
                 ["web-* unhealthy", "web-1 auto"], id="H161 auto against the file"),
    pytest.param("web-* unhealthy\nweb-1 healthy\n", [], {"web-1": (UP, "web-1"), "web-2": (DOWN, "web-*")},
                 ["web-* unhealthy", "web-1 healthy"], id="H161 later lines override earlier ones"),
    pytest.param("gone unhealthy\n", [], {}, ["gone unhealthy"], id="H161 a line may match nothing yet"),
])  # fmt: skip
def test_rules(file, called, overlaid, rules):
    forced = Forced()
    forced.read(file)
    forced.force(*called)
    assert (forced.overlaid, forced.rules) == (overlaid, rules)


def test_the_files_rules_come_first_whenever_they_are_read():
    forced = Forced()
    forced.force("web-1 healthy")
    forced.read("web-* unhealthy")
    assert forced.overlaid == {"web-1": (UP, "web-1"), "web-2": (DOWN, "web-*")}
    forced.read("db-1 unhealthy")
    assert forced.overlaid == {"web-1": (UP, "web-1"), "db-1": (DOWN, "db-1")}


def test_rules_set_by_calls_may_be_dropped_and_the_files_rules_stay():
    forced = Forced()
    forced.read("web-1 unhealthy")
    forced.force("web-1 healthy", "db-1 unhealthy")
    forced.forcing.clear()
    assert forced.overlaid == {"web-1": (DOWN, "web-1")}


def test_h161_the_matching_checks_are_returned_and_a_pattern_without_any_is_refused():
    forced = Forced()
    assert forced.forcing.force(ForceRule(parse_pattern("web-*"), "unhealthy")).failing == {"web-1", "web-2"}
    with pytest.raises(NothingMatches, match="az:use1-az4 matches no health check"):
        forced.forcing.force(ForceRule(parse_pattern("az:use1-az4"), "unhealthy"))
    assert forced.rules == ["web-* unhealthy"]


def test_h162_forced_statuses_survive_a_declaration_and_follow_it():
    forced = Forced()
    forced.force("web-* unhealthy", "address:10.0.0.0/8 unhealthy")
    fewer = """health_checks: [{id: web-1, type: TCP, ip_address: 192.0.2.1, port: 81}, {id: web-9, type: TCP, ip_address: 10.1.2.3, port: 80}]"""
    forced.declare(fewer)
    assert forced.overlaid == {"web-1": (DOWN, "web-*"), "web-9": (DOWN, "address:10.0.0.0/8")}
    forced.declare(WORLD)
    assert set(forced.overlaid) == {"web-1", "web-2", "t-a", "t-b", "t-c"}


def test_h85_a_forced_child_moves_its_parent_and_a_forced_parent_does_not_follow():
    forced = Forced()
    forced.force("web-? unhealthy")
    assert forced.status("both") is DOWN
    forced.force("both healthy")
    assert forced.status("both") is UP


# --- targets without a health check ---

BARE = """
resources:
  - dns_name: lb.us-east-1.elb.amazonaws.com
    kind: application-load-balancer
    targets: [{address: 10.0.0.1, availability_zone: use1-az1}, {address: 10.0.0.2, availability_zone: use1-az2}]
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: www, type: A, ttl: 60, set_identifier: use1, region: us-east-1, resource_records: [192.0.2.1]}
      - {name: www, type: A, ttl: 60, set_identifier: euw1, region: eu-west-1, resource_records: [192.0.2.2]}
"""


@pytest.mark.parametrize(("file", "called", "targets"), [
    pytest.param("", ["region:us-east-1 unhealthy"], {"10.0.0.1": DOWN, "10.0.0.2": DOWN}, id="H162a a Region"),
    pytest.param("az:use1-az1 unhealthy\n", [], {"10.0.0.1": DOWN}, id="H162a by the file"),
    pytest.param("region:us-east-1 unhealthy\n", ["az:use1-az1 healthy"], {"10.0.0.1": UP, "10.0.0.2": DOWN}, id="H161 a later rule overrides"),
    pytest.param("region:us-east-1 unhealthy\n", ["address:10.0.0.2 auto"], {"10.0.0.1": DOWN}, id="H161 auto ends it"),
    pytest.param("", ["region:us-east-1 unhealthy", "region:us-east-1 auto"], {}, id="H161 and leaves nothing"),
])  # fmt: skip
def test_targets_are_forced_with_their_failure_domain(file, called, targets):
    forced = Forced(BARE)
    forced.read(file)
    forced.force(*called)
    held = forced.forcing.forced_targets()
    assert {str(found.target): found.overlay.status for found in held.values()} == targets
    down = {id.rpartition("/")[2] for id, status in forced.board.current.status.items() if status is DOWN}
    assert down == {place for place, status in targets.items() if status is DOWN}


def test_events_of_one_rule_have_one_order():
    forced = Forced()
    forced.force("* unhealthy")
    ids = [event.check_id for event in forced.history.since(0, kind=EventKind.FORCED)]
    assert len(ids) == 12
    assert ids == sorted(ids)


def test_h162a_a_resource_that_leaves_the_file_is_no_longer_forced():
    forced = Forced(BARE)
    forced.force("region:us-east-1 unhealthy")
    forced.declare("hosted_zones: [{name: shop.test}]")
    assert (dict(forced.board.current.status), forced.forcing.forced_targets()) == ({}, {})
    forced.declare(BARE)
    assert len(forced.board.current.status) == 2


def test_h162a_the_user_is_told_what_keeps_answering():
    forced = Forced(BARE)
    text = "1 record set in us-east-1 has no check and keeps answering"
    with structlog.testing.capture_logs() as logs:
        forced.read("region:us-east-1 unhealthy\nregion:eu-west-1 healthy\n")
    assert [log["reason"] for log in logs if "reason" in log] == [text]
    assert [forced.forcing.unchecked_text(rule) for rule in forced.forcing.rules] == [text, None]
    with pytest.raises(NothingMatches, match="matches no health check: 1 record set in eu-west-1 has no check"):
        forced.force("region:eu-west-1 unhealthy")


# --- until when ---


@virtual_time
async def test_a_rule_runs_out_by_the_clock():
    forced = Forced()
    forced.force("web-1 unhealthy for 90s")
    assert forced.monitor.state("web-1").overlay.until == START + 90
    await forced.passes(90 - 1e-6)
    assert (forced.status("web-1"), forced.rules) == (DOWN, ["web-1 unhealthy"])
    await forced.passes(2e-6)
    assert (forced.overlaid, forced.rules) == ({}, [])
    ended = forced.history.since(0, kind=EventKind.FORCED)[-1]
    assert (ended.check_id, ended.old, ended.new, ended.at) == ("web-1", DOWN, None, START + 90)


@virtual_time
async def test_each_rule_runs_out_by_itself_and_what_it_hid_counts_again():
    forced = Forced()
    forced.read("web-* unhealthy for 3m\ndb-1 unhealthy")
    forced.force("web-1 healthy for 1m", "web-2 auto for 2m")
    seen = []
    for _ in range(4):
        seen.append({id: status.value for id, (status, _) in forced.overlaid.items()})
        await forced.passes(60)
    assert seen == [
        {"web-1": "healthy", "db-1": "unhealthy"},
        {"web-1": "unhealthy", "db-1": "unhealthy"},
        {"web-1": "unhealthy", "web-2": "unhealthy", "db-1": "unhealthy"},
        {"db-1": "unhealthy"},
    ]


@virtual_time
async def test_a_rule_replaces_those_of_its_pattern_that_do_not_outlast_it():
    forced = Forced()
    forced.force("web-1 unhealthy for 60s", "web-1 unhealthy")
    await forced.passes(3600)
    assert forced.overlaid == {"web-1": (DOWN, "web-1")}
    forced.force("web-1 healthy for 60s")
    assert forced.overlaid == {"web-1": (UP, "web-1")}
    await forced.passes(60)
    assert forced.overlaid == {"web-1": (DOWN, "web-1")}


@virtual_time
async def test_a_rule_whose_time_is_past_has_no_effect():
    forced = Forced()
    forced.force("web-1 unhealthy until 1970-01-02T00:00:00Z")
    assert (forced.overlaid, forced.rules) == ({}, [])
    assert forced.history.since(0) == ()


@virtual_time
async def test_a_rule_runs_out_as_time_passes_too():
    stage = Stage()
    forcing = Forcing(stage.scheduler, stage.monitor.set_overlays)
    declared = world()
    async with stage.running():
        stage.monitor.apply(declared.health_checks, declared.health_checkers)
        forcing.apply(declared, catalog_of(declared))
        forcing.force(*parse_force_file("forced", "alarm unhealthy for 90s", stage.clock.now()))
        await stage.passes(89.9)
        assert stage.status("alarm") is DOWN
        await stage.passes(0.2)
        assert stage.status("alarm") is UP


# --- the file ---


async def at_once(function, /, *arguments):
    """Reads files on the event loop, so that virtual time does not pass meanwhile."""
    return function(*arguments)


class Followed(Forced):
    """Statuses forced by a file."""

    def __init__(self, path):
        super().__init__()
        self.path = path
        self.file = ForceFile(self.forcing, self.clock, at_once)

    async def follow(self, text):
        """Read a file of this text, under a new name."""
        self.path = self.path.with_name(f"{self.path.name}-")
        self.path.write_text(text, "utf-8")
        await self.read(self.path)

    async def read(self, path):
        self.file.follow(path and str(path))
        await self.file.read()


@pytest.fixture
def followed(tmp_path):
    return Followed(tmp_path / "forced")


async def test_a_file_is_read_as_it_is_followed(followed):
    await followed.follow("# a drill\nweb-* unhealthy for 1m\n")
    assert followed.overlaid == {"web-1": (DOWN, "web-*"), "web-2": (DOWN, "web-*")}
    assert [rule.until for rule in followed.forcing.rules] == [START + 60]


async def test_a_file_that_is_not_there_yet_forces_nothing(followed):
    await followed.read(followed.path)
    assert (followed.overlaid, followed.file.errors) == ({}, ())


async def test_a_file_that_is_followed_no_more_forces_nothing(followed):
    await followed.follow("web-1 unhealthy")
    await followed.read(None)
    assert followed.overlaid == {}


@pytest.mark.parametrize(("text", "message"), [
    pytest.param(b"web-1 healthy\nweb-2 dwon\n", ":2: 'dwon' is no status; write healthy, unhealthy or auto", id="a line with an error"),
    pytest.param(b"web-1 healthy\n\xff\xfe\n", "cannot be read: 'utf-8' codec can't decode", id="no text"),
])  # fmt: skip
async def test_a_file_with_an_error_changes_nothing(followed, text, message):
    await followed.follow("web-1 unhealthy")
    other = followed.path.with_name("faulty")
    other.write_bytes(text)
    with structlog.testing.capture_logs() as logs:
        await followed.read(other)
    assert followed.overlaid == {"web-1": (DOWN, "web-1")}
    (error,) = followed.file.errors
    assert message in str(error)
    assert [log["log_level"] for log in logs] == ["error"]
    await followed.follow("web-2 unhealthy")
    assert (set(followed.overlaid), followed.file.errors) == ({"web-2"}, ())


async def test_a_folder_is_refused(followed, tmp_path):
    await followed.follow("web-1 unhealthy")
    with structlog.testing.capture_logs():
        await followed.read(tmp_path)
    assert "cannot be read" in str(followed.file.errors[0])
    assert set(followed.overlaid) == {"web-1"}


@virtual_time
async def test_a_file_that_changed_is_read_again_once_it_is_still(followed):
    """Its watch runs on virtual time; the file is a real one."""
    await followed.follow("web-1 unhealthy")
    watching = asyncio.create_task(followed.file.watch())
    await asyncio.sleep(10)
    assert set(followed.overlaid) == {"web-1"}
    new = followed.path.with_name("new")
    new.write_text("web-2 unhealthy")
    new.replace(followed.path)
    await asyncio.sleep(1)
    assert set(followed.overlaid) == {"web-2"}
    followed.path.unlink()
    await asyncio.sleep(1)
    assert followed.overlaid == {}
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


@virtual_time
async def test_calls_force_up_to_a_bound_of_patterns():
    stage = Forced()
    async with stage.running():
        stage.force("web* unhealthy for 60s", *(f"web{'*' * number} unhealthy" for number in range(2, MAX_RULES + 1)))
        with pytest.raises(TooManyRules, match="calls hold 100 forced statuses already"):
            stage.force("we* healthy")
        stage.force("web** healthy")  # in place of one
        await stage.scheduler.advance(61)
        stage.force("we* healthy")  # one has expired
        assert len(stage.forcing.called) == MAX_RULES


@pytest.mark.parametrize("number", range(6))
@virtual_time
async def test_h161_a_status_is_forced_between_the_steps_of_a_change(number):
    """The change is prepared from the contents at its start, which the call leaves as they are."""
    stage = Forced()
    before = Declared(stage.world, catalog_of(stage.world))
    stage.forcing.apply(*before)
    stage.force("web-1 unhealthy", "db-1 unhealthy")
    steps = stage.forcing.prepare(before, before, [])
    for _ in range(number):
        next(steps, None)
    stage.force("web-2 unhealthy")
    for _ in steps:
        pass
    stage.forcing.apply(*before)
    assert stage.overlaid.keys() == {"web-1", "web-2", "db-1"}
