"""`Locator`: from a client's network to its place and CIDR locations."""

from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from dnsemu.config.model.addresses import IPNetwork
from dnsemu.config.model.geo import CidrCollection, Geo
from dnsemu.policies.geodata.database import LocationDatabase, embedded
from dnsemu.policies.location.client import MEMO_SIZE, CidrLocation, Client, Located, located_at
from dnsemu.policies.location.memo import Memo
from dnsemu.policies.location.place import Place, place_declared, place_found
from dnsemu.policies.location.prefix_table import PrefixTable, native

IPV4_SCOPE_BITS = 24
IPV6_SCOPE_BITS = 48
"""How much of a client's address matters for an answer, in bits, unless the user's networks go deeper (R132)."""

T = TypeVar("T")


class Locator:
    """Finds the place of a client by its network, and the CIDR locations that hold it.

    The user's networks come first, longer prefixes before shorter ones; then the database; a client in neither is
    unlocated. What counts is the first address of the client's network (R135).

    The scope is fixed (R132) unless the user's networks go deeper. Take the client's block: the /24 or /48 around that
    first address. A declared network no longer than the block holds all of it or nothing of it, so the whole block
    shares one place, and blocks of CIDR collections, never longer (R93), cannot divide it either. Declared networks
    inside the block do divide it. The scope then is the longest prefix among them: a piece of that size is wholly in
    or wholly out of each, and every client of the block gets the same length, so the pieces that a resolver caches
    never overlap, whoever asks first (RFC 7871 §7.2.1). Networks that lie in the client's network but outside the
    block have no say: the answer does not claim to hold there, its scope being longer than the source already.
    """

    def __init__(
        self,
        geo: Geo,
        database: Path | None = None,
        memo_size: int = MEMO_SIZE,
        collections: Iterable[CidrCollection] = (),
    ) -> None:
        """Prepare the tables.

        Args:
            geo: the user's networks and the default.
            database: a MaxMind DB of the user's, opened at once; else the embedded one, opened when first needed.
            memo_size: how many client networks to remember.
            collections: for IP-based routing.
        Raises:
            UnknownPlace: something declares a place that does not exist.
            UnusableDatabase: the user's database cannot be read.
        """
        places = [(n.network, place_declared(n.place, f"geo.networks {n.network}")) for n in geo.networks]
        times = [(row.network, row.latency_ms) for row in geo.latency if row.network is not None]
        divided = [network for network, _ in (*places, *times)]
        self._places, self._times = _tables(places), _tables(times)
        self._scopes = {4: _Scopes(divided, 4, IPV4_SCOPE_BITS), 16: _Scopes(divided, 16, IPV6_SCOPE_BITS)}
        self._region_times = {row.region: row.latency_ms for row in geo.latency if row.region is not None}
        self._country_times = {row.country: row.latency_ms for row in geo.latency if row.country is not None}
        self._memo_size = memo_size
        self._blocks = _blocks(collections)
        default = place_declared(geo.default, "geo.default")
        self.unlocated = self.timed(replace(default, continent=None, country=None, subdivision=None))
        """The place of a client that nothing locates (R71, R79)."""
        self._database = LocationDatabase(database) if database else None
        self._forget()

    def with_collections(self, collections: Iterable[CidrCollection]) -> "Locator":
        """The same with other collections for IP-based routing; what was remembered of clients is forgotten."""
        other = copy(self)
        other._blocks = _blocks(collections)
        other._forget()
        return other

    def _forget(self) -> None:
        self._located = Memo(self._locate, self._memo_size)
        self._senders = Memo(self._locate_sender, self._memo_size)

    def _locate_sender(self, address: bytes) -> Located:
        return located_at(self._locate((address, len(address) * 8)).client, 0)

    def locate(self, address: bytes, bits: int) -> Located:
        """Where the clients of a network are.

        Args:
            address: 4 or 16 bytes, truncated to `bits`; an IPv4-mapped IPv6 address counts as the IPv4 address.
            bits: prefix length of the network; 32 or 128 for a single client.
        Source: routing.md R71, R79, R127, R132, R135.
        """
        return self._located((address, bits))

    def locate_sender(self, address: bytes) -> Located:
        """Where the sender of a query is: as `locate`, but nobody is told how far the answer holds (R130)."""
        return self._senders(address)

    @property
    def remembered(self) -> int:
        """How many client networks are remembered now."""
        return len(self._located)

    def _locate(self, network: tuple[bytes, int]) -> Located:
        address, bits = network
        own, own_bits = native(address, bits)
        octets, number = len(own), int.from_bytes(own)
        place = self._places[octets].longest(number) or self._look_up(own) or self.unlocated
        times = self._times[octets].longest(number)
        place = replace(place, latency_ms=times) if times else self.timed(place)
        blocks = self._blocks[octets].holding(number, own_bits)
        held = tuple(dict.fromkeys(location for block in blocks for location in block)) if blocks else ()
        client = Client(address, bits, place, held)
        return located_at(client, self._scopes[octets].bits(number) + bits - own_bits)

    def timed(self, place: Place) -> Place:
        """The place with the round-trip times that the user gave for its Region or country, if there are any."""
        if not self._region_times and not self._country_times:
            return place
        times = self._region_times.get(place.region or "") or self._country_times.get(place.country or "")
        return replace(place, latency_ms=times) if times else place

    def _look_up(self, address: bytes) -> Place | None:
        finding = (self._database or embedded()).find(address)
        return None if finding is None else place_found(finding)


def _tables(networks: Iterable[tuple[IPNetwork, T]]) -> dict[int, PrefixTable[T]]:
    """Networks of either family with what is to be said of each, by bytes of an address."""
    found: dict[int, list[tuple[int, int, T]]] = {4: [], 16: []}
    for network, value in networks:
        address, bits = native(network.network_address.packed, network.prefixlen)
        found[len(address)].append((int.from_bytes(address), bits, value))
    return {octets: PrefixTable(octets * 8, rows) for octets, rows in found.items()}


class _Scopes:
    """The scope of each block of one address family that declared networks divide; `Locator` says why."""

    def __init__(self, networks: Iterable[IPNetwork], octets: int, scope_bits: int) -> None:
        self._block_shift = octets * 8 - scope_bits
        self._scope_bits = scope_bits
        self._longest_inside: dict[int, int] = {}
        for network in networks:
            address, bits = native(network.network_address.packed, network.prefixlen)
            block = int.from_bytes(address) >> self._block_shift
            if len(address) == octets and bits > self._longest_inside.get(block, scope_bits):
                self._longest_inside[block] = bits

    def bits(self, number: int) -> int:
        """The scope for every client in the block around the address, itself given as a number."""
        return self._longest_inside.get(number >> self._block_shift, self._scope_bits)


def _blocks(collections: Iterable[CidrCollection]) -> dict[int, PrefixTable[list[CidrLocation]]]:
    """The blocks of all collections; one block may be in several, with a location in each."""
    held: dict[IPNetwork, list[CidrLocation]] = {}
    for collection in collections:
        for location, networks in collection.locations.items():
            for network in networks:
                held.setdefault(network, []).append((collection.id, location))
    return _tables(held.items())
