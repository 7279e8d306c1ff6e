"""Networks with something to say of each: found by prefix, longest first, whatever their number."""

from collections.abc import Iterable
from typing import Generic, TypeVar

Value = TypeVar("Value")

IPV6_BITS = 128

_MAPPED = bytes(10) + b"\xff\xff"
_MAPPED_BITS = 96


def native(address: bytes, bits: int) -> tuple[bytes, int]:
    """The network itself, or the IPv4 network that an IPv4-mapped IPv6 network stands for (RFC 4291 §2.5.5.2)."""
    if bits >= _MAPPED_BITS and len(address) == 16 and address.startswith(_MAPPED):
        return address[12:], bits - _MAPPED_BITS
    return address, bits


class PrefixTable(Generic[Value]):
    """Networks of one address family: one dictionary for each prefix length that occurs."""

    def __init__(self, address_bits: int, networks: Iterable[tuple[int, int, Value]]) -> None:
        """Fill the table.

        Args:
            address_bits: 32 or 128.
            networks: address as a number, prefix length in bits, value; of one network twice the later counts.
        """
        levels: dict[int, dict[int, Value]] = {}
        for number, bits, value in networks:
            levels.setdefault(bits, {})[number >> (address_bits - bits)] = value
        self._levels = [(bits, address_bits - bits, level) for bits, level in sorted(levels.items(), reverse=True)]

    def longest(self, number: int) -> Value | None:
        """The value of the network with the longest prefix that holds an address, itself given as a number."""
        for _, shift, level in self._levels:
            value = level.get(number >> shift)
            if value is not None:
                return value
        return None

    def holding(self, number: int, most_bits: int = IPV6_BITS) -> list[Value]:
        """The values of the networks that hold an address, longest prefix first.

        Args:
            number: the address.
            most_bits: networks with longer prefixes are left out: they cannot hold all of a network of this length.
        """
        return [
            value
            for bits, shift, level in self._levels
            if bits <= most_bits and (value := level.get(number >> shift)) is not None
        ]
