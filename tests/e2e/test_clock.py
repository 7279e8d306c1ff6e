"""The user controls emulated time: a failover of ninety seconds takes one call."""

import json
import subprocess
from contextlib import contextmanager
from datetime import datetime

import pytest

from tests.e2e.asking import ask, served
from tests.e2e.endpoints import App
from tests.serving import DNSEMU, dnsemu_here, serving_files
from tests.waiting import until

FILE = """
health_checks:
  - {{id: us, type: HTTP, ip_address: 127.0.0.1, port: {port}, resource_path: /health, request_interval: 30, failure_threshold: 3}}
  - {{id: alarmed, type: CLOUDWATCH_METRIC, alarm_identifier: {{region: us-east-1, name: high-latency}}}}
hosted_zones:
  - name: shop.test
    record_sets:
      - {{name: fail, type: A, ttl: 60, set_identifier: p, failover: PRIMARY, health_check_id: us, resource_records: [192.0.2.1]}}
      - {{name: fail, type: A, ttl: 60, set_identifier: s, failover: SECONDARY, resource_records: [192.0.2.2]}}
      - {{name: alarm, type: A, ttl: 60, set_identifier: p, failover: PRIMARY, health_check_id: alarmed, resource_records: [192.0.2.1]}}
      - {{name: alarm, type: A, ttl: 60, set_identifier: s, failover: SECONDARY, resource_records: [192.0.2.2]}}
"""
PRIMARY, SECONDARY = ["192.0.2.1"], ["192.0.2.2"]
INTERVAL_S, THRESHOLD = 30, 3


@pytest.fixture
def app():
    app = App("us")
    yield app
    app.kill()


@pytest.fixture
def file(app, tmp_path):
    path = tmp_path / "shop.yaml"
    path.write_text(FILE.format(port=app.port))
    return path


def control(server, *arguments):
    done = dnsemu_here(*arguments, "--server", server.url, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def seconds(text):
    return datetime.fromisoformat(text).timestamp()


def next_probes(server):
    return [seconds(checker["next_probe"]) for checker in control(server, "status", "us")["checkers"]]


def test_h172_h173_a_stepped_failover_comes_at_the_instant_of_the_fourteenth_vote(file, app):
    with serving_files(file, options=("--clock", "virtual", "--seed", "7")) as server:
        control(server, "clock", "advance", "1m")
        assert served(server.dns, "fail.shop.test") == PRIMARY
        app.kill()
        third_failures = sorted(at + (THRESHOLD - 1) * INTERVAL_S for at in next_probes(server))
        fourteenth = third_failures[13]
        now = control(server, "clock", "now")["now_s"]
        before = control(server, "clock", "advance", f"{(fourteenth - now) * 1000 - 2:.0f}ms")
        assert before["changes"] == []
        assert served(server.dns, "fail.shop.test") == PRIMARY
        after = control(server, "clock", "advance", "4ms")
        (change,) = after["changes"]
        assert seconds(change["at"]) == pytest.approx(fourteenth, abs=0.001)
        assert change["cause"] == "2 of 16 checkers up, 14 failing: Connection refused"
        assert served(server.dns, "fail.shop.test") == SECONDARY


def test_the_same_seed_gives_the_same_history(file, app):
    histories = []
    for _ in range(2):
        with serving_files(file, options=("--clock", "virtual=2026-01-31T12:00:00Z", "--seed", "3")) as server:
            control(server, "clock", "advance", "2m")
            app.become("sick")
            control(server, "clock", "advance", "2m")
            app.become("well")
            control(server, "clock", "advance", "2m")
            events = control(server, "history", "us")["events"]
            histories.append([{**event, "id": event["id"].partition("-")[2]} for event in events])
    assert histories[0] == histories[1]
    assert [event["new"] for event in histories[0] if event["kind"] == "status"] == ["unhealthy", "healthy"]


def test_a_running_clock_agrees_with_the_stepped_one(file, app):
    """The same votes and the same verdict, whether time is stepped or runs."""
    orders = []
    for clock in ("virtual", "speed=60"):
        app.become("well")
        with serving_files(file, options=("--clock", clock, "--seed", "5")) as server:
            if clock == "virtual":
                control(server, "clock", "advance", "40s")
            until(lambda: _reporting(server) == 16, what="all checkers")
            app.become("sick")
            if clock == "virtual":
                control(server, "clock", "advance", "100s")
            until(lambda: control(server, "status", "us")["checkers_healthy"] == 0, what="all votes")
            events = control(server, "history", "us")["events"]
            votes = [(event["region"], event["checker"]) for event in events if event["kind"] == "vote"]
            assert len(votes) == 16
            (status,) = [number for number, event in enumerate(events) if event["kind"] == "status"]
            assert events[status - 1]["kind"] == "vote"
            assert status == 14
            orders.append(sorted(votes))
    assert orders[0] == orders[1]


def _reporting(server):
    return control(server, "status", "us")["checkers_reporting"]


def test_a_virtual_clock_stands_still_and_can_be_resumed(file, app):
    with serving_files(file, options=("--clock", "virtual")) as server:
        first = control(server, "clock", "now")
        assert first["stands_still"]
        assert control(server, "clock", "now")["now"] == first["now"]
        assert control(server, "clock", "speed", "600")["stands_still"]
        assert not control(server, "clock", "resume")["stands_still"]
        until(lambda: _reporting(server) == 16, what="probes")
        held = control(server, "clock", "pause")
        assert held["stands_still"]
        assert control(server, "clock", "now")["now"] == held["now"]


@pytest.mark.parametrize(("arguments", "says"), [
    pytest.param(("advance", "-5s"), "duration", id="backwards"),
    pytest.param(("advance", "0s"), "forward", id="not at all"),
    pytest.param(("advance", "90"), "90s", id="no unit"),
    pytest.param(("advance",), "duration", id="no duration"),
    pytest.param(("advance", "32d"), "31 days", id="too far"),
    pytest.param(("speed", "0"), "number", id="speed 0"),
    pytest.param(("speed", "nan"), "number", id="speed nan"),
    pytest.param(("speed",), "number", id="no speed"),
    pytest.param(("pause", "5s"), "leave it out", id="pause takes nothing"),
    pytest.param(("jump",), "advance", id="unknown"),
])  # fmt: skip
def test_invalid_clock_calls_are_refused(shop, arguments, says):
    done = dnsemu_here("clock", *arguments, "--server", shop.url)
    assert done.returncode == 2
    assert says in done.stderr
    assert not control(shop, "clock", "now")["stands_still"]


@pytest.mark.parametrize(("clock", "says"), [
    pytest.param("fast", "speed=N", id="unknown"),
    pytest.param("speed=-1", "number", id="negative"),
    pytest.param("virtual=yesterday", "time", id="no time"),
])  # fmt: skip
def test_an_unknown_clock_is_refused(file, clock, says):
    done = dnsemu_here("serve", str(file), "--clock", clock)
    assert done.returncode == 2
    assert says in done.stderr


def test_h87_h88_h92_an_alarm_is_set_by_a_command(file):
    with serving_files(file, options=("--clock", "virtual")) as server:
        assert served(server.dns, "alarm.shop.test") == PRIMARY
        for state, answer in (("ALARM", SECONDARY), ("INSUFFICIENT_DATA", SECONDARY), ("OK", PRIMARY)):
            control(server, "alarm", "high-latency", state)
            assert served(server.dns, "alarm.shop.test") == answer, state
        refused = dnsemu_here("alarm", "low-latency", "OK", "--server", server.url)
        assert refused.returncode == 2
        assert "no health check follows" in refused.stderr


def test_scaled_ttls_keep_caches_in_step(file):
    with serving_files(file, options=("--clock", "speed=10", "--scale-ttls")) as server:
        assert ask(server.dns, "fail.shop.test").answer[0].ttl == 6
        control(server, "clock", "pause")
        assert ask(server.dns, "fail.shop.test").answer[0].ttl == 0
        control(server, "clock", "speed", "1")
        control(server, "clock", "resume")
        assert ask(server.dns, "fail.shop.test").answer[0].ttl == 60


def test_a_force_file_is_watched_and_an_invalid_one_changes_nothing(file, tmp_path):
    forced = tmp_path / "forced"
    with serving_files(file, options=("--clock", "virtual", "--force-file", str(forced))) as server:
        assert served(server.dns, "fail.shop.test") == PRIMARY
        forced.write_text("u*  unhealthy   # all of them\n")
        until(lambda: served(server.dns, "fail.shop.test") == SECONDARY, what="the file to be read")
        forced.write_text("u*  unhealthy\nus  sick\n")
        until(lambda: control(server, "status")["faults"], what="the error")
        assert f"{forced}:2" in control(server, "status")["faults"][0]
        assert served(server.dns, "fail.shop.test") == SECONDARY
        forced.write_text("u*  unhealthy\nus  auto\n")
        until(lambda: served(server.dns, "fail.shop.test") == PRIMARY, what="the corrected file")


def test_a_forced_status_ends_by_the_clock(file):
    with serving_files(file, options=("--clock", "virtual")) as server:
        control(server, "force", "u*", "unhealthy", "--for", "10m")
        control(server, "clock", "advance", "9m59s")
        assert served(server.dns, "fail.shop.test") == SECONDARY
        control(server, "clock", "advance", "1s")
        assert served(server.dns, "fail.shop.test") == PRIMARY
        assert dnsemu_here("force", "x*", "unhealthy", "--server", server.url).returncode == 2


def test_h70_thirteen_checkers_cut_off_leave_it_healthy_and_fourteen_do_not(file):
    regions = ("us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2")
    with serving_files(file, options=("--clock", "virtual")) as server:
        control(server, "clock", "advance", "40s")
        for region in regions:
            control(server, "checkers", "block", region, "127.0.0.0/8")
        control(server, "checkers", "block", "15.177.26.133")
        control(server, "clock", "advance", "3m")
        check = control(server, "status", "us")
        assert (check["status"], check["checkers_healthy"]) == ("healthy", 3)
        control(server, "checkers", "block", "ap-northeast-1", "127.0.0.1")
        control(server, "clock", "advance", "3m")
        check = control(server, "status", "us")
        assert (check["status"], check["checkers_healthy"]) == ("unhealthy", 2)
        control(server, "checkers", "unblock", "ap-northeast-1", "127.0.0.1")
        control(server, "clock", "advance", "3m")
        assert control(server, "status", "us")["status"] == "healthy"


def test_an_advance_ends_early_on_a_pause_and_when_its_caller_leaves(file, app):
    with serving_files(file, options=("--clock", "virtual")) as server:
        with advancing(server, "31d"):
            until(lambda: control(server, "clock")["advancing_to"], what="the advance")
            stopped = control(server, "clock", "pause")
            assert stopped["advancing_to"] is None
        with advancing(server, "31d") as process:
            until(lambda: control(server, "clock")["advancing_to"], what="the advance")
            process.kill()
            until(lambda: not control(server, "clock")["advancing_to"], what="its end")
        assert control(server, "clock", "advance", "1s")["ahead_s"] < 31 * 86_400


def test_h165_a_server_that_is_stopped_in_an_advance_stops_at_once(file, app):
    with serving_files(file, options=("--clock", "virtual")) as server, advancing(server, "31d"):
        until(lambda: control(server, "clock")["advancing_to"], what="the advance")
        assert server.stop() == 0


@contextmanager
def advancing(server, by):
    """Runs `dnsemu clock advance` during the block."""
    command = [DNSEMU, "clock", "advance", by, "--server", server.url]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_duration_in_a_force_file_starts_when_its_line_is_read_first(file, tmp_path):
    forced = tmp_path / "forced"
    forced.write_text("us unhealthy for 10m\n")
    with serving_files(file, options=("--clock", "virtual", "--force-file", str(forced))) as server:
        assert served(server.dns, "fail.shop.test") == SECONDARY
        control(server, "clock", "advance", "9m")
        forced.write_text("us unhealthy for 10m\nalarmed unhealthy\n")
        until(lambda: served(server.dns, "alarm.shop.test") == SECONDARY, what="the new line")
        control(server, "clock", "advance", "1m")
        assert served(server.dns, "fail.shop.test") == PRIMARY
        (rule,) = control(server, "force")["rules"]
        assert (rule["pattern"], rule["by"]) == ("alarmed", "file")


def test_a_check_can_be_probed_on_request(file, app):
    app.kill()
    with serving_files(file, options=("--clock", "virtual")) as server:
        check = control(server, "probe", "us", "--region", "eu-west-1")
        texts = {c["last"]["text"] for c in check["checkers"] if c["last"]}
        assert texts == {"Failure: Connection refused."}
        assert check["checkers_reporting"] == 2
        control(server, "observe", "us", "success", "--reason", "as told", "--region", "sa-east-1")
        assert _reporting(server) == 4
