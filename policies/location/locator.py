"""The locator: from a client's network to its place and its CIDR locations."""

from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from pathlib import Path

from dnsemu.config.model.addresses import IPNetwork, unmapped
from dnsemu.config.model.geo import CidrCollection, Geo
from dnsemu.policies.geodata.countries import country_point
from dnsemu.policies.geodata.database import LocationDatabase, embedded
from dnsemu.policies.geodata.region_latency import latencies_ms
from dnsemu.policies.location.client import CidrLocation, Client, Located
from dnsemu.policies.location.memo import Memo
from dnsemu.policies.location.place import Place, place_declared, place_recorded
from dnsemu.policies.location.prefix_table import PrefixTable, tables_by_family
from dnsemu.policies.location.scopes import IPV4_SCOPE_BITS, IPV6_SCOPE_BITS, Scopes

MAX_REMEMBERED = 32_768
"""Client networks remembered by a `Locator`, under 10 MB when full."""


class Locator:
    """Finds the place of a client by its network, the CIDR locations that contain it, and the ECS scope.

    The user's networks come first, longer prefixes before shorter ones; then the database; a client in neither is
    unlocated. The first address of the client's network decides (R135).
    """

    def __init__(
        self,
        geo: Geo,
        database: Path | None = None,
        max_remembered: int = MAX_REMEMBERED,
        collections: Iterable[CidrCollection] = (),
    ) -> None:
        """Builds the look-up tables.

        Args:
            geo: the user's networks and the default place.
            database: a MaxMind DB of the user's, opened now; None for the embedded one, opened when first needed.
            max_remembered: client networks to remember.
            collections: for IP-based routing.
        Raises:
            UnknownPlace: a declared place does not exist.
            UnusableDatabase: the user's database cannot be read.
        """
        places = [(n.network, place_declared(n.place, f"geo.networks {n.network}")) for n in geo.networks]
        latencies = [(row.network, row.latency_ms) for row in geo.latency if row.network is not None]
        declared = [network for network, _ in (*places, *latencies)]
        self._places, self._latencies = tables_by_family(places), tables_by_family(latencies)
        self._scopes = {4: Scopes(declared, 4, IPV4_SCOPE_BITS), 16: Scopes(declared, 16, IPV6_SCOPE_BITS)}
        self._region_latencies = {row.region: row.latency_ms for row in geo.latency if row.region is not None}
        self._country_latencies = {row.country: row.latency_ms for row in geo.latency if row.country is not None}
        self._max_remembered = max_remembered
        self._blocks = _blocks(collections)
        default = place_declared(geo.default, "geo.default")
        self.unlocated = self.with_latencies(replace(default, continent=None, country=None, subdivision=None))
        """The place of an unlocated client (R71, R79)."""
        self._database = LocationDatabase(database) if database else None
        self._forget()

    def with_collections(self, collections: Iterable[CidrCollection]) -> "Locator":
        """A copy with other collections for IP-based routing, and nothing remembered."""
        other = copy(self)
        other._blocks = _blocks(collections)
        other._forget()
        return other

    def locate(self, address: bytes, bits: int) -> Located:
        """Locates the clients of a network.

        Args:
            address: 4 or 16 bytes, truncated to `bits`; an IPv4-mapped IPv6 address counts as the IPv4 address.
            bits: prefix length of the network; 32 or 128 for a single client.
        Source: routing.md R71, R79, R127, R132, R135.
        """
        return self._located((address, bits))

    def locate_sender(self, address: bytes) -> Located:
        """Locates the sender of a query without ECS: as `locate`, with scope 0 (R130)."""
        return self._senders(address)

    @property
    def remembered(self) -> int:
        """Number of client networks remembered now."""
        return len(self._located)

    def with_latencies(self, place: Place) -> Place:
        """The place with the round-trip times that the user declared for its Region or country, if any."""
        if not self._region_latencies and not self._country_latencies:
            return place
        found = self._region_latencies.get(place.region or "") or self._country_latencies.get(place.country or "")
        return replace(place, latency_ms=found) if found else place

    def _forget(self) -> None:
        self._located = Memo(self._locate, self._max_remembered)
        self._senders = Memo(self._locate_sender, self._max_remembered)

    def _locate_sender(self, address: bytes) -> Located:
        return Located.of(self._locate((address, len(address) * 8)).client, 0)

    def _locate(self, network: tuple[bytes, int]) -> Located:
        address, bits = network
        own, own_bits = unmapped(address, bits)
        family, number = len(own), int.from_bytes(own)
        place = self._places[family].longest(number) or self._look_up(own) or self.unlocated
        latencies = self._latencies[family].longest(number)
        place = replace(place, latency_ms=latencies) if latencies else self.with_latencies(place)
        blocks = self._blocks[family].containing(number, own_bits)
        locations = tuple(dict.fromkeys(location for block in blocks for location in block)) if blocks else ()
        client = Client(address, bits, place, locations)
        return Located.of(client, self._scopes[family].bits(number) + bits - own_bits)

    def _look_up(self, address: bytes) -> Place | None:
        record = (self._database or embedded()).find(address)
        return None if record is None else place_recorded(record)


def read_embedded_data() -> None:
    """Reads the files that locating clients needs, which is done when first needed otherwise."""
    embedded()
    country_point("US")
    latencies_ms(0.0, 0.0)


def _blocks(collections: Iterable[CidrCollection]) -> dict[int, PrefixTable[list[CidrLocation]]]:
    """The CIDR blocks of all collections; a block may be in several, with a location in each, in order of their ids."""
    locations: dict[IPNetwork, list[CidrLocation]] = {}
    for collection in sorted(collections, key=lambda collection: collection.id):
        for location, networks in sorted(collection.locations.items()):
            for network in networks:
                locations.setdefault(network, []).append((collection.id, location))
    return tables_by_family(locations.items())
