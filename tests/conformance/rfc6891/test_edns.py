"""RFC 6891: EDNS (§6), and the DO bit (RFC 3225)."""

import dns.edns
import dns.message
import dns.query
import dns.rcode
import pytest

from tests.conformance.facts import data

OPT = b"\0\0\x29\x10\0\0\0\0\0\0\0"
QUERY = b"\0\1\0\0\0\1\0\0\0\0\0\0\1a\4conf\4test\0\0\1\0\1"


@pytest.mark.parametrize(
    ("name", "type_", "query", "expected"),
    [
        pytest.param("a", "A", {}, {"rcode": "NOERROR", "edns": -1}, id="RFC 6891 7: no OPT where none was sent"),
        pytest.param("a", "A", {"use_edns": 0}, {"rcode": "NOERROR", "edns": 0}, id="RFC 6891 6.1.1: OPT is answered by OPT"),
        pytest.param("missing", "A", {"use_edns": 0}, {"rcode": "NXDOMAIN", "edns": 0}, id="RFC 6891 6.1.1: NXDOMAIN has OPT"),
        pytest.param("x.sub", "A", {"use_edns": 0}, {"rcode": "NOERROR", "aa": False, "edns": 0}, id="RFC 6891 6.1.1: a referral has OPT"),
        pytest.param("huge", "TXT", {"use_edns": 0, "payload": 512}, {"tc": True, "edns": 0}, id="RFC 6891 7: a truncated answer has OPT"),
        pytest.param("www.elsewhere.test.", "A", {"use_edns": 0}, {"rcode": "REFUSED", "edns": 0}, id="RFC 6891 6.1.1: REFUSED has OPT"),
        pytest.param("a", "A", {"use_edns": 0, "want_dnssec": True}, data("a 60 A 192.0.2.10", do=True), id="RFC 3225 3: DO is copied"),
        pytest.param("a", "A", {"use_edns": 0}, {"do": False}, id="RFC 3225 3: DO stays clear if it was"),
        pytest.param("a", "A", {"use_edns": 1}, {"rcode": "BADVERS", "edns": 0, "answer": []}, id="RFC 6891 6.1.3: another version is BADVERS, with ours"),
        pytest.param("a", "A", {"use_edns": 255}, {"rcode": "BADVERS", "edns": 0, "answer": []}, id="RFC 6891 6.1.3: the highest version is BADVERS too"),
        pytest.param("a", "A", {"use_edns": 0, "options": [dns.edns.GenericOption(65001, b"x" * 50)]}, {"rcode": "NOERROR", "values": 1, "options": set()}, id="RFC 6891 6.1.2: an unknown option is ignored"),
        pytest.param("a", "A", {"use_edns": 0, "options": [dns.edns.GenericOption(dns.edns.NSID, b"")]}, {"rcode": "NOERROR", "values": 1, "options": set()}, id="RFC 6891 6.1.2: NSID may be ignored"),
        pytest.param("a", "A", {"use_edns": 0, "options": [dns.edns.GenericOption(dns.edns.COOKIE, b"12345678")]}, {"rcode": "NOERROR", "values": 1, "options": set()}, id="RFC 6891 6.1.2: a cookie may be ignored"),
        pytest.param("a", "A", {"use_edns": 0, "pad": 128}, {"rcode": "NOERROR", "values": 1, "options": set()}, id="RFC 6891 6.1.2: padding may be ignored"),
    ],
)  # fmt: skip
def test_opt(ask, assert_agrees, name, type_, query, expected):
    assert_agrees(ask(name, type_, **query), expected)


@pytest.mark.parametrize(
    ("name", "payload", "expected"),
    [
        pytest.param("medium", 1232, {"tc": False, "values": 5}, id="RFC 6891 6.2.3: more than 512 octets where the sender takes them"),
        pytest.param("big", 1232, {"tc": True}, id="RFC 6891 6.2.3: no more than the sender takes"),
        pytest.param("big", 4096, {"tc": False, "values": 12}, id="RFC 6891 6.2.5: 4096 octets"),
        pytest.param("a", 0, {"tc": False, "values": 1}, id="RFC 6891 6.2.3: a size below 512 counts as 512"),
        pytest.param("medium", 100, {"tc": True}, id="RFC 6891 6.2.3: a size below 512 allows no more than 512"),
        pytest.param("huge", 65535, {"tc": True}, id="RFC 6891 6.2.4: a server may have a lower limit"),
    ],
)  # fmt: skip
def test_sizes(exchange, assert_agrees, name, payload, expected):
    query = dns.message.make_query(f"{name}.conf.test.", "A" if name == "a" else "TXT", use_edns=0, payload=payload)
    packet = exchange(query.to_wire())
    assert len(packet) <= max(512, payload)
    assert_agrees(dns.message.from_wire(packet), expected)


def with_additional(*records):
    """Returns a query with these records in its additional section."""
    return QUERY[:11] + bytes([len(records)]) + QUERY[12:] + b"".join(records)


@pytest.mark.parametrize(
    ("packet", "rcode"),
    [
        pytest.param(with_additional(OPT, OPT), "FORMERR", id="RFC 6891 6.1.1: two OPT records"),
        pytest.param(with_additional(b"\1a" + OPT), "FORMERR", id="RFC 6891 6.1.2: an OPT record of another name than the root"),
        pytest.param(with_additional(OPT[:-2] + b"\0\x09"), "FORMERR", id="RFC 6891 6.1.2: options beyond the message"),
        pytest.param(with_additional(OPT[:-2] + b"\0\4\xfd\xe9\0\x08"), "FORMERR", id="RFC 6891 6.1.2: an option beyond its record"),
    ],
)  # fmt: skip
def test_malformed(exchange, assert_agrees, packet, rcode):
    reply = exchange(packet)
    found = "silence" if reply is None else dns.rcode.to_text(reply[3] & 15)
    assert_agrees({"rcode": found}, {"rcode": rcode})
