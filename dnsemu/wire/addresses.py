"""Addresses that packets come from, as sockets tell them."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address


@lru_cache(maxsize=65536)
def packed_address(text: str) -> bytes:
    """An IP address as 4 or 16 bytes; an IPv4 address inside an IPv6 one counts as IPv4, a zone id is dropped."""
    address: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.packed
