"""dnsemu in front of real resolvers and servers, behind real clients, unchanged programs on both sides."""

import json
import queue
import re
import subprocess

import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from tests.e2e.upstreams import UPSTREAMS
from tests.serving import dnsemu, free_port, serving_files

HERE = """
hosted_zones:
  - name: here.test
    record_sets:
      - {name: www, type: A, ttl: 60, resource_records: [192.0.2.1]}
      - {name: out, type: CNAME, ttl: 60, resource_records: [up.test]}
      - {name: gone, type: CNAME, ttl: 60, resource_records: [gone.up.test]}
      - {name: sub, type: NS, ttl: 60, resource_records: [ns.up.test]}
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    file = tmp_path_factory.mktemp("here") / "here.yaml"
    file.write_text(HERE)
    return file


@pytest.fixture(scope="module", params=UPSTREAMS)
def both(request, here, require_tool, tmp_path_factory):
    """The ports of a server and of each upstream behind it. The server's standard error must stay empty."""
    folder = tmp_path_factory.mktemp(request.param)
    with (
        UPSTREAMS[request.param](require_tool, folder) as upstream,
        serving_files(here, options=["--forward", f"127.0.0.1:{upstream}"]) as server,
    ):
        yield server.dns, upstream
        server.stop()
        assert server.errors == ""


@pytest.fixture
def front(both):
    return both[0]


def ask(port, name, type_="A", **more):
    query = dns.message.make_query(name, type_, **more)
    reply, _ = dns.query.udp_with_fallback(query, "127.0.0.1", 10, port)
    return reply


def values(section):
    return [f"{dns.rdatatype.to_text(rrset.rdtype)} {rdata}" for rrset in section for rdata in rrset]


@pytest.mark.parametrize("how", [["+notcp"], ["+tcp"]], ids=["UDP", "TCP"])
def test_dig_gets_our_edns_and_no_cookie(run, front, how):
    """dig sends a cookie with each query; named and knotd answer it with a cookie of theirs."""
    asked = run("dig", "@127.0.0.1", "-p", front, "www.up.test", *how)
    assert re.search(r"^www\.up\.test\.\s+\d+\s+IN\s+A\s+192\.0\.2\.77$", asked, re.MULTILINE)
    assert ";; flags: qr rd ra;" in asked
    assert "; EDNS: version: 0, flags:; udp: 4096" in asked
    assert "COOKIE" not in asked
    assert "WARNING" not in asked


def test_kdig_gets_our_edns_and_no_cookie(run, front):
    asked = run("kdig", "@127.0.0.1", "-p", front, "www.up.test", "+cookie", "+subnet=192.0.2.0/24")
    assert "192.0.2.77" in asked
    assert ";; Version: 0; flags: ; UDP size: 4096 B; ext-rcode: NOERROR" in asked
    assert "CLIENT-SUBNET: 192.0.2.0/24/0" in asked
    assert "COOKIE" not in asked
    assert "WARNING" not in asked


NAMES = ["www.up.test", "www.here.test", "gone.up.test", "www.here.test"]
FOUND = ["192.0.2.77", "192.0.2.1", "absent", "192.0.2.1"]


def test_c_ares_takes_our_own_answers_after_forwarded_ones(front, require_module):
    """c-ares 1.33 or newer, once it saw a server's cookie, drops all replies of that address without one for 5 s."""
    require_module("pycares")
    import pycares

    channel = pycares.Channel(servers=["127.0.0.1"], udp_port=front, tcp_port=front, timeout=2.0, tries=1)
    found = []
    for name in NAMES:
        answer = queue.SimpleQueue()
        channel.query(name, pycares.QUERY_TYPE_A, callback=lambda *result, answer=answer: answer.put(result))
        result, error = answer.get(timeout=10)
        code = error and {pycares.errno.ARES_ENOTFOUND: "absent"}.get(error, pycares.errno.strerror(error))
        found.append(code or result.answer[0].data.addr)
    assert found == FOUND


NODE = """
const resolver = new (require('dns').promises.Resolver)({ tries: 1, timeout: 2000 });
const [port, ...names] = process.argv.slice(1);
resolver.setServers([`127.0.0.1:${port}`]);
(async () => {
  const found = [];
  for (const name of names)
    found.push(await resolver.resolve(name).then(all => all[0], error => error.code === 'ENOTFOUND' ? 'absent' : error.code));
  console.log(JSON.stringify(found));
})();
"""


def test_node_reads_forwarded_answers_and_ours(require_tool, front):
    """Node's resolver sends no OPT record, nor a cookie in it."""
    command = [require_tool("node"), "-e", NODE, str(front), *NAMES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert json.loads(done.stdout) == FOUND


def test_r141_a_resolver_that_mixes_the_case_gets_its_question_back(front):
    query = dns.message.make_query(dns.name.from_text("wWw.Up.tEsT"), "A")
    reply = dns.query.udp(query, "127.0.0.1", 10, front)
    assert str(reply.question[0].name) == "wWw.Up.tEsT."
    assert values(reply.answer) == ["A 192.0.2.77"]


@pytest.mark.parametrize(
    ("name", "type_", "code", "answer", "soa_of"),
    [
        pytest.param("gone.up.test", "A", "NXDOMAIN", [], "up.test.", id="forwarded NXDOMAIN"),
        pytest.param("www.up.test", "MX", "NOERROR", [], "up.test.", id="forwarded NODATA"),
        pytest.param("gone.here.test", "A", "NXDOMAIN", ["CNAME gone.up.test."], "up.test.", id="completed NXDOMAIN"),
        pytest.param("out.here.test", "AAAA", "NOERROR", ["CNAME up.test."], "up.test.", id="completed NODATA"),
        pytest.param(
            "back.up.test", "A", "NOERROR", ["CNAME www.here.test.", "A 192.0.2.1"], None, id="a CNAME that leads back"
        ),
        pytest.param("www.sub.here.test", "A", "NOERROR", ["A 192.0.2.78"], None, id="below a delegation"),
        pytest.param("gone.sub.here.test", "A", "NXDOMAIN", [], "sub.here.test.", id="absent below a delegation"),
        pytest.param("out.here.test", "APL", "NOERROR", ["CNAME up.test.", "APL "], None, id="empty rdata"),
    ],
)
def test_answers(front, name, type_, code, answer, soa_of):
    for _ in range(2):
        reply = ask(front, name, type_, use_edns=0)
        assert (dns.rcode.to_text(reply.rcode()), values(reply.answer)) == (code, answer)
        soas = [str(rrset.name) for rrset in reply.authority if rrset.rdtype == dns.rdatatype.SOA]
        assert soas == ([soa_of] if soa_of else [])
        assert reply.flags & dns.flags.RA
        assert reply.edns == 0


def test_the_case_of_a_target_is_the_upstreams(both):
    """BIND and unbound keep it, Knot folds it."""
    front, upstream = both
    (told,) = values(ask(upstream, "up.test", "MX").answer)
    assert told.lower() == "mx 10 mail.elsewhere.test."
    assert values(ask(front, "up.test", "MX").answer) == [told]
    assert values(ask(front, "out.here.test", "MX").answer) == ["CNAME up.test.", told]


def test_large_answers(front):
    assert len(values(ask(front, "long.up.test", "TXT", use_edns=0, payload=4096).answer)) == 12
    assert len(values(ask(front, "long.up.test", "TXT").answer)) == 12


def test_without_rd_our_delegation_is_a_referral(front):
    """R52."""
    query = dns.message.make_query("www.sub.here.test", "A", flags=0)
    reply = dns.query.udp(query, "127.0.0.1", 10, front)
    assert (reply.answer, values(reply.authority)) == ([], ["NS ns.up.test."])


def test_workers_forward_too(here, require_tool, tmp_path):
    with (
        UPSTREAMS["named"](require_tool, tmp_path) as upstream,
        serving_files(here, options=["--forward", f"127.0.0.1:{upstream}", "--workers", "2"]) as server,
    ):
        for _ in range(8):
            assert values(ask(server.dns, "back.up.test").answer) == ["CNAME www.here.test.", "A 192.0.2.1"]


@pytest.mark.parametrize("listen", ["127.0.0.1", "0.0.0.0"])
def test_a_server_that_would_forward_to_itself_does_not_start(here, listen):
    port = free_port()
    done = dnsemu("serve", here, "--dns", f"{listen}:{port}", "--http", "127.0.0.1:0", "--forward", f"127.0.0.1:{port}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"dnsemu: --forward 127.0.0.1:{port}: this server listens on {listen}:{port}, so it would forward to itself; "
        "write the address of another resolver\n"
    )


@pytest.mark.parametrize(("settings", "workers", "ending"), [
    pytest.param("{forward_rate_limit: 2/h}", "1", "", id="private networks"),
    pytest.param("{forward_rate_limit: 2/h}", "2", "", id="private networks, two workers"),
    pytest.param("{forward_rate_limit: 2/h, forward_for: [0.0.0.0/0]}", "1", " open-resolver", id="everyone"),
])  # fmt: skip
def test_a_client_that_asks_too_often_is_refused(settings, workers, ending, tmp_path):
    upstream, file = tmp_path / "up.yaml", tmp_path / "here.yaml"
    upstream.write_text(
        "hosted_zones: [{name: up.test, record_sets: [{name: up.test, type: A, ttl: 60, resource_records: [192.0.2.7]}]}]"
    )
    file.write_text(f"server: {settings}")
    with serving_files(upstream) as up:
        options = ("--forward", f"127.0.0.1:{up.dns}", "--workers", workers)
        with serving_files(file, options=options) as server:
            assert server.line.endswith(f"http=127.0.0.1:{server.http}{ending}")
            # Each worker counts for itself, and the kernel chooses one by the client's port.
            query = dns.message.make_query("up.test", "A")
            ports = [free_port()] * 4
            replies = [dns.query.udp(query, "127.0.0.1", 5, server.dns, source_port=port) for port in ports]
            assert [dns.rcode.to_text(reply.rcode()) for reply in replies] == ["NOERROR"] * 2 + ["REFUSED"] * 2
