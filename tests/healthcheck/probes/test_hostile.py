"""Endpoints that do their worst: each failure has its text and its end, and leaves nothing behind.

Every test runs on asyncio's own event loop and on uvloop: the server prefers the one, and does with the other.
"""

import asyncio
import errno
import gc
import gzip
import resource
import ssl
import struct
import subprocess
import tracemalloc
import warnings
from pathlib import Path
from time import monotonic

import pytest

from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.connect import CannotProbe, failure_text
from dnsemu.healthcheck.probes.exchange import Exchange
from dnsemu.healthcheck.verdict.results import TIMED_OUT
from tests.healthcheck.endpoints import (
    certificate,
    choosy,
    endpoint,
    never_answers,
    repeats,
    resets,
    response,
    sends,
    sends_then_silence,
    serving_tls,
)
from tests.healthcheck.probes.test_http import probe

SCALED = Budgets(resolve_s=0.4, connect_s=0.4, status_s=0.4, body_s=0.4, tcp_s=0.4)
"""For endpoints that never come to an end."""
LONG = Budgets(resolve_s=30, connect_s=30, status_s=30, body_s=30, tcp_s=30)
"""For endpoints that do, but on a busy machine."""
SLACK_S = 8.0
"""How much later than its budgets a probe may end on a busy machine."""

CLOSED = "The endpoint closed the connection before it answered."
RESET = "Connection reset by peer."
TOO_LARGE = "The response headers are larger than 16384 bytes."
OK = b"HTTP/1.1 200 OK\r\n"


def loop_factory(name):
    return pytest.importorskip("uvloop").new_event_loop if name == "uvloop" else asyncio.new_event_loop


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request):
    """Run a coroutine function on a loop; it may leave no task, no open file, and no fault that the loop would log."""

    def run(function):
        faults = []

        async def main():
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: faults.append(context))
            result = await function()
            for _ in range(20):
                await asyncio.sleep(0)
            assert not [task for task in asyncio.all_tasks() - {asyncio.current_task()} if not is_endpoint(task)]
            return result

        factory = loop_factory(request.param)
        factory().close()  # what a loop opens once for all of its kind
        open_before = open_files()
        with asyncio.Runner(loop_factory=factory) as runner:
            result = runner.run(main())
        gc.collect()
        assert not faults
        assert open_files() <= open_before
        return result

    return run


def is_endpoint(task):
    return task.get_coro().__qualname__.startswith("endpoint.")


def open_files():
    return len(list(Path("/dev/fd").iterdir()))


@pytest.fixture(scope="session")
def self_signed(tmp_path_factory, require_tool):
    return certificate(tmp_path_factory.mktemp("self-signed"), require_tool)


async def reset_within_headers(writer):
    writer.write(OK + b"X: ")
    await writer.drain()
    await asyncio.sleep(0.05)
    await resets(writer)


async def trickles(writer):
    writer.write(OK + b"Content-Length: 5000\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.02)


async def trickles_headers(writer):
    writer.write(OK)
    while True:
        writer.write(b"X: y\r\n")
        await writer.drain()
        await asyncio.sleep(0.02)


def endless(head, data):
    """A script: send a head, then this again and again."""

    async def script(writer):
        writer.write(head)
        await repeats(data)(writer)

    return script


ENDINGS = [
    pytest.param(sends(b""), CLOSED, id="H38 closed without an answer"),
    pytest.param(sends(OK + b"X: y"), CLOSED, id="H38 closed within the headers"),
    pytest.param(resets, RESET, id="H38 reset without an answer"),
    pytest.param(reset_within_headers, RESET, id="H38 reset within the headers"),
    pytest.param(endless(OK, b"X-Pad: " + b"y" * 500 + b"\r\n"), TOO_LARGE, id="H47 headers without an end"),
    pytest.param(endless(OK, b"X: y\r\n" * 100), TOO_LARGE, id="H47 small headers without an end"),
    pytest.param(endless(OK + b"X: ", b"y" * 1000), TOO_LARGE, id="H47 one header without an end"),
    pytest.param(endless(OK[:-2], b"y" * 1000), TOO_LARGE, id="H47 a status line without an end"),
    pytest.param(sends(response(X="y" * 20_000)), TOO_LARGE, id="H194 a header of 20 kB"),
    pytest.param(sends(response(**{f"X{n}": "y" * 90 for n in range(200)})), TOO_LARGE, id="H194 20 kB of headers"),
]


@pytest.mark.parametrize(("script", "reason"), ENDINGS)
def test_endings(run, script, reason):
    async def main():
        async with endpoint(script) as server:
            return await probe(server.port, budgets=LONG)

    outcome = run(main)
    assert (outcome.success, outcome.reason) == (False, reason)


@pytest.mark.parametrize(("script", "reason"), ENDINGS)
def test_endings_over_tls(run, self_signed, script, reason):
    async def main():
        async with endpoint(script, tls=serving_tls(self_signed)) as server:
            return await probe(server.port, "HTTPS", budgets=LONG, fully_qualified_domain_name="app.test")

    outcome = run(main)
    assert (outcome.success, outcome.reason) == (False, f"{reason[:-1]}. Resolved IP: 127.0.0.1")


@pytest.mark.parametrize(("type_", "script"), [
    pytest.param("HTTP", never_answers, id="H184 silence"),
    pytest.param("HTTP", sends_then_silence(OK + b"X: y\r\n"), id="H38 headers without an end"),
    pytest.param("HTTP", trickles_headers, id="H38 headers that trickle"),
    pytest.param("HTTP_STR_MATCH", trickles, id="H53 a body that trickles"),
    pytest.param("HTTP_STR_MATCH", sends_then_silence(OK + b"Content-Length: 9\r\n\r\nhay"), id="H53 half a body"),
    pytest.param(
        "HTTP_STR_MATCH",
        sends_then_silence(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhay"),
        id="H53 half a chunk",
    ),
    pytest.param("HTTPS", sends_then_silence(b""), id="H39 a handshake that does not begin"),
    pytest.param("HTTPS", sends_then_silence(struct.pack(">BHHB", 22, 0x0303, 90, 2)), id="H39 half a handshake"),
])  # fmt: skip
def test_time_limits(run, type_, script):
    async def main():
        async with endpoint(script, reads_request=type_ != "HTTPS") as server:
            fields = {"search_string": "needle"} if type_.endswith("MATCH") else {}
            began = monotonic()
            outcome = await probe(server.port, type_, budgets=SCALED, **fields)
            return outcome, monotonic() - began

    outcome, took_s = run(main)
    assert (outcome.success, outcome.reason) == (False, TIMED_OUT)
    assert took_s < 2 * 0.4 + SLACK_S


def test_h43_interim_responses_without_an_end(run):
    async def main():
        async with endpoint(repeats(b"HTTP/1.1 100 Continue\r\n\r\n" * 500)) as server:
            return await probe(server.port, budgets=SCALED)

    assert run(main).reason == TIMED_OUT


@pytest.mark.parametrize(("line", "reason"), [
    pytest.param(b"no colon", "Invalid header token", id="H47 no colon"),
    pytest.param(b": y", "Invalid header token", id="H47 no name"),
    pytest.param(b"X Y: z", "Invalid header token", id="H47 a space in the name"),
    pytest.param(b"X : y", "Invalid header token", id="H47 a space after the name"),
    pytest.param(b"X(y): z", "Invalid header token", id="H47 a name that is no token"),
    pytest.param(b"X: a\x01b", "A header's value holds a control character", id="H47 a control character"),
    pytest.param(b"X: a\x7fb", "A header's value holds a control character", id="H47 DEL"),
    pytest.param(b"X: a\0b", None, id="H47 a zero"),
    pytest.param(b"X: a\rb", None, id="H47 a bare CR"),
    pytest.param(b"Content-Length: x", None, id="H47 a length that is no number"),
])  # fmt: skip
def test_malformed_headers(run, line, reason):
    async def main():
        async with endpoint(sends(OK + line + b"\r\n\r\n")) as server:
            return await probe(server.port, budgets=LONG)

    outcome = run(main)
    assert not outcome.success
    assert outcome.reason.startswith(f"The response is malformed: {reason or ''}")
    assert outcome.reason.endswith(".")


@pytest.mark.parametrize("line", [
    pytest.param(b"X: a\tb", id="H47 a tab"),
    pytest.param(b"X:", id="H47 an empty value"),
    pytest.param(b"X: \xe9", id="H47 an octet beyond ASCII"),
    pytest.param(b"X: a\r\n  b", id="H47 a folded line"),
    pytest.param(b"!#$%&'*+-.^_`|~9: y", id="H47 every sign of a token"),
])  # fmt: skip
def test_odd_headers_that_are_well_formed(run, line):
    async def main():
        async with endpoint(sends(OK + line + b"\r\nContent-Length: 0\r\n\r\n")) as server:
            return await probe(server.port, budgets=LONG)

    assert run(main).success


def test_h47_a_flood_of_headers_is_not_hoarded(run):
    async def main():
        async with endpoint(endless(OK, b"".join(b"X%d: y\r\n" % n for n in range(10_000)))) as server:
            tracemalloc.start()
            try:
                outcome = await probe(server.port, budgets=LONG)
                return outcome.reason, tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    reason, peak_octets = run(main)
    assert reason == TOO_LARGE
    assert peak_octets < 16_000_000


def test_h52_a_body_without_an_end_is_read_as_far_as_it_is_searched(run):
    sent = 0

    async def floods(writer):
        nonlocal sent
        writer.write(OK + b"\r\n")
        while True:
            sent += 1000
            writer.write(b"." * 1000)
            await writer.drain()

    async def main():
        async with endpoint(floods) as server:
            return await probe(server.port, "HTTP_STR_MATCH", budgets=LONG, search_string="needle")

    assert "was not found in the first 5120 bytes" in run(main).reason
    assert sent < 50_000_000  # what buffers hold, not thirty seconds of it


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10]


@pytest.mark.parametrize(("head", "data"), [
    pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 500, id="H43 interim responses"),
    pytest.param(GZIP, b"\0\0\0\xff\xff" * 2000, id="H53 gzip that unpacks to nothing"),
    pytest.param(CHUNKED + b"1;", b"x" * 10_000, id="H53 a chunk extension"),
])  # fmt: skip
def test_a_flood_is_read_no_further_than_a_response_can_be_long(run, head, data):
    """The rest stays in the sockets, and the flooding endpoint waits until the time limit."""
    sent = 0

    async def floods(writer):
        nonlocal sent
        writer.write(head)
        while True:
            writer.write(data)
            await writer.drain()
            sent += len(data)

    async def main():
        async with endpoint(floods) as server:
            return await probe(server.port, "HTTP_STR_MATCH", budgets=SCALED, search_string="needle")

    outcome = run(main)
    assert (outcome.reason, outcome.waited_s) == (TIMED_OUT, 0.4)
    assert sent < 20_000_000  # what buffers hold


def test_h52_chunks_of_one_octet_are_searched_as_they_come(run):
    async def main():
        async with endpoint(endless(CHUNKED, b"1\r\n.\r\n" * 1000)) as server:
            return await probe(server.port, "HTTP_STR_MATCH", budgets=LONG, search_string="needle")

    assert "was not found in the first 5120 bytes" in run(main).reason


@pytest.mark.parametrize(("body", "success"), [
    pytest.param(b"6\r\nneedle\r\n", True, id="H52 broken after the string"),
    pytest.param(b"3\r\nhay\r\n", False, id="H49 broken before it"),
])  # fmt: skip
def test_a_body_that_breaks_ends_there(run, body, success):
    async def script(writer):
        for data in (CHUNKED, body, b"no length\r\n"):
            writer.write(data)
            await writer.drain()
            await asyncio.sleep(0.02)  # one packet each
        await never_answers(writer)

    async def main():
        async with endpoint(script) as server:
            return await probe(server.port, "HTTP_STR_MATCH", budgets=LONG, search_string="needle")

    outcome = run(main)
    assert outcome.success is success
    assert success or "was not found" in outcome.reason


def test_h43_switching_protocols_is_final(run):
    async def main():
        async with endpoint(sends_then_silence(b"HTTP/1.1 101 Whatever\r\nUpgrade: x\r\n\r\nnoise")) as server:
            return await probe(server.port, budgets=LONG)

    assert run(main).reason == "HTTP Status Code 101, Switching Protocols"


@pytest.mark.parametrize("type_", ["HTTP", "HTTPS", "TCP"])
def test_what_this_host_ran_out_of_is_no_observation(run, type_):
    async def main():
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        async with endpoint(never_answers, reads_request=False) as server:
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
            try:
                with pytest.raises(CannotProbe):
                    await probe(server.port, type_, budgets=LONG)
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    run(main)


@pytest.mark.parametrize("type_", ["HTTP", "HTTPS", "TCP"])
def test_h165_many_probes_that_time_out_or_are_broken_off_leave_nothing(run, type_):
    budgets = Budgets(connect_s=5.0 if type_ == "TCP" else 0.2, status_s=0.2)  # a busy machine connects late

    async def main():
        async with endpoint(never_answers, reads_request=False) as server:
            running = [asyncio.create_task(probe(server.port, type_, budgets=budgets)) for _ in range(60)]
            await asyncio.sleep(0.05)
            for task in running[::2]:
                task.cancel()
            return await asyncio.gather(*running, return_exceptions=True)

    outcomes = run(main)
    expected = "TCP connection established" if type_ == "TCP" else TIMED_OUT
    assert {outcome.reason for outcome in outcomes[1::2]} == {expected}


def test_h165_a_connection_that_ends_when_nobody_waits_is_not_logged(run):
    async def main():
        Exchange(b"", None).connection_lost(None)

    run(main)


@pytest.mark.parametrize(("failure", "text"), [
    pytest.param(ConnectionRefusedError(errno.ECONNREFUSED, "x"), "Connection refused.", id="H114 g"),
    pytest.param(OSError(errno.EHOSTUNREACH, "Connect call failed ('192.0.2.1', 80)"), "No route to host.",
                 id="H114 g in the system's words"),
    pytest.param(BrokenPipeError(errno.EPIPE, "Broken pipe"), RESET, id="H114 g the peer is gone"),
    pytest.param(OSError("odd."), "odd.", id="H114 g a failure without a number"),
    pytest.param(OSError(), "The connection failed.", id="H114 g a failure without a word"),
])  # fmt: skip
def test_failures_in_words(failure, text):
    assert failure_text(failure) == text


# --- TLS ---


@pytest.mark.parametrize("sni", [True, False])
def test_h45_h46_with_and_without_sni(run, self_signed, sni):
    async def main():
        async with endpoint(sends(response()), tls=serving_tls(self_signed)) as server:
            fields = {"ip_address": "127.0.0.1", "fully_qualified_domain_name": "App.test.", "enable_sni": sni}
            return await probe(server.port, "HTTPS", budgets=LONG, **fields), server.server_names

    outcome, names = run(main)
    assert outcome.success
    assert names == (["App.test"] if sni else [None])  # RFC 6066 §3: no trailing dot


@pytest.mark.parametrize(("alert", "name", "tries", "reason"), [
    pytest.param(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME, "app.test", ["app.test", None], None, id="H46 once more"),
    pytest.param(ssl.ALERT_DESCRIPTION_INTERNAL_ERROR, "app.test", ["app.test", None], None, id="H46 on any alert"),
    pytest.param(ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE, None, [None], "SSL alert handshake_failure.",
                 id="H46 no second try without a name"),
])  # fmt: skip
def test_alerts(run, self_signed, alert, name, tries, reason):
    async def main():
        with choosy(serving_tls(self_signed), lambda given: alert if given == name else None) as server:
            fields = {"fully_qualified_domain_name": name} if name else {}
            return await probe(server.port, "HTTPS", budgets=LONG, **fields), server.server_names

    outcome, names = run(main)
    assert names == tries
    assert outcome.success is (reason is None)
    assert reason is None or outcome.reason == reason


def test_h114_i_a_server_that_wants_our_certificate(run, self_signed):
    """TLS 1.3 refuses after the handshake: the alert comes first, but a reset close behind it may overtake it."""
    context = serving_tls(self_signed)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(self_signed)

    async def main():
        with choosy(context, lambda _: None) as server:
            return await probe(server.port, "HTTPS", budgets=LONG)

    outcome = run(main)
    assert not outcome.success
    assert outcome.reason.startswith(("SSL alert certificate_required.", "Connection reset by peer."))


@pytest.mark.parametrize(("script", "reason"), [
    pytest.param(resets, RESET, id="H114 i reset"),
    pytest.param(sends(b""), None, id="H114 i closed"),
])  # fmt: skip
def test_a_handshake_that_breaks_off(run, script, reason):
    async def main():
        async with endpoint(script, reads_request=False) as server:
            return await probe(server.port, "HTTPS", budgets=LONG)

    outcome = run(main)
    assert not outcome.success
    assert outcome.waited_s == 0
    assert reason is None or outcome.reason == reason


@pytest.mark.parametrize("script", [
    pytest.param(sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"), id="H114 i plain HTTP"),
    pytest.param(repeats(b"\0" * 1000), id="H114 i zeros without an end"),
])  # fmt: skip
def test_not_tls(run, script):
    async def main():
        async with endpoint(script, reads_request=False) as server:
            return await probe(server.port, "HTTPS", budgets=LONG)

    outcome = run(main)
    assert not outcome.success
    assert outcome.reason.startswith("SSL ")
    assert outcome.reason.endswith(".")


@pytest.mark.parametrize("name", [
    pytest.param(f"{'x' * 70}.test", id="H46 a label that is too long"),
    pytest.param("a..test", id="H46 an empty label"),
])  # fmt: skip
def test_a_name_that_no_hello_can_carry(run, name):
    async def main():
        async with endpoint(never_answers, reads_request=False) as server:
            fields = {"ip_address": "127.0.0.1", "fully_qualified_domain_name": name}
            return await probe(server.port, "HTTPS", budgets=LONG, **fields), server.connections

    outcome, connections = run(main)
    assert (outcome.success, connections) == (False, 0)
    assert outcome.reason.startswith("The request cannot be made: ")


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3"])
def test_h45_every_version_of_tls(run, self_signed, version):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context = serving_tls(self_signed)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]

    async def main():
        async with endpoint(sends(response()), tls=context) as server:
            return await probe(server.port, "HTTPS", budgets=LONG)

    assert run(main).success


def test_h45_h181_an_expired_certificate_with_a_short_key(run, tmp_path, require_tool):
    openssl, key, request, cert = require_tool("openssl"), *(tmp_path / name for name in ("key", "request", "cert"))
    make = [openssl, "req", "-new", "-newkey", "rsa:1024", "-nodes", "-subj", "/CN=wrong.test", "-keyout", key]
    subprocess.run([*make, "-out", request], check=True, capture_output=True)
    sign = [openssl, "x509", "-req", "-in", request, "-signkey", key, "-days", "-1", "-out", cert]
    subprocess.run(sign, check=True, capture_output=True)
    ask = [openssl, "x509", "-in", cert, "-noout", "-checkend", "0"]
    expired = subprocess.run(ask, check=False, capture_output=True)
    assert expired.returncode == 1
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(cert, key)

    async def main():
        async with endpoint(sends(response()), tls=context) as server:
            return await probe(server.port, "HTTPS", budgets=LONG, fully_qualified_domain_name="app.test")

    assert run(main).success


def test_a_probe_over_tls_does_not_linger(run, self_signed):
    """The peer never ends TLS from its side; the probe does not wait for that."""

    async def main():
        async with endpoint(sends_then_silence(response()), tls=serving_tls(self_signed)) as server:
            began = monotonic()
            outcome = await probe(server.port, "HTTPS", budgets=LONG)
            return outcome, monotonic() - began

    outcome, took_s = run(main)
    assert outcome.success
    assert took_s < SLACK_S
