"""IP addresses and networks of both families."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Literal

IPAddress = IPv4Address | IPv6Address
IPVersion = Literal[4, 6]
IPNetwork = IPv4Network | IPv6Network

_MAPPED_PREFIX = bytes(10) + b"\xff\xff"
_MAPPED_BITS = 96


def unmapped(address: bytes, bits: int) -> tuple[bytes, int]:
    """Returns the IPv4 network of an IPv4-mapped IPv6 network (RFC 4291 §2.5.5.2), and any other unchanged.

    Args:
        address: 4 or 16 bytes.
        bits: the prefix length; 32 or 128 for a single address.
    """
    if bits >= _MAPPED_BITS and len(address) == 16 and address.startswith(_MAPPED_PREFIX):
        return address[12:], bits - _MAPPED_BITS
    return address, bits
