"""`dnsemu reset`: whatever was called before, the server is then as it was just after its start."""

import json
import os
import pty
import subprocess
import urllib.error
import urllib.request

import pytest

from tests.e2e.asking import served
from tests.e2e.aws import change, make_zone, route53, upsert
from tests.serving import DNSEMU, dnsemu_here, serving_files
from tests.waiting import until

FILE = """
health_checks:
  - {id: web, type: TCP, ip_address: 127.0.0.1, port: 9, request_interval: 30}
  - {id: alarmed, type: CLOUDWATCH_METRIC, alarm_identifier: {region: us-east-1, name: high}}
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: www, type: A, ttl: 60, set_identifier: p, failover: PRIMARY, health_check_id: web, resource_records: [192.0.2.1]}
      - {name: www, type: A, ttl: 60, set_identifier: s, failover: SECONDARY, resource_records: [192.0.2.2]}
"""


def control(server, *arguments):
    done = dnsemu_here(*arguments, "--server", server.url, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_after_a_reset_everything_is_as_after_the_start(tmp_path, workers):
    file = tmp_path / "shop.yaml"
    file.write_text(FILE)
    options = ("--clock", "virtual=2026-01-31T12:00:00Z", "--seed", "7", "--workers", workers)
    with serving_files(file, options=options) as server:

        def seen():
            status = control(server, "status")
            volatile = ("clock", "workers", "event_loop")
            explained = control(server, "explain", "www.shop.test")
            explained.pop("health_generation")
            return (
                {key: value for key, value in status.items() if key not in volatile},
                explained,
                control(server, "history")["events"],
                control(server, "force"),
                control(server, "checkers"),
                control(server, "clock")["now"],
                served(server.dns, "www.shop.test"),
                served(server.dns, "www.api.test"),
            )

        at_start = seen()
        make_zone(route53(server), "api.test")
        control(server, "observe", "web", "failure")
        control(server, "clock", "advance", "10m")
        control(server, "alarm", "high", "ALARM")
        control(server, "force", "web", "unhealthy", "--for", "1h")
        control(server, "checkers", "block", "*")
        control(server, "clock", "speed", "10")
        assert served(server.dns, "www.shop.test") == ["192.0.2.2"]
        found = control(server, "reset")
        assert found["reset"] == ["api", "health", "clock", "forced", "history"]
        assert found["undone"]["forced"] == {"rules": 1, "blocked": 1}
        assert seen() == at_start


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    file = tmp_path_factory.mktemp("reset") / "shop.yaml"
    file.write_text(FILE)
    with serving_files(file, options=("--clock", "virtual", "--probes", "manual")) as running:
        yield running


def is_forced(server):
    return bool(control(server, "force")["rules"])


@pytest.mark.parametrize("only", [["--only", "forced,history"], ["--only", "history", "--only", "forced"]])
def test_parts_are_named_in_a_list_or_one_by_one(server, only):
    control(server, "force", "web", "unhealthy")
    control(server, "clock", "advance", "10s")
    before = control(server, "clock")["now"]
    done = dnsemu_here("reset", *only, "--server", server.url)
    assert done.stdout.startswith("forced: 1 forced status removed\nhistory: ")
    assert not is_forced(server)
    assert control(server, "history")["events"] == []
    assert control(server, "clock")["now"] == before


def test_the_result_tells_what_was_reset(server):
    control(server, "reset")
    make_zone(route53(server), "api.test")
    control(server, "observe", "web", "failure")
    control(server, "clock", "advance", "90s")
    control(server, "force", "web", "unhealthy")
    control(server, "checkers", "block", "*")
    assert dnsemu_here("reset", "--server", server.url).stdout.splitlines() == [
        "api: 1 hosted zone removed; 1 hosted zone, 4 record sets, 2 health checks left",
        "health: 2 health checks not observed yet",
        "clock: moved back by 1m30s",
        "forced: 1 forced status, 1 blocked path removed",
        "history: 2 events removed",
    ]


@pytest.mark.parametrize(("only", "says"), [
    pytest.param("everything", "'everything' is no part of a server: write api, health, clock, forced, history", id="unknown"),
    pytest.param("api,", "'' is no part of a server", id="empty"),
])  # fmt: skip
def test_an_unknown_part_is_refused(server, only, says):
    done = dnsemu_here("reset", "--only", only, "--server", server.url)
    assert (done.returncode, says in done.stderr) == (2, True)


@pytest.mark.parametrize(("body", "field"), [
    ({"only": ["all"]}, "only"), ({"only": []}, "only"), ({"only": "api"}, "only"), ({"only": [1]}, "only"),
    ({"only": [["api"]]}, "only"), ({"parts": ["api"]}, "parts"),
])  # fmt: skip
def test_a_call_with_wrong_parts_is_refused_and_changes_nothing(server, body, field):
    control(server, "force", "web", "unhealthy")
    request = urllib.request.Request(f"{server.url}/dnsemu/v1/reset", json.dumps(body).encode())
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert (refused.value.code, json.load(refused.value)["error"]["where"]) == (400, field)
    assert is_forced(server)


def test_a_call_without_a_body_resets_everything(server):
    control(server, "force", "web", "unhealthy")
    with urllib.request.urlopen(f"{server.url}/dnsemu/v1/reset", b"") as reply:
        assert json.load(reply)["reset"] == ["api", "health", "clock", "forced", "history"]
    assert not is_forced(server)


@pytest.mark.parametrize(("more", "typed", "is_reset"), [
    pytest.param((), b"y\n", True, id="yes"),
    pytest.param((), b"n\n", False, id="no"),
    pytest.param((), b"\n", False, id="no by default"),
    pytest.param(("--yes",), b"", True, id="not asked"),
    pytest.param(("-y",), b"", True, id="not asked, short"),
])  # fmt: skip
def test_on_a_terminal_it_asks_first(server, more, typed, is_reset):
    control(server, "force", "web", "unhealthy")
    output, code = on_a_terminal(["reset", "--only", "health,forced", "--server", server.url, *more], typed)
    question = f"Reset health and forced statuses and blocks of the server at {server.url}? [y/N]"
    assert (question in output) == (not more)
    assert (code, is_forced(server)) == ((0, False) if is_reset else (1, True))


def on_a_terminal(arguments, typed):
    """Runs a command on a terminal and types when it asks; returns the output and the exit code."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(DNSEMU, [DNSEMU, *arguments])
    output = b""
    while True:
        try:
            piece = os.read(terminal, 1000)
        except OSError:  # Linux's end of a terminal
            break
        if not piece:
            break
        output += piece
        if typed and b"[y/N]" in output:
            os.write(terminal, typed)
            typed = b""
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return output.decode().replace("\r\n", " "), os.waitstatus_to_exitcode(status)


def test_a_follower_of_the_events_is_told_and_goes_on(server):
    with urllib.request.urlopen(f"{server.url}/dnsemu/v1/events", timeout=20) as stream:

        def next_event():
            for line in stream:
                if line.startswith(b"data: "):
                    return json.loads(line[6:])
            return None

        control(server, "reset")
        cleared = next_event()
        assert (cleared["kind"], cleared["what"]) == (
            "reset",
            "the history was cleared (reset of api, health, clock, forced, history)",
        )
        control(server, "force", "web", "unhealthy")
        event = next_event()
        assert (event["kind"], event["check"]) == ("forced", "web")
        numbers = [int(each["id"].rpartition("-")[2]) for each in (cleared, event)]
        assert numbers[1] == numbers[0] + 1


def test_dnsemu_history_follows_across_a_reset(server, tmp_path):
    control(server, "reset")
    output = tmp_path / "output"
    with output.open("wb") as file:
        following = subprocess.Popen([DNSEMU, "history", "--follow", "--server", server.url], stdout=file)
    try:
        until(lambda: forced_is_printed(server, output), what="an event")
        control(server, "reset", "--only", "forced,history")
        until(lambda: "… the history was cleared (reset of forced, history)" in output.read_text(), what="the reset")
        control(server, "force", "web", "healthy")
        until(lambda: "forced by web" in output.read_text().partition("cleared")[2], what="an event after the reset")
    finally:
        following.terminate()
        following.wait()


def forced_is_printed(server, output):
    """Forces a status, then ends that, until the follower has connected and prints it."""
    control(server, "force", "web", "unhealthy")
    control(server, "force", "web", "auto")
    return "forced by web" in output.read_text()


def test_a_reset_of_a_store_is_durable(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text(FILE)
    store = ("--store", f"sqlite:///{tmp_path / 'dnsemu.db'}")
    with serving_files(file, options=store) as server:
        client = route53(server)
        zone = make_zone(client, "api.test")
        change(client, zone, upsert("www.api.test", "192.0.2.1"))
        assert served(server.dns, "www.api.test") == ["192.0.2.1"]
        assert control(server, "reset")["undone"]["api"]["hosted_zones"] == 1
        server.process.kill()
        server.process.wait()
        server.process.returncode = 0  # as was intended
    with serving_files(file, options=store) as server:
        assert served(server.dns, "www.api.test") == ["REFUSED"]
        assert served(server.dns, "www.shop.test") == ["192.0.2.1"]
        assert len(route53(server).list_hosted_zones()["HostedZones"]) == 1


def test_with_a_seed_answers_repeat_after_a_reset(tmp_path):
    file = tmp_path / "shop.yaml"
    weighted = "{{name: even, type: A, ttl: 0, set_identifier: v{0}, weight: 1, resource_records: [192.0.2.{0}]}}"
    record_sets = ", ".join(weighted.format(number) for number in range(1, 9))
    file.write_text(f"hosted_zones: [{{name: shop.test, record_sets: [{record_sets}]}}]")
    with serving_files(file, options=("--seed", "7")) as server:
        drawn = []
        for _ in range(2):
            drawn.append([served(server.dns, "even.shop.test") for _ in range(20)])
            control(server, "reset")
        assert drawn[0] == drawn[1]
        assert len({each[0] for each in drawn[0]}) > 2


def test_the_rate_limit_and_injected_errors_are_as_at_the_start(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text("api: {rate_limit: 3/m}")

    def statuses(server, calls):
        return [status_of(f"{server.url}/2013-04-01/hostedzone") for _ in range(calls)]

    with serving_files(file) as server:
        assert statuses(server, 4) == [200, 200, 200, 400]
        control(server, "reset", "--only", "health,clock,forced,history")
        assert statuses(server, 1) == [400]
        body = json.dumps({"operation": "*", "code": "Throttling", "times": 9}).encode()
        urllib.request.urlopen(f"{server.url}/dnsemu/v1/api-errors", body).close()
        assert control(server, "reset", "--only", "api")["undone"]["api"]["injected_errors"] == 1
        assert statuses(server, 4) == [200, 200, 200, 400]


def status_of(url):
    try:
        with urllib.request.urlopen(url) as reply:
            return reply.status
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code
