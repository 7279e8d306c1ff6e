"""IP addresses as bytes."""

from functools import lru_cache
from ipaddress import ip_address

from dnsemu.config.model.addresses import unmapped


@lru_cache(maxsize=65536)
def packed_address(text: str) -> bytes:
    """Returns a peer address as 4 or 16 bytes; an IPv4-mapped one becomes IPv4, a zone id is dropped."""
    address = ip_address(text.partition("%")[0])
    return unmapped(address.packed, address.max_prefixlen)[0]
