"""TestDNSAnswer: what a resolver would be answered just now (A340–A343, R136)."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from dnsemu.commands.context import Context, Request, Response, TestAnswer
from dnsemu.commands.errors.requests import InvalidInput
from dnsemu.commands.hosted_zones.hosted_zones import existing_zone
from dnsemu.config import names
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.names import BadName
from dnsemu.state.step import Step

DEFAULT_RESOLVER = "54.243.31.192"
"""An address of us-east-1, where a resolver is that nobody names (R136)."""

_DEFAULT_MASK_BITS = {4: 24, 6: 64}

Network = tuple[bytes, int, bool]
"""Who is answered: an address, how many of its bits count, and whether they came as a client subnet."""


def test_dns_answer(request: Request, step: Step, context: Context) -> Response:
    """Answer a question as DNS would; the response's name is spelled as it was asked for (A340)."""
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
    asked = _network(request)
    try:
        name = names.parse(request["RecordName"])
    except BadName as error:
        raise InvalidInput(f"FATAL problem: {error}") from None
    if not names.is_at_or_below(name, zone.name):
        return TestAnswer("REFUSED", ())
    return context.live.answer(zone, request["RecordName"], request["RecordType"], *asked)


def _network(request: Request) -> Network:
    """The client subnet if there is one, else the resolver's address (A341)."""
    resolver = _address(request.get("ResolverIP") or DEFAULT_RESOLVER)
    subnet, mask = request.get("EDNS0ClientSubnetIP"), request.get("EDNS0ClientSubnetMask")
    if not subnet:
        if mask:
            raise InvalidInput("EDNS0ClientSubnetMask needs an EDNS0ClientSubnetIP that it belongs to.")
        return resolver.packed, resolver.max_prefixlen, False
    client = _address(subnet)
    bits = _mask_bits(mask, client) if mask else _DEFAULT_MASK_BITS[client.version]
    if bits == 0:  # a client that discloses nothing is where its resolver is (R130)
        return resolver.packed, resolver.max_prefixlen, False
    return ip_network((client, bits), strict=False).network_address.packed, bits, True


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
