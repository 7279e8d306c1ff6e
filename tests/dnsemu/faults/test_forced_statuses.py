"""Forced statuses: which checks a pattern means, which rule counts, and until when (health-checks.md H161, H162)."""

import asyncio

import pytest
import structlog.testing

from dnsemu.config.file.load import load_text
from dnsemu.faults.force_file import ForceFile
from dnsemu.faults.force_rules import ForceRule, parse_force_file, parse_pattern
from dnsemu.faults.forced_statuses import Forcing, NothingMeant
from dnsemu.faults.matching import checks_meant
from dnsemu.healthcheck.verdict.history import EventKind
from tests.dnsemu.clock.virtual_time import START, virtual_time
from tests.healthcheck.stage import DOWN, UP, Stage

WEST_LB, EAST_LB = "lb.us-west-2.elb.amazonaws.com", "lb.us-east-1.elb.amazonaws.com"

WORLD = f"""
health_checks:
  - {{id: web-1, type: TCP, ip_address: 192.0.2.1, port: 80}}
  - {{id: web-2, type: TCP, ip_address: 192.0.2.2, port: 80}}
  - {{id: db-1, type: TCP, ip_address: "2001:db8::1", port: 80}}
  - {{id: named, type: TCP, fully_qualified_domain_name: app.test, port: 80}}
  - {{id: t-a, type: TCP, ip_address: 198.51.100.1, port: 80}}
  - {{id: t-b, type: TCP, ip_address: 198.51.100.2, port: 80}}
  - {{id: t-c, type: TCP, ip_address: 198.51.100.3, port: 80}}
  - {{id: alarm, type: CLOUDWATCH_METRIC, alarm_identifier: {{region: eu-west-1, name: cpu}}}}
  - {{id: both, type: CALCULATED, child_health_checks: [web-1, web-2], health_threshold: 1}}
  - {{id: spare, type: TCP, ip_address: 203.0.113.9, port: 80}}
  - {{id: bias, type: TCP, ip_address: 203.0.113.10, port: 80}}
  - {{id: far, type: TCP, ip_address: 203.0.113.11, port: 80}}
resources:
  - dns_name: {EAST_LB}
    kind: application-load-balancer
    targets:
      - {{address: 10.0.0.1, availability_zone: use1-az1, health_check_id: t-a}}
      - {{address: 10.0.0.2, availability_zone: use1-az2, health_check_id: t-b}}
  - dns_name: {WEST_LB}
    kind: application-load-balancer
    targets: [{{address: 10.0.1.1, availability_zone: usw2-az1, health_check_id: t-c}}]
hosted_zones:
  - name: shop.test
    record_sets:
      - {{name: www, type: A, set_identifier: us, region: us-east-1, alias_target: {{dns_name: east.shop.test, evaluate_target_health: true}}}}
      - {{name: www, type: A, set_identifier: eu, region: eu-west-1, health_check_id: named, ttl: 60, resource_records: [192.0.2.77]}}
      - {{name: east, type: A, set_identifier: p, failover: PRIMARY, health_check_id: web-1, ttl: 60, resource_records: [192.0.2.1]}}
      - {{name: east, type: A, set_identifier: s, failover: SECONDARY, health_check_id: spare, ttl: 60, resource_records: [192.0.2.9]}}
      - {{name: geo, type: A, set_identifier: a, geo_proximity_location: {{aws_region: eu-west-1}}, health_check_id: bias, ttl: 60, resource_records: [192.0.2.10]}}
      - {{name: geo, type: A, set_identifier: b, geo_proximity_location: {{aws_region: eu-west-2}}, health_check_id: far, ttl: 60, resource_records: [192.0.2.11]}}
"""


def world(text=WORLD):
    return load_text("shop.yaml", text).world


@pytest.mark.parametrize(("pattern", "meant"), [
    ("web-1", {"web-1"}),
    ("web-*", {"web-1", "web-2"}),
    ("?????", {"web-1", "web-2", "named", "alarm", "spare"}),
    ("[!wt]*", {"db-1", "named", "alarm", "both", "spare", "bias", "far"}),
    ("WEB-1", set()),
    ("gone", set()),
    pytest.param("az:use1-az1", {"t-a"}, id="a zone: its targets"),
    pytest.param("az:use1-*", {"t-a", "t-b"}, id="the zones of a Region"),
    pytest.param("az:usw2-az3", set(), id="a zone without targets"),
    pytest.param("region:us-east-1", {"t-a", "t-b", "web-1"}, id="a Region: its resources, and where its record sets lead, but not spare ones"),
    pytest.param("region:us-*", {"t-a", "t-b", "t-c", "web-1"}, id="several Regions"),
    pytest.param("region:eu-west-1", {"named", "bias"}, id="a Region: latency and geoproximity"),
    pytest.param("region:eu-*", {"named", "bias", "far"}, id="a Region: several record sets of one group"),
    pytest.param("region:sa-east-1", set(), id="a Region where nothing is"),
    pytest.param("address:192.0.2.1", {"web-1"}, id="an endpoint's address, a record set's too"),
    pytest.param("address:192.0.2.77", {"named"}, id="a record set's address"),
    pytest.param("address:10.0.0.2", {"t-b"}, id="a target's address"),
    pytest.param("address:10.0.0.0/8", {"t-a", "t-b", "t-c"}, id="a network"),
    pytest.param("address:2001:db8::/32", {"db-1"}, id="an IPv6 network"),
    pytest.param("address:192.0.2.9", {"spare"}, id="a spare record set's address"),
])  # fmt: skip
def test_which_checks_a_pattern_means(pattern, meant):
    assert checks_meant(parse_pattern(pattern), world()) == meant


def latency_to(target, *, region="us-east-1", more=""):
    return f"""
health_checks: [{{id: here, type: TCP, ip_address: 192.0.2.1, port: 80}}, {{id: there, type: TCP, ip_address: 192.0.2.2, port: 80}}]
resources: [{{dns_name: a1.awsglobalaccelerator.com, kind: global-accelerator, targets: [{{address: 10.0.0.1, health_check_id: here}}]}}]
hosted_zones:
  - name: shop.test
    record_sets:
      - {{name: www, type: A, set_identifier: a, region: {region}, alias_target: {{dns_name: {target}, evaluate_target_health: true}}}}
{more}
"""


@pytest.mark.parametrize(("text", "meant"), [
    pytest.param(latency_to("a1.awsglobalaccelerator.com"), {"here"}, id="a global resource that the Region's record set leads to"),
    pytest.param(latency_to("in.shop.test", more="""
      - {name: in, type: A, set_identifier: x, region: us-east-1, health_check_id: here, ttl: 60, resource_records: [192.0.2.1]}
      - {name: in, type: A, set_identifier: y, region: eu-west-1, health_check_id: there, ttl: 60, resource_records: [192.0.2.2]}"""),
                 {"here"}, id="not the parts of other Regions below"),
    pytest.param(latency_to("in.shop.test", more="""
      - {name: in, type: A, set_identifier: x, weight: 1, health_check_id: here, ttl: 60, resource_records: [192.0.2.1]}
      - {name: in, type: A, set_identifier: y, weight: 1, health_check_id: there, ttl: 60, resource_records: [192.0.2.2]}"""),
                 {"here", "there"}, id="all of a group below"),
    pytest.param(latency_to("in.shop.test", more="""
      - {name: in, type: A, set_identifier: x, weight: 1, alias_target: {dns_name: deep.shop.test, evaluate_target_health: true}}
      - {name: deep, type: A, set_identifier: x, weight: 1, health_check_id: there, ttl: 60, resource_records: [192.0.2.2]}"""),
                 {"there"}, id="however far below"),
    pytest.param(latency_to("in.shop.test", region="eu-west-1", more="""
      - {name: in, type: A, set_identifier: x, weight: 1, health_check_id: here, ttl: 60, resource_records: [192.0.2.1]}"""),
                 set(), id="nothing of another Region"),
])  # fmt: skip
def test_what_a_region_means_below_its_record_sets(text, meant):
    assert checks_meant(parse_pattern("region:us-east-1"), world(text)) == meant


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
        self.forcing.apply(self.world)

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
                 ["web-* healthy", "web-1 unhealthy"], id="H161 whatever is narrower"),
    pytest.param("", ["web-1 unhealthy", "web-* healthy", "web-1 unhealthy"], {"web-1": (DOWN, "web-1"), "web-2": (UP, "web-*")},
                 ["web-* healthy", "web-1 unhealthy"], id="H161 the same pattern replaces, and is the latest"),
    pytest.param("", ["web-* unhealthy", "web-1 auto"], {"web-2": (DOWN, "web-*")},
                 ["web-* unhealthy", "web-1 auto"], id="H161 auto takes away what earlier rules laid over"),
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
    pytest.param("gone unhealthy\n", [], {}, ["gone unhealthy"], id="H161 a line may mean nothing yet"),
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


def test_what_was_called_for_may_be_forgotten_and_the_files_rules_stay():
    forced = Forced()
    forced.read("web-1 unhealthy")
    forced.force("web-1 healthy", "db-1 unhealthy")
    forced.forcing.forget()
    assert forced.overlaid == {"web-1": (DOWN, "web-1")}


def test_h161_what_is_meant_is_returned_and_what_means_nothing_is_refused():
    forced = Forced()
    assert forced.forcing.force(ForceRule(parse_pattern("web-*"), "unhealthy")) == {"web-1", "web-2"}
    with pytest.raises(NothingMeant, match="no health check is meant by az:use1-az4"):
        forced.forcing.force(ForceRule(parse_pattern("az:use1-az4"), "unhealthy"))
    assert forced.rules == ["web-* unhealthy"]


def test_h162_a_declaration_keeps_what_is_forced_and_means_what_is_declared_now():
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
        forcing.apply(declared)
        forcing.force(*parse_force_file("forced", "alarm unhealthy for 90s", stage.clock.now()))
        await stage.passes(89.9)
        assert stage.status("alarm") is DOWN
        await stage.passes(0.2)
        assert stage.status("alarm") is UP


# --- the file ---


class Followed(Forced):
    """Statuses forced by a file."""

    def __init__(self, path):
        super().__init__()
        self.path = path
        self.file = ForceFile(self.forcing, self.clock)

    def follow(self, text):
        """Read a file of this text, under a name of its own: the same one is not read again."""
        self.path = self.path.with_name(f"{self.path.name}-")
        self.path.write_text(text, "utf-8")
        self.file.follow(str(self.path))


@pytest.fixture
def followed(tmp_path):
    return Followed(tmp_path / "forced")


def test_a_file_is_read_as_it_is_followed(followed):
    followed.follow("# a drill\nweb-* unhealthy for 1m\n")
    assert followed.overlaid == {"web-1": (DOWN, "web-*"), "web-2": (DOWN, "web-*")}
    assert [rule.until for rule in followed.forcing.rules] == [START + 60]


def test_a_file_that_is_not_there_yet_forces_nothing(followed):
    followed.file.follow(str(followed.path))
    assert (followed.overlaid, followed.file.errors) == ({}, ())


def test_a_file_that_is_followed_no_more_forces_nothing(followed):
    followed.follow("web-1 unhealthy")
    followed.file.follow(None)
    assert followed.overlaid == {}


def test_the_same_file_is_not_read_again_when_it_is_declared_again(followed):
    followed.follow("web-1 unhealthy")
    followed.path.write_text("web-2 unhealthy")
    followed.file.follow(str(followed.path))
    assert set(followed.overlaid) == {"web-1"}


@pytest.mark.parametrize(("text", "said"), [
    pytest.param(b"web-1 healthy\nweb-2 dwon\n", ":2: 'dwon' is no status; write healthy, unhealthy or auto", id="a faulty line"),
    pytest.param(b"web-1 healthy\n\xff\xfe\n", "cannot be read: 'utf-8' codec can't decode", id="no text"),
])  # fmt: skip
def test_a_file_with_a_fault_changes_nothing(followed, text, said):
    followed.follow("web-1 unhealthy")
    other = followed.path.with_name("faulty")
    other.write_bytes(text)
    with structlog.testing.capture_logs() as logs:
        followed.file.follow(str(other))
    assert followed.overlaid == {"web-1": (DOWN, "web-1")}
    (fault,) = followed.file.errors
    assert said in str(fault)
    assert [log["log_level"] for log in logs] == ["error"]
    followed.follow("web-2 unhealthy")
    assert (set(followed.overlaid), followed.file.errors) == ({"web-2"}, ())


def test_a_folder_is_refused(followed, tmp_path):
    followed.follow("web-1 unhealthy")
    with structlog.testing.capture_logs():
        followed.file.follow(str(tmp_path))
    assert "cannot be read" in str(followed.file.errors[0])
    assert set(followed.overlaid) == {"web-1"}


@virtual_time
async def test_a_file_that_changed_is_read_again_once_it_is_still(followed):
    """Its watch counts the loop's time, which leaps; the file is a real one."""
    followed.follow("web-1 unhealthy")
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
