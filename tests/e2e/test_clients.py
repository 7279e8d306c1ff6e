"""Common clients and client libraries read every kind of answer, also larger ones than fit a datagram."""

import re
import subprocess

import dns.resolver
import pytest

from tests.conformance.zones import ZONES, yaml
from tests.serving import serving_files

NXDOMAIN, NODATA, REFUSED = "NXDOMAIN", "NODATA", "REFUSED"

NODE = """
const [port, name, type] = process.argv.slice(1);
const resolver = new (require('dns').promises.Resolver)({ tries: 1 });
resolver.setServers([`127.0.0.1:${port}`]);
resolver.resolve(name, type).then(found => console.log(JSON.stringify(found)), error => console.log(error.code));
"""
COMMANDS = {
    "delv": lambda port, name, type_: ["delv", "@127.0.0.1", "-p", port, "-i", name, type_],
    "drill": lambda port, name, type_: ["drill", "-a", "-p", port, "@127.0.0.1", name, type_],
    "nslookup": lambda port, name, type_: ["nslookup", f"-port={port}", f"-type={type_}", name, "127.0.0.1"],
    "host": lambda port, name, type_: ["host", "-p", port, "-t", type_, name, "127.0.0.1"],
    "node": lambda port, name, type_: ["node", "-e", NODE, port, name, type_],
}
TOLD = {
    "delv": {NXDOMAIN: "ncache nxdomain", NODATA: "ncache nxrrset", REFUSED: "REFUSED"},
    "drill": {NXDOMAIN: "rcode: NXDOMAIN", NODATA: r"rcode: NOERROR[\s\S]*ANSWER: 0,", REFUSED: "rcode: REFUSED"},
    "nslookup": {NXDOMAIN: "NXDOMAIN", NODATA: "No answer", REFUSED: "REFUSED"},
    "host": {NXDOMAIN: r"3\(NXDOMAIN\)", NODATA: r"has no \w+ record", REFUSED: r"5\(REFUSED\)"},
    "node": {NXDOMAIN: "ENOTFOUND", NODATA: "ENODATA", REFUSED: "EREFUSED"},
    "dnspython": {NXDOMAIN: "NXDOMAIN", NODATA: "NoAnswer", REFUSED: "NoNameservers"},
}
"""The word that each client prints for a negative answer."""


def texts_of(name):
    """Returns the first word of each value of a TXT record set; the words differ."""
    values = [re.match(rf'{name} \d+ TXT "(\d+ \w)', row) for row in ZONES["conf.test"]]
    return [found[1] for found in values if found]


QUESTIONS = [
    pytest.param("a.conf.test", "A", ["192.0.2.10"], id="an address"),
    pytest.param("aaaa.conf.test", "AAAA", ["2001:db8::10"], id="an IPv6 address"),
    pytest.param("two.conf.test", "A", ["192.0.2.11", "192.0.2.12"], id="two addresses"),
    pytest.param("c3.conf.test", "A", ["192.0.2.10"], id="a chain of CNAMEs"),
    pytest.param("x.y.wild.conf.test", "A", ["192.0.2.7"], id="a wildcard"),
    pytest.param("mx.conf.test", "MX", ["mail.conf.test", "mail.elsewhere.test"], id="MX"),
    pytest.param("srv.conf.test", "SRV", ["5060", "mail.conf.test"], id="SRV"),
    pytest.param("naptr.conf.test", "NAPTR", ["SIP+D2U", "srv.conf.test"], id="NAPTR"),
    pytest.param("conf.test", "SOA", ["2026010100", "hostmaster.conf.test"], id="SOA"),
    pytest.param("medium.conf.test", "TXT", texts_of("medium"), id="more than 512 bytes"),
    pytest.param("big.conf.test", "TXT", texts_of("big"), id="more than 1,232 bytes"),
    pytest.param("large.conf.test", "TXT", texts_of("large"), id="more than 4,096 bytes, which takes TCP"),
    pytest.param("missing.conf.test", "A", NXDOMAIN, id="NXDOMAIN"),
    pytest.param("gone.conf.test", "A", NXDOMAIN, id="NXDOMAIN after a CNAME"),
    pytest.param("a.conf.test", "MX", NODATA, id="NODATA"),
    pytest.param("www.elsewhere.test", "A", REFUSED, id="R42 REFUSED without OPT"),
]


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """The port of a server with the zones of the conformance suite. Its standard error must stay empty."""
    file = tmp_path_factory.mktemp("clients") / "zones.yaml"
    file.write_text(yaml())
    with serving_files(file) as server:
        yield server.dns
        server.stop()
        assert server.errors == ""


CLIENTS = [*COMMANDS, "dnspython"]


@pytest.fixture(params=CLIENTS)
def client(request):
    return request.param


@pytest.fixture
def ask(client, port, require_tool):
    """A function that queries through the client and returns its output."""

    def through_dnspython(name, type_):
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], port
        try:
            return resolver.resolve(name, type_, raise_on_no_answer=True).response.to_text()
        except dns.exception.DNSException as fault:
            return type(fault).__name__

    def through_a_program(name, type_):
        program, *arguments = COMMANDS[client](str(port), name, type_)
        command = [require_tool(program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        return done.stdout + done.stderr

    return through_dnspython if client == "dnspython" else through_a_program


@pytest.mark.parametrize(("name", "type_", "expected"), QUESTIONS)
def test_a_client_reads(client, ask, name, type_, expected):
    printed = ask(name, type_)
    if isinstance(expected, str):
        assert re.search(TOLD[client][expected], printed), printed
    else:
        assert_holds(printed, expected)


# Node's c-ares refuses any name beyond 16 KiB of a message (1.34 does), NSD's as well as ours.
@pytest.mark.parametrize("client", [name for name in CLIENTS if name != "node"], indirect=True)
def test_a_client_reads_what_is_beyond_the_reach_of_compression_pointers(ask):
    assert_holds(ask("huge.conf.test", "TXT"), texts_of("huge"))


def assert_holds(printed, texts):
    """Asserts that the output holds all texts and no warning."""
    assert texts
    assert [text for text in texts if text not in printed] == [], printed
    assert not re.search(r"(?i)malformed|bad |unexpected|extra|mismatch", printed), printed
