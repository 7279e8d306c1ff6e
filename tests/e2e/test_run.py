"""`dnsemu run`: a server around a command; plain programs in the command resolve the file's names."""

import json
import os
import signal
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.serving import DNSEMU, dnsemu
from tests.waiting import until

ZONE = Path(__file__).with_name("run.yaml")


@pytest.fixture(scope="session")
def in_command():
    """A function that runs a command beside a server of ZONE, with its resolver.

    Skips if the system allows no resolver, with `CI` set too: a kernel's rules are no tool that could be installed.
    """
    trial = dnsemu("run", "--require-resolver", ZONE, "--", "true")
    if trial.returncode == 1 and "would not ask" in trial.stderr:
        pytest.skip(trial.stderr)
    assert (trial.returncode, trial.stderr) == (0, "")

    def in_command(*command, options=(), **more):
        return dnsemu("run", "--require-resolver", "--no-forward", *options, ZONE, "--", *command, **more)

    return in_command


@pytest.fixture
def without(require_tool):
    """A function that returns the words before a command that runs without a capability."""
    setpriv = require_tool("setpriv")
    if os.geteuid():
        pytest.skip("a user without privileges has no capability to drop")
    return lambda capability: (setpriv, f"--bounding-set=-{capability}")


@pytest.fixture
def unprivileged(without):
    """The words before a command that runs as a user who may not listen on port 53."""
    if Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text().strip() != "1024":
        pytest.skip("port 53 needs no capability here")
    return without("net_bind_service,-sys_admin")


@pytest.fixture(scope="module")
def web():
    """The port of a web server of 127.0.0.1 that answers with the Host header."""

    class Echo(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.headers["Host"].encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield server.server_port
        server.shutdown()
        serving.join()


# --- programs that know nothing of dnsemu ---


def test_curl_reaches_a_name_of_the_file(in_command, web, require_tool):
    done = in_command(require_tool("curl"), "-sS", "--noproxy", "*", f"http://api.run.test:{web}/")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"api.run.test:{web}", "")


def test_getent_finds_a_name_of_the_file(in_command, require_tool):
    done = in_command(require_tool("getent"), "ahostsv4", "far.run.test")
    assert done.stdout.split()[:2] == ["192.0.2.7", "STREAM"]


def test_python_resolves_a_name_of_the_file(in_command):
    script = "import socket; print(socket.getaddrinfo('api.run.test', 80, type=socket.SOCK_STREAM))"
    done = in_command(sys.executable, "-c", script)
    assert "('127.0.0.1', 80)" in done.stdout


def test_node_resolves_a_name_of_the_file(in_command, require_tool):
    script = "require('dns').lookup('far.run.test', (e, a) => console.log(e || a))"
    assert in_command(require_tool("node"), "-e", script).stdout == "192.0.2.7\n"


def test_the_resolver_is_the_command_s_only(in_command):
    before = Path("/etc/resolv.conf").read_bytes()
    assert "127.53." in in_command("cat", "/etc/resolv.conf").stdout
    assert Path("/etc/resolv.conf").read_bytes() == before


def test_the_command_has_the_user_of_its_caller(in_command):
    assert in_command("id", "-u").stdout == f"{os.geteuid()}\n"


def test_names_outside_the_files_are_asked_of_the_resolver_around(in_command, tmp_path):
    """A run in a run: the outer server is the name server of the inner one's machine."""
    inner = tmp_path / "inner.yaml"
    inner.write_text(
        "hosted_zones: [{name: inner.test, record_sets: [{name: '@', type: A, ttl: 1, resource_records: [192.0.2.9]}]}]"
    )
    look_up = "getent ahostsv4 inner.test && getent ahostsv4 far.run.test"
    done = in_command(DNSEMU, "run", "--require-resolver", inner, "--", "sh", "-c", look_up)
    assert {line.split()[0] for line in done.stdout.splitlines()} == {"192.0.2.9", "192.0.2.7"}
    offline = in_command(DNSEMU, "run", "--require-resolver", "--no-forward", inner, "--", "sh", "-c", look_up)
    assert offline.returncode != 0
    assert {line.split()[0] for line in offline.stdout.splitlines()} == {"192.0.2.9"}


def test_a_user_namespace_serves_where_a_mount_namespace_is_refused(in_command, without):
    done = in_command(
        "sh", "-c", "getent ahostsv4 far.run.test && cat /proc/self/uid_map && id -u", before=without("sys_admin")
    )
    [*_, mapped, user] = done.stdout.splitlines()
    assert done.stdout.startswith("192.0.2.7 ")
    assert mapped.split() == [str(os.geteuid()), str(os.geteuid()), "1"]
    assert user == str(os.geteuid())


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("getent", "ahostsv4", "far.run.test"), id="getent"),
        pytest.param((sys.executable, "-c", "import socket; print(socket.gethostbyname('far.run.test'))"), id="Python"),
        pytest.param(("node", "-e", "require('dns').lookup('far.run.test', (e, a) => console.log(e || a))"), id="Node"),
        pytest.param(("node", "-e", "require('dns').resolve4('far.run.test', (e, a) => console.log(e || a[0]))"), id="c-ares"),
        pytest.param(("dig", "+short", "far.run.test"), id="dig"),
        pytest.param(("dig", "+short", "+tcp", "far.run.test"), id="dig over TCP"),
    ],
)  # fmt: skip
def test_a_user_who_may_not_listen_on_port_53_needs_no_setting(in_command, unprivileged, require_tool, command):
    require_tool(command[0])
    done = in_command(*command, before=unprivileged)
    assert (done.stdout.split()[0], done.stderr) == ("192.0.2.7", "")


def test_curl_reaches_other_addresses_past_the_redirection(in_command, unprivileged, web, require_tool):
    done = in_command(require_tool("curl"), "-sS", "--noproxy", "*", f"http://web.run.test:{web}/", before=unprivileged)
    assert (done.stdout, done.stderr) == (f"web.run.test:{web}", "")


def test_processes_that_outlive_the_command_connect_past_the_redirection(in_command, unprivileged, web, tmp_path):
    go, result = tmp_path / "go", tmp_path / "result"
    os.mkfifo(go)
    connect = f"import socket; print(socket.socket().connect_ex(('127.0.0.1', {web})))"
    script = f'(read line < {go}; {sys.executable} -c "{connect}" > {result}) > /dev/null 2>&1 &'
    assert in_command("sh", "-c", script, before=unprivileged).returncode == 0
    go.write_text("go\n")
    assert until(lambda: result.exists() and result.read_text(), what="a connection") == "0\n"


def test_without_a_resolver_variables_are_set_and_the_reason_is_told(in_command, unprivileged):
    """A process has one filter of this kind only, so a run in a run cannot redirect."""
    script = f"{DNSEMU} run --no-forward {ZONE} -- sh -c 'echo $DNSEMU_DNS'"
    done = in_command("sh", "-c", script, before=unprivileged)
    assert done.stdout.startswith("127.0.0.1:")
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1
    assert "sudo sysctl net.ipv4.ip_unprivileged_port_start=53" in done.stderr
    required = in_command(DNSEMU, "run", "--require-resolver", ZONE, "--", "echo", "ran", before=unprivileged)
    assert (required.returncode, required.stdout) == (1, "")
    assert "sudo sysctl net.ipv4.ip_unprivileged_port_start=53" in required.stderr


# --- the command's variables ---


def test_the_variables_lead_to_the_server():
    script = "dig +short @${DNSEMU_DNS%:*} -p ${DNSEMU_DNS#*:} far.run.test; dnsemu status --json"
    path = f"{Path(DNSEMU).parent}{os.pathsep}{os.environ['PATH']}"
    done = dnsemu("run", ZONE, "--", "sh", "-c", script, env={"PATH": path})
    address, _, status = done.stdout.partition("\n")
    assert address == "192.0.2.7"
    assert json.loads(status)["dns"]


def test_an_aws_client_needs_no_settings(tmp_path):
    script = (
        "import boto3; print(*[zone['Name'] for zone in boto3.client('route53').list_hosted_zones()['HostedZones']])"
    )
    bare = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")} | {"HOME": str(tmp_path)}
    done = subprocess.run(
        [DNSEMU, "run", str(ZONE), "--", sys.executable, "-c", script],
        env=bare, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "run.test.\n")


# --- files and logs ---


def test_a_file_on_standard_input_and_one_on_a_descriptor():
    read_end, write_end = os.pipe()
    os.write(write_end, b"hosted_zones: [{name: piped.test}]")
    os.close(write_end)
    text = ZONE.read_text()
    script = "dnsemu status --json"
    path = f"{Path(DNSEMU).parent}{os.pathsep}{os.environ['PATH']}"
    arguments = ("run", "-", f"/dev/fd/{read_end}", "--", "sh", "-c", script)
    done = dnsemu(*arguments, input=text, pass_fds=[read_end], env={"PATH": path})
    os.close(read_end)
    assert {zone["name"] for zone in json.loads(done.stdout)["hosted_zones"]} == {"run.test.", "piped.test."}


def test_descriptors_of_the_caller_are_the_command_s():
    read_end, write_end = os.pipe()
    done = dnsemu("run", ZONE, "--", "sh", "-c", f"echo through > /dev/fd/{write_end}", pass_fds=[write_end])
    os.close(write_end)
    with os.fdopen(read_end) as output:
        assert (done.returncode, output.read()) == (0, "through\n")


def test_the_log_keeps_what_standard_error_does_not_show(tmp_path):
    """A change of health informs; it is no problem."""
    zone = tmp_path / "checked.yaml"
    zone.write_text(
        "health_checks: [{id: down, type: TCP, ip_address: 127.0.0.1, port: 1, failure_threshold: 1}]\n"
        "hosted_zones: [{name: checked.test}]\n"
    )
    log = tmp_path / "log"
    script = "dnsemu probe down > /dev/null"
    path = f"{Path(DNSEMU).parent}{os.pathsep}{os.environ['PATH']}"
    done = dnsemu("run", "--probes", "manual", "--log", log, zone, "--", "sh", "-c", script, env={"PATH": path})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "health" in log.read_text()


def test_a_warning_of_the_server_is_shown():
    done = dnsemu("run", "--no-forward", "--", "true")
    assert "warning: no hosted zone" in done.stderr


# --- exit codes ---


@pytest.mark.parametrize(
    ("command", "code"),
    [
        pytest.param(("true",), 0, id="success"),
        pytest.param(("sh", "-c", "exit 7"), 7, id="the command's exit code"),
        pytest.param(("sh", "-c", "kill -9 $$"), 137, id="128 and the number of the signal"),
    ],
)
def test_the_exit_code_is_the_command_s(command, code):
    done = dnsemu("run", ZONE, "--", *command)
    assert (done.returncode, done.stdout) == (code, "")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param((ZONE,), 2, "no command; write it after --", id="no --"),
        pytest.param((ZONE, "--"), 2, "no command; write it after --", id="nothing after --"),
        pytest.param((ZONE, "--", "no-such-program"), 127, "no-such-program: command not found", id="unknown"),
        pytest.param((ZONE, "--", str(ZONE)), 126, f"{ZONE}: permission denied", id="not executable"),
        pytest.param((ZONE, "--", "/etc"), 126, "/etc: is a directory", id="a folder"),
        pytest.param(("no-such.yaml", "--", "echo", "ran"), 2, "no-such.yaml", id="no such file"),
        pytest.param(("--query-log", "-", ZONE, "--", "echo", "ran"), 2, "name a file", id="query log on its output"),
        pytest.param(("--clock", "x", ZONE, "--", "echo", "ran"), 2, "--clock", id="an option that serve refuses"),
    ],
)
def test_what_cannot_be_run_is_refused(arguments, code, message):
    done = dnsemu("run", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr


# --- signals ---


def started(*command, **more):
    """A run whose command has printed a line."""
    process = subprocess.Popen(
        [DNSEMU, "run", str(ZONE), "--", *command], stdout=subprocess.PIPE, text=True, start_new_session=True, **more
    )
    assert process.stdout.readline() == "up\n"
    return process


def test_signals_are_passed_on():
    script = "trap 'echo got; exit 3' TERM; echo up; while :; do sleep 0.05; done"
    with started("sh", "-c", script) as process:
        process.send_signal(signal.SIGTERM)
        assert (process.stdout.read(), process.wait(10)) == ("got\n", 3)


def test_a_command_that_ends_by_a_signal_that_was_passed_on():
    with started("sh", "-c", "echo up; exec sleep 60") as process:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 128 + signal.SIGINT


def test_an_interrupt_of_the_terminal_reaches_the_command_once_and_the_server_stops(tmp_path):
    """Ctrl-C goes to the terminal's whole foreground group; the command must not receive it a second time."""
    script = (
        "trap 'echo got' INT; echo $DNSEMU_SERVER up; n=0; while [ $n -lt 20 ]; do sleep 0.05; n=$((n+1)); done; exit 5"
    )
    read, code = in_terminal([DNSEMU, "run", str(ZONE), "--", "bash", "-c", script], b" up")
    assert code == 5
    assert read.count("got") == 1
    port = int(read.split()[0].rpartition(":")[2])
    with socket.socket() as sock:
        assert sock.connect_ex(("127.0.0.1", port)) != 0


def in_terminal(command, shown):
    """Runs a command on a terminal and types Ctrl-C when it shows a text; returns the output and the exit code."""
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.execv(command[0], command)
    output = b""
    while shown not in output:
        output += os.read(terminal, 1000)
    os.write(terminal, b"\x03")
    while True:
        try:
            output += os.read(terminal, 1000)
        except OSError:
            break
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return output.decode(), os.waitstatus_to_exitcode(status)


def test_a_server_that_dies_is_reported():
    with started(
        "sh", "-c", "echo up; echo $$; read line; exit 0", stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        command = int(run.stdout.readline())
        children = map(int, Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split())
        [server] = set(children) - {command}
        os.kill(server, signal.SIGKILL)
        assert run.stderr.readline() == "dnsemu: the server ended (exit code -9)\n"
        run.stdin.close()
        assert run.wait(10) == 1


def test_a_killed_run_leaves_no_server_behind():
    with started("sh", "-c", "echo up; echo $DNSEMU_SERVER; exec sleep 5") as process:
        port = int(process.stdout.readline().rpartition(":")[2])
        process.kill()
        process.wait()

        def is_gone():
            with socket.socket() as sock:
                return sock.connect_ex(("127.0.0.1", port)) != 0

        until(is_gone, within_s=10, what="the end of the server")
