"""Hostile DNS packets over UDP and TCP, on one server."""

import contextlib
import random
import socket
import struct

import dns.edns
import dns.message
import pytest

from tests.hostile.watching import withstands
from tests.serving import serving_files

FILE = """
hosted_zones:
  - name: p.test
    record_sets:
      - {name: w, type: A, ttl: 60, resource_records: [192.0.2.1]}
      - {name: "*.wild", type: A, ttl: 60, set_identifier: a, weight: 1, resource_records: [192.0.2.2]}
      - {name: "*.wild", type: A, ttl: 60, set_identifier: b, weight: 2, resource_records: [192.0.2.3]}
      - {name: g, type: A, ttl: 60, set_identifier: d, geo_location: {country_code: "*"}, resource_records: [192.0.2.4]}
      - name: long
        type: TXT
        ttl: 60
        resource_records:
"""
LONG_VALUES = "".join(f"""          - '"{number} {"x" * 200}"'\n""" for number in range(200))

ECS = dns.edns.ECSOption("203.0.113.0", 24)
GOOD = dns.message.make_query("w.p.test", "A", use_edns=0, options=[ECS], id=1).to_wire()
LONG = dns.message.make_query("long.p.test", "TXT", id=1).to_wire()
WINDOW = 50
"""Packets that are on their way at once: the socket's buffer holds them beside the pings."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    file = tmp_path_factory.mktemp("packets") / "f.yaml"
    file.write_text(FILE + LONG_VALUES)
    with serving_files(file) as running:
        yield running


def header(questions=1, answers=0, authorities=0, additionals=0, flags=0):
    return struct.pack(">HHHHHH", 1, flags, questions, answers, authorities, additionals)


QUESTION = b"\1w\1p\4test\0\0\1\0\1"


def prefixes():
    return [GOOD[:length] for length in range(len(GOOD))]


def every_byte_changed():
    return [
        GOOD[:at] + bytes([value]) + GOOD[at + 1 :] for at in range(2, len(GOOD)) for value in (0, 1, 63, 64, 192, 255)
    ]


def mutated(seed=1, number=3000):
    dice = random.Random(seed)
    packets = []
    for _ in range(number):
        packet = bytearray(GOOD)
        for _ in range(dice.randrange(1, 6)):
            packet[dice.randrange(2, len(packet))] = dice.randrange(256)
        packets.append(bytes(packet[: dice.randrange(len(packet)) or None] if dice.random() < 0.2 else packet))
    return packets


def noise():
    dice = random.Random(2)
    return [dice.randbytes(dice.choice((12, 40, 512, 4096, 65_000))) for _ in range(400)]


def pointers():
    """Compression pointers to themselves, to each other, forward and beyond the end, in questions and in owners."""
    opt = b"\0\0\x29\x10\0\0\0\0\0\0\0"
    owners = [b"\xc0\x0c", b"\xc0\x1c", b"\xff\xff", b"\xc0", b"\1a\xc0\x1c", b"\xc0\x1e\xc0\x1c"]
    in_questions = [header() + owner + b"\0\1\0\1" for owner in owners]
    in_records = [header(additionals=2) + QUESTION + owner + opt[1:] + opt for owner in owners]
    return (in_questions + in_records) * 20


def counts():
    """Counts that promise more, or other, records than there are."""
    return [
        header(*(65_535 if bit >> place & 1 else 0 for place in range(4))) + QUESTION * size
        for bit in range(16)
        for size in (0, 1, 300)
    ] * 5


def labels():
    """Names of 127 labels, of 255 bytes and more, of labels with any byte in them."""
    names = [b"\1a" * 127 + b"\0", b"\1a" * 128 + b"\0", (b"\x3f" + b"x" * 63) * 4 + b"\0", b"\x40" + b"x" * 64 + b"\0"]
    names += [b"\3" + bytes([value] * 3) + b"\1p\4test\0" for value in range(256)]
    return [header() + name + b"\0\1\0\1" for name in names] * 4


def options():
    """OPT records: many, long, with wrong lengths, with client networks that are none."""

    def opt(data, length=None):
        return b"\0\0\x29\x10\0\0\0\0\0" + struct.pack(">H", len(data) if length is None else length) + data

    def option(code, data, length=None):
        return struct.pack(">HH", code, len(data) if length is None else length) + data

    subnets = [
        b"",
        b"\0",
        b"\0\1\x20\0",
        b"\0\1\xff\0\1\2\3\4",
        b"\0\2\x80\0" + b"x" * 16,
        b"\0\3\x18\0\1\2\3",
        b"\0\1\x18\x18\1\2\3",
    ]
    tails = [opt(option(8, data)) for data in subnets] + [opt(option(8, b"\0\1\x18\0\1\2\3") * 2000)]
    tails += [opt(b"x" * 60_000), opt(b"", 65_535), opt(option(10, b"x" * 8) * 5000), opt(option(3, b"", 60_000))]
    packets = [header(additionals=1) + QUESTION + tail for tail in tails]
    packets += [header(additionals=5000) + QUESTION + opt(b"") * 5000]
    return packets * 10


def all_header_words():
    """Every opcode with every flag; types and classes at the ends of their ranges."""
    words = [header(flags=flags) + QUESTION for flags in range(0, 0x8000, 0x111)]
    kinds = (0, 1, 2, 5, 6, 41, 249, 250, 251, 252, 255, 256, 32768, 65535)
    return words + [
        header() + QUESTION[:-4] + struct.pack(">HH", t, c) for t in kinds for c in (0, 1, 3, 4, 254, 255, 65535)
    ]


def other_names():
    """A new name, and a new client network, in each packet."""
    dice = random.Random(3)
    return [
        dns.message.make_query(
            f"{dice.getrandbits(64):x}.wild.p.test", "A", use_edns=0,
            options=[dns.edns.ECSOption(".".join(str(dice.randrange(256)) for _ in range(3)) + ".0", 24)],
        ).to_wire()
        for _ in range(3000)
    ]  # fmt: skip


def large_answers():
    return [LONG] * 1000


@pytest.mark.parametrize(
    "packets",
    [
        pytest.param(prefixes, id="a query that is cut off anywhere"),
        pytest.param(every_byte_changed, id="a query with one byte changed"),
        pytest.param(mutated, id="queries with some bytes changed"),
        pytest.param(noise, id="random bytes of all sizes"),
        pytest.param(pointers, id="compression pointers that loop"),
        pytest.param(counts, id="counts of records that are not there"),
        pytest.param(labels, id="long names and odd labels"),
        pytest.param(options, id="OPT records of all kinds"),
        pytest.param(all_header_words, id="opcodes, flags, types and classes"),
        pytest.param(other_names, id="unique names and networks"),
        pytest.param(large_answers, id="answers that do not fit"),
    ],
)
def test_packets_over_udp(packets, server):
    made = packets()
    with withstands(server, "w.p.test"), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", server.dns))
        sock.settimeout(5)
        for start in range(0, len(made), WINDOW):
            for packet in made[start : start + WINDOW]:
                sock.send(packet)
            sock.send(b"\xff\xff" + GOOD[2:])
            while (reply := sock.recv(65_535))[:2] != b"\xff\xff":
                assert reply[2] & 0x80, "a reply says that it is one"


@pytest.mark.parametrize("packets", [mutated, noise, pointers, counts, options], ids=lambda packets: packets.__name__)
def test_packets_over_tcp(packets, server):
    """A connection goes on, or is closed; a new one takes its place."""
    made = [packet for packet in packets() if packet][:400]
    with withstands(server, "w.p.test"):
        while made:
            with connected(server) as sock, contextlib.suppress(ConnectionError, TimeoutError):
                for _ in range(min(20, len(made))):
                    packet = made.pop()
                    sock.sendall(struct.pack(">H", len(packet)) + packet)
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(65_535):
                    pass


@contextlib.contextmanager
def connected(server):
    with socket.create_connection(("127.0.0.1", server.dns), timeout=5) as sock:
        yield sock


def half_messages(server, stack):
    for number in range(1200):
        sock = stack.enter_context(connected(server))
        sock.sendall((struct.pack(">H", len(GOOD)) + GOOD)[: number % (len(GOOD) + 2)])


def never_read(server, stack):
    for _ in range(50):
        sock = stack.enter_context(connected(server))
        sock.settimeout(0)
        with contextlib.suppress(BlockingIOError, ConnectionError):
            for _ in range(20):
                sock.send((struct.pack(">H", len(LONG)) + LONG) * 500)


def single_bytes(server, stack):
    socks = [stack.enter_context(connected(server)) for _ in range(20)]
    for octet in struct.pack(">H", len(GOOD)) + GOOD:
        for sock in socks:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.send(bytes([octet]))
    for sock in socks:
        assert len(sock.recv(512)) > len(GOOD)


def opened_and_reset(server, stack):
    for _ in range(2000):
        sock = socket.create_connection(("127.0.0.1", server.dns), timeout=5)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()


@pytest.mark.parametrize(
    "attack", [half_messages, never_read, single_bytes, opened_and_reset], ids=lambda attack: attack.__name__
)
def test_connections_of_dns(attack, server):
    with withstands(server, "w.p.test"):
        with contextlib.ExitStack() as stack:
            attack(server, stack)
        with connected(server) as sock:
            sock.sendall(struct.pack(">H", len(GOOD)) + GOOD)
            assert len(sock.recv(512)) > len(GOOD)
