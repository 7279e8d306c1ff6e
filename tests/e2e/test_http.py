"""The HTTP port: readiness, metrics, allowed hosts and origins, refused requests."""

import contextlib
import gzip
import http.client
import json
import socket
import struct
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from xml.etree import ElementTree

import dns.query
import pytest
from prometheus_client.parser import text_string_to_metric_families

from dnsemu import __version__
from dnsemu.route53.model import NAMESPACE
from tests.e2e.asking import ask
from tests.serving import serving_files
from tests.waiting import until

from .conftest import SHOP

WEB = """
server: {allowed_hosts: [Dns.Example.com]}
health_checks:
  - {id: web, type: TCP, ip_address: 127.0.0.1, port: 9, request_interval: 30, failure_threshold: 10}
"""
FORCE = "/dnsemu/v1/health-checks/web/force"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    more = tmp_path_factory.mktemp("http") / "web.yaml"
    more.write_text(WEB)
    with serving_files(SHOP, more) as server:
        yield server
        server.stop()
        assert [line for line in server.errors.splitlines() if " health cause=" not in line] == []


@pytest.fixture
def call(server):
    """A function that sends one request and returns status, headers and body."""

    def call(method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", server.http, timeout=10)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {"Host": f"127.0.0.1:{server.http}"} | named)
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()
        finally:
            connection.close()

    return call


def error(body):
    """Returns the fields of an error; there are no others."""
    found = json.loads(body)
    assert found.keys() == {"error"}
    assert found["error"].keys() == {"what", "where", "rule"}
    return found["error"]


def api_error(headers, body):
    """Returns code and message of an error in the form of the Route 53 API."""
    assert headers["Content-Type"] == "text/xml"
    root = ElementTree.fromstring(body)
    assert root.tag == f"{{{NAMESPACE}}}ErrorResponse"
    code, message, request_id = (
        root.find(f".//{{{NAMESPACE}}}{name}").text for name in ("Code", "Message", "RequestId")
    )
    assert headers["x-amzn-RequestId"] == request_id
    return code, message


@pytest.mark.parametrize(("path", "text"), [("/healthz", b"alive\n"), ("/readyz", b"ready\n")])
def test_it_is_alive_and_ready(call, path, text):
    status, headers, body = call("GET", path)
    assert (status, body) == (200, text)
    assert headers["Content-Type"].startswith("text/plain")
    assert call("HEAD", path)[0] == 200


def test_the_front_page_links_to_the_rest(call):
    status, headers, body = call("GET", "/")
    assert status == 200
    assert headers["Content-Type"].startswith("text/html")
    for path in ("/dnsemu/v1/status", "/metrics"):
        assert f'href="{path}"'.encode() in body
        assert call("GET", path)[0] == 200


def samples(body):
    """Maps each sample's name and labels to its value."""
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def asked(zone, type_, rcode, policy, protocol):
    labels = {"zone": zone, "type": type_, "rcode": rcode, "policy": policy, "protocol": protocol}
    return ("dnsemu_queries_total", *sorted(labels.items()))


def test_metrics_count_queries(server, call):
    """One counter has the labels zone, type, rcode, policy and protocol; never a name or an address."""
    before = samples(call("GET", "/metrics")[2])
    questions = [
        ("www.shop.test", "A", dns.query.udp, asked("shop.test.", "A", "NOERROR", "simple", "UDP")),
        ("www.shop.test", "A", dns.query.tcp, asked("shop.test.", "A", "NOERROR", "simple", "TCP")),
        ("even.shop.test", "A", dns.query.udp, asked("shop.test.", "A", "NOERROR", "weighted", "UDP")),
        ("geo.shop.test", "A", dns.query.udp, asked("shop.test.", "A", "NOERROR", "geolocation", "UDP")),
        ("missing.shop.test", "AAAA", dns.query.udp, asked("shop.test.", "AAAA", "NXDOMAIN", "none", "UDP")),
        ("www.shop.test", "TYPE65280", dns.query.udp, asked("shop.test.", "other", "NOERROR", "none", "UDP")),
        ("www.other.test", "A", dns.query.udp, asked("", "A", "REFUSED", "none", "UDP")),
    ]
    for name, type_, over, _ in questions:
        for _ in range(3):
            ask(server.dns, name, type_, over=over)
    after = samples(call("GET", "/metrics")[2])
    assert {key: after[key] - before.get(key, 0) for *_, key in questions} == {key: 3 for *_, key in questions}
    assert "missing" not in str(after.keys())


def test_metrics_of_health_and_of_the_server(call):
    status, headers, body = call("GET", "/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = samples(body)
    assert found["dnsemu_info", ("version", __version__)] == 1
    assert found["dnsemu_ready",] == 1
    assert found["dnsemu_hosted_zones",] == 1
    assert found["dnsemu_health_check_healthy", ("check", "web")] == 1
    assert found["dnsemu_reload_faults",] == 0


HOSTS = [
    pytest.param("127.0.0.1:8053", True, id="an address with a port"),
    pytest.param("192.0.2.1", True, id="another address"),
    pytest.param("[::1]:8053", True, id="an IPv6 address"),
    pytest.param("localhost", True, id="localhost"),
    pytest.param("LocalHost:8053", True, id="localhost in other case"),
    pytest.param("dnsemu.localhost:8053", True, id="below localhost"),
    pytest.param("dnsemu:8053", True, id="a single label, as in compose"),
    pytest.param("host.docker.internal:8053", True, id="the host of a container"),
    pytest.param("dns.example.com", True, id="the user's own"),
    pytest.param("DNS.example.COM:443", True, id="the user's own in other case"),
    pytest.param("evil.example", False, id="a foreign name that resolves to this address"),
    pytest.param("dnsemu.default.svc.cluster.local:8053", True, id="a Kubernetes service"),
    pytest.param("www.dns.example.com", False, id="below the user's own"),
    pytest.param("localhost.evil.example", False, id="a name that begins with an allowed one"),
    pytest.param("127.0.0.1.evil.example", False, id="a name that begins with an address"),
    pytest.param("evillocalhost.example", False, id="a name that ends in an allowed one"),
    pytest.param("", False, id="none"),
    pytest.param("[::1", False, id="no host at all"),
    pytest.param("user@evil.example", False, id="a name behind a user name"),
]


@pytest.mark.parametrize(("host", "is_allowed"), HOSTS)
@pytest.mark.parametrize("path", ["/", "/dnsemu/v1/status", "/dnsemu", "/nothing", "/2013-04-01/hostedzone"])
def test_which_hosts_are_answered(call, host, is_allowed, path):
    """Another Host means a foreign page whose name resolves to this address (DNS rebinding)."""
    status, headers, body = call("GET", path, Host=host)
    assert (status != 403) is is_allowed
    if is_allowed:
        return
    if path in ("/nothing", "/2013-04-01/hostedzone"):
        text = "Host is not allowed here; add it to server.allowed_hosts or DNSEMU_ALLOWED_HOSTS"
        assert api_error(headers, body) == ("AccessDenied", text)
    else:
        assert error(body)["where"] == "header Host"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_and_scrapers_may_use_any_host(call, path):
    assert call("GET", path, Host="dnsemu.internal.example")[0] == 200


def test_hosts_are_allowed_by_the_environment():
    with serving_files(env={"DNSEMU_ALLOWED_HOSTS": "a.example.com,B.example.com"}) as server:
        request = Request(f"{server.url}/dnsemu/v1/status", headers={"Host": "b.example.com"})
        with urlopen(request, timeout=10) as reply:
            assert reply.status == 200
        request.add_header("Host", "c.example.com")
        with pytest.raises(HTTPError, match="403"):
            urlopen(request, timeout=10)


@pytest.mark.parametrize(
    ("host", "origin", "is_allowed"),
    [
        pytest.param("127.0.0.1:8053", "http://127.0.0.1:8053", True, id="its own page"),
        pytest.param("localhost:8053", "http://localhost:8053", True, id="its own page by name"),
        pytest.param("LOCALHOST:8053", "http://localhost:8053", True, id="in other case"),
        pytest.param("dnsemu", "https://dnsemu", True, id="its own page, behind a TLS proxy"),
        pytest.param("127.0.0.1:8053", "https://dns.example.com", True, id="the user's own host"),
        pytest.param("127.0.0.1:8053", "http://evil.example", False, id="a page from elsewhere"),
        pytest.param("127.0.0.1:8053", "http://198.51.100.7", False, id="a page from elsewhere by address"),
        pytest.param("127.0.0.1:8053", "http://intranet", False, id="a page from elsewhere by a single label"),
        pytest.param("127.0.0.1:8053", "http://127.0.0.1:3000", False, id="a page of another local server"),
        pytest.param("127.0.0.1:8053", "null", False, id="a page of no origin, such as a sandboxed frame"),
        pytest.param("127.0.0.1:8053", "", False, id="an empty one"),
        pytest.param("127.0.0.1:8053", "http://[", False, id="an invalid one"),
        pytest.param(
            "127.0.0.1:8053", "http://127.0.0.1:8053.evil.example", False, id="one that begins with an allowed one"
        ),
    ],
)
def test_which_pages_are_answered(call, host, origin, is_allowed):
    status, _, body = call("POST", FORCE, '{"status": "auto"}', Host=host, Origin=origin)
    assert status == (200 if is_allowed else 403)
    if not is_allowed:
        assert error(body)["where"] == "header Origin"
        status, headers, body = call("POST", "/2013-04-01/hostedzone", "<x/>", Host=host, Origin=origin)
        assert status == 403
        text = "requests from pages of another origin are refused"
        assert api_error(headers, body) == ("AccessDenied", text)


V1 = "/dnsemu/v1"
GOOD = '{"status": "unhealthy"}'


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "where"),
    [
        pytest.param("GET", "/dnsemu/v1/nothing", None, 404, "path", id="an unknown call"),
        pytest.param("GET", FORCE, None, 404, "path", id="a known one by another method"),
        pytest.param("POST", "/dnsemu/v1/status", "{}", 404, "path", id="status by another method"),
        pytest.param("POST", FORCE, "", 400, "body", id="no body"),
        pytest.param("POST", FORCE, '{"status":', 400, "body", id="half a body"),
        pytest.param("POST", FORCE, b"\xff\xfe", 400, "body", id="no text"),
        pytest.param("POST", FORCE, "[" * 100_000, 400, "body", id="too deep"),
        pytest.param("POST", FORCE, "[]", 400, "body", id="a list"),
        pytest.param("POST", FORCE, '"healthy"', 400, "body", id="a text"),
        pytest.param("POST", FORCE, "{}", 400, "status", id="no status"),
        pytest.param("POST", FORCE, '{"status": "sick"}', 400, "status", id="an unknown status"),
        pytest.param("POST", FORCE, '{"status": null}', 400, "status", id="null"),
        pytest.param("POST", FORCE, '{"status": ["healthy"]}', 400, "status", id="a list of them"),
        pytest.param("POST", FORCE, b" " * (3 << 20), 413, "body", id="a large body"),
        pytest.param("POST", FORCE.replace("web", "missing"), GOOD, 404, "id", id="H103 an unknown check"),
        pytest.param("POST", FORCE, '{"status": "healthy", "fro": "9m"}', 400, "fro", id="a misspelt field"),
        pytest.param("POST", FORCE, '{"status": "healthy", "for": "9"}', 400, "for", id="no duration"),
        pytest.param("POST", FORCE, '{"status": "healthy", "for": "0s"}', 400, "for", id="for no time"),
        pytest.param(
            "POST", FORCE, '{"status": "healthy", "until": "2020-01-01T00:00:00Z"}', 400, "until", id="ended already"
        ),
        pytest.param("POST", FORCE, '{"status": "healthy", "until": "2020-01-01"}', 400, "until", id="no time zone"),
        pytest.param(
            "POST",
            FORCE,
            '{"status": "healthy", "for": "1s", "until": "2099-01-01T00:00:00Z"}',
            400,
            "until",
            id="both",
        ),
        pytest.param(
            "POST", f"{V1}/force", '{"pattern": "regoin:eu-west-1", "status": "auto"}', 400, "pattern", id="no kind"
        ),
        pytest.param(
            "POST", f"{V1}/force", '{"pattern": "missing*", "status": "auto"}', 404, "pattern", id="no check matches"
        ),
        pytest.param("POST", f"{V1}/force", '{"status": "auto"}', 400, "pattern", id="no pattern"),
        pytest.param("GET", f"{V1}/health-checks/missing", None, 404, "id", id="H103 one unknown check"),
        pytest.param("POST", f"{V1}/health-checks/missing/probe", "{}", 404, "id", id="H103 probe an unknown check"),
        pytest.param(
            "POST", f"{V1}/health-checks/web/probe", '{"region": "mars"}', 400, "region", id="H67 no checker there"
        ),
        pytest.param("POST", f"{V1}/health-checks/web/observe", "{}", 400, "success", id="H161 no result"),
        pytest.param("POST", f"{V1}/health-checks/web/observe", '{"success": 1}', 400, "success", id="H161 no boolean"),
        pytest.param(
            "POST", f"{V1}/health-checks/missing/observe", '{"success": true}', 404, "id", id="H161 an unknown check"
        ),
        pytest.param("POST", f"{V1}/alarms", '{"name": "a", "state": "ALARM"}', 404, "name", id="H87 an unknown alarm"),
        pytest.param("POST", f"{V1}/alarms", '{"name": "a", "state": "Alarm"}', 400, "state", id="H87 no state"),
        pytest.param(
            "POST", f"{V1}/routing-controls", '{"arn": "a", "state": "On"}', 404, "arn", id="H93 an unknown control"
        ),
        pytest.param("POST", f"{V1}/routing-controls", '{"arn": "a", "state": "up"}', 400, "state", id="H93 no state"),
        pytest.param("POST", f"{V1}/health-checkers/block", '{"from": "mars"}', 400, "from", id="H62 no Region"),
        pytest.param(
            "POST", f"{V1}/health-checkers/block", '{"from": "*", "to": "10"}', 400, "from", id="H62 no network"
        ),
        pytest.param("POST", f"{V1}/health-checkers/unblock", '{"from": "*"}', 404, "from", id="H62 not blocked"),
        pytest.param("POST", f"{V1}/clock", '{"do": "jump"}', 400, "do", id="no such thing with a clock"),
        pytest.param("POST", f"{V1}/clock", '{"do": "advance", "by": -1}', 400, "by", id="back in time"),
        pytest.param("POST", f"{V1}/clock", '{"do": "advance", "by": "1e400"}', 400, "by", id="for ever"),
        pytest.param("POST", f"{V1}/clock", '{"do": "speed", "by": [1]}', 400, "by", id="a list of speeds"),
        pytest.param("GET", f"{V1}/history?since=yesterday", None, 400, "since", id="history since an unknown event"),
        pytest.param("GET", f"{V1}/events?kind=sad", None, 400, "kind", id="events of no kind"),
        pytest.param("GET", f"{V1}/metrics?check=missing", None, 404, "check", id="H103 metrics of an unknown check"),
        pytest.param("GET", f"{V1}/words", None, 400, "of", id="words of no kind"),
        pytest.param("GET", f"{V1}/words?of=names&of=birds", None, 400, "of", id="words of an unknown kind"),
        pytest.param("GET", f"{V1}/words?of=names&begin=a", None, 400, "query", id="words with a misspelt parameter"),
        pytest.param("GET", "/dnsemu/v1/explain", None, 400, "name", id="explain without a name"),
        pytest.param("GET", "/dnsemu/v1/explain?name=a..b", None, 400, "name", id="explain no name"),
        pytest.param("GET", "/dnsemu/v1/explain?name=a&type=B", None, 400, "type", id="explain no type"),
        pytest.param("GET", "/dnsemu/v1/explain?name=a&client=b", None, 400, "client", id="explain no client"),
        pytest.param("GET", "/dnsemu/v1/explain?name=a&place=b", None, 400, "place", id="explain no place"),
        pytest.param("GET", "/dnsemu/v1/explain?name=a&nmae=b", None, 400, "query", id="explain a misspelling"),
        pytest.param(
            "GET",
            "/dnsemu/v1/explain?name=a&place=JP&client=::1",
            None,
            400,
            "query",
            id="explain both client and place",
        ),
    ],
)
def test_invalid_control_calls_are_refused(call, method, path, body, status, where):
    found, headers, text = call(method, path, body)
    assert found == status, text
    assert headers["Content-Type"].startswith("application/json")
    assert error(text)["where"] == where
    assert error(text)["what"]


def test_a_body_in_any_charset_and_of_any_type(call):
    """The Content-Type header is ignored."""
    for content_type in ("application/json; charset=klingon", "text/plain", "application/json; charset=utf-8"):
        status, _, body = call("POST", FORCE, GOOD, Content_Type=content_type)
        assert (status, json.loads(body)["status"]) == (200, "unhealthy")
    assert json.loads(call("POST", FORCE, '{"status": "auto"}')[2])["forced"] is None


def test_an_unknown_control_call_is_not_found(call):
    for path in ("/dnsemu", "/dnsemu/v2/status"):
        status, _, body = call("GET", path)
        assert status == 404
        assert error(body)["what"] == "not found"
    assert call("POST", "/healthz", "")[0] == 405


@pytest.mark.parametrize(("method", "path", "hint"), [
    pytest.param("GET", "/2012-12-12/hostedzone", True, id="A1 an old version"),
    pytest.param("POST", "/2012-02-29/hostedzone/Z1/rrset", True, id="A1 an older one"),
    pytest.param("GET", "/2012-12-12", True, id="A1 a version alone"),
    pytest.param("GET", "/2013-04-01", True, id="A1 our version alone"),
    pytest.param("GET", "/hostedzone", True, id="A1 no version"),
    pytest.param("GET", "/route53/2013-04-01/hostedzone", True, id="A1 an endpoint with a path"),
    pytest.param("POST", "/", None, id="A1 another service's path"),
    pytest.param("GET", "/nothing", True, id="A1 no path of ours"),
    pytest.param("GET", "/../etc/passwd", True, id="A1 a path that climbs"),
    pytest.param("GET", "/2013-04-01/", False, id="A1 our version with a slash"),
    pytest.param("GET", "/2013-04-01/hostedzones", False, id="A1 an unknown operation"),
    pytest.param("PUT", "/2013-04-01/hostedzone", False, id="A1 a method that no operation has"),
    pytest.param("PATCH", "/2013-04-01/healthcheck/x", False, id="A1 A365 another one"),
    pytest.param("OPTIONS", "/2013-04-01/hostedzone", False, id="A1 A13 OPTIONS"),
])  # fmt: skip
def test_an_unknown_path_gets_the_apis_error(call, method, path, hint):
    status, headers, body = call(method, path, b"Action=x" if method == "POST" else None)
    if hint is None:  # the front page takes no POST
        assert status == 405
        return
    code, message = api_error(headers, body)
    assert (status, code) == (404, "UnknownOperationException")
    assert message == f"There is no operation {method} {path}" + hint * ": operations are below /2013-04-01/"


def test_bytes_that_are_not_http_are_refused_before_the_application(server, call):
    for rubbish in (b"\x16\x03\x01\x02\x00\x01", b"\0" * 1000, b"GET / HTTP/9.9\r\n\r\n", b"GET /" + b"x" * 70000):
        with socket.create_connection(("127.0.0.1", server.http), timeout=5) as sock:
            sock.sendall(rubbish + b"\r\n\r\n")
            assert not sock.recv(4096).startswith(b"HTTP/1.1 200")
    assert call("GET", "/healthz")[0] == 200


def test_a_client_that_leaves_in_the_middle_of_its_body_is_not_logged_as_an_error(server, call):
    head = f"POST {FORCE} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{{".encode()
    for linger in (0, 1):
        with socket.create_connection(("127.0.0.1", server.http), timeout=5) as sock:
            sock.sendall(head)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", linger, 0))
    assert call("GET", "/healthz")[0] == 200


BOMB = gzip.compress(bytes(50 << 20))
"""50 MB of zeros in 50 kB."""


@pytest.mark.parametrize(("method", "path", "status"), [
    pytest.param("POST", "/2013-04-01/hostedzone", 400, id="an operation"),
    pytest.param("POST", "/2013-04-01/nothing", 400, id="no operation"),
    pytest.param("POST", FORCE, 415, id="a control call"),
    pytest.param("POST", "/dnsemu/v1/snapshot", 415, id="a snapshot"),
    pytest.param("POST", "/healthz", 415, id="a page"),
])  # fmt: skip
@pytest.mark.parametrize("encoding", ["gzip", "DEFLATE", "br", "zstd", "gzip, identity"])
def test_a_compressed_body_is_refused(server, call, method, path, status, encoding):
    """It is not decompressed, nor read."""
    before = rss_bytes(server)
    found, headers, body = call(method, path, BOMB, Content_Encoding=encoding)
    assert found == status
    text = "send the body without Content-Encoding"
    if status == 400:
        assert api_error(headers, body) == ("MalformedInput", text)
    else:
        assert error(body) == {"what": text, "where": "header Content-Encoding", "rule": ""}
    assert rss_bytes(server) - before < 20 << 20


def test_a_body_that_says_identity_is_read(call):
    assert call("POST", FORCE, GOOD, Content_Encoding="identity")[0] == 200


@pytest.mark.parametrize(("method", "path", "headers", "status"), [
    pytest.param("POST", "/2013-04-01/hostedzone", {"Host": "evil.example"}, 403, id="a foreign host"),
    pytest.param("POST", "/dnsemu/v1/reset", {"Origin": "http://evil.example"}, 403, id="a foreign origin"),
    pytest.param("POST", "/2013-04-01/nothing", {}, 404, id="no operation"),
    pytest.param("POST", "/dnsemu/v1/nothing", {}, 404, id="no control call"),
    pytest.param("POST", "/metrics", {}, 405, id="a method that a page does not have"),
])  # fmt: skip
def test_a_refusal_does_not_wait_for_the_body(server, method, path, headers, status):
    lines = {"Host": "localhost", "Content-Length": 100_000_000} | headers
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with socket.create_connection(("127.0.0.1", server.http), timeout=5) as sock:
        sock.sendall(f"{head}\r\nstart".encode())
        assert sock.recv(4096).startswith(f"HTTP/1.1 {status} ".encode())


def test_a_body_past_its_bound_is_refused(call, server):
    status, headers, body = call("POST", "/2013-04-01/hostedzone", bytes(5 << 20))
    assert (status, api_error(headers, body)) == (400, ("InvalidInput", "The request body is too large."))
    status, _, body = call("POST", FORCE, b" " * (257 << 10))
    assert (status, error(body)["where"]) == (413, "body")
    elements = "<a/>" * 30_000
    assert call("POST", "/2013-04-01/hostedzone", f"<a>{elements}</a>")[0] == 400
    found = samples(call("GET", "/metrics")[2])
    assert found["dnsemu_limit_reached_total", ("limit", "http_body_bytes")] >= 2
    assert found["dnsemu_limit_reached_total", ("limit", "xml_elements")] >= 1


def test_many_half_sent_requests_keep_no_new_one_out(server, call):
    with contextlib.ExitStack() as opened:
        for _ in range(700):
            sock = opened.enter_context(socket.create_connection(("127.0.0.1", server.http), timeout=5))
            sock.sendall(b"POST /2013-04-01/hostedzone HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n\r\n<")
        assert call("GET", "/healthz")[0] == 200
        found = samples(call("GET", "/metrics")[2])
        assert found["dnsemu_limit_reached_total", ("limit", "http_connections")] > 0
        assert sum(value for name, value in found.items() if name[0] == "dnsemu_http_connections") <= 512
        assert ask(server.dns, "www.shop.test", "A").answer


def rss_bytes(server):
    """Returns the resident memory of the server."""
    pages = Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]
    return int(pages) * 4096


@pytest.mark.parametrize("body", [
    pytest.param(b"[" * (60 << 20), id="nested"),
    pytest.param(b"[" + b"[]," * (4 << 20) + b"[]]", id="many lists"),
    pytest.param(b'"' + b"\xc3\xa9" * (30 << 20) + b'"', id="a long text"),
])  # fmt: skip
def test_a_hostile_snapshot_takes_no_memory_of_the_server(server, call, body):
    """It passes through; a child process reads it, within a bound."""
    before = rss_bytes(server)
    status, _, reply = call("POST", "/dnsemu/v1/snapshot", body)
    assert (status, error(reply)["where"]) == (400, "body")
    assert rss_bytes(server) - before < 20 << 20
    assert ask(server.dns, "www.shop.test", "A").answer


def test_a_snapshot_past_its_bound_is_refused(server):
    with socket.create_connection(("127.0.0.1", server.http), timeout=10) as sock:
        sock.sendall(b"POST /dnsemu/v1/snapshot HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b" " * (8 << 20)
        for _ in range(33):
            sock.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        assert sock.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_two_snapshots_are_loaded_at_once(server, call):
    with contextlib.ExitStack() as opened:
        for _ in range(2):
            sock = opened.enter_context(socket.create_connection(("127.0.0.1", server.http), timeout=10))
            sock.sendall(b"POST /dnsemu/v1/snapshot HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
        assert until(
            lambda: call("POST", "/dnsemu/v1/snapshot", b"{")[0] == 503, within_s=10, what="a third is refused"
        )
    assert until(lambda: call("POST", "/dnsemu/v1/snapshot", b"{")[0] == 400, within_s=10, what="a third is read")
    found = samples(call("GET", "/metrics")[2])
    assert found["dnsemu_limit_reached_total", ("limit", "snapshot_loads")] >= 1
    assert found["dnsemu_limit_reached_total", ("limit", "snapshot_bytes")] >= 1
