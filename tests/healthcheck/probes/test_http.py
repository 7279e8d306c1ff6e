"""HTTP probes of real sockets (health-checks.md §2, §4, §16)."""

import asyncio
import gzip
import zlib

import pytest

from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.http.request import host_header
from dnsemu.healthcheck.probes.http import http_status
from dnsemu.healthcheck.probes.prober import Prober
from tests.healthcheck.endpoints import body_of, endpoint, never_answers, response, sends, sends_then_silence
from tests.healthcheck.probes.probing import CHECKER, LONG, Names, probe, probed


@pytest.mark.parametrize(("status", "success", "reason"), [
    pytest.param(200, True, "HTTP Status Code 200, OK", id="H43 H114 a"),
    pytest.param(302, True, "HTTP Status Code 302, Found", id="H44 H180 a redirect is a success"),
    pytest.param(399, True, None, id="H43 the last that passes"),
    pytest.param(404, False, "HTTP Status Code 404, Not Found", id="H43 H114 c"),
    pytest.param(503, False, "HTTP Status Code 503, Service Unavailable", id="H115 the standard phrase"),
])  # fmt: skip
async def test_status_codes(status, success, reason):
    outcome = await probed(sends(response(status, Location="http://127.0.0.1:1/")))
    assert outcome.success is success
    assert reason is None or outcome.reason == reason


async def test_h41_h42_the_request_is_the_one_that_route_53_sends():
    async with endpoint(sends(response())) as server:
        await probe(server.port, resource_path="/a%2fb?x=%20&y='z'")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    assert line == "GET /a%2fb?x=%20&y='z' HTTP/1.1"
    assert sorted(headers) == [
        "Accept-Encoding: identity,gzip,deflate",
        "Accept: */*",
        f"Host: 127.0.0.1:{server.port}",
        "User-Agent: Amazon-Route53-Health-Check-Service (ref hc-1; report http://amzn.to/1vsZADi)",
    ]
    assert body == b""


@pytest.mark.parametrize(("type_", "name", "address", "port", "host"), [
    pytest.param("HTTP", "app.test", None, 8080, "app.test:8080", id="H182 name and port"),
    pytest.param("HTTP", "app.test", None, 80, "app.test", id="H182 the scheme's own port"),
    pytest.param("HTTPS", "app.test", None, 80, "app.test:80", id="H183 another scheme's port"),
    pytest.param("HTTPS", "app.test", None, 443, "app.test", id="H40 HTTPS on 443"),
    pytest.param("HTTP", "app.test", "192.0.2.1", 80, "app.test", id="H6 the name comes before the address"),
    pytest.param("HTTP", None, "192.0.2.1", 81, "192.0.2.1:81", id="H40 an address"),
    pytest.param("HTTP", None, "2001:db8::1", 81, "[2001:db8::1]:81", id="H40 an IPv6 address"),
])  # fmt: skip
def test_host_header(type_, name, address, port, host):
    check = EndpointCheck(EndpointType(type_), ip_address=address, fully_qualified_domain_name=name, port=port)
    assert host_header(check, address or "192.0.2.7") == host


async def test_h37_each_probe_opens_a_new_connection():
    prober = Prober(Names(), LONG)
    async with endpoint(sends_then_silence(response())) as server:
        config = EndpointCheck(EndpointType.HTTP, ip_address="127.0.0.1", port=server.port)
        for _ in range(3):
            assert (await prober(HealthCheck("hc-1", config), CHECKER)).success
        assert len(server.requests) == 3


async def test_h43_interim_responses_are_skipped():
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    assert (await probed(sends(interim + response(503)))).reason == "HTTP Status Code 503, Service Unavailable"


@pytest.mark.parametrize(("data", "text"), [
    pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n" + b'{"status":"UP"}', None, id="H48 a body after 204"),
    pytest.param(b"HTTP/1.1 304 Whatever\r\n\r\nbody", None, id="H48 a body after 304"),
    pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", None, id="H48 a bad chunk size"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\nmore", None, id="H48 bytes after it"),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\na needle, and more", "needle", id="H52 a needle in time"),
    pytest.param(response(body=gzip.compress(b"nee") + gzip.compress(b"dle"), Content_Encoding="gzip"), "needle",
                 id="H50 several gzip members"),
])  # fmt: skip
@pytest.mark.parametrize("bytes_each", [1, 30, 1000])
async def test_segments_do_not_matter(data, text, bytes_each):
    async def script(writer):
        for start in range(0, len(data), bytes_each):
            writer.write(data[start : start + bytes_each])
            await writer.drain()
            await asyncio.sleep(0)
        await never_answers(writer)

    fields = {"type_": "HTTP_STR_MATCH", "search_string": text} if text else {}
    assert (await probed(script, **fields)).success


async def test_h48_the_body_is_not_waited_for():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    assert (await probed(sends_then_silence(head))).success


async def test_a_path_that_no_request_can_carry_is_a_failure():
    outcome = await probed(never_answers, resource_path="/a\r\nX: y")
    assert not outcome.success
    assert outcome.reason.startswith("The request cannot be made")


async def test_h47_a_response_that_is_not_http():
    result = await probed(sends(b"SSH-2.0-OpenSSH_9.9\r\n"))
    assert not result.success
    assert result.reason.startswith("The response is malformed: ")


async def test_h114_g_a_domain_endpoint_is_refused():
    async with endpoint(never_answers) as server:
        port = server.port
    outcome = await probe(port, fully_qualified_domain_name="app.test")
    assert outcome.reason == "Connection refused. Resolved IP: 127.0.0.1"


async def test_h114_g_refused():
    async with endpoint(never_answers) as server:
        port = server.port
    outcome = await probe(port)
    assert (outcome.success, outcome.reason) == (False, "Connection refused.")


# --- search strings ---


def deflated(body, wbits):
    compressor = zlib.compressobj(wbits=wbits)
    return compressor.compress(body) + compressor.flush()


@pytest.mark.parametrize(("data", "success"), [
    pytest.param(response(body=b"a needle"), True, id="H49 found"),
    pytest.param(response(body=b"a NEEDLE"), False, id="H49 case matters"),
    pytest.param(response(body=b""), False, id="H49 nothing to search"),
    pytest.param(response(503, body=b"a needle"), False, id="H49 the status must be a success too"),
    pytest.param(response(body=body_of(5120)), True, id="H178 ends with the last byte"),
    pytest.param(response(body=body_of(5121)), False, id="H178 ends one byte later"),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nnee\r\n3\r\ndle\r\n0\r\n\r\n", True,
        id="H49 across two chunks",
    ),
    pytest.param(b"HTTP/1.0 200 OK\r\n\r\na needle", True, id="H52 a body that ends with the connection"),
    pytest.param(response(body=gzip.compress(b"a needle"), Content_Encoding="gzip"), True, id="H179 gzip"),
    pytest.param(response(body=deflated(b"a needle", 15), Content_Encoding="deflate"), True, id="H50 deflate"),
    pytest.param(response(body=deflated(b"a needle", -15), Content_Encoding="deflate"), True, id="H50 raw deflate"),
    pytest.param(response(body=gzip.compress(body_of(5120)), Content_Encoding="gzip"), True, id="H50 5,120 decoded"),
    pytest.param(response(body=gzip.compress(body_of(5121)), Content_Encoding="gzip"), False, id="H50 5,121 decoded"),
    pytest.param(response(body=gzip.compress(b"a needle"), Content_Encoding="br"), False, id="H179 brotli"),
    pytest.param(response(body=b"not gzip needle", Content_Encoding="gzip"), False, id="H50 broken gzip"),
    pytest.param(
        response(body=gzip.compress(bytes(50_000_000)), Content_Encoding="gzip"), False, id="H50 a bomb stays packed",
    ),
])  # fmt: skip
async def test_search_string(data, success):
    outcome = await probed(sends(data), "HTTP_STR_MATCH", search_string="needle")
    assert outcome.success is success


async def test_h50_a_deflated_body_may_arrive_byte_by_byte():
    data = deflated(b"a needle", 15)

    async def drips(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\n\r\n")
        for byte in data:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.001)  # one packet each

    assert (await probed(drips, "HTTP_STR_MATCH", search_string="needle")).success


async def test_h52_bytes_before_the_end_of_the_connection_count():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    assert (await probed(sends(head + b"a needle"), "HTTP_STR_MATCH", search_string="needle")).success
    outcome = await probed(sends(head + b"hay"), "HTTP_STR_MATCH", search_string="needle")
    assert "was not found" in outcome.reason


async def test_h114_h_the_string_is_not_found():
    outcome = await probed(sends(response(body=b"hay")), "HTTP_STR_MATCH", search_string="needle")
    assert outcome.reason == (
        'HTTP Status Code 200, OK. The string "needle" was not found in the first 5120 bytes of the response body.'
    )


async def test_h51_the_search_string_is_utf_8():
    outcome = await probed(sends(response(body="größe".encode())), "HTTP_STR_MATCH", search_string="größe")
    assert outcome.success


# --- names and phases ---


@pytest.mark.parametrize(("code", "ip", "text"), [
    pytest.param(200, None, "HTTP Status Code 200, OK", id="H114 a address endpoint"),
    pytest.param(
        301, "198.51.100.7", "HTTP Status Code 301, Moved Permanently. Resolved IP: 198.51.100.7",
        id="H114 b domain endpoint",
    ),
    pytest.param(503, None, "HTTP Status Code 503, Service Unavailable", id="H114 c the standard's phrase (H115)"),
])  # fmt: skip
def test_status_texts(code, ip, text):
    assert http_status(code, ip) == text


async def test_h114_b_a_domain_endpoint_shows_the_address():
    outcome = await probed(sends(response()), fully_qualified_domain_name="app.test")
    assert outcome.reason == "HTTP Status Code 200, OK. Resolved IP: 127.0.0.1"


async def test_h58_a_name_that_does_not_exist():
    outcome = await probe(80, fully_qualified_domain_name="gone.test")
    assert (outcome.success, outcome.reason) == (False, "DNS resolution failed: Rcode NXDomain(3)")


async def test_h142_h143_phases_are_timed():
    phases = (await probed(sends(response()))).phases
    assert phases.connect_s > 0
    assert phases.first_byte_s > 0
    assert phases.tls_s is None


async def test_h146_a_bad_status_is_timed_too():
    assert (await probed(sends(response(503)))).phases.first_byte_s > 0
