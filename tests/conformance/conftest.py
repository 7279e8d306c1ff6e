"""Fixtures: each server in turn, queries to it, and comparison of its replies with expected facts."""

import socket

import dns.message
import dns.name
import dns.query
import pytest

from tests.conformance.differences import DIFFERENCES
from tests.conformance.facts import MAIN_ZONE, facts_of
from tests.conformance.servers import SERVERS, running

WITHIN_S = 5.0


@pytest.fixture(scope="session", params=SERVERS)
def server(request, require_tool, tmp_path_factory):
    """One of the servers; every test runs against each."""
    with running(request.param, tmp_path_factory.mktemp(request.param), require_tool) as running_server:
        yield running_server


@pytest.fixture
def ask(server):
    """A function that sends a query and returns the reply; dnspython has parsed it and matched it to the question.

    Names without a trailing dot are below `conf.test`; no header flag is set unless `flags` says so.
    """

    def ask(name, type_="A", *, over=dns.query.udp, rdclass="IN", flags=0, **more):
        query = dns.message.make_query(dns.name.from_text(name, MAIN_ZONE), type_, rdclass, flags=flags, **more)
        return over(query, "127.0.0.1", WITHIN_S, server.port)

    return ask


@pytest.fixture
def exchange(server):
    """A function that sends a datagram and returns the reply, or None if there is none.

    It sends an ordinary query after it; once that is answered, the datagram gets no reply.
    """
    last = dns.message.make_query(MAIN_ZONE, "SOA", id=0xFFFF).to_wire()

    def exchange(packet):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(WITHIN_S)
            sock.connect(("127.0.0.1", server.port))
            sock.send(packet)
            sock.send(last)
            reply = sock.recv(65535)
            return None if reply[:2] == last[:2] else reply

    return exchange


@pytest.fixture
def connection(server):
    """A TCP connection to the server: its socket, and a file to read from."""
    with socket.create_connection(("127.0.0.1", server.port), WITHIN_S) as sock, sock.makefile("rb") as stream:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield sock, stream


@pytest.fixture
def assert_agrees(request, server):
    """A function that asserts the facts of a reply.

    If `DIFFERENCES` lists the case and the server, the reply must have exactly the listed facts instead, so an outdated
    difference fails as well as a new one.
    """
    case = case_of(request.node, server)
    difference = DIFFERENCES.get(case, {}).get(server.name)
    instead = difference.instead if difference else {}
    why = difference.why if difference else "not among the differences"

    def assert_agrees(reply, expected):
        """Args: reply: a message, or facts by name; expected: facts by name, see `facts.FACTS`."""
        same = [fact for fact, value in instead.items() if expected.get(fact) == value]
        assert not same, f"{server.name} is listed as different where it is not: {same}"
        found = reply if isinstance(reply, dict) else facts_of(reply, expected)
        assert found == expected | instead, f"{server.name}: {why}"

    return assert_agrees


def case_of(node, server):
    """Returns the id of a case without the server, or the name of a test without cases."""
    return node.originalname if node.callspec.id == server.name else node.callspec.id.removeprefix(f"{server.name}-")
