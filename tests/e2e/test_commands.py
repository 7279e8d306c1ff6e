"""Commands with a running server and with a file: the same output, and the right exit code for every error."""

import contextlib
import io
import json
import signal
import socket
import subprocess
import threading

import pytest
from rich.console import Console

from dnsemu.cli.client import ConnectionLost
from dnsemu.cli.status import drawn_check, drawn_status, watch
from tests.serving import DNSEMU, dnsemu, dnsemu_here, free_port, serving_files
from tests.waiting import until

from .conftest import SHOP


@pytest.mark.parametrize(
    ("question", "says"),
    [
        pytest.param(["www.shop.test"], "100 %  www.shop.test.  60  A  192.0.2.1", id="a name"),
        pytest.param(["www.shop.test", "AAAA"], "AAAA  2001:db8::1", id="another type"),
        pytest.param(["even.shop.test"], "50 %  even.shop.test.  0  A  a → 192.0.2.11", id="shares"),
        pytest.param(
            ["geo.shop.test", "--place", "JP"], "100 %  geo.shop.test.  60  A  jp → 192.0.2.81", id="a country"
        ),
        pytest.param(["geo.shop.test", "--place", "eu-central-1"], "A  de → 192.0.2.49", id="a Region"),
        pytest.param(["geo.shop.test", "--client", "203.0.113.9"], "A  jp → 192.0.2.81", id="an address"),
        pytest.param(["geo.shop.test", "--client", "198.51.100.0/24"], "A  de → 192.0.2.49", id="a network"),
        pytest.param(["absent.shop.test"], "NXDOMAIN", id="NXDOMAIN"),
        pytest.param(["www.shop.test", "MX"], "NODATA", id="NODATA"),
        pytest.param(["deep.sub.shop.test"], "a referral to the name servers of sub.shop.test.", id="a referral"),
        pytest.param(["www.other.test"], "REFUSED", id="REFUSED"),
    ],
)
def test_explain_says_the_same_of_a_server_and_of_its_file(shop, question, says):
    from_file = dnsemu_here("explain", *question, "--file", SHOP)
    from_server = dnsemu_here("explain", *question, "--server", shop.url)
    assert from_server.returncode == from_file.returncode == 0
    assert from_server.stderr == from_file.stderr == ""
    assert says in from_server.stdout
    assert without_generation(from_server.stdout) == without_generation(from_file.stdout)
    as_json = [
        dnsemu_here("explain", *question, *where, "--json") for where in (("--file", SHOP), ("--server", shop.url))
    ]
    one, other = [json.loads(done.stdout) | {"health_generation": 0} for done in as_json]
    assert one == other


def without_generation(text):
    head, _, rest = text.partition("\n")
    return head.partition(" · health #")[0], rest


def test_status_shows_what_is_served(shop):
    shown = dnsemu_here("status", "--server", shop.url).stdout
    assert f"dns 127.0.0.1:{shop.dns}  http 127.0.0.1:{shop.http}" in shown.splitlines()[0]
    assert "a 50 %  b 50 %" in shown
    status = shop.status()
    assert (status["dns"], status["http"]) == ([f"127.0.0.1:{shop.dns}"], f"127.0.0.1:{shop.http}")
    assert (status["faults"], status["failures"], status["health_checks"]) == ([], {}, [])
    assert [zone["name"] for zone in status["hosted_zones"]] == ["shop.test."]


@pytest.mark.parametrize("server", ["http://127.0.0.1:{}", "127.0.0.1:{}", "localhost:{}"])
def test_the_server_may_be_written_without_a_scheme(shop, server):
    done = dnsemu_here("status", "--json", "--server", server.format(shop.http))
    assert json.loads(done.stdout)["http"] == f"127.0.0.1:{shop.http}"


@pytest.mark.parametrize("command", ["status", "stop"])
@pytest.mark.parametrize(
    "server", ["localhost:99999", "http://127.0.0.1:port", "http://[::1", "http://", "", "file:///etc"]
)
def test_what_is_no_address_of_a_server_is_refused(command, server):
    done = dnsemu_here(command, f"--server={server}")
    assert done.returncode == 2
    assert f"'{server}' is no address of a server: write one such as http://127.0.0.1:8053" in done.stderr


def test_the_server_may_come_from_the_environment(shop):
    for server in (shop.url, shop.url.removeprefix("http://")):
        done = dnsemu("status", "--json", env={"DNSEMU_SERVER": server})
        assert json.loads(done.stdout)["http"] == f"127.0.0.1:{shop.http}"


def a_status(*, checks=(), groups=()):
    """The status of a server with these checks `(id, status)` and groups `(name, why)`."""
    return {
        "version": "1",
        "time": "2026-01-01T00:00:00.000Z",
        "clock": {"stands_still": False, "speed": 1.0},
        "dns": ["127.0.0.1:1053"],
        "http": "127.0.0.1:8053",
        "faults": [],
        "failures": {},
        "hosted_zones": [{"name": "shop.test.", "record_sets": 2}],
        "health_checks": [
            {
                "id": name,
                "type": "HTTP",
                "endpoint": "192.0.2.1:80/a/rather/long/path/to/probe",
                "status": status,
                "forced": None,
                "since": "2026-01-01T00:00:00.000Z",
                "summary": "5 of 16 checkers up; " * 5,
            }
            for name, status in checks
        ],
        "serving": [
            {
                "name": name,
                "type": "A",
                "policy": "weighted",
                "shares": [{"set_identifier": one, "percent": 50.0} for one in ("left", "right")],
                "reads_client": False,
                "why": why,
            }
            for name, why in groups
        ],
    }


def drawn(status, *, width, height=None):
    console = Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None)
    console.print(drawn_status(status, height))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize(("checks", "groups"), [(3, 3), (40, 3), (3, 40), (40, 40), (0, 40), (40, 0)])
def test_a_watched_status_fits_the_terminal_and_shows_both_tables(checks, groups):
    """Every row is one line; unhealthy checks come first, so they stay visible."""
    lines = drawn(
        a_status(
            checks=[(f"web-{n:02}", "unhealthy" if n == checks - 1 else "healthy") for n in range(checks)],
            groups=[(f"www-{n:02}.shop.test.", "the healthy share the answers by weight") for n in range(groups)],
        ),
        width=80,
        height=24,
    )
    assert len(lines) <= 24
    assert lines[-1] == "hosted zones (record sets): shop.test. (2)"
    rows = {prefix: [line for line in lines if line.startswith(prefix)] for prefix in ("web-", "www-", "…")}
    assert len(rows["web-"]) >= min(checks, 9)
    assert len(rows["www-"]) >= min(groups, 9)
    assert len(rows["…"]) == (len(rows["web-"]) < checks) + (len(rows["www-"]) < groups)
    assert all("left 50 %  right 50 %" in row for row in rows["www-"])
    if checks:
        assert rows["web-"][0].split()[0] == f"web-{checks - 1:02}"
        assert " unhealthy " in rows["web-"][0]
        assert rows["web-"][0].endswith("…")


def test_status_is_in_order_and_whole_where_there_is_room():
    lines = drawn(
        a_status(
            checks=[("b", "healthy"), ("d", "unhealthy"), ("a", "healthy"), ("c", "unhealthy")],
            groups=[("y.shop.test.", "why"), ("x.shop.test.", "why")],
        ),
        width=400,
    )
    assert [line.split()[0] for line in lines[2:6]] == ["c", "d", "a", "b"]
    assert [line.split()[0] for line in lines[7:9]] == ["x.shop.test.", "y.shop.test."]
    assert all(line.endswith("5 of 16 checkers up;") for line in lines[2:6])


def _interrupted(process):
    """Press Ctrl-C, again if need be: Python drops an interrupt that arrives in a destructor. Returns the exit code."""
    for _ in range(5):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(3)
    return None


def test_status_watch_shows_it_again_until_interrupted(shop, tmp_path):
    output = tmp_path / "output"
    with output.open("w") as file:
        process = subprocess.Popen([DNSEMU, "status", "--watch", "--server", shop.url], stdout=file, stderr=file)
    try:
        until(lambda: output.read_text().count("hosted zones (record sets): shop.test.") >= 2, what="a second picture")
        assert _interrupted(process) == 0
    finally:
        process.kill()
    assert "Traceback" not in output.read_text()


def test_status_of_a_name_shows_what_stands_behind_it(shop):
    done = dnsemu_here("status", "even.shop.test", "--server", shop.url)
    assert "a 50 %  b 50 %" in done.stdout
    assert "geo.shop.test" not in done.stdout
    absent = dnsemu_here("status", "evn.shop.test", "--server", shop.url)
    assert absent.returncode == 2
    assert "is named evn.shop.test; did you mean 'even.shop.test'?" in absent.stderr


class _Interrupted(Exception):
    pass


def test_status_watch_survives_a_restart_of_the_server(capsys):
    """The reason is shown while the server is away, and the status when it is back."""
    replies = iter(["first", ConnectionLost("http://127.0.0.1:1", "gone"), "second"])

    def draw(_height):
        reply = next(replies, _Interrupted())
        if isinstance(reply, Exception):
            raise reply
        return reply

    with pytest.raises(_Interrupted):
        watch(draw, pause_s=0.0)
    shown = capsys.readouterr().out.splitlines()
    assert (shown[0], shown[-1]) == ("first", "second")
    assert "no dnsemu answers" in shown[1]
    assert shown[1].endswith("; trying again")


def test_status_watch_ends_if_there_is_no_server_at_the_start():
    done = dnsemu_here("status", "--watch", "--server", f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert "no dnsemu answers" in done.stderr


@pytest.mark.parametrize(
    ("checker", "says"),
    [
        pytest.param({"vote": "healthy", "against": 2}, "2 failed in a row: Connection refused", id="not counted yet"),
        pytest.param({"vote": "unhealthy", "against": 0}, "Failure: Connection refused", id="counted"),
    ],
)
def test_a_healthy_vote_never_stands_beside_a_bare_failure(checker, says):
    """H64: the vote changes when the threshold is reached, and until then the failures are counted."""
    last = {"text": "Failure: Connection refused.", "at": "2026-01-01T00:00:00.000Z"}
    last |= {"connect_s": None, "tls_s": None, "first_byte_s": None}
    row = {"region": "us-east-1", "address": "15.177.0.1", "is_reporting": True, "next_probe": None} | checker
    check = a_status(checks=[("web", checker["vote"])])["health_checks"][0] | {
        "time": "2026-01-01T00:00:00.000Z",
        "history": [],
        "forced_by": None,
        "forced_until": None,
        "checkers": [row | {"last": last, "last_failure": last}],
    }
    console = Console(width=300, file=io.StringIO())
    console.print(drawn_check(check))
    (line,) = [line for line in console.file.getvalue().splitlines() if line.startswith("us-east-1")]
    assert line.split("  ")[-1].strip() == says


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        pytest.param(["force", "absent", "healthy"], 2, "absent", id="H103 a check that is not there"),
        pytest.param(["force", "../status", "healthy"], 2, "../status", id="H103 nor is a path"),
        pytest.param(["force", "web", "sick"], 2, "write healthy, unhealthy or auto", id="no status"),
        pytest.param(["explain", "www.shop.test", "--place", "Atlantis"], 2, "Atlantis", id="no place"),
        pytest.param(["explain", "www.shop.test", "--client", "300.1.2.3"], 2, "300.1.2.3", id="no client"),
        pytest.param(["explain", "www.shop.test", "BOGUS"], 2, "BOGUS", id="no type"),
        pytest.param(["explain", "a..b"], 2, "name: ", id="no name"),
        pytest.param(["explain", f"{'x' * 64}.test"], 2, "name: ", id="no label"),
        pytest.param(
            ["explain", "www.shop.test", "--client", "192.0.2.1", "--place", "JP"],
            2,
            "--client and --place exclude each other",
            id="both client and place",
        ),
    ],
)
@pytest.mark.parametrize("as_json", [False, True], ids=["text", "JSON"])
def test_what_a_command_refuses(shop, arguments, code, says, as_json):
    done = dnsemu_here(*arguments, "--server", shop.url, *(["--json"] if as_json else []))
    assert done.returncode == code
    if as_json:
        assert done.stderr == ""
        message = json.loads(done.stdout)["error"]["what"]
    else:
        assert done.stdout == ""
        assert done.stderr.startswith("dnsemu: ")
        (message,) = done.stderr.splitlines()
    assert says in message


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "JSON"])
def test_a_misspelt_health_check_is_told_with_the_nearest(tmp_path, as_json):
    """H103: the message suggests the nearest id."""
    file = tmp_path / "checks.yaml"
    file.write_text(
        "health_checks:\n"
        "  - {id: us-1, type: TCP, ip_address: 127.0.0.1, port: 1}\n"
        "  - {id: quite-other, type: TCP, ip_address: 127.0.0.1, port: 1}\n"
    )
    with serving_files(file) as server:
        done = dnsemu_here("force", "us_1", "healthy", "--server", server.url, *(["--json"] if as_json else []))
    assert done.returncode == 2
    assert "H103" in done.stdout + done.stderr
    assert "did you mean 'us-1'?" in done.stdout + done.stderr


def test_files_that_host_nothing_are_checked_with_a_warning(tmp_path):
    file = tmp_path / "empty.yaml"
    file.write_text("")
    done = dnsemu_here("check", file)
    assert (done.returncode, done.stdout) == (0, "good: 0 hosted zones, 0 record sets, 0 health checks\n")
    assert done.stderr.startswith("warning: no hosted zone: every query is REFUSED; name a file")
    assert dnsemu_here("check", SHOP).stderr == ""


@pytest.mark.parametrize(
    ("options", "warns"),
    [
        pytest.param([], True, id="no file"),
        pytest.param([SHOP], False, id="a file"),
        pytest.param(["--forward", "127.0.0.1:1"], False, id="everything is forwarded"),
    ],
)
def test_a_server_that_hosts_nothing_says_so(options, warns):
    with serving_files(*options) as server:
        assert ("warning: no hosted zone: every query is REFUSED" in server.errors) is warns


def test_a_file_refuses_the_same_questions():
    for question in (["x", "--place", "Atlantis"], ["x", "BOGUS"], ["a..b"], ["x", "--client", "y"]):
        done = dnsemu_here("explain", *question, "--file", SHOP)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("dnsemu: ")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["explain"], id="no name"),
        pytest.param(["force", "web"], id="no status"),
        pytest.param(["check"], id="no file"),
        pytest.param(["explain", "x", "--colour"], id="an unknown option"),
        pytest.param(["dig"], id="an unknown command"),
    ],
)
def test_what_is_written_wrongly_is_refused_with_a_usage(arguments):
    done = dnsemu_here(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: " in done.stderr


# --- no dnsemu there ---


@contextlib.contextmanager
def answering(reply):
    """A server that is not dnsemu: it reads what comes and sends this; gives its address."""

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.settimeout(5)
                with connection:
                    connection.recv(65536)
                    connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def http_reply(status, body):
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(b"", id="it hangs up"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2p1\r\n", id="it speaks something else"),
        pytest.param(http_reply("200 OK", "<html>"), id="a page"),
        pytest.param(http_reply("200 OK", "[]"), id="some JSON"),
        pytest.param(http_reply("200 OK", '{"up": true}'), id="some JSON object"),
        pytest.param(http_reply("404 Not Found", "nothing"), id="404"),
        pytest.param(http_reply("500 Oops", '{"fault": "no"}'), id="an error that is not ours"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", id="half a reply"),
    ],
)
@pytest.mark.parametrize(
    "arguments", [["status"], ["explain", "x"], ["force", "x", "auto"]], ids=lambda words: words[0]
)
def test_a_server_that_is_not_dnsemu_is_told_from_one(arguments, reply):
    with answering(reply) as address:
        done = dnsemu_here(*arguments, "--server", f"http://{address}")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("dnsemu: ")
    assert address in line


@pytest.mark.parametrize(
    "server",
    [
        pytest.param("http://127.0.0.1:1", id="nothing listens"),
        pytest.param("127.0.0.1:1", id="nothing listens, no scheme"),
        pytest.param("http://nowhere.invalid", id="no such name"),
    ],
)
def test_no_server_is_told_with_what_to_do(server):
    for arguments in (["status"], ["explain", "x"], ["force", "x", "auto"]):
        done = dnsemu_here(*arguments, "--server", server)
        assert (done.returncode, done.stdout) == (1, "")
        (line,) = done.stderr.splitlines()
        assert line.startswith("dnsemu: ")
        assert server in line
        assert "--server" in line
    done = dnsemu_here("status", "--json", "--server", server)
    assert (done.returncode, done.stderr) == (1, "")
    assert server in json.loads(done.stdout)["error"]["what"]


def test_a_reader_that_leaves_early_is_no_crash(shop):
    """As when the output goes to `head -1`."""
    process = subprocess.Popen(
        [DNSEMU, "status", "--json", "--server", shop.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.close()
    try:
        _, errors = process.communicate(timeout=10)
    finally:
        process.kill()
    assert "Traceback" not in errors
