"""A server at a time, and how a test asks it and compares what it says."""

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
    """A function that asks and gives the reply, which dnspython has read and matched to the question.

    Names without a trailing dot are below `conf.test`; no header flag is set unless `flags` says so.
    """

    def ask(name, type_="A", *, over=dns.query.udp, klass="IN", flags=0, **more):
        query = dns.message.make_query(dns.name.from_text(name, MAIN_ZONE), type_, klass, flags=flags, **more)
        return over(query, "127.0.0.1", WITHIN_S, server.port)

    return ask


@pytest.fixture
def exchange(server):
    """A function from a datagram to the datagram that comes back."""

    def exchange(packet):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(WITHIN_S)
            sock.connect(("127.0.0.1", server.port))
            sock.send(packet)
            return sock.recv(65535)

    return exchange


@pytest.fixture
def agree(request, server):
    """A function that asserts what a reply says.

    Where `DIFFERENCES` lists the case and the server, the reply has to say exactly what is listed there instead: a
    difference that is gone fails as much as a new one.
    """
    case = case_of(request.node, server)

    def agree(reply, expected):
        """Args: reply: a message, or facts; expected: facts by name, see `facts.FACTS`."""
        difference = DIFFERENCES.get(case, {}).get(server.name)
        if difference is not None:
            assert difference.instead.items() - expected.items() == difference.instead.items(), "no difference is listed"
            expected = expected | difference.instead
        found = reply if isinstance(reply, dict) else facts_of(reply, expected)
        assert found == expected, difference.why if difference else f"{server.name} differs"

    return agree


def case_of(node, server):
    """The id of a case without the server; the name of a test that has no cases."""
    case = node.callspec.id.replace(server.name, "").strip("-")
    return case or node.originalname
