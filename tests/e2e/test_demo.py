"""`dnsemu demo`: the commands that it prints work, and its apps can be made sick and well."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.asking import served
from tests.serving import DNSEMU, FREE_PORTS, dnsemu, serving
from tests.waiting import until

MOVES_WITHIN_S = 10
"""The demo's probe interval times its threshold, plus a few seconds for busy machines."""

PATH = f"{Path(DNSEMU).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture(scope="module")
def demo():
    with serving([DNSEMU, "demo", *FREE_PORTS], env={"PATH": PATH}) as server:
        until(lambda: "Ctrl-C stops." in server.output, what="the whole tour")
        yield server
        server.stop()
        assert server.errors == ""
        assert [line for line in server.output.splitlines() if len(line) >= 80] == []


@pytest.fixture(scope="module")
def lines(demo):
    """The command lines that it prints, without their comments."""
    found = re.findall(r"^  ((?:dig|curl|dnsemu) .*)$", demo.output, re.MULTILINE)
    return [re.sub(r"\s+#.*", "", line) for line in found]


@pytest.fixture(scope="module")
def paste(require_tool):
    """A function that runs a line in a shell and returns its output."""

    def paste(line):
        for program in re.findall(r"\b(dig|curl)\b", line):
            require_tool(program)
        env = {**os.environ, "PATH": PATH, "NO_COLOR": "1"}
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=30, check=False, env=env)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    return paste


def the(lines, *words):
    (line,) = [line for line in lines if all(word in line for word in words)]
    return line


US, EU, AP, US2 = "127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14"


DIGS = {
    "www": [{US}, {EU}, {AP}],
    "api": [{US}],
    "near": [{AP}],
    "geo": [{EU}],
    "close": [{EU}],
    "office": [{AP}],
    "all": [{US, EU, AP}],
    "tree": [{US}],
    "lb": [{US, US2}],
}
"""The answers that the `dig` line of each name may give while all apps are well."""


def test_the_dig_lines_answer(lines, paste):
    digs = {re.search(r" (\w+)\.demo\.test", line)[1]: line for line in lines if line.startswith("dig ")}
    assert digs.keys() == DIGS.keys()
    answers = {name: set(paste(line).split()) for name, line in digs.items()}
    assert [name for name, found in answers.items() if found not in DIGS[name]] == [], answers


def test_an_answer_leads_to_its_app(lines, paste):
    line = the(lines, "curl http://$(dig")
    assert re.fullmatch(r"hello from (us|eu|ap)-\w+-1, host 127\.0\.0\.1[123](:\d+)?\n", paste(line))


def test_explain_and_status_lines(lines, paste):
    explained = paste(the(lines, "dnsemu explain"))
    assert "tree.demo.test" in explained
    assert f"100 %  tree.demo.test.  5  A  live / ap → {AP}" in explained
    shown = paste(the(lines, "dnsemu status"))
    assert all(check in shown for check in ("app-us", "app-eu", "app-ap", "ap-port", "most-apps"))


def test_sick_and_well(demo, lines, paste):
    """The answers leave the sick app and come back; each change is shown as it happens."""
    assert paste(the(lines, "curl -X POST", "/sick")) == "us-east-1 is sick\n"
    until(lambda: served(demo.dns, "api.demo.test") == [EU], within_s=MOVES_WITHIN_S, what="the secondary")
    until(lambda: served(demo.dns, "all.demo.test") == [EU, AP], what="the healthy ones")
    assert re.search(r"^\S+  app-us +healthy → unhealthy  .*\n? .*503", demo.output, re.MULTILINE)
    assert paste(the(lines, "curl -X POST", "/well")) == "us-east-1 is well\n"
    until(lambda: served(demo.dns, "api.demo.test") == [US], within_s=MOVES_WITHIN_S, what="the primary")
    assert re.search(r"^\S+  app-us +unhealthy → healthy ", demo.output, re.MULTILINE)


def test_the_force_line_and_what_undoes_it(demo, lines, paste):
    line = the(lines, "dnsemu force")
    assert "unhealthy (forced unhealthy; observed: healthy)" in paste(line)
    assert EU not in served(demo.dns, "all.demo.test")
    assert "not forced" in paste(line.replace(" unhealthy", " auto"))
    assert EU in served(demo.dns, "all.demo.test")


def test_the_loss_of_a_region_moves_its_clients_and_nothing_fails_open(demo):
    """Each app fails with its own Region."""
    done = dnsemu("what-if", "--type", "A", "--down", "region:us-east-1", "--json", "--server", demo.url)
    report = json.loads(done.stdout)
    assert {"www.demo.test.", "near.demo.test.", "lb.demo.test."} <= {one["name"] for one in report["names"]}
    assert [found["text"] for found in report["findings"] if found["effect"] is not None] == []


def test_two_demos_run_side_by_side(demo):
    """The second takes other ports for its apps."""
    with serving([DNSEMU, "demo", *FREE_PORTS]) as other:
        assert other.dns != demo.dns
        assert served(other.dns, "api.demo.test") == [US]
        apps = [re.search(r"POST (http://\S+)/sick", server.output)[1] for server in (demo, other)]
        assert apps[0] != apps[1]


def test_json_prints_one_ready_line_for_machines():
    with subprocess.Popen([DNSEMU, "demo", "--json", *FREE_PORTS], stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        process.terminate()
        rest = process.stdout.read()
        assert process.wait(15) == 0
    assert re.fullmatch(
        r'\{"ready": \{"dns": \["127\.0\.0\.1:\d+"\], "http": "127\.0\.0\.1:\d+", "warnings": \[\]\}\}\n', line
    )
    assert rest == ""
