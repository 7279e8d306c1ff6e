"""Who asks and from where: `Client`, `Place`, and how an address, a declaration or a name becomes one."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

from dnsemu.config.aws.places import CONTINENT_OF, COUNTRIES, REGIONS, SUBDIVISIONS, parse_place
from dnsemu.config.model.world import CidrCollection, DeclaredPlace, Geo, IPNetwork
from dnsemu.policies.geodata.countries import continent_point, country_point
from dnsemu.policies.geodata.database import Finding, LocationDatabase, embedded
from dnsemu.policies.location.memo import Memo
from dnsemu.policies.location.prefix_table import PrefixTable, native

IPV4_SCOPE_BITS = 24
IPV6_SCOPE_BITS = 48
"""How much of a client's address matters for an answer, in bits, unless the user's networks go deeper (R132)."""

T = TypeVar("T")

MEMO_SIZE = 32_768
"""Client networks remembered by a `Locator`, under 10 MB when full."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client is taken to be; compares by value, so equal places make one client class.

    `continent`, `country` and `subdivision` are what geolocation matches (ISO 3166 codes and Route 53's continents);
    all None for a client that nothing locates (R79). `latitude` and `longitude` are degrees, north and east positive,
    and always known: of a client that nothing locates they are those of `geo.default` (R71).
    `region` is the AWS Region the place was named as, if it was. `source` says where all this came from. `latency_ms`
    are round-trip times that the user gave for clients here, by Region; the others are modelled (R70).
    """

    latitude: float
    longitude: float
    continent: str | None = None
    country: str | None = None
    subdivision: str | None = None
    region: str | None = None
    source: str = ""
    latency_ms: tuple[tuple[str, float], ...] = ()

    def __hash__(self) -> int:
        return hash((self.latitude, self.longitude, self.country, self.region, self.latency_ms))


class UnknownPlace(ValueError):
    """A text or a declaration that names no place; `nearest` are the known names closest to it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.nearest = _nearest_names(text)
        hint = f"; did you mean {' or '.join(self.nearest)}?" if self.nearest else ""
        super().__init__(
            f"no place {text!r}: it is a Region (ap-northeast-1) or a zone of it (apne1-az1), a country (JP), "
            f"a US state (US-CA), an edge location (NRT) or LAT,LON{hint}"
        )


CidrLocation = tuple[str, str]
"""A location of a CIDR collection: the collection's id and the location's name."""


class Client(NamedTuple):
    """Who an answer is for: the network it speaks for (R127), where that is, and which CIDR locations hold it.

    `address` is 4 or 16 octets, truncated to `bits`; no bits stand for a client of which only the place is known.
    `cidr_locations` are those with a block that holds the whole network, longest block first (R94, R97).
    """

    address: bytes
    bits: int
    place: Place
    cidr_locations: tuple[CidrLocation, ...] = ()

    @classmethod
    def somewhere(cls, place: Place) -> "Client":
        """A client of which nothing is known but its place."""
        return cls(bytes(4), 0, place)


class ClientClass:
    """What decisions see of a client; made once for each combination, so it is compared by identity."""

    __slots__ = ()


@lru_cache(maxsize=MEMO_SIZE)
def _class(place: Place, cidr_locations: tuple[CidrLocation, ...], scope_bits: int) -> ClientClass:
    return ClientClass()


class Located(NamedTuple):
    """A client, and how many bits of its address an answer that depends on it holds for: the ECS scope.

    Clients of one `klass` get the same answers, with the same scope.
    """

    client: Client
    scope_bits: int
    klass: "ClientClass"

    @property
    def place(self) -> Place:
        """The client's place."""
        return self.client.place

    def moved_to(self, place: Place) -> "Located":
        """The same client somewhere else, with nothing to tell of its network."""
        return _located_at(self.client._replace(place=place), 0)


def _located_at(client: Client, scope_bits: int) -> Located:
    return Located(client, scope_bits, _class(client.place, client.cidr_locations, scope_bits))


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
        return _located_at(self._locate((address, len(address) * 8)).client, 0)

    def locate(self, address: bytes, bits: int) -> Located:
        """Where the clients of a network are.

        Args:
            address: 4 or 16 octets, truncated to `bits`; an IPv4-mapped IPv6 address counts as the IPv4 address.
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
        return _located_at(client, self._scopes[octets].bits(number) + bits - own_bits)

    def timed(self, place: Place) -> Place:
        """The place with the round-trip times that the user gave for its Region or country, if there are any."""
        if not self._region_times and not self._country_times:
            return place
        times = self._region_times.get(place.region or "") or self._country_times.get(place.country or "")
        return replace(place, latency_ms=times) if times else place

    def _look_up(self, address: bytes) -> Place | None:
        finding = (self._database or embedded()).find(address)
        return None if finding is None else _place_found(finding)


def _tables(networks: Iterable[tuple[IPNetwork, T]]) -> dict[int, PrefixTable[T]]:
    """Networks of either family with what is to be said of each, by octets of an address."""
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


@lru_cache(maxsize=4096)
def _place_found(finding: Finding) -> Place | None:
    """The place a database's finding comes to; remembered, so that equal findings share one object.

    The continent is Route 53's own for the country (R81), the database's only for a country that Route 53 does not
    know. Subdivisions are those that Route 53 knows (R75). Without coordinates, the population centre stands in.
    """
    country, subdivision = finding.country, finding.subdivision
    if country is None or subdivision is None or country_point(country, subdivision) is None:
        subdivision = None
    continent = (CONTINENT_OF.get(country) if country else None) or finding.continent
    if finding.latitude is not None and finding.longitude is not None:
        latitude, longitude = finding.latitude, finding.longitude
    elif point := (country and country_point(country, subdivision)) or (continent and continent_point(continent)):
        latitude, longitude = point
    else:
        return None
    return Place(latitude, longitude, continent, country, subdivision, source="database")


def place_declared(declared: DeclaredPlace, source: str) -> Place:
    """The place that the user declared.

    A Region is its point, its country and in the United States its state (R179, R180); a country or a subdivision is
    its population centre, or the point that is given with it. Coordinates alone are a point without a country, where
    geolocation finds only the default.

    Args:
        declared: a Region, a country with or without subdivision, or coordinates in degrees.
        source: what to say of where the place came from.
    Raises:
        UnknownPlace: no such Region, country or subdivision, or nothing declared.
    """
    if declared.region is not None:
        return _region_place(declared.region, source)
    if declared.country is not None:
        place = _country_place(declared.country, declared.subdivision, source)
        if declared.latitude is None or declared.longitude is None:
            return place
        return replace(place, latitude=declared.latitude, longitude=declared.longitude)
    if declared.latitude is None or declared.longitude is None:
        raise UnknownPlace("")
    return Place(declared.latitude, declared.longitude, source=source)


def _region_place(code: str, source: str) -> Place:
    region = REGIONS.get(code)
    if region is None:
        raise UnknownPlace(code)
    return Place(region.lat, region.lon, CONTINENT_OF[region.country], region.country, region.subdivision, code, source)


def _country_place(country: str, subdivision: str | None, source: str) -> Place:
    point = country_point(country, subdivision)
    if point is None:
        raise UnknownPlace(country if subdivision is None else f"{country}-{subdivision}")
    return Place(*point, CONTINENT_OF[country], country, subdivision, source=source)


def place_named(text: str) -> Place:
    """The place that a person names: `ap-northeast-1`, `JP`, `US-CA` or `35.68,139.69`; letters in either case.

    Raises:
        UnknownPlace: none of these, or coordinates outside −90…90 and −180…180 degrees.
    """
    name = text.strip()
    for spelled in (name.lower(), name.upper()):
        try:
            return place_declared(parse_place(spelled), f"place {spelled}")
        except ValueError:
            continue
    raise UnknownPlace(text)


def _nearest_names(text: str) -> tuple[str, ...]:
    """The codes, three at most and best first, of known places whose code or English name looks like a text."""
    subdivisions = {f"{country}-{code}": name for (country, code), name in SUBDIVISIONS.items()}
    countries = {code: name for code, name in COUNTRIES.items() if code in CONTINENT_OF}
    cities = {code: region.name.partition("(")[2].rstrip(")") for code, region in REGIONS.items()}
    spellings = {
        spelling.lower(): code
        for code, name in (cities | subdivisions | countries).items()
        for spelling in (name, code)
    }
    if (exact := spellings.get(text.strip().lower())) is not None:
        return (exact,)
    close = get_close_matches(text.strip().lower(), spellings, n=3)
    return tuple(dict.fromkeys(spellings[spelling] for spelling in close))
