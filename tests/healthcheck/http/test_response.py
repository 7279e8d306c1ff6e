"""Verdicts from bytes: each is right, and none depends on where the network cuts the response (H43–H53)."""

import gzip
import zlib
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dnsemu.healthcheck.http.framing import MAX_FRAMING_BYTES, MAX_UNSEARCHED_FRAMING_BYTES
from dnsemu.healthcheck.http.head import BadResponse
from dnsemu.healthcheck.http.response import (
    MAX_INTERIM_BYTES,
    MAX_INTERIM_RESPONSES,
    MAX_RESPONSE_BYTES,
    Response,
)
from dnsemu.healthcheck.http.search import MAX_GZIP_MEMBERS, Search

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = OK + b"Content-Encoding: gzip\r\n\r\n"
DEFLATE = OK + b"Content-Encoding: deflate\r\n\r\n"
TOO_LARGE = "The response headers are larger than 16384 bytes."


def verdict(pieces, text=None):
    """A code, a reason, or None for a connection that closes too early; and True if the string was found."""
    response = Response(Search(text) if text else None)
    for piece in pieces:
        try:
            response.feed(piece)
        except BadResponse as failure:
            return str(failure), False
        if response.code is not None and response.is_found is not None:
            break  # the probe ends here: nothing after it can matter
    response.end()
    return response.code, bool(response.is_found)


def cut(data, places):
    return [data[start:end] for start, end in pairwise([0, *sorted(places), len(data)])]


def every_way(data):
    """A response in two pieces, cut at each place in turn; byte by byte; and in pieces of seven."""
    yield from (cut(data, [place]) for place in range(len(data)))
    yield from ([data[start : start + size] for start in range(0, len(data), size)] for size in (1, 7))


PLAIN = [
    pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n" + b'{"status":"UP"}', 204, id="H48 a body after 204"),
    pytest.param(b"HTTP/1.1 304 Whatever\r\n\r\nbody", 304, id="H48 a body after 304"),
    pytest.param(OK + b"Content-Length: 2\r\n\r\nOK\r\nand more", 200, id="H48 bytes after the declared length"),
    pytest.param(OK + b"Connection: close\r\nContent-Length: 0\r\n\r\nmore", 200, id="H48 bytes after the last response"),
    pytest.param(CHUNKED + b"zz\r\nno size\r\n", 200, id="H48 a bad chunk size"),
    pytest.param(CHUNKED + b"1\r\nx\r\n0\r\n\r\nHTTP/1.1 500 More\r\n\r\n", 200, id="H48 bytes after the last chunk"),
    pytest.param(OK + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 200, id="H48 two equal lengths"),
    pytest.param(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", 200, id="H48 two lengths"),
    pytest.param(OK + b"Content-Length: x\r\n\r\n", 200, id="H48 a length that is no number"),
    pytest.param(OK + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 200,
                 id="H48 a length beside chunks"),
    pytest.param(OK + b"Content-Encoding: gzip\r\n\r\nnot gzip", 200, id="H48 a broken encoding"),
    pytest.param(OK + b"\r\n" + b"HTTP/1.1 500 No\r\n\r\n", 200, id="H43 the first final response counts"),
    pytest.param(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK + b"\r\n", 200,
                 id="H43 interim responses"),
    pytest.param(b"HTTP/1.1 101 Switching\r\n\r\n\0\1\2", 101, id="H43 switching protocols is final"),
    pytest.param(b"HTTP/1.0 503 Whatever\r\n\r\nbody", 503, id="H43 a failure"),
    pytest.param(b"HTTP/1.1 200\r\n\r\n", 200, id="H43 no phrase"),
    pytest.param(b"HTTP/1.1 200 \r\n\r\n", 200, id="H43 an empty phrase"),
    pytest.param(b"HTTP/1.1 200 \xe9\x01\r\n\r\n", 200, id="H115 a phrase that says nothing"),
    pytest.param(b"\r\n\n" + OK + b"\r\n", 200, id="H47 empty lines before it"),
    pytest.param(b"HTTP/1.1 200 OK\nX: y\n\n", 200, id="H47 lines without CR"),
    pytest.param(OK + b" x\r\nX: a\r\n\tb\r\n\r\n", 200, id="H47 folded lines"),
    pytest.param(OK + b"X: y", None, id="H38 a header block without its end"),
    pytest.param(b"", None, id="H38 nothing"),
    pytest.param(b"SSH-2.0-OpenSSH_9.9\r\n", "The first line is not an HTTP status line", id="H47 not HTTP"),
    pytest.param(b"HTTP/1.1  200 OK\r\n\r\n", "The first line is not an HTTP status line", id="H47 two spaces"),
    pytest.param(b"HTTP/1.1 2000 OK\r\n\r\n", "The first line is not an HTTP status line", id="H47 four digits"),
    pytest.param(OK + b"X y: z\r\n\r\n", "A header line does not begin with a name and a colon", id="H47 a space"),
    pytest.param(OK + b"X: a\0b\r\n\r\n", "A header's value holds a control character", id="H47 a zero"),
    pytest.param(OK + b"X: a\rb\r\n\r\n", "A header's value holds a control character", id="H47 a bare CR"),
    pytest.param(OK + b"X: y\r\n b\1\r\n\r\n", "A header's value holds a control character", id="H47 in a folded line"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), PLAIN)
def test_plain_checks(data, expected):
    if isinstance(expected, str):
        expected = f"The response is malformed: {expected}."
    found = verdict([data])
    assert found == (expected, not isinstance(expected, str) and expected is not None)
    for pieces in every_way(data):
        assert verdict(pieces) == found, pieces


def gzipped(*members):
    return b"".join(gzip.compress(member, mtime=0) for member in members)


def deflated(body, wbits):
    compressor = zlib.compressobj(wbits=wbits)
    return compressor.compress(body) + compressor.flush()


def broken_after(data):
    """A gzip stream with this, and a block after it that cannot be."""
    compressor = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH) + b"\xff\xff\xff"


NO_LENGTH = "The response is malformed: The Content-Length is not one number."
SEARCHED = [
    pytest.param(b"HTTP/1.1 204 No Content\r\n\r\nneedle", 204, False, id="H49 204 has no body"),
    pytest.param(b"HTTP/1.1 304 Whatever\r\nContent-Length: 6\r\n\r\nneedle", 304, False, id="H49 304 has no body"),
    pytest.param(b"HTTP/1.1 500 No\r\n\r\nneedle", 500, False, id="H49 a failure"),
    pytest.param(b"HTTP/1.1 500 No\r\nContent-Length: x\r\n\r\nneedle", 500, False, id="H49 a failure, not its framing"),
    pytest.param(OK + b"Content-Length: 8\r\n\r\na needle and more", 200, True, id="H52 within the declared length"),
    pytest.param(OK + b"Content-Length: 8\r\n\r\na needl needle", 200, False, id="H52 after the declared length"),
    pytest.param(OK + b"Content-Length: 7\r\n\r\na needle", 200, False, id="H52 across the declared length"),
    pytest.param(OK + b"Content-Length: 8, 008\r\nContent-Length: 8\r\n\r\na needle", 200, True, id="H52 equal lengths"),
    pytest.param(OK + b"Content-Length: 8\r\nContent-Length: 9\r\n\r\na needle", NO_LENGTH, False, id="H52 two lengths"),
    pytest.param(OK + b"Content-Length: 8x\r\n\r\na needle", NO_LENGTH, False, id="H52 a length that is no number"),
    pytest.param(OK + b"Content-Length: +8\r\n\r\na needle", NO_LENGTH, False, id="H52 a length with a sign"),
    pytest.param(OK + b"Content-Length:\r\n\r\na needle", NO_LENGTH, False, id="H52 an empty length"),
    pytest.param(OK + b"Content-Length: 1" + b"0" * 30 + b"\r\n\r\na needle", NO_LENGTH, False, id="H52 a length beyond all"),
    pytest.param(OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n8\r\na needle\r\n", 200, True,
                 id="H52 chunks override a length"),
    pytest.param(OK + b"Transfer-Encoding: x\r\nContent-Length: 1\r\n\r\na needle", 200, True,
                 id="H52 another coding lasts until the end"),
    pytest.param(OK + b"Transfer-Encoding:\r\n Chunked\r\n\r\n4\r\na ne\r\n4\r\nedle\r\n", 200, True, id="H49 a coding in a folded line"),
    pytest.param(CHUNKED + b"4;x=\"1\"\r\na ne\r\n4  \r\nedle\r\n", 200, True, id="H49 chunks with extensions"),
    pytest.param(CHUNKED + b"0005;x=" + b"y" * 60 + b"\r\na nee\r\n3\ndle\n0\r\n\r\n", 200, True, id="H49 across chunks"),
    pytest.param(CHUNKED + b"6\r\nneedle\r\nno size\r\n", 200, True, id="H52 broken after the string"),
    pytest.param(CHUNKED + b"3\r\nhay\r\nno size\r\nneedle", 200, False, id="H49 broken before it"),
    pytest.param(CHUNKED + b"3\r\nhayneedle\r\n", 200, False, id="H49 a chunk longer than it says"),
    pytest.param(CHUNKED + b"0\r\nX: needle\r\n\r\nneedle", 200, False, id="H52 after the last chunk"),
    pytest.param(OK + b"\r\na needle", 200, True, id="H52 until the end of the connection"),
    pytest.param(GZIP + gzipped(b"a needle"), 200, True, id="H50 gzip"),
    pytest.param(GZIP + gzipped(b"a nee", b"", b"dle"), 200, True, id="H50 several gzip members"),
    pytest.param(GZIP + gzipped(b"hay") + bytes(20) + gzipped(b"needle"), 200, False, id="H50 zeros after a member"),
    pytest.param(GZIP + gzipped(b"a needle")[:-6], 200, True, id="H50 gzip without its end"),
    pytest.param(GZIP + gzipped(b"a needle")[:-8] + bytes(8), 200, True, id="H50 a wrong checksum after the string"),
    pytest.param(GZIP + broken_after(b"a needle"), 200, True, id="H50 gzip that breaks after the string"),
    pytest.param(GZIP + broken_after(b"a needl"), 200, False, id="H50 gzip that breaks before it"),
    pytest.param(GZIP + b"a needle", 200, False, id="H50 not gzip"),
    pytest.param(DEFLATE + deflated(b"a needle", 15), 200, True, id="H50 deflate"),
    pytest.param(DEFLATE + deflated(b"a needle", -15), 200, True, id="H50 raw deflate"),
    pytest.param(DEFLATE + deflated(b"hay", 15) + deflated(b"needle", 15), 200, False, id="H50 deflate ends once"),
    pytest.param(OK + b"Content-Encoding: identity, GZip\r\n\r\n" + gzipped(b"a needle"), 200, True, id="H50 identity"),
    pytest.param(OK + b"Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\nneedle", 200, True, id="H50 two encodings"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "code", "is_found"), SEARCHED)
def test_checks_with_a_search_string(data, code, is_found):
    assert verdict([data], "needle") == (code, is_found)
    for pieces in every_way(data):
        assert verdict(pieces, "needle") == (code, is_found), pieces


def headers(size):
    """Header lines of so many bytes, with their line ends."""
    return b"X: " + b"y" * 1000 + b"\r\n" + b"Z: " + b"z" * (size - 1010) + b"\r\n"


@pytest.mark.parametrize(("data", "expected"), [
    pytest.param(OK + headers(16_384) + b"\r\n", 200, id="H47 as large as may be"),
    pytest.param(OK + headers(16_385) + b"\r\n", TOO_LARGE, id="H47 one byte more"),
    pytest.param(OK + headers(16_384) + b"\n", 200, id="H47 an empty line without CR"),
    pytest.param(OK + headers(16_384) + b"\r\r\n\r\n", TOO_LARGE, id="H47 a CR that is not the end"),
    pytest.param(OK + headers(16_384)[:-1] + b"\1\r\n\r\n", TOO_LARGE, id="H47 too large comes before malformed"),
    pytest.param(b"HTTP/1.1 100 Go\r\n" + headers(16_000) + b"\r\n" + OK + headers(16_000) + b"\r\n", 200,
                 id="H43 each response by itself"),
    pytest.param(b"HTTP/1.1 200 " + b"x" * 17_000 + b"\r\n\r\n", TOO_LARGE, id="H47 the status line"),
    pytest.param(b"\r\n" * 9_000 + OK + b"\r\n", TOO_LARGE, id="H47 empty lines"),
])  # fmt: skip
def test_sizes(data, expected):
    places = {*range(max(0, len(data) - 40), len(data)), *range(16_370, 16_420), 1, 20, 8_000}
    for pieces in ([data], [data[:1], data[1:]], *(cut(data, [place]) for place in places if place < len(data))):
        assert verdict(pieces)[0] == expected


@pytest.mark.parametrize(("before", "is_found"), [
    pytest.param(0, True, id="H52 the last bytes that are read"),
    pytest.param(1, False, id="H52 one byte more than is read"),
])  # fmt: skip
def test_the_end_of_what_is_read(before, is_found):
    """The file name of a gzip header holds nothing to search."""
    start, end = GZIP + b"\x1f\x8b\x08\x08" + bytes(6), b"\0" + b"\0\6\0\xf9\xff" + b"needle"
    data = start + b"x" * (MAX_RESPONSE_BYTES - len(start) - len(end) + before) + end
    for size in (len(data), 100_000, 65_537, 999_999):
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        assert verdict(pieces, "needle") == ((200, True) if is_found else (NOT_FOUND, False))


NOT_FOUND = f"The string was not found in the first {MAX_RESPONSE_BYTES} bytes of the response."
INTERIM = b"HTTP/1.1 100 Go\r\n\r\n"
MANY_INTERIM = f"The endpoint sent more than {MAX_INTERIM_RESPONSES} interim responses (status 1xx)."
LARGE_INTERIM = f"The interim responses (status 1xx) are larger than {MAX_INTERIM_BYTES} bytes."
LARGE_FRAMING = f"The chunk sizes of the response are larger than {MAX_FRAMING_BYTES} bytes."
SMALL_CHUNKS = b"1\r\n.\r\n" * 4999 + b"6\r\nneedle\r\n"
FRAMING = 5 * 4999 + 3
"""Bytes of `SMALL_CHUNKS` and of a size line that are no body; `1;` and a line end come on top."""


@pytest.mark.parametrize(("data", "expected"), [
    pytest.param(INTERIM * MAX_INTERIM_RESPONSES + OK + b"\r\nneedle", 200, id="H43 as many as may be"),
    pytest.param(INTERIM * (MAX_INTERIM_RESPONSES + 1) + OK + b"\r\nneedle", MANY_INTERIM, id="H43 one response more"),
    pytest.param(INTERIM[:-2] + headers(MAX_INTERIM_BYTES - len(INTERIM)) + b"\r\n" + OK + b"\r\nneedle", 200,
                 id="H43 as large as may be"),
    pytest.param(INTERIM[:-2] + headers(MAX_INTERIM_BYTES - len(INTERIM) + 1) + b"\r\n" + OK + b"\r\nneedle",
                 LARGE_INTERIM, id="H43 one byte more"),
    pytest.param(CHUNKED + SMALL_CHUNKS, 200, id="H52 chunks of one byte"),
    pytest.param(CHUNKED + b"1;" + b"x" * (MAX_FRAMING_BYTES - FRAMING - 6) + b"\r\n.\r\n" + SMALL_CHUNKS, 200,
                 id="H52 as large chunk sizes as may be"),
    pytest.param(CHUNKED + b"1;" + b"x" * (MAX_FRAMING_BYTES - FRAMING - 5) + b"\r\n.\r\n" + SMALL_CHUNKS,
                 LARGE_FRAMING, id="H52 chunk sizes larger by a byte"),
    pytest.param(CHUNKED + b"6\r\nneedle\r\n0\r\n" + b"X: y\r\n" * 100_000, 200, id="H48 trailers without an end"),
    pytest.param(CHUNKED + b"6\r\nneedle\r\n" + b"1\r\nx\r\n" * 100_000, 200, id="H48 chunks without an end"),
    pytest.param(GZIP + gzipped(*[b""] * (MAX_GZIP_MEMBERS - 1), b"needle"), 200, id="H50 as many gzip members as may be"),
])  # fmt: skip
def test_bounds(data, expected):
    sizes = 1000, 65_537, len(data)
    for pieces in ([data[start : start + size] for start in range(0, len(data), size)] for size in sizes):
        assert verdict(pieces, "needle") == (expected, expected == 200)


def test_h50_gzip_members_beyond_the_bound_are_not_searched():
    assert verdict([GZIP + gzipped(*[b""] * MAX_GZIP_MEMBERS, b"needle")], "needle") == (200, False)


@pytest.mark.parametrize(("text", "bound"), [
    pytest.param(None, MAX_UNSEARCHED_FRAMING_BYTES, id="H48 a plain check"),
    pytest.param("needle", MAX_FRAMING_BYTES, id="H48 a check with a search string"),
])  # fmt: skip
@pytest.mark.parametrize(
    "more",
    [
        pytest.param(b"0\r\n" + b"X: y\r\n" * 50_000, id="H48 trailers"),
        pytest.param(b"1\r\n.\r\n" * 50_000, id="H48 chunks"),
        pytest.param(b"1;" + b"x" * 300_000, id="H48 an extension"),
    ],
)
def test_what_follows_a_verdict_is_read_within_bounds(text, bound, more):
    """The rest of a response is read so that the endpoint sees a close: never more than the bound of what is no body."""
    response, taken = Response(Search(text) if text else None), 0
    response.feed(CHUNKED + b"6\r\nneedle\r\n")
    while not response.is_complete:
        response.feed(more[taken : taken + 6])
        taken += 6
    assert (response.code, response.is_found) == (200, True)
    assert bound * 0.9 < taken < bound * 1.3


# --- any response, cut at any places ---

_LINES = st.sampled_from([
    b"HTTP/1.1 200 OK", b"HTTP/1.1 204 No", b"HTTP/1.1 304 No", b"HTTP/1.1 100 Continue", b"HTTP/1.1 503 No",
    b"Content-Length: 6", b"Content-Length: 3", b"Content-Length: 60", b"Content-Length: x", b"Content-Length: 6, 6",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip", b"Content-Encoding: gzip", b"Content-Encoding: deflate",
    b"Connection: close", b" folded", b"X : y", b"X: \x01", b"", b"", b"6", b"3", b"needle", b"hay", b"nee", b"dle", b"0",
    b"ffffffffffffffff", b"6;x=y", b"zz",
])  # fmt: skip
_ENDS = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b""])
_BODIES = st.sampled_from([
    gzipped(b"a needle"), gzipped(b"a nee", b"dle"), broken_after(b"needle"), broken_after(b"hay"), b"needle",
    deflated(b"needle", -15), deflated(b"needle", 15), gzipped(b"." * 6000), b"." * 5114 + b"needle", b"." * 5115 + b"needle",
])  # fmt: skip
_RESPONSES = st.builds(
    lambda first, lines, body, more: first + b"".join(b"".join(line) for line in lines) + body + more,
    st.sampled_from([b"", OK, OK, CHUNKED, GZIP, DEFLATE, OK + b"\r\n"]),
    st.lists(st.tuples(_LINES, _ENDS), max_size=10),
    st.one_of(st.just(b""), _BODIES),
    st.binary(max_size=20),
)


@given(_RESPONSES, st.lists(st.integers(0, 7000), max_size=12), st.sampled_from([None, "needle"]))
@example(b"HTTP/1.1 204 No Content\r\n\r\n" + b'{"status":"UP"}', [27], None)
@example(GZIP + broken_after(b"needle"), [60], "needle")
def test_h48_h52_any_response_cut_at_any_places_gives_one_verdict(data, places, text):
    found = verdict([data], text)
    assert verdict(cut(data, [place % (len(data) + 1) for place in places]), text) == found
    assert verdict([data[start : start + 1] for start in range(len(data))], text) == found
