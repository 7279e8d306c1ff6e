"""RFC 7871: EDNS Client Subnet in an authoritative server (§7.1, §7.2).

The other servers have no answers by network, so tailored answers are tested with dnsemu only.
"""

import dns.edns
import dns.message
import dns.rcode
import pytest

from tests.conformance.facts import rows

HERE, ELSEWHERE = "192.0.2.81", "192.0.2.99"


def subnet_of(reply):
    """Returns the address, source bits and scope bits of a reply's option."""
    return [
        (option.address, option.srclen, option.scopelen) for option in reply.options if option.otype == dns.edns.ECS
    ]


@pytest.mark.parametrize(
    ("name", "address", "bits", "value", "scope"),
    [
        pytest.param("geo", "203.0.113.0", 24, HERE, 24, id="RFC 7871 7.2.1: tailored to the network, which comes back with a scope"),
        pytest.param("geo", "198.51.100.0", 24, ELSEWHERE, 24, id="RFC 7871 7.2.1: tailored to another network"),
        pytest.param("geo", "203.0.113.77", 32, HERE, 24, id="RFC 7871 7.2.1: a scope shorter than the source"),
        pytest.param("geo", "203.0.112.0", 20, ELSEWHERE, 24, id="RFC 7871 7.2.1: a scope longer than the source: ask again with more bits"),
        pytest.param("geo", "2001:db8:1::", 56, HERE, 48, id="RFC 7871 6: family 2 is IPv6"),
        pytest.param("geo", "0.0.0.0", 0, ELSEWHERE, 0, id="RFC 7871 7.1.2: no bits: the client is not disclosed"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("server", ["dnsemu"], indirect=True)
def test_tailored_answers(ask, assert_agrees, name, address, bits, value, scope):
    reply = ask(name, use_edns=0, options=[dns.edns.ECSOption(address, bits)])
    found = {"values": [str(rdata) for rdata in reply.answer[0]], "subnet": subnet_of(reply)}
    assert_agrees(found, {"values": [value], "subnet": [(address, bits, scope)]})


@pytest.mark.parametrize("bits", [pytest.param(24, id="RFC 7871 7.2.1: an answer for all clients has scope 0")])
def test_an_answer_for_everybody(ask, assert_agrees, bits):
    reply = ask("a", use_edns=0, options=[dns.edns.ECSOption("203.0.113.0", bits)])
    assert rows(reply.answer) == ["a 60 A 192.0.2.10"]
    assert_agrees({"subnet": subnet_of(reply)}, {"subnet": [("203.0.113.0", bits, 0)]})


def test_rfc_7871_7_2_1_no_option_where_none_was_sent(ask, assert_agrees):
    assert_agrees(ask("geo", use_edns=0), {"rcode": "NOERROR", "options": set()})


@pytest.mark.parametrize(
    "option",
    [
        pytest.param("00011800cb00", id="RFC 7871 6: an address too short for its prefix"),
        pytest.param("00011800cb007100", id="RFC 7871 6: an address too long for its prefix"),
        pytest.param("00011700cb0071", id="RFC 7871 6: bits beyond the prefix"),
        pytest.param("00012100cb00710000", id="RFC 7871 6: a prefix longer than an address"),
        pytest.param("00011818cb0071", id="RFC 7871 6: a scope in a query"),
    ],
)
def test_malformed_subnets(exchange, assert_agrees, option):
    options = [dns.edns.GenericOption(dns.edns.ECS, bytes.fromhex(option))]
    reply = exchange(dns.message.make_query("geo.conf.test.", "A", use_edns=0, options=options).to_wire())
    assert_agrees({"rcode": dns.rcode.to_text(reply[3] & 15)}, {"rcode": "FORMERR"})
