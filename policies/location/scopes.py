"""ECS scopes: the bits of a client's address for which an answer holds (R132).

The scope is fixed unless the user's networks go deeper. Take the client's block: the /24 or /48 around the first
address of its network. A declared network no longer than the block contains all of it or nothing of it, so the whole
block shares one place. Blocks of CIDR collections are never longer (R93), so they cannot divide it either. Declared
networks inside the block do divide it: the scope then is the longest prefix among them. A piece of that size lies
wholly inside or outside each of them, and every client of the block gets the same scope, so the pieces that a resolver
caches never overlap (RFC 7871 §7.2.1). Networks inside the client's network but outside the block do not count: the
scope is longer than the client's prefix already, so the answer does not claim to hold there.
"""

from collections.abc import Iterable

from dnsemu.config.model.addresses import IPNetwork, unmapped

IPV4_SCOPE_BITS = 24
IPV6_SCOPE_BITS = 48


class Scopes:
    """The scope of every client of one address family."""

    def __init__(self, networks: Iterable[IPNetwork], address_bytes: int, default_bits: int) -> None:
        """Indexes the networks of this family by block.

        Args:
            networks: declared networks of either family.
            address_bytes: 4 or 16.
            default_bits: length of a block, and the scope where no network lies inside it.
        """
        self._block_shift = address_bytes * 8 - default_bits
        self._default_bits = default_bits
        self._longest_inside: dict[int, int] = {}
        for network in networks:
            address, bits = unmapped(network.network_address.packed, network.prefixlen)
            block = int.from_bytes(address) >> self._block_shift
            if len(address) == address_bytes and bits > self._longest_inside.get(block, default_bits):
                self._longest_inside[block] = bits

    def bits(self, number: int) -> int:
        """The scope for every client in the block around an address, given as a number."""
        return self._longest_inside.get(number >> self._block_shift, self._default_bits)
