"""Both senders match every reply to its query, and fresh parts never repeat."""

import socket
import struct
from collections import Counter
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Event, Thread

import pytest

HEADER, NOT_A_SLOT = 12, 255
SECONDS = 0.2
RATE = 500
"""Queries per second in tests that check every one."""


@pytest.fixture
def modules(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return import_module


@pytest.fixture(params=["C", "Python"])
def sender(request, modules, require_tool, tmp_path):
    if request.param == "C":
        require_tool("cc")
    made = modules("sender").Sender.made(tmp_path, in_python=request.param == "Python")
    assert made.language == request.param
    return made


@contextmanager
def answering(reply):
    """Runs a server that answers each packet with `reply(packet)`, unless that is None; yields its port and the packets."""
    over, packets = Event(), []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(0.05)

        def serve():
            while not over.is_set():
                try:
                    packet, sender = sock.recvfrom(4096)
                except TimeoutError:
                    continue
                packets.append(packet)
                if (answer := reply(packet)) is not None:
                    sock.sendto(answer, sender)

        thread = Thread(target=serve)
        thread.start()
        try:
            yield sock.getsockname()[1], packets
        finally:
            over.set()
            thread.join()


def echoed(packet):
    return packet[:2] + bytes((packet[2] | 0x80,)) + packet[3:] if len(packet) > 2 else packet


def with_byte(packet, at, value):
    return packet[:at] + bytes((value,)) + packet[at + 1 :]


def queries_of(modules, folder, workload):
    """Returns a workload's queries for a sender, and its packets."""
    found = modules("workloads").WORKLOADS[workload]
    asked, file = found.asked(), folder / "packets"
    file.write_bytes(modules("sender").packets_file(asked.packets))
    return modules("sender").Queries(file, asked.patches, found.garbage_every), asked.packets


def asked_by(sender, modules, folder, workload, first=0):
    """Runs a sender on a workload; returns the packets that it sent, the templates and its figures."""
    queries, templates = queries_of(modules, folder, workload)
    with answering(echoed) as (port, packets):
        sent = sender.send(port, queries, SECONDS, rate=RATE, first=first)
    assert sent.sent + sent.garbage_sent == len(packets)
    assert sent.completed == sent.sent > 0
    return packets, templates, sent


def test_an_echo_answers_everything_and_nothing_is_counted_twice(sender, modules, tmp_path):
    servers = modules("servers")
    queries, _ = queries_of(modules, tmp_path, "static")
    with servers.running(servers.script_command("echo_socket.py"), servers.SCRIPT_READY) as server:
        sent = sender.send(server.port, queries, SECONDS)
        assert server.cpu_s() is None or server.cpu_s() > 0
    assert sent.sent == sent.completed + sent.lost == sent.next
    assert sent.rcodes == {"NOERROR": sent.completed}
    assert (sent.wrong, sent.stray, sent.answered, sent.truncated) == (0, 0, 0, 0)
    assert 0 < sent.latency_us["p50"] <= sent.latency_us["p99"] <= sent.latency_us["most"]
    assert sent.per_second == sent.completed / sent.seconds > 0


NO_ANSWER = "none"
REPLIES = {
    "right": lambda packet: with_byte(echoed(packet), 7, 1),
    "NXDOMAIN": lambda packet: with_byte(echoed(packet), 3, 3),
    "RCODE9, truncated": lambda packet: with_byte(with_byte(echoed(packet), 2, packet[2] | 0x82), 3, 9),
    "another question": lambda packet: with_byte(echoed(packet), HEADER + 1, ord("?")),
    "another id": lambda packet: with_byte(echoed(packet), 0, packet[0] ^ 0x80),
    "a query": lambda packet: packet,
    "cut short": lambda packet: echoed(packet)[: HEADER - 1],
    NO_ANSWER: lambda packet: None,
}


def test_replies_are_matched_to_their_queries(sender, modules, tmp_path):
    queries, _ = queries_of(modules, tmp_path, "static")
    kinds = Counter()

    def reply(packet):
        kind = list(REPLIES)[kinds.total() % len(REPLIES)]
        kinds[kind] += 1
        return REPLIES[kind](packet)

    with answering(reply) as (port, _):
        sent = sender.send(port, queries, SECONDS, rate=RATE, timeout_s=0.5)
    assert sent.sent == kinds.total() > len(REPLIES)
    assert sent.rcodes == {
        "NOERROR": kinds["right"], "NXDOMAIN": kinds["NXDOMAIN"], "RCODE9": kinds["RCODE9, truncated"]
    }  # fmt: skip
    assert sent.completed == sum(sent.rcodes.values())
    assert (sent.answered, sent.truncated) == (kinds["right"], kinds["RCODE9, truncated"])
    assert sent.wrong == kinds["another question"]
    assert sent.stray == kinds["another id"] + kinds["a query"] + kinds["cut short"]
    assert sent.lost == sent.stray + kinds[NO_ANSWER]


def test_labels_never_repeat_and_are_the_same_from_both_senders(sender, modules, tmp_path):
    python_sender = modules("python_sender")
    packets, _, sent = asked_by(sender, modules, tmp_path, "wildcard", first=7)
    again, _, _ = asked_by(sender, modules, tmp_path, "wildcard", first=sent.next)
    labels = [packet[HEADER + 1 : HEADER + 14] for packet in (*packets, *again)]
    assert len(set(labels)) == len(labels)
    wanted = bytearray(packets[0])
    python_sender._patch(f"label,{HEADER + 1},13")(wanted, 7, None)
    assert labels[0] == wanted[HEADER + 1 : HEADER + 14]
    assert set(b"".join(labels)) <= set(python_sender.LETTERS)


def test_networks_never_repeat(sender, modules, tmp_path):
    packets, (template,), _ = asked_by(sender, modules, tmp_path, "any network")
    networks = [packet[-3:] for packet in packets]
    assert len(set(networks)) == len(networks)
    assert all(1 <= network[0] < 224 for network in networks)
    assert {packet[HEADER:-3] for packet in packets} == {template[HEADER:-3]}


def test_networks_repeat_only_when_all_are_used(modules):
    python_sender, sender = modules("python_sender"), modules("sender")
    step, some = 65_521, 1_000
    numbers = [number * step % sender.NETWORKS for number in range(some)]
    assert len({python_sender.network_of(number) for number in numbers}) == len(set(numbers)) == some
    assert python_sender.network_of(sender.NETWORKS + 5) == python_sender.network_of(5)
    assert sender.NETWORKS == python_sender.NETWORKS_TO - python_sender.NETWORKS_FROM


def test_only_the_case_of_letters_differs(sender, modules, tmp_path):
    packets, (template,), _ = asked_by(sender, modules, tmp_path, "random case")
    assert {packet[HEADER:].lower() for packet in packets} == {template[HEADER:].lower()}
    assert len({packet[HEADER:] for packet in packets}) > len(packets) / 2
    letters = b"".join(packet[HEADER:] for packet in packets)
    assert any(letter in letters for letter in b"ABC")


def test_cookies_never_repeat(sender, modules, tmp_path):
    packets, (template,), _ = asked_by(sender, modules, tmp_path, "cookie")
    at = template.index(b"\1COOKIE\1")
    cookies = [packet[at : at + 8] for packet in packets]
    assert len(set(cookies)) == len(cookies)
    assert {packet[at - 4 : at] for packet in packets} == {struct.pack("!HH", 10, 8)}


def test_garbage_has_ids_that_no_query_has(sender, modules, tmp_path):
    packets, _, sent = asked_by(sender, modules, tmp_path, "garbage")
    garbage = [packet for packet in packets if packet[1] == NOT_A_SLOT]
    assert len(garbage) == sent.garbage_sent == sent.garbage_replies == -(-sent.sent // 10)
    assert len({len(packet) for packet in garbage}) > 1


def test_a_server_that_answers_nothing_has_no_figures(sender, modules, tmp_path):
    queries, _ = queries_of(modules, tmp_path, "static")
    with answering(lambda packet: None) as (port, _), pytest.raises(modules("sender").LoadFailed, match="no answers"):
        sender.send(port, queries, 0.05, timeout_s=0.1)


def test_an_empty_file_is_refused(sender, modules, tmp_path):
    file = tmp_path / "packets"
    file.write_bytes(b"")
    with pytest.raises(modules("sender").LoadFailed):
        sender.send(9, modules("sender").Queries(file), SECONDS)
