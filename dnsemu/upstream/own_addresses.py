"""Refuses an upstream that is dnsemu itself: every query would come back until all sockets are used up."""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from dnsemu.config.text.addresses import Address


class ForwardsToItself(Exception):
    """An upstream is an address that this server listens on; the message says which, and what to write instead."""


def refuse_own(upstreams: Sequence[Address], listening: Sequence[Address]) -> None:
    """Checks the upstreams against the addresses that are listened on.

    Raises:
        ForwardsToItself: one of them is such an address.
    """
    for upstream in upstreams:
        for address in listening:
            if upstream.port == address.port and _reaches(upstream.host, address.host):
                raise ForwardsToItself(
                    f"--forward {upstream}: this server listens on {address}, so it would forward to itself; "
                    "write the address of another resolver"
                )


def _reaches(host: str, bound: str) -> bool:
    """True if a packet to a host arrives at a socket that is bound to an address."""
    to, at = _receiver(host), ip_address(bound)
    if to.version != at.version:  # IPv6 sockets take no IPv4
        return False
    return _is_local(to) if at.is_unspecified else to == at


def _receiver(host: str) -> IPv4Address | IPv6Address:
    """Returns the address that a packet goes to: an IPv4-mapped one is IPv4, the unspecified one is loopback."""
    address = ip_address(host)
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_unspecified:
        return ip_address("127.0.0.1" if address.version == 4 else "::1")
    return address


def _is_local(address: IPv4Address | IPv6Address) -> bool:
    """True if it is an address of this machine: a socket can be bound to it."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.bind((str(address), 0))
    except OSError:
        return False
    return True
