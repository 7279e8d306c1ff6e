"""Addresses that Route 53's health checkers refuse to probe."""

from ipaddress import ip_address, ip_network

from dnsemu.config.model.addresses import unmapped

_RESERVED = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)


def is_reserved(address: str) -> bool:
    """True if Route 53 refuses to probe an address (H7); an IPv4-mapped address counts as IPv4.

    Raises:
        ValueError: not an address.
    """
    ip = ip_address(address)
    probed = ip_address(unmapped(ip.packed, ip.max_prefixlen)[0])
    return any(probed in block for block in _RESERVED)
