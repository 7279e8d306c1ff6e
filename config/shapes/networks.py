"""Address blocks as users write them: `192.0.2.0/24`, `2001:db8::/32`."""

import ipaddress

from dnsemu.config.model.addresses import IPNetwork, unmapped
from dnsemu.config.shapes.base import refuse


def parse_network(text: str, rule: str) -> IPNetwork:
    """Reads an address block; bits after its prefix are cleared (R203).

    Raises:
        PydanticCustomError: not an address block.
    """
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        instead = "write an address and prefix length, such as 192.0.2.0/24 or 2001:db8::/32"
        raise refuse("network", rule, f"{text!r} is no address block", instead) from None


def client_network(text: str, rule: str) -> IPNetwork:
    """Reads an address block of clients; an IPv4-mapped IPv6 block is read as the IPv4 block.

    Raises:
        PydanticCustomError: not an address block.
    """
    network = parse_network(text, rule)
    return ipaddress.ip_network(unmapped(network.network_address.packed, network.prefixlen))
