"""RFC 7766: DNS over TCP (§5, §6, §8)."""

import dns.message
import dns.query
import pytest

from tests.conformance.facts import data


def query(name, type_="A", **more):
    return dns.message.make_query(f"{name}.conf.test.", type_, **more)


def framed(message):
    wire = message.to_wire()
    return len(wire).to_bytes(2, "big") + wire


def next_reply(stream):
    length = int.from_bytes(stream.read(2), "big")
    return dns.message.from_wire(stream.read(length))


@pytest.mark.parametrize(
    ("name", "type_", "expected"),
    [
        pytest.param("a", "A", data("a 60 A 192.0.2.10"), id="RFC 7766 5: TCP answers like UDP"),
        pytest.param("big", "TXT", {"tc": False, "values": 12}, id="RFC 7766 5: TCP carries replies that exceed a datagram"),
        pytest.param("huge", "TXT", {"tc": False, "values": 100}, id="RFC 7766 8: more than 16 KiB, beyond the reach of pointers"),
        pytest.param("missing", "A", {"rcode": "NXDOMAIN", "soa_ttl": {300}}, id="RFC 7766 5: TCP carries negative answers"),
    ],
)  # fmt: skip
def test_over_tcp(ask, assert_agrees, name, type_, expected):
    assert_agrees(ask(name, type_, over=dns.query.tcp), expected)


def test_rfc_7766_6_2_1_a_connection_serves_one_query_after_another(connection, assert_agrees):
    sock, stream = connection
    for number in range(20):
        asked = query("a", id=number)
        sock.sendall(framed(asked))
        reply = next_reply(stream)
        assert asked.is_response(reply)
        assert_agrees(reply, {"rcode": "NOERROR", "values": 1})


def test_rfc_7766_6_2_1_1_queries_need_not_wait_for_replies(connection, assert_agrees):
    """Replies may come in any order (§7)."""
    sock, stream = connection
    asked = {number: query(name, id=number) for number, name in enumerate(["a", "missing", "c1", "x.wild"] * 10)}
    sock.sendall(b"".join(map(framed, asked.values())))
    for _ in range(len(asked)):
        reply = next_reply(stream)
        assert asked.pop(reply.id).is_response(reply)
    assert_agrees({"unanswered": len(asked)}, {"unanswered": 0})


def test_rfc_7766_8_length_and_message_may_come_in_pieces(connection, assert_agrees):
    sock, stream = connection
    for octet in framed(query("a", id=7)):
        sock.sendall(bytes([octet]))
    assert_agrees(next_reply(stream), {"rcode": "NOERROR", "values": 1})


def test_rfc_7828_3_3_2_no_keepalive_option_that_was_not_asked_for(ask, assert_agrees):
    assert_agrees(ask("a", over=dns.query.tcp, use_edns=0), {"edns": 0, "options": set()})
