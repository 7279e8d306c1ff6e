"""Health end to end: when an app becomes sick, the answers move; when it becomes well, they move back."""

import contextlib
import json

import pytest

from tests.e2e.asking import served
from tests.e2e.endpoints import App
from tests.serving import dnsemu_here, serving_files
from tests.waiting import until

FILE = """
geo:
  default: {{region: us-east-1}}
health_checkers: {{regions: [us-east-1, eu-west-1, ap-southeast-1], per_region: 1}}
health_checks:
  - {{id: us, type: HTTP, ip_address: 127.0.0.1, port: {us}, resource_path: /health, request_interval: 0.2, failure_threshold: 2}}
  - {{id: eu, type: HTTP, ip_address: 127.0.0.1, port: {eu}, resource_path: /health, request_interval: 0.2, failure_threshold: 2}}
  - {{id: either, type: CALCULATED, child_health_checks: [us, eu], health_threshold: 1}}
hosted_zones:
  - name: shop.test
    record_sets:
      - {{name: fail, type: A, ttl: 5, set_identifier: p, failover: PRIMARY, health_check_id: us, resource_records: [192.0.2.1]}}
      - {{name: fail, type: A, ttl: 5, set_identifier: s, failover: SECONDARY, resource_records: [192.0.2.2]}}
      - {{name: weighted, type: A, ttl: 5, set_identifier: us, weight: 1, health_check_id: us, resource_records: [192.0.2.1]}}
      - {{name: weighted, type: A, ttl: 5, set_identifier: eu, weight: 1, health_check_id: eu, resource_records: [192.0.2.2]}}
      - {{name: near, type: A, ttl: 5, set_identifier: us, region: us-east-1, health_check_id: us, resource_records: [192.0.2.1]}}
      - {{name: near, type: A, ttl: 5, set_identifier: eu, region: eu-west-1, health_check_id: eu, resource_records: [192.0.2.2]}}
      - {{name: all, type: A, ttl: 5, set_identifier: us, multi_value_answer: true, health_check_id: us, resource_records: [192.0.2.1]}}
      - {{name: all, type: A, ttl: 5, set_identifier: eu, multi_value_answer: true, health_check_id: eu, resource_records: [192.0.2.2]}}
      - {{name: tree, type: A, set_identifier: live, failover: PRIMARY, health_check_id: either, alias_target: {{dns_name: near.shop.test, evaluate_target_health: true}}}}
      - {{name: tree, type: A, ttl: 5, set_identifier: sorry, failover: SECONDARY, resource_records: [192.0.2.3]}}
"""
US, EU, SORRY = "192.0.2.1", "192.0.2.2", "192.0.2.3"
NAMES = ("fail", "weighted", "near", "all", "tree")

BOTH_WELL = {"fail": {(US,)}, "weighted": {(US,), (EU,)}, "near": {(US,)}, "all": {(US, EU)}, "tree": {(US,)}}
US_SICK = {"fail": {(EU,)}, "weighted": {(EU,)}, "near": {(EU,)}, "all": {(EU,)}, "tree": {(EU,)}}
EU_SICK = {"fail": {(US,)}, "weighted": {(US,)}, "near": {(US,)}, "all": {(US,)}, "tree": {(US,)}}
BOTH_SICK = {"fail": {(EU,)}, "weighted": {(US,), (EU,)}, "near": {(US,)}, "all": {(US, EU)}, "tree": {(SORRY,)}}
"""With nothing healthy, weighted, latency and multivalue groups fail open; failover has a secondary without a check."""

ENOUGH = 40
"""Queries after which both of two equal shares were seen, except in one run of 2⁴⁰."""


@pytest.fixture(scope="module")
def apps():
    with contextlib.ExitStack() as stack:
        apps = {name: App(name) for name in ("us", "eu")}
        for app in apps.values():
            stack.callback(app.kill)
        yield apps


@pytest.fixture(scope="module")
def server(apps, tmp_path_factory):
    file = tmp_path_factory.mktemp("health") / "shop.yaml"
    file.write_text(FILE.format(**{name: app.port for name, app in apps.items()}))
    with serving_files(file) as server:
        yield server


@pytest.fixture(autouse=True)
def all_is_well(server, apps):
    """Every test starts and ends with both apps well and no forced status."""
    wait_for(server, us="healthy", eu="healthy", either="healthy")
    assert answers(server) == BOTH_WELL
    yield
    wait_for(server, us="healthy", eu="healthy", either="healthy")


def answers(server):
    """Returns the sets of values seen for each name, over many queries."""
    return {
        name: {tuple(served(server.dns, f"{name}.shop.test")) for _ in range(ENOUGH if name == "weighted" else 3)}
        for name in NAMES
    }


def wait_for(server, **wanted):
    """Waits until the checks have these statuses with all checkers reporting; the answers then stay the same."""

    def is_so():
        checks = {check["id"]: check for check in server.status()["health_checks"]}
        return all(checks[name]["status"] == status for name, status in wanted.items()) and all(
            check["checkers_healthy"] in (0, check["checkers_reporting"]) for check in checks.values()
        )

    until(is_so, what=str(wanted))


def test_answers_leave_a_sick_app_and_come_back(server, apps):
    """R62, R72.2, H64: as many failures in a row as the threshold change the status, and the next answer follows."""
    apps["us"].become("sick")
    wait_for(server, us="unhealthy", eu="healthy", either="healthy")
    assert answers(server) == US_SICK
    apps["us"].become("well")
    wait_for(server, us="healthy")
    assert answers(server) == BOTH_WELL


def test_answers_leave_a_killed_app_and_come_back(server, apps):
    apps["eu"].kill()
    wait_for(server, us="healthy", eu="unhealthy", either="healthy")
    assert answers(server) == EU_SICK
    (eu,) = [check for check in server.status()["health_checks"] if check["id"] == "eu"]
    assert "Connection refused" in eu["summary"]
    assert (eu["observed"], eu["forced"], eu["checkers_healthy"]) == ("unhealthy", None, 0)
    apps["eu"].start()
    wait_for(server, eu="healthy")
    assert answers(server) == BOTH_WELL


def test_with_nothing_healthy_the_answers_fail_open(server, apps):
    """R119: a sick endpoint answers if there is no secondary without a check."""
    for app in apps.values():
        app.become("sick")
    wait_for(server, us="unhealthy", eu="unhealthy", either="unhealthy")
    assert answers(server) == BOTH_SICK
    for app in apps.values():
        app.become("well")


@contextlib.contextmanager
def forced(server, check, status):
    """Forces a status during the block; yields the command's output."""
    done = dnsemu_here("force", check, status, "--server", server.url)
    assert (done.returncode, done.stderr) == (0, "")
    try:
        yield done.stdout
    finally:
        done = dnsemu_here("force", check, "auto", "--server", server.url, "--json")
        assert json.loads(done.stdout)["forced"] is None


def test_a_forced_status_moves_answers_at_once_and_auto_undoes_it(server):
    """H162: the observed status stays visible."""
    with forced(server, "us", "unhealthy") as printed:
        assert printed == "us: unhealthy (forced unhealthy; observed: healthy)\n"
        assert answers(server) == US_SICK
    assert answers(server) == BOTH_WELL


def test_a_sick_app_can_be_forced_healthy(server, apps):
    apps["us"].become("sick")
    wait_for(server, us="unhealthy")
    with forced(server, "us", "healthy") as printed:
        assert printed == "us: healthy (forced healthy; observed: unhealthy)\n"
        assert answers(server) == BOTH_WELL
    assert answers(server) == US_SICK
    apps["us"].become("well")


def test_a_calculated_check_can_be_forced_too(server):
    with forced(server, "either", "unhealthy"):
        assert answers(server) == BOTH_WELL | {"tree": {(SORRY,)}}
        statuses = {check["id"]: check["status"] for check in server.status()["health_checks"]}
        assert statuses == {"us": "healthy", "eu": "healthy", "either": "unhealthy"}


def test_status_shows_who_serves_what(server):
    with forced(server, "us", "unhealthy"):
        shown = dnsemu_here("status", "--server", server.url).stdout
    lines = {tuple(line.split()[:2]): line for line in shown.splitlines() if line}
    assert "unhealthy (forced)" in lines["us", "HTTP"]
    assert " healthy " in lines["either", "CALCULATED"]
    assert "s 100 %" in lines["fail.shop.test.", "A"]
    assert shown.splitlines()[-1].startswith("hosted zones (record sets): shop.test. (")


def test_wire_explain_and_status_show_one_decision(server):
    with forced(server, "us", "unhealthy"):
        told = json.loads(dnsemu_here("explain", "weighted.shop.test", "--server", server.url, "--json").stdout)
        assert [(answer["values"], answer["percent"]) for answer in told["answers"]] == [([EU], 100.0)]
        text = dnsemu_here("explain", "weighted.shop.test", "--server", server.url).stdout
        assert "forced unhealthy" in text
        assert f"100 %  weighted.shop.test.  5  A  eu → {EU}" in text
        (group,) = [group for group in server.status()["serving"] if group["name"] == "weighted.shop.test."]
        assert [(share["set_identifier"], share["percent"]) for share in group["shares"]] == [("eu", 100.0)]
        assert served(server.dns, "weighted.shop.test") == [EU]


OUTSIDE = """
health_checks:
  - {id: out, type: HTTP, ip_address: 8.8.8.8, port: 80}
  - {id: here, type: HTTP, ip_address: 127.0.0.1, port: 9}
"""
STANDING_STILL = ("--clock", "virtual")
"""Options with which no probe ever falls due, so that nothing leaves this machine."""


@pytest.mark.parametrize(("options", "env", "mode", "warned"), [
    pytest.param((), {}, "on", True, id="H160 a warning at the start"),
    pytest.param(("--probes", "manual"), {}, "manual", False, id="H160 none if probes are made on request"),
    pytest.param((), {"DNSEMU_PROBES": "off"}, "off", False, id="H160 none if probes are off"),
])  # fmt: skip
def test_probes_that_leave_this_machine(tmp_path, options, env, mode, warned):
    (tmp_path / "out.yaml").write_text(OUTSIDE)
    with serving_files(tmp_path / "out.yaml", options=(*STANDING_STILL, *options), env=env) as server:
        probes = server.status()["probes"]
        assert (probes["mode"], probes["outside"]) == (mode, {"out": "8.8.8.8"} if warned else {})
        assert (probes["warning"] is not None) is warned
        lines = [line for line in server.errors.splitlines() if "outside loopback" in line]
        assert len(lines) == int(warned)
        assert not warned or probes["warning"] in lines[0]
        shown = dnsemu_here("status", "--server", server.url).stdout
        assert (f"probes: {mode}\n" in shown) is (mode != "on")
        assert ("probes: 1 health check probes an endpoint outside" in shown) is warned
        refused = dnsemu_here("probe", "here", "--server", server.url)
        assert (refused.returncode != 0) is (mode == "off")
        assert mode != "off" or "start with --probes manual" in refused.stderr


def test_h160_an_unknown_mode_of_probing_is_refused():
    refused = dnsemu_here("serve", "--probes", "sometimes")
    assert refused.returncode == 2
    assert all(mode in refused.stderr for mode in ("'sometimes'", "'on'", "'manual'", "'off'"))
