"""Worker processes: they answer as one server, are replaced, outlive the control plane, and leave nothing behind."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import dns.query
import pytest

from dnsemu.policies.geodata import DIRECTORY
from tests.e2e.asking import ask, query, served, texts
from tests.e2e.aws import route53
from tests.serving import DNSEMU, FREE_PORTS, dnsemu, dnsemu_here, free_port, serving
from tests.waiting import until

from .conftest import SHOP

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux divides queries between processes")

TWO = ("--workers", "2")
EACH = 12
"""Queries, each from another port: that one of two workers gets all has a probability of 1 in 2,048."""
GONE = "the control plane is gone"
SHORT_LIMITS = (
    sys.executable,
    "-c",
    "from dnsemu.workers import limits\n"
    "limits.LIMITS = limits.Limits(acknowledgement_s=0.5, control_silence_s=2.0)\n"
    "from dnsemu.cli import main\n"
    "main()",
)
"""The command, with shorter time limits for workers."""

WATCHED = """
health_checks:
  - {id: alarm, type: CLOUDWATCH_METRIC, alarm_identifier: {region: us-east-1, name: high}}
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: api, type: A, ttl: 60, set_identifier: p, failover: PRIMARY, health_check_id: alarm, resource_records: [192.0.2.1]}
      - {name: api, type: A, ttl: 60, set_identifier: s, failover: SECONDARY, resource_records: [192.0.2.2]}
"""


@contextlib.contextmanager
def two(*files, options=(), dns="127.0.0.1:0", command=(DNSEMU,), **more):
    """A server with two workers. It is stopped even if the test fails: after a kill its workers would go on."""
    where = ("--dns", dns, "--http", "127.0.0.1:0")
    with serving([*command, "serve", *map(str, files), *where, *TWO, *options], **more) as server:
        try:
            yield server
        finally:
            if not server.has_ended:
                server.stop()


def answers(server, name, type_="A", **more):
    """Returns the distinct answers to queries from several ports."""
    return sorted({tuple(served(server.dns, name, type_, **more)) for _ in range(EACH)})


def workers(server):
    return server.status()["workers"]


def pids(server):
    return [row["pid"] for row in workers(server)]


def is_there(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def metric(server, name):
    """The sum of all samples of a metric."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=10) as page:
        lines = page.read().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.partition("{")[0].partition(" ")[0] == name)


def post(server, path, body):
    request = urllib.request.Request(
        f"{server.url}/dnsemu/v1/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        return json.load(reply)


@pytest.fixture
def shop():
    with two(SHOP) as server:
        yield server


@pytest.fixture(scope="module")
def asked():
    """One server for all tests that only send queries."""
    with two(SHOP) as server:
        yield server


@pytest.fixture
def watched(tmp_path):
    file = tmp_path / "watched.yaml"
    file.write_text(WATCHED)
    with two(file, options=("--clock", "virtual", "--scale-ttls")) as server:
        yield server


# --- one server ---


def test_it_answers_as_one_process_does(shop):
    assert [(row["is_answering"], row["restarts"]) for row in workers(shop)] == [(True, 0)] * 2
    assert os.getpid() not in pids(shop)
    assert len({shop.process.pid, *pids(shop)}) == 3
    assert answers(shop, "www.shop.test") == [("192.0.2.1",)]
    assert answers(shop, "www.shop.test", over=dns.query.tcp) == [("192.0.2.1",)]
    assert answers(shop, "geo.shop.test", options=[dns.edns.ECSOption("203.0.113.0", 24)]) == [("192.0.2.81",)]
    assert answers(shop, "even.shop.test") == [("192.0.2.11",), ("192.0.2.12",)]
    assert answers(shop, "none.shop.test") == [("NXDOMAIN",)]
    shop.stop()
    assert shop.errors == ""


@pytest.mark.parametrize("program", ["dig", "kdig"])
def test_usual_programs_ask_it(asked, run, program):
    for over in ("+notcp", "+tcp"):
        assert run(program, "@127.0.0.1", "-p", asked.dns, over, "+short", "www.shop.test").split() == ["192.0.2.1"]


@pytest.mark.parametrize("dns_address", ["[::1]:0", "0.0.0.0:0"])
def test_other_addresses(dns_address):
    with two(SHOP, dns=dns_address) as server:
        at = "::1" if ":" in dns_address[:-2] else "127.0.0.9"
        assert answers(server, "www.shop.test", at=at) == [("192.0.2.1",)]
        assert answers(server, "www.shop.test", at=at, over=dns.query.tcp) == [("192.0.2.1",)]


def test_replies_of_all_are_counted_in_one_sum(shop):
    asked = 40
    for _ in range(asked):
        ask(shop.dns, "www.shop.test")
    assert metric(shop, "dnsemu_queries_total") == asked
    os.kill(pids(shop)[0], signal.SIGTERM)  # it reports its counters at its end
    until(lambda: sum(row["restarts"] for row in workers(shop)) == 1, what="another worker")
    assert metric(shop, "dnsemu_queries_total") == asked
    assert metric(shop, "dnsemu_worker_restarts_total") == 1


def test_explanations_come_from_the_control_plane(watched):
    post(watched, "health-checks/alarm/force", {"status": "unhealthy"})
    found = answers(watched, "api.shop.test._explain", "TXT", over=dns.query.tcp)
    assert all("forced unhealthy" in " ".join(lines) for lines in found)
    assert ask(watched.dns, "api.shop.test._explain", "TXT").flags & dns.flags.TC  # it does not fit over UDP


def test_names_elsewhere_are_asked_upstream(asked):
    with two(options=("--forward", f"127.0.0.1:{asked.dns}")) as front:
        assert answers(front, "www.shop.test") == [("192.0.2.1",)]
        assert answers(front, "www.shop.test", over=dns.query.tcp) == [("192.0.2.1",)]


def test_vantage_points(tmp_path):
    file, port = tmp_path / "vantage.yaml", free_port()
    file.write_text(f"server: {{vantage_points: [{{dns: '127.0.0.1:{port}', place: JP}}]}}\n" + SHOP.read_text())
    with two(file) as server:
        assert answers(server, "geo.shop.test") == [("192.0.2.81",)]
        server.dns = int(server.addresses[0].rpartition(":")[2])
        assert answers(server, "geo.shop.test") == [("192.0.2.2",)]


def test_draws_derive_from_the_seed():
    def drawn():
        with (
            two(SHOP, options=("--seed", "7")) as server,
            socket.socket(type=socket.SOCK_DGRAM) as sock,
        ):
            sock.bind(("127.0.0.1", 0))
            sock.connect(("127.0.0.1", server.dns))
            sock.settimeout(5)
            found = []
            for _ in range(40):
                sock.send(query("even.shop.test").to_wire())
                found += texts(dns.message.from_wire(sock.recv(4096)))
            return "".join(address[-1] for address in found)

    # One port reaches one of two workers: of three runs, at least two reach the same.
    runs = [drawn() for _ in range(3)]
    assert len(set(runs)) <= 2, runs


# --- at once ---


def test_an_api_change_is_answered_once_it_is_acknowledged():
    with two() as server:
        aws = route53(server)
        zone = aws.create_hosted_zone(Name="new.test", CallerReference="1")["HostedZone"]["Id"]
        for number in range(1, 31):
            record_set = {
                "Name": "www.new.test",
                "Type": "A",
                "TTL": 1,
                "ResourceRecords": [{"Value": f"192.0.2.{number}"}],
            }
            change = {"Action": "UPSERT", "ResourceRecordSet": record_set}
            aws.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
            assert answers(server, "www.new.test") == [(f"192.0.2.{number}",)]


def test_forced_statuses_and_steps_of_the_clock_are_answered_at_once(watched):
    for status, address in [("unhealthy", "192.0.2.2"), ("healthy", "192.0.2.1")] * 5:
        post(watched, "health-checks/alarm/force", {"status": status})
        assert answers(watched, "api.shop.test") == [(address,)]
    post(watched, "force", {"pattern": "alarm", "status": "unhealthy", "for": "90s"})
    assert answers(watched, "api.shop.test") == [("192.0.2.2",)]
    post(watched, "clock", {"do": "advance", "by": "90s"})
    assert answers(watched, "api.shop.test") == [("192.0.2.1",)]


def test_ttls_follow_the_clock(watched):
    def ttls():
        return {ask(watched.dns, "api.shop.test").answer[0].ttl for _ in range(EACH)}

    assert ttls() == {0}  # the clock stands still
    post(watched, "clock", {"do": "resume"})
    assert ttls() == {60}
    post(watched, "clock", {"do": "speed", "by": 10})
    assert ttls() == {6}


def test_a_reload_reaches_every_worker(tmp_path):
    file = tmp_path / "zone.yaml"
    text = "hosted_zones:\n  - name: shop.test\n    record_sets:\n      - {name: www, type: A, ttl: 1, resource_records: [ADDRESS]}\n"
    file.write_text(text.replace("ADDRESS", "192.0.2.1"))
    with two(file) as server:
        assert answers(server, "www.shop.test") == [("192.0.2.1",)]
        file.write_text(text.replace("ADDRESS", "192.0.2.2"))
        server.process.send_signal(signal.SIGHUP)
        until(lambda: answers(server, "www.shop.test") == [("192.0.2.2",)], what="the new address everywhere")


# --- killed and stopped processes ---


def test_a_killed_worker_is_replaced_without_a_lost_query(shop):
    killed, other = pids(shop)
    for _ in range(EACH):
        os.kill(killed, signal.SIGKILL)
        assert answers(shop, "www.shop.test") == [("192.0.2.1",)]
        until(lambda: all(row["is_answering"] for row in workers(shop)), what="two workers")
        assert answers(shop, "www.shop.test") == [("192.0.2.1",)]
        (killed,) = {*pids(shop)} - {other}
        if workers(shop)[0]["restarts"] >= 2:
            break
    assert [row["pid"] for row in workers(shop)] == [killed, other]
    assert "signal 9" in shop.errors


def test_queries_that_wait_for_a_killed_worker_are_answered(shop):
    """Its sockets, and the queries in them, outlive it."""
    for pid in pids(shop):
        os.kill(pid, signal.SIGSTOP)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", shop.dns))
        sock.settimeout(5)
        for number in range(50):
            sock.send(query("www.shop.test", id=number).to_wire())
        for pid in pids(shop):
            os.kill(pid, signal.SIGKILL)
        assert {dns.message.from_wire(sock.recv(4096)).id for _ in range(50)} == set(range(50))


def test_a_worker_that_stands_still_is_replaced():
    with two(command=SHORT_LIMITS) as server:
        aws = route53(server)
        stopped = pids(server)[1]
        os.kill(stopped, signal.SIGSTOP)
        aws.create_hosted_zone(Name="new.test", CallerReference="1")
        until(lambda: workers(server)[1]["restarts"] == 1 and workers(server)[1]["is_answering"], what="another worker")
        assert answers(server, "new.test", "SOA", over=dns.query.tcp) != [("REFUSED",)]
        assert not is_there(stopped)
        assert "does not acknowledge updates" in server.errors


def test_workers_answer_while_the_control_plane_stands_still(shop):
    before = pids(shop)
    shop.process.send_signal(signal.SIGSTOP)
    try:
        assert answers(shop, "www.shop.test") == [("192.0.2.1",)]
        assert answers(shop, "www.shop.test", over=dns.query.tcp) == [("192.0.2.1",)]
        assert served(shop.dns, "www.shop.test._explain", "TXT") == ["SERVFAIL"]
    finally:
        shop.process.send_signal(signal.SIGCONT)
    assert pids(shop) == before
    assert answers(shop, "www.shop.test._explain", "TXT") != [("SERVFAIL",)]


def test_workers_log_once_that_the_control_plane_is_silent():
    with two(SHOP, command=SHORT_LIMITS) as server:
        server.process.send_signal(signal.SIGSTOP)
        try:
            until(lambda: server.errors.count("the control plane is silent") == 2, what="two that notice", within_s=20)
        finally:
            server.process.send_signal(signal.SIGCONT)
        until(lambda: server.errors.count("no longer silent") == 2, what="two that notice the end of it")
        assert server.errors.count("the control plane is silent") == 2
        assert [row["restarts"] for row in workers(server)] == [0, 0]


def test_the_control_plane_stands_in_for_a_worker_that_cannot_start(tmp_path):
    """The location database may have become unreadable when a worker is replaced."""
    file, database = tmp_path / "geo.yaml", tmp_path / "geo.mmdb"
    good = (DIRECTORY / "ip-country.mmdb").read_bytes()
    database.write_bytes(good)
    file.write_text(SHOP.read_text().replace("geo:\n", f"geo:\n  database: {database}\n"))
    with two(file) as server:
        replaced = tmp_path / "new"
        replaced.write_bytes(b"no database")
        replaced.rename(database)
        os.kill(pids(server)[0], signal.SIGKILL)
        until(lambda: workers(server)[0]["restarts"] >= 2, what="some that cannot start")
        assert not workers(server)[0]["is_answering"]
        assert answers(server, "geo.shop.test") == [("192.0.2.2",)]
        replaced.write_bytes(good)
        replaced.rename(database)
        until(lambda: workers(server)[0]["is_answering"], what="one that can", within_s=30)
        assert answers(server, "geo.shop.test") == [("192.0.2.2",)]
        assert "cannot apply an update" in server.errors


def test_status_lists_workers(asked):
    said = dnsemu_here("status", "--server", asked.url).stdout
    assert f"workers: 2 of 2 answer (pids {', '.join(map(str, pids(asked)))}), 0 replaced" in said


def test_workers_answer_on_when_the_control_plane_is_killed():
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(killable())
        left = pids(server)
        server.process.kill()
        server.process.wait()
        try:
            until(lambda: server.errors.count(GONE) == 2, what="two that notice")
            assert answers(server, "www.shop.test") == [("192.0.2.1",)]
            assert served(server.dns, "www.shop.test._explain", "TXT") == ["SERVFAIL"]
            done = dnsemu("serve", SHOP, "--dns", f"127.0.0.1:{server.dns}", "--http", "127.0.0.1:0", *TWO)
            assert done.returncode == 1
            assert "is in use" in done.stderr
        finally:
            for pid in left:
                os.kill(pid, signal.SIGTERM)
        until(lambda: not any(map(is_there, left)), what="the end of both")
        assert server.errors.count(GONE) == 2


@contextlib.contextmanager
def killable():
    """A server that may be killed."""
    try:
        with two(SHOP) as server:
            yield server
    except AssertionError:
        if server.process.returncode != -signal.SIGKILL:
            raise


# --- start and stop ---


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_no_process_is_left(shop, number):
    left = pids(shop)
    with socket.create_connection(("127.0.0.1", shop.dns)):
        assert shop.stop(number) == 0
    assert not any(map(is_there, left))
    assert shop.errors == ""


def test_an_interrupt_of_the_whole_group():
    with two(SHOP, start_new_session=True) as server:
        left = pids(server)
        os.killpg(server.process.pid, signal.SIGINT)
        assert server.process.wait(15) == 0
        assert not any(map(is_there, left))
        assert server.errors == ""


def test_queries_before_the_end_are_answered(shop):
    processes = [shop.process.pid, *pids(shop)]
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(socket.socket(type=socket.SOCK_DGRAM)) for _ in range(8)]
        for sock in socks:
            sock.connect(("127.0.0.1", shop.dns))
            sock.settimeout(5)
            for number in range(40):
                sock.send(query("www.shop.test", id=number).to_wire())
        os.kill(shop.process.pid, signal.SIGTERM)
        for pid in processes:
            os.kill(pid, signal.SIGCONT)
        assert shop.process.wait(15) == 0
        for sock in socks:
            assert {dns.message.from_wire(sock.recv(4096)).id for _ in range(40)} == set(range(40))


@pytest.mark.parametrize("options", [(), TWO], ids=["one process", "with workers"])
def test_a_second_server_is_refused(asked, options):
    where = f"127.0.0.1:{asked.dns}"
    done = dnsemu("serve", SHOP, "--dns", where, "--http", "127.0.0.1:0", *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"dnsemu: {where} is in use over TCP; ")


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_an_address_that_others_share_is_refused_as_any(kind):
    """Another program may share its port with its own processes, not with us."""
    with socket.socket(type=kind) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        where = f"127.0.0.1:{other.getsockname()[1]}"
        done = dnsemu("serve", SHOP, "--dns", where, "--http", "127.0.0.1:0", *TWO)
    assert done.returncode == 1
    assert f"{where} is in use" in done.stderr


@pytest.mark.parametrize("number", ["0", "-1", "two", "1.5", "", "65"])
def test_an_invalid_number_of_workers(number):
    done = dnsemu_here("serve", f"--workers={number}")
    assert done.returncode == 2
    assert f"--workers: {number!r} is not a number of processes: write one from 1 to 64" in done.stderr


def test_one_worker_is_the_server_itself(monkeypatch):
    with serving([DNSEMU, "serve", str(SHOP), *FREE_PORTS], env={"DNSEMU_WORKERS": "1"}) as server:
        assert pids(server) == [server.process.pid]
        assert not subprocess.run(["pgrep", "-P", str(server.process.pid)], capture_output=True, check=False).stdout
