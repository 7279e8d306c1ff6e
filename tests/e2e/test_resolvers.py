"""Recursive resolvers in front of dnsemu work: unbound with a stub zone, named with a static-stub zone."""

import contextlib
import subprocess

import dns.exception
import dns.message
import dns.query
import dns.rcode
import pytest

from tests.serving import free_port, serving_files
from tests.waiting import until

UNBOUND = """
server:
  interface: 127.0.0.1
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
  stub-addr: 127.0.0.1@{dns}
auth-zone:
  name: "."
  zonefile: "{folder}/root.zone"
  for-downstream: no
"""
CLIENT_SUBNET = "send-client-subnet: 127.0.0.1\n  max-client-subnet-ipv4: 24"

# `port` is the port of all servers that named queries; a static stub cannot have another.
NAMED = """
options {{
  directory "{folder}";
  pid-file "{folder}/named.pid";
  session-keyfile "{folder}/session.key";
  port {dns};
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion yes;
  dnssec-validation no;
  empty-zones-enable no;
}};
controls {{ }};
zone "." {{ type hint; file "{folder}/root.hints"; }};
{zones}
"""
HINTS = ". 60 NS ns.\nns. 60 A 127.0.0.1\n"
ROOT = f". 60 SOA ns. me. 1 2 3 4 5\n{HINTS}"
"""The resolvers ask no other root, so no packet leaves this machine."""
STATIC_STUB = 'zone "{zone}" {{ type static-stub; server-addresses {{ 127.0.0.1; }}; }};\n'
FORWARD = 'zone "{zone}" {{ type forward; forward only; forwarders {{ 127.0.0.1 port {dns}; }}; }};\n'
CHILD = """
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: www, type: A, ttl: 60, resource_records: [192.0.2.1]}
  - name: team.shop.test
    record_sets:
      - {name: www, type: A, ttl: 60, resource_records: [192.0.2.2]}
      - {name: a.b.c, type: A, ttl: 60, resource_records: [192.0.2.3]}
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
def running(log, port, *command):
    """Runs a resolver during the block; yields a function that queries it."""

    def ask(name, type_="A", source=None, within_s=5.0):
        query = dns.message.make_query(name, type_)
        reply, _ = dns.query.udp_with_fallback(query, "127.0.0.1", within_s, port, source)
        return dns.rcode.to_text(reply.rcode()), [str(rdata) for rrset in reply.answer for rdata in rrset]

    def answers():
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError, dns.exception.DNSException):
            return ask("www.shop.test", within_s=0.1)[0] == "NOERROR"

    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        until(answers, what="the resolver to answer")
        yield ask
    finally:
        process.kill()
        process.wait()


def unbound(program, shop, folder, modules="iterator", more=""):
    port, config = free_port(), folder / "unbound.conf"
    (folder / "root.zone").write_text(ROOT)
    config.write_text(UNBOUND.format(folder=folder, port=port, dns=shop.dns, modules=modules, more=more))
    return running(folder / "log", port, program, "-d", "-c", config)


def named(program, shop, folder, zone=STATIC_STUB, names=("shop.test",)):
    """BIND with a zone statement for each name."""
    port, config = free_port(), folder / "named.conf"
    (folder / "root.hints").write_text(HINTS)
    zones = "".join(zone.format(zone=name, dns=shop.dns) for name in names)
    config.write_text(NAMED.format(folder=folder, port=port, dns=shop.dns, zones=zones))
    return running(folder / "log", port, program, "-g", "-n", "1", "-c", config)


@pytest.fixture(scope="module", params=["unbound", "named"])
def resolver(request, require_tool, shop, tmp_path_factory):
    how = {"unbound": unbound, "named": named}[request.param]
    with how(require_tool(request.param), shop, tmp_path_factory.mktemp(request.param)) as ask:
        yield ask


@pytest.mark.parametrize(("name", "type_", "expected"), RESOLVED)
def test_a_resolver_finds(resolver, name, type_, expected):
    assert resolver(name, type_) == ("NOERROR", expected)


def test_a_resolver_learns_that_a_name_is_absent(resolver):
    assert resolver("missing.shop.test") == ("NXDOMAIN", [])


def test_a_resolver_retries_over_tcp(resolver):
    """The reply is larger than the 1,232 bytes that resolvers offer over UDP."""
    rcode, found = resolver("big.shop.test", "TXT")
    assert (rcode, len(found)) == ("NOERROR", 8)


def test_a_resolver_sees_both_of_two_weighted_record_sets(resolver):
    """With a TTL of 0 s the resolver caches nothing."""
    seen = set()
    until(lambda: seen.add(*resolver("even.shop.test")[1]) or len(seen) == 2, what="both")
    assert seen == {"192.0.2.11", "192.0.2.12"}


def test_unbound_sends_the_client_subnet(require_tool, shop, tmp_path):
    """R127: clients in two countries get their answers through one resolver; its cache keeps them apart by the scope."""
    program = require_tool("unbound")
    version = subprocess.run([program, "-V"], capture_output=True, text=True, check=False).stdout
    if "subnetcache" not in version:
        pytest.skip("unbound was built without its subnet module")
    with unbound(program, shop, tmp_path, "subnetcache iterator", CLIENT_SUBNET) as ask:
        for source, answer in [("127.1.0.1", "192.0.2.81"), ("127.2.0.1", "192.0.2.49"), ("127.1.0.2", "192.0.2.81")]:
            assert ask("geo.shop.test", source=source) == ("NOERROR", [answer])
        assert ask("www.shop.test", source="127.1.0.1") == ("NOERROR", ["192.0.2.1"])


BOTH = ("shop.test", "team.shop.test")
WITH_A_CHILD = [
    pytest.param("named", {"names": BOTH}, id="BIND, a static-stub zone for each hosted zone"),
    pytest.param("named", {"zone": FORWARD}, id="BIND, one forward zone"),
    pytest.param("unbound", {}, id="unbound, one stub zone"),
]


@pytest.mark.parametrize(("program", "options"), WITH_A_CHILD)
def test_a_resolver_finds_the_names_of_a_hosted_child_zone(require_tool, tmp_path, program, options):
    """BIND with a static-stub zone for the parent alone does not.

    It minimises names (RFC 9156), so it learns the NS of the child zone, and goes on at these: Route 53's servers.
    """
    file = tmp_path / "child.yaml"
    file.write_text(CHILD)
    how = {"unbound": unbound, "named": named}[program]
    with serving_files(file) as server, how(require_tool(program), server, tmp_path, **options) as ask:
        for _ in range(2):
            assert ask("www.team.shop.test") == ("NOERROR", ["192.0.2.2"])
            assert ask("a.b.c.team.shop.test") == ("NOERROR", ["192.0.2.3"])
            assert ask("b.c.team.shop.test") == ("NOERROR", [])
            assert ask("gone.team.shop.test") == ("NXDOMAIN", [])
            assert ask("www.shop.test") == ("NOERROR", ["192.0.2.1"])
