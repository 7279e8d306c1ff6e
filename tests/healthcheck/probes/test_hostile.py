"""Hostile endpoints: each failure has its text, ends in time and leaks nothing.

Every test runs on asyncio's event loop and on uvloop, because the server runs on either.
"""

import asyncio
import errno
import gzip
import resource
import struct
import tracemalloc
from dataclasses import replace
from time import monotonic

import pytest

from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.connect import CannotProbe, failure_text
from dnsemu.healthcheck.probes.exchange import Exchange
from dnsemu.healthcheck.verdict.results import TIMED_OUT
from tests.healthcheck.endpoints import (
    endpoint,
    never_answers,
    repeats,
    resets,
    response,
    sends,
    sends_then_silence,
    serving_tls,
)
from tests.healthcheck.probes.probing import LONG, probe

SLACK_S = 8.0
"""Time by which a probe may exceed its time limit on a busy machine."""

CLOSED = "The endpoint closed the connection before it answered."
RESET = "Connection reset by peer."
TOO_LARGE = "The response headers are larger than 16384 bytes."
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


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


@pytest.mark.parametrize(("limit", "script"), [
    pytest.param("status_s", never_answers, id="H184 silence"),
    pytest.param("status_s", sends_then_silence(OK + b"X: y\r\n"), id="H38 headers without an end"),
    pytest.param("status_s", trickles_headers, id="H38 headers that trickle"),
    pytest.param("body_s", trickles, id="H53 a body that trickles"),
    pytest.param("body_s", sends_then_silence(OK + b"Content-Length: 9\r\n\r\nhay"), id="H53 half a body"),
    pytest.param("body_s", sends_then_silence(CHUNKED + b"5\r\nhay"), id="H53 half a chunk"),
    pytest.param("connect_s", sends_then_silence(b""), id="H39 a handshake that does not begin"),
    pytest.param("connect_s", sends_then_silence(struct.pack(">BHHB", 22, 0x0303, 90, 2)), id="H39 half a handshake"),
])  # fmt: skip
def test_time_limits(run, limit, script):
    """The limit of one phase is short, and runs out in that phase."""
    type_ = {"status_s": "HTTP", "body_s": "HTTP_STR_MATCH", "connect_s": "HTTPS"}[limit]
    fields = {"search_string": "needle"} if limit == "body_s" else {}

    async def main():
        async with endpoint(script, reads_request=limit != "connect_s") as server:
            began = monotonic()
            result = await probe(server.port, type_, budgets=replace(LONG, **{limit: 0.1}), **fields)
            return result, monotonic() - began

    result, took_s = run(main)
    assert (result.success, result.reason, result.waited_s) == (False, TIMED_OUT, 0.1)
    assert took_s < 0.1 + SLACK_S


@pytest.mark.parametrize(("line", "reason"), [
    pytest.param(b"no colon", "A header line does not begin with a name and a colon", id="H47 no colon"),
    pytest.param(b": y", "A header line does not begin with a name and a colon", id="H47 no name"),
    pytest.param(b"X Y: z", "A header line does not begin with a name and a colon", id="H47 a space in the name"),
    pytest.param(b"X : y", "A header line does not begin with a name and a colon", id="H47 a space after the name"),
    pytest.param(b"X(y): z", "A header line does not begin with a name and a colon", id="H47 a name that is no token"),
    pytest.param(b"X: a\x01b", "A header's value holds a control character", id="H47 a control character"),
    pytest.param(b"X: a\x7fb", "A header's value holds a control character", id="H47 DEL"),
    pytest.param(b"X: a\0b", "A header's value holds a control character", id="H47 a zero"),
    pytest.param(b"X: a\rb", "A header's value holds a control character", id="H47 a bare CR"),
])  # fmt: skip
def test_malformed_headers(run, line, reason):
    async def main():
        async with endpoint(sends(OK + line + b"\r\n\r\n")) as server:
            return await probe(server.port, budgets=LONG)

    outcome = run(main)
    assert (outcome.success, outcome.reason) == (False, f"The response is malformed: {reason}.")


@pytest.mark.parametrize("line", [
    pytest.param(b"X: a\tb", id="H47 a tab"),
    pytest.param(b"X:", id="H47 an empty value"),
    pytest.param(b"X: \xe9", id="H47 a byte beyond ASCII"),
    pytest.param(b"X: a\r\n  b", id="H47 a folded line"),
    pytest.param(b"!#$%&'*+-.^_`|~9: y", id="H47 every sign of a token"),
])  # fmt: skip
def test_odd_headers_that_are_well_formed(run, line):
    async def main():
        async with endpoint(sends(OK + line + b"\r\nContent-Length: 0\r\n\r\n")) as server:
            return await probe(server.port, budgets=LONG)

    assert run(main).success


def test_h47_a_flood_of_headers_takes_little_memory(run):
    async def main():
        async with endpoint(endless(OK, b"".join(b"X%d: y\r\n" % n for n in range(10_000)))) as server:
            tracemalloc.start()
            try:
                outcome = await probe(server.port, budgets=LONG)
                return outcome.reason, tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

    reason, peak_bytes = run(main)
    assert reason == TOO_LARGE
    assert peak_bytes < 16_000_000


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
    assert sent < 50_000_000  # the size of buffers, not thirty seconds of sending


GZIP = OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10]


@pytest.mark.parametrize(("head", "data", "reason"), [
    pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 500, "The endpoint sent more than 16 interim responses (status 1xx).",
                 id="H43 interim responses"),
    pytest.param(GZIP, b"\0\0\0\xff\xff" * 2000, "The string was not found in the first 1048576 bytes of the response.",
                 id="H53 gzip that unpacks to nothing"),
    pytest.param(CHUNKED + b"1;", b"x" * 10_000, "The chunk sizes of the response are larger than 32768 bytes.",
                 id="H53 a chunk extension"),
])  # fmt: skip
def test_a_flood_is_read_no_further_than_a_response_can_be_long(run, head, data, reason):
    """The probe fails at once, and says why."""
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
            return await probe(server.port, "HTTP_STR_MATCH", budgets=LONG, search_string="needle")

    outcome = run(main)
    assert (outcome.success, outcome.reason, outcome.waited_s) == (False, reason, 0.0)
    assert sent < 20_000_000  # the size of buffers


def test_h52_chunks_of_one_byte_are_searched_as_they_arrive(run):
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
def test_out_of_file_descriptors_is_no_observation(run, type_):
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
def test_h165_probes_that_time_out_or_are_cancelled_leak_nothing(run, type_):
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


def test_h165_a_connection_that_ends_after_its_probe_is_not_logged(run):
    async def main():
        Exchange(b"", None).connection_lost(None)

    run(main)


@pytest.mark.parametrize(("failure", "text"), [
    pytest.param(ConnectionRefusedError(errno.ECONNREFUSED, "x"), "Connection refused.", id="H114 g"),
    pytest.param(OSError(errno.EHOSTUNREACH, "Connect call failed ('192.0.2.1', 80)"), "No route to host.",
                 id="H114 g the system's text"),
    pytest.param(BrokenPipeError(errno.EPIPE, "Broken pipe"), RESET, id="H114 g the peer is gone"),
    pytest.param(OSError("odd."), "odd.", id="H114 g a failure without a number"),
    pytest.param(OSError(), "The connection failed.", id="H114 g a failure without a text"),
])  # fmt: skip
def test_failures_in_words(failure, text):
    assert failure_text(failure) == text
