"""Recursive resolvers in front: unbound with a stub zone and named with a static-stub zone find everything."""

import contextlib
import socket
import subprocess

import dns.exception
import dns.message
import dns.query
import dns.rcode
import pytest

from tests.waiting import until

UNBOUND = """
server:
  interface: {address}
  port: {port}
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  username: ""
  chroot: ""
  use-syslog: no
  module-config: "{modules}"
  num-threads: 1
  do-not-query-localhost: no
  local-zone: "test." nodefault
  domain-insecure: "test."
  {more}
remote-control:
  control-enable: no
stub-zone:
  name: "shop.test."
  stub-addr: 127.0.0.1@{port}
"""
CLIENT_SUBNET = 'send-client-subnet: 127.0.0.1\n  max-client-subnet-ipv4: 24'

# named queries at the port that it listens on itself: dnsemu's, on another address.
NAMED = """
options {{
  directory "{folder}";
  pid-file "{folder}/named.pid";
  session-keyfile "{folder}/session.key";
  port {port};
  listen-on {{ {address}; }};
  listen-on-v6 {{ none; }};
  recursion yes;
  dnssec-validation no;
  empty-zones-enable no;
}};
controls {{ }};
zone "shop.test" {{ type static-stub; server-addresses {{ 127.0.0.1; }}; }};
"""

RESOLVED = [
    pytest.param("www.shop.test", "A", ["192.0.2.1"], id="a name"),
    pytest.param("www.shop.test", "AAAA", ["2001:db8::1"], id="of another type"),
    pytest.param("shop.test", "A", ["192.0.2.1"], id="an alias at the apex"),
    pytest.param("blog.shop.test", "A", ["www.shop.test.", "192.0.2.1"], id="a CNAME"),
    pytest.param("x.y.wild.shop.test", "A", ["192.0.2.5"], id="a wildcard"),
    pytest.param("www.shop.test", "MX", [], id="NODATA"),
]


@contextlib.contextmanager
def running(address, port, *command):
    """A resolver's process from when it answers until the block ends; yields a function that asks it."""

    def ask(name, type_="A", source=None):
        reply = dns.query.udp(dns.message.make_query(name, type_), address, 5, port=port, source=source)
        return dns.rcode.to_text(reply.rcode()), [str(rdata) for rrset in reply.answer for rdata in rrset]

    def answers():
        assert process.poll() is None, process.stdout.read()
        with contextlib.suppress(OSError, dns.exception.DNSException):
            return ask("www.shop.test")[0] == "NOERROR"

    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        until(answers, what="the resolver to answer")
        yield ask
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def unbound(program, shop, folder, modules="iterator", more="", address="127.0.0.3"):
    folder = folder.resolve()
    config = folder / "unbound.conf"
    config.write_text(UNBOUND.format(folder=folder, port=shop.dns, address=address, modules=modules, more=more))
    with running(address, shop.dns, program, "-d", "-c", config) as ask:
        yield ask


@contextlib.contextmanager
def named(program, shop, folder, address="127.0.0.4"):
    config = folder / "named.conf"
    config.write_text(NAMED.format(folder=folder, port=shop.dns, address=address))
    with running(address, shop.dns, program, "-g", "-n", "1", "-c", config) as ask:
        yield ask


@pytest.fixture(scope="module", params=["unbound", "named"])
def resolver(request, require_tool, shop, tmp_path_factory):
    how = {"unbound": unbound, "named": named}[request.param]
    with how(require_tool(request.param), shop, tmp_path_factory.mktemp(request.param)) as ask:
        yield ask


@pytest.mark.parametrize(("name", "type_", "expected"), RESOLVED)
def test_a_resolver_finds(resolver, name, type_, expected):
    assert resolver(name, type_) == ("NOERROR", expected)


def test_a_resolver_learns_that_a_name_is_absent(resolver):
    assert resolver("nobody.shop.test") == ("NXDOMAIN", [])


def test_a_resolver_finds_what_takes_tcp(resolver):
    """The reply is larger than the 1,232 octets that resolvers offer over UDP, here and to their client."""
    assert resolver("big.shop.test", "TXT")[0] == "NOERROR"


def test_a_resolver_sees_both_of_two_weighted_record_sets(resolver):
    """With a TTL of 0 s each question is asked anew."""
    seen = set()
    until(lambda: seen.add(*resolver("even.shop.test")[1]) or len(seen) == 2, what="both")
    assert seen == {"192.0.2.11", "192.0.2.12"}


def test_unbound_tells_whose_answers_it_wants(require_tool, shop, tmp_path):
    """R127: one resolver, clients in two countries, an answer for each; the scope keeps its cache from mixing them."""
    program = require_tool("unbound")
    version = subprocess.run([program, "-V"], capture_output=True, text=True, check=False).stdout
    if "subnetcache" not in version:
        pytest.skip("unbound was built without its subnet module")
    with unbound(program, shop, tmp_path, "subnetcache iterator", CLIENT_SUBNET, "127.0.0.6") as ask:
        for source, answer in [("127.1.0.1", "192.0.2.81"), ("127.2.0.1", "192.0.2.49"), ("127.1.0.2", "192.0.2.81")]:
            assert ask("geo.shop.test", source=source) == ("NOERROR", [answer])
        assert ask("www.shop.test", source="127.1.0.1") == ("NOERROR", ["192.0.2.1"])


def test_the_addresses_are_of_this_machine():
    """The resolvers above listen beside dnsemu, on other loopback addresses and its port."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.6", 0))
        assert sock.getsockname()[0] == "127.0.0.6"
