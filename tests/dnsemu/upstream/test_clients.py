"""Clients whose queries are forwarded: by their address, and by how often they ask."""

from ipaddress import ip_network

import dns.flags
import dns.message
import pytest

from dnsemu.answering.dice import QuickDice
from dnsemu.config.model.settings import RateLimit, ServerSettings
from dnsemu.server.responder import Responder
from dnsemu.upstream.clients import MAX_CLIENTS, ForwardingClients, is_open
from dnsemu.upstream.forwarding import Forwarder
from tests.asking import Server
from tests.builders import record_set, zone


def settings(*networks, rate=None):
    return ServerSettings(forward_for=tuple(map(ip_network, networks)), forward_rate_limit=rate)


@pytest.mark.parametrize(("source", "networks", "is_admitted"), [
    pytest.param("127.0.0.9", (), True, id="loopback"),
    pytest.param("::1", (), True, id="loopback, IPv6"),
    pytest.param("10.1.2.3", (), True, id="private"),
    pytest.param("172.17.0.2", (), True, id="a container"),
    pytest.param("172.32.0.1", (), False, id="just beyond a private network"),
    pytest.param("192.168.255.255", (), True, id="private, its last address"),
    pytest.param("169.254.1.1", (), True, id="link-local"),
    pytest.param("fe80::1%eth0", (), True, id="link-local with a scope"),
    pytest.param("fd00::1", (), True, id="unique local"),
    pytest.param("::ffff:10.0.0.1", (), True, id="IPv4-mapped, private"),
    pytest.param("::ffff:8.8.8.8", (), False, id="IPv4-mapped, public"),
    pytest.param("100.64.0.1", (), False, id="a provider's customers"),
    pytest.param("203.0.113.9", (), False, id="public"),
    pytest.param("2001:db8::1", (), False, id="public, IPv6"),
    pytest.param("203.0.113.9", ("203.0.113.0/24",), True, id="declared"),
    pytest.param("203.0.114.9", ("203.0.113.0/24",), False, id="beside what is declared"),
    pytest.param("2001:db8::1", ("0.0.0.0/0",), False, id="of the other family"),
])  # fmt: skip
def test_admitted_clients(source, networks, is_admitted):
    assert ForwardingClients().admit(source, settings(*networks)) is is_admitted


@pytest.mark.parametrize(("networks", "expected"), [
    pytest.param((), False, id="nothing declared"),
    pytest.param(("10.9.0.0/16", "fd00::/8"), False, id="private ones"),
    pytest.param(("10.0.0.0/7",), True, id="half private"),
    pytest.param(("::/0",), True, id="all"),
])  # fmt: skip
def test_open_to_more_than_private_networks(networks, expected):
    assert is_open(settings(*networks)) is expected


def test_each_client_has_a_rate():
    now = 100.0
    clients, limited = ForwardingClients(lambda: now), settings(rate=RateLimit(2, 1.0))
    assert [clients.admit("10.0.0.1", limited) for _ in range(3)] == [True, True, False]
    assert clients.admit("10.0.0.2", limited)
    now += 0.6
    assert [clients.admit("10.0.0.1", limited) for _ in range(2)] == [True, False]


def test_the_hosts_of_an_ipv6_network_are_one_client():
    clients, limited = ForwardingClients(lambda: 0.0), settings(rate=RateLimit(1, 1.0))
    assert [clients.admit(f"fd00::{host:x}", limited) for host in range(3)] == [True, False, False]
    assert clients.admit("fd00:0:0:1::1", limited)


def test_the_client_that_asked_longest_ago_is_forgotten():
    clients, limited = ForwardingClients(lambda: 0.0), settings(rate=RateLimit(1, 3600.0))
    sources = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(MAX_CLIENTS + 1)]
    assert all(clients.admit(source, limited) for source in sources)
    assert [clients.admit(source, limited) for source in (sources[-1], sources[0])] == [False, True]


def test_others_are_refused_and_get_hosted_answers_alone():
    hosted = zone(
        "here.test",
        record_set("own.here.test", values="192.0.2.1"),
        record_set("out.here.test", "CNAME", "www.up.test"),
    )
    inner = Server(hosted)
    responder = Responder(inner.board, inner.health, QuickDice(lambda: 0.0), str, Forwarder(()))

    def ask(name):
        query = dns.message.make_query(name, "A", flags=dns.flags.RD)
        return dns.message.from_wire(responder.respond(query.to_wire(), "203.0.113.9", over_udp=True))

    assert ask("www.up.test").rcode() == dns.rcode.REFUSED
    assert [str(found.to_rdataset()) for found in ask("own.here.test").answer] == ["60 IN A 192.0.2.1"]
    assert [str(found.to_rdataset()) for found in ask("out.here.test").answer] == ["60 IN CNAME www.up.test."]
