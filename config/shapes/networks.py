"""Address blocks as users write them."""

import ipaddress

from dnsemu.config.model.addresses import IPNetwork, unmapped
from dnsemu.config.shapes.base import refuse


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
    return ipaddress.ip_network(unmapped(network.network_address.packed, network.prefixlen))
