"""Longest-prefix match: values by network, found in a time that does not grow with the number of networks."""

from collections.abc import Iterable
from typing import Generic, TypeVar

from dnsemu.config.model.addresses import IPNetwork, unmapped

Value = TypeVar("Value")

IPV6_BITS = 128


class PrefixTable(Generic[Value]):
    """Values by network of one address family, in one dictionary per prefix length."""

    def __init__(self, address_bits: int, networks: Iterable[tuple[int, int, Value]]) -> None:
        """Fills the table.

        Args:
            address_bits: 32 or 128.
            networks: address as a number, prefix length in bits, value; the last value of a repeated network counts.
        """
        levels: dict[int, dict[int, Value]] = {}
        for number, bits, value in networks:
            levels.setdefault(bits, {})[number >> (address_bits - bits)] = value
        self._levels = [(bits, address_bits - bits, level) for bits, level in sorted(levels.items(), reverse=True)]

    def longest(self, number: int) -> Value | None:
        """The value of the longest network that contains an address, given as a number."""
        for _, shift, level in self._levels:
            value = level.get(number >> shift)
            if value is not None:
                return value
        return None

    def containing(self, number: int, max_bits: int = IPV6_BITS) -> list[Value]:
        """The values of the networks that contain an address, longest prefix first.

        Args:
            number: the address.
            max_bits: longest prefix to return; a longer one cannot contain a whole network of this length.
        """
        return [
            value
            for bits, shift, level in self._levels
            if bits <= max_bits and (value := level.get(number >> shift)) is not None
        ]


def tables_by_family(networks: Iterable[tuple[IPNetwork, Value]]) -> dict[int, PrefixTable[Value]]:
    """Builds a table for each address family; its key is the length of an address in bytes, 4 or 16."""
    rows: dict[int, list[tuple[int, int, Value]]] = {4: [], 16: []}
    for network, value in networks:
        address, bits = unmapped(network.network_address.packed, network.prefixlen)
        rows[len(address)].append((int.from_bytes(address), bits, value))
    return {address_bytes: PrefixTable(address_bytes * 8, found) for address_bytes, found in rows.items()}
