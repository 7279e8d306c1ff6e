"""Decides which clients may have queries forwarded: a resolver that anyone may use is a tool for attacks (RFC 5358)."""

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_address, ip_network

from dnsemu.config.model.addresses import IPAddress, unmapped
from dnsemu.config.model.settings import ServerSettings
from dnsemu.runtime.token_bucket import TokenBucket

MAX_CLIENTS = 10_000
"""Bound on clients whose rate is known; beyond it the one that asked longest ago is forgotten."""

_CLIENT_BITS = {4: 32, 6: 64}
"""Bits of an address that tell clients apart, by IP version: a host has a whole /64 of IPv6."""

_LOCAL = tuple(
    ip_network(block)
    for block in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)


class ForwardingClients:
    """Admits loopback, private networks and the declared ones; each client at the declared rate."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin with no client known.

        Args:
            monotonic: reads real time in seconds.
        """
        self._monotonic = monotonic
        self._buckets: OrderedDict[bytes, TokenBucket] = OrderedDict()

    def admit(self, source: str, settings: ServerSettings) -> bool:
        """True if a query of a client may be forwarded now; then it counts for the client's rate.

        Args:
            source: the sender's IP address as text.
        """
        address = ip_address(source)
        address = ip_address(unmapped(address.packed, address.max_prefixlen)[0])
        return _is_within(address, settings) and self._has_token(address, settings)

    def _has_token(self, address: IPAddress, settings: ServerSettings) -> bool:
        if settings.forward_rate_limit is None:
            self._buckets.clear()
            return True
        client = address.packed[: _CLIENT_BITS[address.version] // 8]
        bucket = self._buckets.pop(client, None) or TokenBucket(self._monotonic)
        self._buckets[client] = bucket
        if len(self._buckets) > MAX_CLIENTS:
            self._buckets.popitem(last=False)
        return bucket.take(settings.forward_rate_limit)


def is_open(settings: ServerSettings) -> bool:
    """True if networks that are neither loopback nor private may have queries forwarded."""
    return not all(
        any(network.version == local.version and network.subnet_of(local) for local in _LOCAL)  # type: ignore[arg-type]
        for network in settings.forward_for
    )


def _is_within(address: IPAddress, settings: ServerSettings) -> bool:
    return any(address in network for network in (*_LOCAL, *settings.forward_for))
