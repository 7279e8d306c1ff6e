"""Query logs of a running server. DNS keeps answering whatever happens to the file (R204–R208)."""

import os
import re
import select
import signal
import sys
from pathlib import Path

import dns.edns
import dns.query
import pytest

from tests.e2e.asking import ask, served
from tests.e2e.aws import new_reference, route53
from tests.serving import FREE_PORTS, dnsemu, serving_files
from tests.waiting import until

from .conftest import SHOP

LINE = re.compile(
    r"1\.0 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z Z[A-Z0-9]+ \S+ [A-Z0-9]+ [A-Z]+ (UDP|TCP) [A-Z]{3}\d+ [0-9a-f.:]+ "
    r"(-|[0-9a-f.:]+/\d+)"
)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "q.log"


def lines(file):
    """Returns the logged lines, after checking their format."""
    text = file.read_text() if file.exists() else ""
    assert text == "" or text.endswith("\n")
    for line in text.splitlines():
        assert LINE.fullmatch(line), line
    return text.splitlines()


def names_in(file):
    return [line.split()[3] for line in lines(file)]


def dropped(server, run):
    text = run("curl", "-s", f"{server.url}/metrics")
    return float(re.search(r"^dnsemu_query_log_dropped_total (\S+)$", text, re.MULTILINE)[1])


def test_each_answer_is_a_line(file):
    """R204, R206: over UDP and TCP, cached or not; refused queries are not logged."""
    subnet = dns.edns.ECSOption("203.0.113.0", 24)
    with serving_files(SHOP, options=["--query-log", file]) as server:
        zone_id = route53(server).list_hosted_zones()["HostedZones"][0]["Id"].removeprefix("/hostedzone/")
        for _ in range(4):
            ask(server.dns, "WWW.shop.test")
        ask(server.dns, "www.shop.test", over=dns.query.tcp)
        ask(server.dns, "elsewhere.test")
        ask(server.dns, "geo.shop.test", use_edns=True, options=[subnet])
        ask(server.dns, "nope.wild.shop.test", "AAAA")
        ask(server.dns, "nope.shop.test", "TYPE65000")
        logged = until(lambda: len(found := lines(file)) >= 8 and found, what="eight lines, while the server runs")
    assert lines(file) == logged
    assert {line.split()[2] for line in logged} == {zone_id}
    assert [line.split(" ", 3)[3] for line in logged] == [
        *["www.shop.test A NOERROR UDP IAD1 127.0.0.1 -"] * 4,
        "www.shop.test A NOERROR TCP IAD1 127.0.0.1 -",
        "geo.shop.test A NOERROR UDP IAD1 127.0.0.1 203.0.113.0/24",
        "nope.wild.shop.test AAAA NOERROR UDP IAD1 127.0.0.1 -",
        "nope.shop.test TYPE65000 NXDOMAIN UDP IAD1 127.0.0.1 -",
    ]


def test_stopping_loses_no_line(file):
    """R207: every answer is logged, also those that are still buffered when the server stops."""
    with serving_files(SHOP, options=["--query-log", file]) as server:
        for _ in range(200):
            ask(server.dns, "www.shop.test")
        server.stop()
    assert names_in(file) == ["www.shop.test"] * 200


def test_times_are_emulated_time(file):
    """R204."""
    with serving_files(SHOP, options=["--query-log", file, "--clock", "virtual=2026-11-21T09:30:00.125Z"]) as server:
        ask(server.dns, "www.shop.test")
        assert dnsemu("clock", "advance", "90s", "--server", server.url).returncode == 0
        ask(server.dns, "www.shop.test")
    assert [line.split()[1] for line in lines(file)] == ["2026-11-21T09:30:00.125Z", "2026-11-21T09:31:30.125Z"]


def test_answers_completed_upstream_are_logged_and_others_are_not(tmp_path, file):
    """R204, R206: a CNAME that leads out of its zone is an answer of that zone; forwarded answers are in no zone."""
    up, here = tmp_path / "up.yaml", tmp_path / "here.yaml"
    zone = "hosted_zones: [{{name: {0}, record_sets: [{{name: {1}, type: {2}, ttl: 9, resource_records: [{3}]}}]}}]\n"
    up.write_text(zone.format("up.test", "www", "A", "192.0.2.77"))
    here.write_text(zone.format("here.test", "c", "CNAME", "www.up.test"))
    with serving_files(up) as upstream:
        options = ["--query-log", file, "--forward", f"127.0.0.1:{upstream.dns}"]
        with serving_files(here, options=options) as server:
            assert served(server.dns, "www.up.test") == ["192.0.2.77"]
            assert served(server.dns, "c.here.test") == ["192.0.2.77", "www.up.test."]
    assert [line.split(" ", 3)[3] for line in lines(file)] == ["c.here.test A NOERROR UDP IAD1 127.0.0.1 -"]


def test_public_hosted_zones_of_the_api_are_logged_and_private_ones_are_not(file):
    """R204, R208: with or without a logging configuration (R205), which only names a log group of AWS."""
    with serving_files(options=["--query-log", file]) as server:
        boto = route53(server)
        vpc = {"VPCRegion": "us-east-1", "VPCId": "vpc-1"}
        boto.create_hosted_zone(Name="private.test", CallerReference=new_reference(), VPC=vpc)
        made = boto.create_hosted_zone(Name="public.test", CallerReference=new_reference())["HostedZone"]["Id"]
        for name in ("private.test", "public.test"):
            ask(server.dns, name, "SOA")
        boto.create_query_logging_config(
            HostedZoneId=made, CloudWatchLogsLogGroupArn="arn:aws:logs:us-east-1:123456789012:log-group:/aws/route53/x"
        )
        ask(server.dns, "public.test", "NS")
    wanted = [[made.removeprefix("/hostedzone/"), "public.test", type_] for type_ in ("SOA", "NS")]
    assert [line.split()[2:5] for line in lines(file)] == wanted


def test_a_vantage_point_has_the_edge_location_of_its_place(tmp_path, file):
    """R204, R128."""
    settings = tmp_path / "vantage.yaml"
    settings.write_text('server: {query_log: q.log, vantage_points: [{dns: "127.0.0.1:0", place: JP}]}\n')
    with serving_files(SHOP, settings) as server:  # the last address is the vantage point's
        for _ in range(3):
            ask(server.dns, "www.shop.test")
        ask(int(server.addresses[0].rpartition(":")[2]), "www.shop.test")
    assert [line.split()[7] for line in lines(file)] == ["NRT1"] * 3 + ["IAD1"]


def test_a_rotated_file_is_reopened_on_sighup(file):
    moved = file.with_suffix(".1")
    with serving_files(SHOP, options=["--query-log", file]) as server:
        ask(server.dns, "www.shop.test")
        until(lambda: lines(file), what="the first line")
        file.rename(moved)
        server.process.send_signal(signal.SIGHUP)
        until(file.exists, what="a new file, without any query")
        ask(server.dns, "blog.shop.test")
    assert (names_in(moved), names_in(file)) == (["www.shop.test"], ["blog.shop.test"])


def test_several_processes_share_a_file(file):
    """Their lines do not mix, and follow the lines that the file had."""
    file.write_text("1.0 2026-01-01T00:00:00.000Z Z0 old.test A NOERROR UDP IAD1 127.0.0.1 -\n")
    with (
        serving_files(SHOP, options=["--query-log", file]) as one,
        serving_files(SHOP, options=["--query-log", file]) as other,
    ):
        for _ in range(100):
            for server in (one, other):
                ask(server.dns, "www.shop.test")
    assert names_in(file) == ["old.test"] + ["www.shop.test"] * 200


def test_standard_output():
    """`-` writes to standard output, after the ready line."""
    with serving_files(SHOP, options=["--query-log", "-"]) as server:
        ask(server.dns, "www.shop.test")
        server.stop()
        ready, line = server.output.splitlines()
    assert ready.startswith("dnsemu ready")
    assert LINE.fullmatch(line)


def test_a_pipe_whose_reader_is_gone(tmp_path):
    """R207: one error is logged and DNS keeps answering; the next reader gets the buffered lines."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with serving_files(SHOP, options=["--query-log", pipe]) as server:
        ask(server.dns, "www.shop.test")
        until(lambda: select.select([reader], [], [], 0)[0], what="a line")
        assert LINE.fullmatch(os.read(reader, 4096).decode().rstrip("\n"))
        os.close(reader)
        for _ in range(3):
            assert served(server.dns, "www.shop.test") == ["192.0.2.1"]
            until(lambda: "Broken pipe" in server.errors, what="the error in the log")
        assert server.errors.count("cannot be written") == 1
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        until(lambda: "log file is written again" in server.errors, what="the error in the log")
        assert len(os.read(reader, 4096).splitlines()) == 3
        os.close(reader)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_does_not_stop_dns(run):
    """R207: one error is logged; lost lines are counted, at the latest when the buffer is full."""
    with serving_files(SHOP, options=["--query-log", "/dev/full"]) as server:
        for _ in range(3):
            assert served(server.dns, "www.shop.test") == ["192.0.2.1"]
            until(lambda: "No space left on device" in server.errors, what="the error in the log")
        assert dropped(server, run) == 0
        assert server.stop() == 0
        assert server.errors.count("cannot be written") == 1
        assert "lines=3" in server.errors


@pytest.mark.parametrize(
    ("options", "settings", "told"),
    [
        (["--query-log", "nowhere/q.log"], "{}", "dnsemu: --query-log: 'nowhere/q.log' cannot be opened: No such file"),
        (
            [],
            "{query_log: nowhere/q.log}",
            "dnsemu: server.query_log: '{folder}/nowhere/q.log' cannot be opened: No such",
        ),
    ],
)
def test_a_file_that_cannot_be_opened_is_refused(tmp_path, options, settings, told):
    given = tmp_path / "f.yaml"
    given.write_text(f"server: {settings}\n")
    done = dnsemu("serve", given, *FREE_PORTS, *options, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert told.format(folder=tmp_path) in done.stderr
    assert "write the path of a file in a folder that exists" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux divides queries between processes")
@pytest.mark.parametrize("path", ["q.log", "-"])
def test_workers_share_a_file(tmp_path, path):
    """R204: each worker appends its lines; stopping loses none of them."""
    options = ["--query-log", path, "--workers", "2"]
    with serving_files(SHOP, options=options, cwd=tmp_path) as server:
        for _ in range(100):
            ask(server.dns, "www.shop.test")
            ask(server.dns, "blog.shop.test", over=dns.query.tcp)
        server.stop()
        text = server.output.partition("\n")[2] if path == "-" else (tmp_path / path).read_text()
    logged = text.splitlines()
    assert all(LINE.fullmatch(line) for line in logged)
    assert sorted(line.split()[3] for line in logged) == ["blog.shop.test"] * 100 + ["www.shop.test"] * 100


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux divides queries between processes")
def test_workers_reopen_a_rotated_file(file):
    moved = file.with_suffix(".1")
    with serving_files(SHOP, options=["--query-log", file, "--workers", "2"]) as server:
        for _ in range(12):
            ask(server.dns, "www.shop.test")
        until(lambda: len(lines(file)) == 12, what="all lines")
        file.rename(moved)
        for _ in range(12):
            ask(server.dns, "www.shop.test")
    assert (len(lines(moved)), len(lines(file))) == (12, 12)


def test_the_flag_wins_and_so_does_the_environment_over_the_file(tmp_path, file):
    given = tmp_path / "f.yaml"
    given.write_text("server: {query_log: declared.log}\n")
    with serving_files(SHOP, given, env={"DNSEMU_QUERY_LOG": str(file)}) as server:
        ask(server.dns, "www.shop.test")
    assert names_in(file) == ["www.shop.test"]
    assert not (tmp_path / "declared.log").exists()


def test_another_file_takes_effect_at_the_next_start(tmp_path, file):
    given = tmp_path / "f.yaml"
    given.write_text("server: {query_log: q.log}\n")
    with serving_files(SHOP, given) as server:
        given.write_text("server: {query_log: other.log}\n")
        server.process.send_signal(signal.SIGHUP)
        until(lambda: "the file of the query log changed; that takes effect at the next start" in server.errors)
        ask(server.dns, "www.shop.test")
    assert names_in(file) == ["www.shop.test"]
    assert not (tmp_path / "other.log").exists()
