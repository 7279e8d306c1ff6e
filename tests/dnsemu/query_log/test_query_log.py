"""Query logs: Route 53's format, the answers that are logged, and a file that never delays answers (routing.md §11)."""

import os
import random
from dataclasses import replace
from ipaddress import ip_network
from math import nextafter

import dns.message
import dns.rdatatype
import pytest

from dnsemu.answering.dice import QuickDice
from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_files
from dnsemu.config.file.schema import json_schema
from dnsemu.config.model.geo import DeclaredPlace, Geo, GeoNetwork
from dnsemu.config.model.settings import ServerSettings
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.policies.location.locator import Locator
from dnsemu.policies.location.place import Place, place_named
from dnsemu.publication.board import EVERYTHING, Board, Difference
from dnsemu.query_log import log_file
from dnsemu.query_log.edge_locations import nearest_edge
from dnsemu.query_log.log_file import LogFile, LogFileUnusable
from dnsemu.query_log.query_log import QueryLog
from dnsemu.server.responder import Responder
from dnsemu.wire.qtypes import registered_type_text
from dnsemu.zone.catalog import Catalog
from tests.asking import Server, ecs, rcode
from tests.builders import geo, multivalue, record_set, resource, target, weighted, zone
from tests.dnsemu.fastpath.worlds import RandomWorld
from tests.rounds import rounds

NOW = 1_795_253_400.125
"""2026-11-21T09:30:00.125Z."""
LB = "lb.us-east-1.elb.amazonaws.com"
GEO = Geo(
    networks=(
        GeoNetwork(ip_network("198.51.100.0/24"), DeclaredPlace(latitude=32.9, longitude=-97.0)),
        GeoNetwork(ip_network("2001:db8::/32"), DeclaredPlace(country="DE")),
        GeoNetwork(ip_network("203.0.113.0/24"), DeclaredPlace(country="JP")),
    ),
    default=DeclaredPlace(region="us-east-1"),
)
TOO_LARGE = [f'"{number:03} {"x" * 240}"' for number in range(300)]
ZONE = zone(
    "example.com",
    record_set("www.example.com"),
    record_set("alias.example.com", alias=LB, alias_zone="Z35SXDOTRQ7X7K"),
    record_set("*.wild.example.com"),
    record_set("sub.example.com", "NS", "ns.other.test"),
    record_set("big.example.com", "TXT", TOO_LARGE),
    *(weighted("even.example.com", 1, f"w{n}", values=f"192.0.2.{n}") for n in range(3)),
    *(multivalue("many.example.com", f"m{n}", values=f"192.0.2.{n}") for n in range(12)),
    geo("geo.example.com", "jp", country="JP"),
    geo("geo.example.com", "de", country="DE", values="192.0.2.49"),
)


class Lines:
    """A log file in memory."""

    def __init__(self):
        self.text = ""

    def append(self, lines):
        self.text += lines.decode()


class Logged(Server):
    """A server that logs; `write` is what it wants to have called soon."""

    def __init__(self, *zones, geo=GEO, resources=(), **more):
        super().__init__(*zones, geo=geo, resources=resources)
        self.now = NOW
        self.file, self.soon = Lines(), []
        self.log = QueryLog(self.file, self.board, lambda: self.now, self.soon.append)
        dice = QuickDice(random.Random(1).random)
        self.use(Responder(self.board, self.health, dice, str, query_log=self.log, **more))

    def logged(self):
        """The lines since the last call."""
        while self.soon:
            self.soon.pop(0)()
        text, self.file.text = self.file.text, ""
        assert text == "" or text.endswith("\n")
        return text.splitlines()


@pytest.fixture
def server():
    return Logged(ZONE, resources=[resource(LB, target("192.0.2.201"))])


def after_time(line):
    return line.split(" ", 2)[2]


DALLAS, GERMAN = {"source": "198.51.100.7"}, {"source": "2001:db8::35"}


@pytest.mark.parametrize(
    ("question", "more", "line"),
    [
        pytest.param("www A", DALLAS, "www.example.com A NOERROR UDP DFW1 198.51.100.7 -", id="R204 the first sample"),
        pytest.param(
            "nope AAAA", GERMAN | {"over_udp": False, "options": [ecs("203.0.113.0/24")]},
            "nope.example.com AAAA NXDOMAIN TCP FRA1 2001:db8::35 203.0.113.0/24", id="R204 the second sample",
        ),
        pytest.param("www TXT", {}, "www.example.com TXT NOERROR UDP IAD1 127.0.0.1 -", id="R204 no data"),
        pytest.param("www ANY", {}, "www.example.com ANY NOERROR UDP IAD1 127.0.0.1 -", id="R204 ANY"),
        pytest.param("x.sub A", {}, "x.sub.example.com A NOERROR UDP IAD1 127.0.0.1 -", id="R204 a referral"),
        pytest.param("big TXT", {}, "big.example.com TXT NOERROR UDP IAD1 127.0.0.1 -", id="R204 a truncated answer"),
        pytest.param(
            "big TXT", {"over_udp": False}, "big.example.com TXT SERVFAIL TCP IAD1 127.0.0.1 -", id="R204 SERVFAIL"
        ),
        pytest.param("even A", {}, "even.example.com A NOERROR UDP IAD1 127.0.0.1 -", id="R204 a weighted answer"),
        pytest.param("many A", {}, "many.example.com A NOERROR UDP IAD1 127.0.0.1 -", id="R204 a drawn answer"),
        pytest.param("geo A", GERMAN, "geo.example.com A NOERROR UDP FRA1 2001:db8::35 -", id="R204 by the client"),
        pytest.param("alias A", {}, "alias.example.com A NOERROR UDP IAD1 127.0.0.1 -", id="R204 an alias"),
        pytest.param("a.wild A", {}, "a.wild.example.com A NOERROR UDP IAD1 127.0.0.1 -", id="R204 by a wildcard"),
        pytest.param(
            "www A", {"source": "::ffff:198.51.100.7"}, "www.example.com A NOERROR UDP DFW1 198.51.100.7 -",
            id="R204 IPv4 at an IPv6 socket",
        ),
        pytest.param(
            "www A", {"source": "fe80::1%eth0"}, "www.example.com A NOERROR UDP IAD1 fe80::1 -", id="R204 a link's address"
        ),
        pytest.param(
            "www A", {"options": [ecs("2001:db8::/48")]}, "www.example.com A NOERROR UDP IAD1 127.0.0.1 2001:db8::/48",
            id="R204 ECS of IPv6",
        ),
        pytest.param(
            "www A", {"options": [ecs("203.0.112.0/20")]}, "www.example.com A NOERROR UDP IAD1 127.0.0.1 203.0.112.0/20",
            id="R204 ECS as received, and it does not move the edge location",
        ),
        pytest.param(
            "www A", {"options": [ecs("0.0.0.0/0")]}, "www.example.com A NOERROR UDP IAD1 127.0.0.1 0.0.0.0/0",
            id="R204 ECS that discloses nothing",
        ),
        pytest.param("WwW A", {}, "www.example.com A NOERROR UDP IAD1 127.0.0.1 -", id="R206 lower case"),
        pytest.param("*.wild A", {}, "*.wild.example.com A NOERROR UDP IAD1 127.0.0.1 -", id="R206 an asterisk is raw"),
        pytest.param(
            r"a\032b\.c\\d/é A", {}, r"a\040b\056c\134d\057\351.example.com A NXDOMAIN UDP IAD1 127.0.0.1 -",
            id="R206 octal escapes",
        ),
        pytest.param("www DNSKEY", {}, "www.example.com DNSKEY NOERROR UDP IAD1 127.0.0.1 -", id="R206 a known type"),
        pytest.param("www TYPE65000", {}, "www.example.com TYPE65000 NOERROR UDP IAD1 127.0.0.1 -", id="R206 TYPEnnn"),
    ],
)  # fmt: skip
def test_a_line(server, question, more, line):
    """The first answer is built, the second one cached, the others come from the cache: all lines are the same."""
    name, _, type_ = question.partition(" ")
    name = name.replace("é", r"\233")
    for _ in range(5):
        server.ask(f"{name}.example.com", type_, **more)
    assert server.logged() == [f"1.0 2026-11-21T09:30:00.125Z Z1 {line}"] * 5


def test_mnemonics_are_those_of_the_registry():
    """R204, R206: where there is one, dnspython has the same."""
    known = {code: name for code in range(1 << 16) if not (name := registered_type_text(code)).startswith("TYPE")}
    assert known == {code: dns.rdatatype.to_text(code) for code in known}
    assert {"A", "ANY", "HTTPS", "DNSKEY", "CAA"} <= set(known.values())


def test_the_root_zone_has_a_name_too():
    server = Logged(zone(".", record_set("www.example.com")))
    server.ask(".", "SOA")
    assert [after_time(line) for line in server.logged()] == ["Z1 . SOA NOERROR UDP IAD1 127.0.0.1 -"]


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda s: s.ask("www.example.org"), id="R206 a name in no zone"),
        pytest.param(lambda s: s.ask("www.example.com", client_class="CH"), id="R206 another class"),
        pytest.param(lambda s: s.ask("example.com", "AXFR", over_udp=False), id="R206 a transfer"),
        pytest.param(lambda s: s.ask("www.example.com", use_edns=1), id="R206 a version of EDNS that is not read"),
        pytest.param(lambda s: s.raw(bytes(12)), id="R206 no question"),
        pytest.param(lambda s: s.raw(b""), id="R206 no reply"),
        pytest.param(lambda s: s.ask(LB), id="R206 an AWS resource's own name is in none of the user's zones"),
        pytest.param(lambda s: s.ask("www.example.com._explain", "TXT"), id="R206 an explanation"),
    ],
)
def test_what_is_not_logged(server, ask):
    for _ in range(3):
        ask(server)
    assert server.logged() == []


def test_a_zone_of_the_users_with_a_resources_name_is_logged():
    """R204, R41: it answers in the resource's place."""
    server = Logged(zone(LB, record_set(LB)), resources=[resource(LB, target("192.0.2.201"))])
    server.ask(LB)
    assert [after_time(line) for line in server.logged()] == [f"Z1 {LB} A NOERROR UDP IAD1 127.0.0.1 -"]


@pytest.mark.parametrize(
    ("now", "written"),
    [
        pytest.param(NOW, "2026-11-21T09:30:00.125Z", id="R204 milliseconds"),
        pytest.param(nextafter(NOW, 0), "2026-11-21T09:30:00.125Z", id="R204 a float that is a little less"),
        pytest.param(1_795_253_400.9996, "2026-11-21T09:30:00.999Z", id="R204 what has not passed does not count"),
        pytest.param(1_795_253_400.0, "2026-11-21T09:30:00.000Z", id="R204 a whole second"),
        pytest.param(4_102_444_800.007, "2100-01-01T00:00:00.007Z", id="R204 a clock that is far ahead"),
    ],
)
def test_the_time(server, now, written):
    server.now = now
    server.ask("www.example.com")
    assert server.logged()[0].split()[1] == written


def test_a_line_has_the_time_of_its_answer_not_of_its_writing(server):
    """R204, R207."""
    for late_s in (0.0, 0.001, 0.001, 0.875, 60.0):
        server.now = NOW + late_s
        server.ask("www.example.com")
    assert server.logged()[-1].split()[1] == "2026-11-21T09:31:00.125Z"
    server.now = NOW
    for late_s in (0.0, 0.0015, 0.875):
        server.now = NOW + late_s
        server.ask("www.example.com")
    server.now = NOW + 99
    times = [line.split()[1][-7:] for line in server.logged()]
    assert times == ["00.125Z", "00.126Z", "01.000Z"]


def test_lines_are_written_after_the_answers(server):
    """R207: answering does not write, and a burst of answers is written at once."""
    for _ in range(10):
        assert rcode(server.ask("www.example.com")) == "NOERROR"
    assert server.file.text == ""
    assert len(server.soon) == 1
    assert len(server.logged()) == 10
    server.ask("www.example.com")
    assert len(server.soon) == 1


def test_the_edge_location_is_the_vantage_points(server):
    """R204, R128: the sender is at the vantage point; ECS names the client, which is not the sender."""
    handlers = server.responder.handlers(lambda: Place(35.68, 139.69, "AS", "JP"))
    for options in ([], [ecs("198.51.100.0/24")]):
        packet = dns.message.make_query("www.example.com", "A", use_edns=0, options=options).to_wire()
        for _ in range(3):
            handlers.udp(packet, "198.51.100.7")
    edges = [line.split()[7:] for line in server.logged()]
    assert edges == [["NRT1", "198.51.100.7", "-"]] * 3 + [["NRT1", "198.51.100.7", "198.51.100.0/24"]] * 3


@pytest.mark.parametrize(
    ("place", "edge"),
    [
        ("eu-central-1", "FRA1"),
        ("JP", "NRT1"),
        ("US-CA", "LAX1"),
        ("SYD", "SYD1"),
        ("DFW3", "DFW1"),
        ("-34.6,-58.4", "EZE1"),
    ],
)
def test_the_nearest_edge_location(place, edge):
    """R204."""
    assert nearest_edge(place_named(place)) == edge


def test_a_sender_that_is_elsewhere_after_a_reload(server):
    """R204: cached edge locations are dropped with the locator behind them."""
    server.ask("www.example.com", source="198.51.100.7")
    before = server.board.current
    elsewhere = Geo(networks=(GeoNetwork(ip_network("198.51.100.0/24"), DeclaredPlace(country="JP")),))
    edges = [line.split()[7] for line in server.logged()]
    server.board.publish(replace(before, locator=Locator(elsewhere)))
    server.ask("www.example.com", source="198.51.100.7")
    assert edges + [line.split()[7] for line in server.logged()] == ["DFW1", "NRT1"]


def test_the_cache_of_sources_is_bounded(server, monkeypatch):
    monkeypatch.setattr("dnsemu.query_log.query_log.MAX_SOURCES", 3)
    for number in range(10):
        server.ask("www.example.com", source=f"198.51.100.{number}")
        assert after_time(server.logged()[0]).endswith(f"DFW1 198.51.100.{number} -")
    assert len(server.log._sources) <= 4


@pytest.mark.parametrize("change", [EVERYTHING, Difference(zones=frozenset({ZONE.name}))])
def test_a_zone_that_was_created_again_is_logged_under_its_new_id(server, change):
    """R204: known packets are dropped with their zone."""
    for _ in range(3):
        server.ask("www.example.com")
    other = replace(ZONE, id="Z2")
    server.board.publish(replace(server.board.current, catalog=Catalog.of([other])), change)
    server.ask("www.example.com")
    assert [line.split()[2] for line in server.logged()] == ["Z1"] * 3 + ["Z2"]


@pytest.mark.parametrize("seed", range(rounds(12)))
def test_cached_answers_are_logged_like_new_ones(seed):
    """R204: random worlds that change; both sides see the same packets, and each reply out of a zone is one line."""
    world = RandomWorld(seed)
    dice, board, health = random.Random(seed), Board(world.published), HealthBoard()
    sides = []
    for more in ({}, {"ttl_divisor": lambda: 1.0}):
        file, chance = Lines(), random.Random()
        log = QueryLog(file, board, lambda: NOW, lambda write: None)
        responder = Responder(board, health, QuickDice(chance.random), str, query_log=log, **more)
        sides.append((responder, responder.handlers(), chance, log, file))
    questions = [world.question() for _ in range(60)]
    for step in range(12):
        for number in range(60):
            packet, source, over_udp = dice.choice(questions)
            for _, handlers, chance, log, _ in sides:
                chance.seed(number)
                (handlers.udp if over_udp else handlers.tcp)(packet, source)
                log.flush()
        assert sides[0][-1].text == sides[1][-1].text, step
        if dice.random() < 0.5:
            health.set(*world.health())
        else:
            change = world.change()
            board.publish(world.published, change)
    for responder, *_, file in sides:
        in_zones = sum(number for label, number in responder.answered.items() if label.zone != b"\x00")
        of_resources = sum(number for label, number in responder.answered.items() if b"\x03elb" in label.zone)
        assert file.text.count("\n") == in_zones - of_resources > 0


def test_without_a_log_nothing_is_logged():
    server = Server(ZONE)
    assert server.responder.query_log is None
    assert rcode(server.ask("www.example.com")) == "NOERROR"


# --- the file ---


def test_lines_are_appended(tmp_path):
    path = tmp_path / "q.log"
    path.write_text("before\n")
    file = LogFile(str(path))
    for number in range(3):
        file.append(f"{number}\n".encode())
    file.close()
    assert path.read_text() == "before\n0\n1\n2\n"
    assert file.dropped == 0


def test_a_thread_writes_them(tmp_path):
    """R207: the appending thread does not write."""
    path = tmp_path / "q.log"
    file = LogFile(str(path))
    file.append(b"one\n")
    assert path.read_text() == ""
    file.start()
    file.append(b"two\n")
    file.close()
    assert path.read_text() == "one\ntwo\n"


def test_lines_beyond_the_bound_are_dropped_and_counted(tmp_path):
    """R207: while nothing is written, memory is bounded; whole batches are dropped."""
    path = tmp_path / "q.log"
    file = LogFile(str(path), max_bytes=10)
    file.append(b"123456\n")
    file.append(b"a\nb\n")
    file.append(b"c\n")
    assert file.dropped == 2
    file.close()
    assert path.read_text() == "123456\nc\n"


def test_a_rotated_file_is_reopened(tmp_path):
    path, moved = tmp_path / "q.log", tmp_path / "q.log.1"
    file = LogFile(str(path))
    file.append(b"one\n")
    file._flush()
    path.rename(moved)
    file.append(b"two\n")
    file._flush()
    path.unlink()
    path.write_text("another's\n")
    file.append(b"three\n")
    file.close()
    assert (moved.read_text(), path.read_text()) == ("one\n", "another's\nthree\n")


def test_without_a_new_file_the_old_one_is_used_on(tmp_path):
    folder, moved = tmp_path / "logs", tmp_path / "moved"
    folder.mkdir()
    file = LogFile(str(folder / "q.log"))
    folder.rename(moved)
    file.append(b"one\n")
    file._flush()
    folder.mkdir()
    file.append(b"two\n")
    file.close()
    assert ((moved / "q.log").read_text(), (folder / "q.log").read_text()) == ("one\n", "two\n")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        pytest.param("nowhere/q.log", "No such file or directory", id="no folder"),
        pytest.param(".", "Is a directory", id="a folder"),
        pytest.param("q.log/x", "Not a directory", id="below a file"),
        pytest.param("pipe", "No such device or address", id="a pipe without a reader"),
    ],
)
def test_a_file_that_cannot_be_opened(tmp_path, path, why):
    (tmp_path / "q.log").touch()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LogFileUnusable, match=f"cannot be opened: {why}; write the path of a file"):
        LogFile(str(tmp_path / path))


@pytest.fixture
def reluctant(monkeypatch):
    """A disk that takes so many bytes at a write; an error in the list is raised instead."""
    takes, write = [], os.write

    def take(fd, data):
        room = takes.pop(0) if takes else len(data)
        if isinstance(room, OSError):
            raise room
        return write(fd, data[:room])

    monkeypatch.setattr(log_file.os, "write", take)
    return takes


FULL = OSError(28, "No space left on device")


def test_a_write_that_falls_short_goes_on_where_it_stopped(tmp_path, reluctant):
    path = tmp_path / "q.log"
    file = LogFile(str(path))
    file.append(b"one\ntwo\n")
    reluctant += [2, 3]
    file.close()
    assert path.read_text() == "one\ntwo\n"


def test_a_full_disk_loses_nothing_while_there_is_room_in_memory(tmp_path, reluctant, capsys):
    """R207: logged once, however often a write fails."""
    path = tmp_path / "q.log"
    file = LogFile(str(path))
    reluctant += [2, FULL, FULL]
    file.append(b"one\n")
    file._flush()
    file.append(b"two\n")
    file._flush()
    assert path.read_text() == "on"
    file._flush()
    assert path.read_text() == "one\ntwo\n"
    file.close()
    assert file.dropped == 0
    output = capsys.readouterr().out
    assert (output.count("log file cannot be written"), output.count("log file is written again")) == (1, 1)


def test_lines_that_were_never_written_are_counted(tmp_path, reluctant):
    file = LogFile(str(tmp_path / "q.log"))
    reluctant += [6, FULL]
    file.append(b"one\ntwo\nthree\n")
    file.append(b"four\n")
    file.close()
    assert file.dropped == 3


def test_a_pipe_gets_whole_lines_in_pieces_that_are_not_torn_apart(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDWR | os.O_NONBLOCK)
    sizes, write = [], os.write
    monkeypatch.setattr(log_file.os, "write", lambda fd, data: sizes.append(len(data)) or write(fd, data))
    try:
        file = LogFile(str(tmp_path / "pipe"))
        lines = b"".join(b"%d %s\n" % (number, b"x" * (number % 90)) for number in range(500))
        file.append(lines)
        file.close()
        assert os.read(reader, 1 << 16) == lines
    finally:
        os.close(reader)
    assert max(sizes) <= log_file.select.PIPE_BUF
    assert len(sizes) > 1


# --- settings ---


@pytest.mark.parametrize(
    ("written", "means"),
    [("q.log", "{folder}/q.log"), ("/var/log/q.log", "/var/log/q.log"), ("-", "-")],
)
def test_a_path_is_relative_to_its_file(tmp_path, written, means):
    (tmp_path / "f.yaml").write_text(f'server: {{query_log: "{written}"}}')
    settings = load_files([tmp_path / "f.yaml"]).world.server
    assert settings == ServerSettings(query_log=means.format(folder=tmp_path))


@pytest.mark.parametrize("written", ["''", "3", "[a]"])
def test_a_path_that_is_none(tmp_path, written):
    (tmp_path / "f.yaml").write_text(f"server: {{query_log: {written}}}")
    with pytest.raises(FilesRefused) as refused:
        load_files([tmp_path / "f.yaml"])
    assert [error.where for error in refused.value.errors] == ["server.query_log"]


def test_the_schema_has_it():
    assert "query_log" in str(json_schema())
