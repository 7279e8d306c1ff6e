"""DNS over UDP: bursts, invalid packets, and the source address of replies."""

import random
import select
import socket

import dns.edns
import dns.message
import dns.query
import pytest

from tests.e2e.asking import ask, query, served, texts
from tests.serving import serving_files

from .conftest import SHOP


@pytest.fixture
def client(shop):
    """A connected UDP socket: it receives packets only from the address that it sends to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.connect(("127.0.0.1", shop.dns))
        yield sock


def test_a_burst_is_answered_whole(client):
    """The burst is larger than what the server answers in one turn of its loop."""
    wanted = {number: query("www.shop.test", id=number) for number in range(200)}
    for message in wanted.values():
        client.send(message.to_wire())
    for _ in range(200):
        reply = dns.message.from_wire(client.recv(4096))
        assert wanted.pop(reply.id).is_response(reply)
        assert texts(reply) == ["192.0.2.1"]


def test_rubbish_does_no_harm(client):
    """R149: the next good query is answered, and nothing is written to standard error (see `shop`)."""
    dice = random.Random(20260101)
    good = query("geo.shop.test", use_edns=True, options=[dns.edns.ECSOption("203.0.113.0", 24)], id=1).to_wire()
    packets = [dice.randbytes(dice.randrange(0, 600)) for _ in range(300)]
    packets += [good[:length] for length in range(len(good))]
    for _ in range(300):
        bent = bytearray(good)
        for _ in range(dice.randrange(1, 4)):
            bent[dice.randrange(2, len(bent))] = dice.randrange(256)
        packets.append(bytes(bent))
    for packet in packets:
        client.send(packet)
        if select.select([client], [], [], 0)[0]:
            reply = client.recv(4096)
            assert reply[2] & 0x80, "a reply says that it is one"
    last = query("www.shop.test", id=65535)
    client.send(last.to_wire())
    while (reply := client.recv(4096))[:2] != b"\xff\xff":
        pass
    assert texts(dns.message.from_wire(reply)) == ["192.0.2.1"]


def test_a_reply_is_not_answered(client, shop):
    """Otherwise two servers could answer each other forever."""
    reply = ask(shop.dns, "www.shop.test").to_wire()
    client.send(reply)
    client.send(query("www.shop.test", id=7).to_wire())
    assert dns.message.from_wire(client.recv(4096)).id == 7
    assert not select.select([client], [], [], 0)[0]


def test_a_sender_that_cannot_be_replied_to_stops_nothing(shop):
    """A reply to a closed socket fails; the next query is answered."""
    for _ in range(20):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(query("www.shop.test").to_wire(), ("127.0.0.1", shop.dns))
    assert served(shop.dns, "www.shop.test") == ["192.0.2.1"]


@pytest.fixture(scope="module")
def everywhere():
    """A server on four addresses; yields the ports by address."""
    if not has_ipv6():
        pytest.skip("no IPv6 on this machine")
    with serving_files(SHOP, dns="127.0.0.1:0,[::1]:0,0.0.0.0:0", options=["--dns", "[::]:0"]) as server:
        yield dict(address.rsplit(":", 1) for address in server.addresses)
        server.stop()
        assert server.errors == ""


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_the_ready_line_names_every_address(everywhere):
    assert list(everywhere) == ["127.0.0.1", "[::1]", "0.0.0.0", "[::]"]
    assert all(int(port) for port in everywhere.values())


@pytest.mark.parametrize("how", ["+notcp", "+tcp"])
@pytest.mark.parametrize(
    ("bound", "asked"),
    [
        pytest.param("127.0.0.1", "127.0.0.1", id="one address"),
        pytest.param("[::1]", "::1", id="one IPv6 address"),
        pytest.param("0.0.0.0", "127.0.0.1", id="any address"),
        pytest.param("0.0.0.0", "127.0.0.5", id="any address, not the first of its interface"),
        pytest.param("[::]", "::1", id="any IPv6 address"),
    ],
)
def test_the_reply_comes_from_the_queried_address(run, everywhere, bound, asked, how):
    """dig ignores replies from another address."""
    port = everywhere[bound]
    found = run("dig", f"@{asked}", "-p", port, "www.shop.test", "+short", "+tries=1", "+timeout=5", how)
    assert found == "192.0.2.1\n"


def test_a_client_on_another_loopback_address_is_answered(everywhere):
    """The reply goes to the client's address, whichever it is."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.2.0.9", 0))
        sock.settimeout(5)
        sock.connect(("127.0.0.7", int(everywhere["0.0.0.0"])))
        sock.send(query("geo.shop.test").to_wire())
        assert texts(dns.message.from_wire(sock.recv(4096))) == ["192.0.2.49"]
