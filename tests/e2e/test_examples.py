"""Every example of every help text does what it says."""

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from dnsemu.cli.examples import EXAMPLES
from tests.serving import DNSEMU, READY, STOPPED_WITHIN_S, dnsemu_here, serving_files
from tests.waiting import until

EXAMPLE_FILES = Path(__file__).parents[2] / "examples"
ARN = "arn:aws:route53-recovery-control::123456789012:controlpanel/p/routingcontrol/r"
FOLLOWERS = f"""health_checks:
- {{id: alarmed, type: CLOUDWATCH_METRIC, alarm_identifier: {{region: us-east-1, name: high-latency}}}}
- {{id: switched, type: RECOVERY_CONTROL, routing_control_arn: "{ARN}"}}
"""
ENDLESS = ("--follow", "--watch")
SERVERS = ("serve", "demo")
RESOLVER = "--require-resolver"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A copy of the folder of examples, with a file of health checks that follow an alarm and a routing control."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(EXAMPLE_FILES, folder, dirs_exist_ok=True)
    (folder / "followers.yaml").write_text(FOLLOWERS)
    (folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
    (folder / "test_nothing.py").write_text("def test_nothing(): pass\n")  # for `dnsemu run shop.yaml -- pytest`
    return folder


@pytest.fixture(scope="module", autouse=True)
def _own_registry(tmp_path_factory):
    """`stop --all` ends only what a test of this module has started."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_RUNTIME_DIR", "TMPDIR"):
            patch.setenv(name, str(tmp_path_factory.mktemp("registry")))
        yield


@pytest.fixture(scope="module")
def environment(folder, _own_registry):
    """Environment variables that name a server of the examples' files."""
    with serving_files("shop.yaml", "followers.yaml", cwd=folder, options=["--clock", "virtual"]) as server:
        path = f"{Path(DNSEMU).parent}:{os.environ['PATH']}"
        more = {"DNSEMU_SERVER": server.url, "ARN": ARN, "PATH": path, "NO_COLOR": "1", "COLUMNS": "120"}
        yield os.environ | more


def lines(*, of_servers):
    all_lines = [(command, example.line) for command, examples in EXAMPLES.items() for example in examples]
    return [
        pytest.param(line, id=line)
        for command, line in all_lines
        if command != "stop" and (command in SERVERS or any(option in line for option in ENDLESS)) is of_servers
    ]


@pytest.mark.parametrize("line", lines(of_servers=False))
def test_an_example_works(line, folder, environment):
    make_history(line, environment)
    done = printed_by(line, folder, environment)
    if RESOLVER in line and "resolver" in done.stderr:
        pytest.skip(done.stderr)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout or ">" in line or line.endswith("bash")


def make_history(line, environment):
    """Forces a status if a line prints the history, which a reset has made empty."""
    if "history" in line:
        for state in ("unhealthy", "auto"):
            assert dnsemu_here("force", "web-us", state, "--server", environment["DNSEMU_SERVER"]).returncode == 0


def printed_by(line, folder, environment):
    return subprocess.run(
        ["bash", "-euc", line], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize("line", [example.line for example in EXAMPLES["stop"]])
def test_an_example_that_stops_a_server_works(line, folder, environment, monkeypatch, tmp_path):
    for name in ("XDG_RUNTIME_DIR", "TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path))
        environment = environment | {name: str(tmp_path)}
    with serving_files("shop.yaml", cwd=folder) as server:
        done = printed_by(line, folder, environment | {"DNSEMU_SERVER": server.url})
        assert (done.returncode, done.stderr) == (0, "")
        until(lambda: server.has_ended, what="the server's end")


@pytest.mark.parametrize("line", lines(of_servers=True))
def test_an_example_that_goes_on_works(line, folder, environment, tmp_path):
    make_history(line, environment)
    output = tmp_path / "output"
    ports = {"DNSEMU_DNS": "127.0.0.1:0", "DNSEMU_HTTP": "127.0.0.1:0"}
    with output.open("w") as file:
        process = subprocess.Popen(["bash", "-euc", f"exec {line}"], cwd=folder, env=environment | ports, stdout=file)
    try:
        is_server = line.split()[1] in SERVERS
        until(
            lambda: READY.search(output.read_text()) if is_server else output.read_text(),
            within_s=30,
            what="its output",
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(STOPPED_WITHIN_S) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()
