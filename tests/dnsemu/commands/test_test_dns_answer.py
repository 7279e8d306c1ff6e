"""TestDNSAnswer (api.md §18; R136)."""

from dataclasses import replace
from ipaddress import ip_address

import pytest
from immutables import Map

from dnsemu.commands.context import TestAnswer as Answer
from dnsemu.commands.test_dns_answer import DEFAULT_RESOLVER
from dnsemu.config.model.geo import Geo
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.settings import ApiSettings
from dnsemu.config.model.world import World
from dnsemu.config.names import parse
from dnsemu.policies.location.locator import Locator
from dnsemu.state.state import State
from tests.dnsemu.commands.emulation import Emulation

ZONE = HostedZone("Z1", parse("example.test"), Map(), ("ns-1.awsdns-01.com", "ns-2.awsdns-02.net"))
RESOLVER = (ip_address(DEFAULT_RESOLVER).packed, 32, False)


def emulation(zone=ZONE, **settings):
    world = World(hosted_zones=Map({zone.id: zone}))
    return Emulation(State(world), settings=ApiSettings(**settings))


def ask(emulated, name="www.example.test", type="A", zone="Z1", **more):
    return emulated.call("TestDNSAnswer", HostedZoneId=zone, RecordName=name, RecordType=type, **more)


def asked_as(**more):
    """Returns the client that was answered: address, bits, and true for a client subnet."""
    emulated = emulation()
    ask(emulated, **more)
    return emulated.live.asked[0][3:]


def refused(emulated, name="www.example.test", zone="Z1", **more):
    error = emulated.refused("TestDNSAnswer", HostedZoneId=zone, RecordName=name, RecordType="A", **more)
    return error.code, error.message


def test_a340_the_answer_in_full():
    emulated = emulation()
    emulated.live.answers["WWW.example.test", "A"] = Answer("NOERROR", ("192.0.2.1", "192.0.2.2"))
    assert ask(emulated, "WWW.example.test") == {
        "Nameserver": "ns-1.awsdns-01.com",
        "RecordName": "WWW.example.test",
        "RecordType": "A",
        "RecordData": ["192.0.2.1", "192.0.2.2"],
        "ResponseCode": "NOERROR",
        "Protocol": "UDP",
    }
    assert emulated.live.asked == [("Z1", "WWW.example.test", "A", *RESOLVER)]


@pytest.mark.parametrize(("answer", "rcode"), [
    pytest.param(Answer("NXDOMAIN", ()), "NXDOMAIN", id="A340 no such name"),
    pytest.param(Answer("NOERROR", ()), "NOERROR", id="A341 the name lacks this type"),
])  # fmt: skip
def test_no_data(answer, rcode):
    emulated = emulation()
    emulated.live.answers["www.example.test", "A"] = answer
    response = ask(emulated)
    assert (response["ResponseCode"], response["RecordData"]) == (rcode, [])


@pytest.mark.parametrize(("more", "client"), [
    pytest.param({}, RESOLVER, id="R136 no resolver named: one in us-east-1"),
    pytest.param({"ResolverIP": "192.0.2.53"}, (b"\xc0\0\2\x35", 32, False), id="A341 a resolver"),
    pytest.param({"ResolverIP": "2001:db8::1"}, (ip_address("2001:db8::1").packed, 128, False), id="A341 a resolver of IPv6"),
    pytest.param({"EDNS0ClientSubnetIP": "198.51.100.7"}, (b"\xc6\x33\x64\0", 24, True), id="A341 R136 a client subnet is a /24"),
    pytest.param({"EDNS0ClientSubnetIP": "2001:db8:1:2:3::7"}, (ip_address("2001:db8:1:2::").packed, 64, True), id="A341 R136 and a /64"),
    pytest.param({"EDNS0ClientSubnetIP": "198.51.100.7", "EDNS0ClientSubnetMask": "32"}, (b"\xc6\x33\x64\7", 32, True), id="A341 the longest mask of IPv4"),
    pytest.param({"EDNS0ClientSubnetIP": "2001:db8::7", "EDNS0ClientSubnetMask": "128"}, (ip_address("2001:db8::7").packed, 128, True), id="A341 and of IPv6"),
    pytest.param({"EDNS0ClientSubnetIP": "198.51.100.7", "EDNS0ClientSubnetMask": "8", "ResolverIP": "192.0.2.53"}, (b"\xc6\0\0\0", 8, True), id="A341 a client subnet before the resolver"),
    pytest.param({"EDNS0ClientSubnetIP": "198.51.100.7", "EDNS0ClientSubnetMask": "0", "ResolverIP": "192.0.2.53"}, (b"\xc0\0\2\x35", 32, False), id="R130 no bits: as the resolver"),
])  # fmt: skip
def test_who_is_answered(more, client):
    assert asked_as(**more) == client


@pytest.mark.parametrize(("more", "message"), [
    pytest.param({"EDNS0ClientSubnetIP": "198.51.100.7", "EDNS0ClientSubnetMask": "33"}, "EDNS0ClientSubnetMask is '33': for an IPv4 address it is 0 to 32.", id="A341 too long for IPv4"),
    pytest.param({"EDNS0ClientSubnetIP": "::1", "EDNS0ClientSubnetMask": "129"}, "EDNS0ClientSubnetMask is '129': for an IPv6 address it is 0 to 128.", id="A341 too long for IPv6"),
    pytest.param({"EDNS0ClientSubnetIP": "::1", "EDNS0ClientSubnetMask": "-1"}, "EDNS0ClientSubnetMask is '-1': for an IPv6 address it is 0 to 128.", id="A341 below 0"),
    pytest.param({"EDNS0ClientSubnetMask": "24"}, "EDNS0ClientSubnetMask needs an EDNS0ClientSubnetIP that it belongs to.", id="A341 a mask of nothing"),
    pytest.param({"ResolverIP": "resolver"}, "'resolver' is no IPv4 or IPv6 address.", id="A341 no address"),
])  # fmt: skip
def test_who_cannot_be_answered(more, message):
    assert refused(emulation(), **more) == ("InvalidInput", message)


def test_r136_the_default_resolver_is_in_virginia():
    place = Locator(Geo()).locate(ip_address(DEFAULT_RESOLVER).packed, 32).place
    assert (place.country, place.subdivision) == ("US", "VA")


def test_a342_an_unknown_zone():
    assert refused(emulation(), zone="Z2") == ("NoSuchHostedZone", "No hosted zone found with ID: Z2")


def test_a342_a_name_outside_the_zone():
    emulated = emulation()
    response = ask(emulated, "www.example.com")
    assert (response["ResponseCode"], response["RecordData"]) == ("REFUSED", [])
    assert not emulated.live.asked


def test_a52_a_name_that_is_none():
    code, message = refused(emulation(), "a..example.test")
    assert code == "InvalidInput"
    assert message.startswith("FATAL problem: DomainLabelEmpty")


def test_a342_private_zones_are_answered_unless_strict():
    private = replace(ZONE, is_private=True)
    assert ask(emulation(private))["ResponseCode"] == "NXDOMAIN"
    code, message = refused(emulation(private, is_strict=True))
    assert (code, message.split(":")[0]) == ("InvalidInput", "Hosted zone Z1 is private")
    assert ask(emulation(is_strict=True))["ResponseCode"] == "NXDOMAIN"
