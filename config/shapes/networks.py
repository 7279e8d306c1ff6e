"""Address blocks as users write them."""

import ipaddress

from dnsemu.config.model.addresses import IPNetwork
from dnsemu.config.shapes.base import refuse

_MAPPED_BITS = 96
"""The bits before the IPv4 address in one of `::ffff:0:0/96`."""


def parse_network(text: str, rule: str) -> IPNetwork:
    """Read an address block; bits beyond its prefix are dropped (R203).

    Raises:
        PydanticCustomError: with what to write.
    """
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        instead = "write an address and prefix length, such as 192.0.2.0/24 or 2001:db8::/32"
        raise refuse("network", rule, f"{text!r} is no address block", instead) from None


def client_network(text: str, rule: str) -> IPNetwork:
    """Read an address block that clients are in; IPv4 addresses mapped into IPv6 are the IPv4 addresses.

    Raises:
        PydanticCustomError: with what to write.
    """
    network = parse_network(text, rule)
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    if mapped is None or network.prefixlen < _MAPPED_BITS:
        return network
    return ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
