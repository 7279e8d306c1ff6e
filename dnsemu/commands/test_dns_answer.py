"""TestDNSAnswer: the answer that a resolver would get now (A340–A343, R136)."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from dnsemu.commands.context import Context, Request, Response, TestAnswer
from dnsemu.commands.errors.requests import InvalidInput
from dnsemu.commands.hosted_zones.hosted_zones import existing_zone
from dnsemu.config import names
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.names import BadName
from dnsemu.state.step import Step

DEFAULT_RESOLVER = "54.243.31.192"
"""An address of us-east-1: the resolver if the request names none (R136)."""

_DEFAULT_MASK_BITS = {4: 24, 6: 64}


@dataclass(frozen=True, slots=True)
class _Network:
    """The network that asks: an address, its significant bits, and true if they come from an EDNS Client Subnet."""

    address: bytes
    bits: int
    is_ecs: bool


def test_dns_answer(request: Request, step: Step, context: Context) -> Response:
    """Answers a question as DNS would; the response repeats the name as it was written in the request (A340)."""
    zone = existing_zone(step, request["HostedZoneId"])
    if zone.is_private and context.settings.is_strict:
        raise InvalidInput(f"Hosted zone {zone.id} is private: TestDNSAnswer takes public hosted zones.")
    answer = _answer(zone, request, context)
    return {
        "Nameserver": next(iter(zone.name_servers), ""),
        "RecordName": request["RecordName"],
        "RecordType": request["RecordType"],
        "RecordData": list(answer.values),
        "ResponseCode": answer.rcode,
        "Protocol": "UDP",
    }


def _answer(zone: HostedZone, request: Request, context: Context) -> TestAnswer:
    network = _network(request)
    try:
        name = names.parse(request["RecordName"])
    except BadName as error:
        raise InvalidInput(f"FATAL problem: {error}") from None
    if not names.is_at_or_below(name, zone.name):
        return TestAnswer("REFUSED", ())
    question = request["RecordName"], request["RecordType"]
    return context.live.answer(zone, *question, network.address, network.bits, is_ecs=network.is_ecs)


def _network(request: Request) -> _Network:
    """Returns the client subnet if the request has one, else the resolver's address (A341)."""
    resolver = _address(request.get("ResolverIP") or DEFAULT_RESOLVER)
    subnet, mask = request.get("EDNS0ClientSubnetIP"), request.get("EDNS0ClientSubnetMask")
    if not subnet:
        if mask:
            raise InvalidInput("EDNS0ClientSubnetMask needs an EDNS0ClientSubnetIP that it belongs to.")
        return _Network(resolver.packed, resolver.max_prefixlen, is_ecs=False)
    client = _address(subnet)
    bits = _mask_bits(mask, client) if mask else _DEFAULT_MASK_BITS[client.version]
    if bits == 0:  # the client discloses nothing, so the resolver's address counts (R130)
        return _Network(resolver.packed, resolver.max_prefixlen, is_ecs=False)
    return _Network(ip_network((client, bits), strict=False).network_address.packed, bits, is_ecs=True)


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError:
        raise InvalidInput(f"'{text}' is no IPv4 or IPv6 address.") from None


def _mask_bits(text: str, client: IPv4Address | IPv6Address) -> int:
    if text.isascii() and text.isdigit() and int(text) <= client.max_prefixlen:
        return int(text)
    allowed = f"0 to {client.max_prefixlen}"
    raise InvalidInput(f"EDNS0ClientSubnetMask is '{text}': for an IPv{client.version} address it is {allowed}.")
