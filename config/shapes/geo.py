"""Locations of clients: places, networks, latencies, CIDR collections."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal
from uuid import NAMESPACE_URL, uuid5

from immutables import Map
from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from dnsemu.config.aws.meant_places import meant_country, meant_place, meant_region, meant_subdivision
from dnsemu.config.aws.places import CONTINENT_OF, REGIONS, SUBDIVISIONS, parse_place
from dnsemu.config.model.addresses import IPNetwork
from dnsemu.config.model.geo import CidrCollection, DeclaredPlace, Geo, GeoLatency
from dnsemu.config.shapes.about import Notation, about
from dnsemu.config.shapes.base import Hint, Shape, refuse, with_snake_keys
from dnsemu.config.shapes.networks import client_network, parse_network

MAX_IPV4_BLOCK_BITS = 24
MAX_IPV6_BLOCK_BITS = 48
MAX_BLOCKS = 1000
MAX_LATENCY_MS = 60_000

_COLLECTIONS = uuid5(NAMESPACE_URL, "https://route53.amazonaws.com/cidrcollection")


class PlaceShape(Shape):
    """A place: a Region, a country with or without subdivision, coordinates in degrees, or any `PLACE` as `place`."""

    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {
        "country_code": "write country",
        "subdivision_code": "write subdivision",
        "state": "write subdivision",
        "lat": "write latitude",
        "lon": "write longitude",
        "lng": "write longitude",
        "aws_region": "write region",
    }

    place: Annotated[str | None, Notation.PLACE, about("Any kind of place in one text.")] = None
    region: Annotated[
        str | None, Notation.REGION, about("An AWS Region: its point on the map, its country and its US state.")
    ] = None
    country: Annotated[str | None, Notation.COUNTRY, about("A country.")] = None
    subdivision: Annotated[str | None, about("A US state or Ukrainian oblast, such as `CA`, beside its country.")] = (
        None
    )
    latitude: Annotated[
        float | None, Field(ge=-90, le=90), Hint("R135", "place", "degrees from -90 to 90"),
        about("Degrees north of the equator, beside a longitude; a point alone is in no country."),
    ] = None  # fmt: skip
    longitude: Annotated[
        float | None, Field(ge=-180, le=180), Hint("R135", "place", "degrees from -180 to 180"),
        about("Degrees east of Greenwich, beside a latitude."),
    ] = None  # fmt: skip

    @field_validator("region")
    @classmethod
    def _known_region(cls, value: str | None) -> str | None:
        if value is not None and value not in REGIONS:
            raise _unknown_region(value, "place", "R135")
        return value

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str | None) -> str | None:
        return _check_country(value)

    @model_validator(mode="after")
    def _one_kind(self) -> "PlaceShape":
        has_point = self.latitude is not None or self.longitude is not None
        kinds = [self.place is not None, self.region is not None, self.country is not None, has_point]
        if sum(kinds) != 1:
            instead = "write one of region, country, latitude with longitude, and place"
            raise refuse("place", "R135", "this is not one place", instead)
        if has_point and (self.latitude is None or self.longitude is None):
            raise refuse("place", "R135", "half of the coordinates is missing", "write latitude and longitude")
        if self.subdivision is not None and (self.country, self.subdivision) not in SUBDIVISIONS:
            message = f"{self.subdivision!r} is no subdivision of {self.country}"
            meant = self.country and meant_subdivision(self.country, self.subdivision)
            instead = f"write {meant}" if meant else "write a US state such as country: US, subdivision: CA"
            raise refuse("place", "R135", message, instead)
        if self.place is not None:
            try:
                parse_place(self.place)
            except ValueError as error:
                instead = f"write {meant_place(self.place) or 'one such as eu-west-1, JP, US-CA or 48.1,11.6'}"
                raise refuse("place", "R135", str(error), instead) from None
        return self

    def declared(self) -> DeclaredPlace:
        """Returns the declared place."""
        if self.place is not None:
            return parse_place(self.place)
        return DeclaredPlace(self.region, self.country, self.subdivision, self.latitude, self.longitude)


def _check_country(code: str | None) -> str | None:
    if code is not None and code not in CONTINENT_OF:
        instead = f"write {meant_country(code) or 'its ISO 3166 code of two capital letters'}"
        raise refuse("place", "R135", f"{code!r} is no country", instead)
    return code


def _unknown_region(code: str, id: str, rule: str) -> PydanticCustomError:
    instead = f"write {meant_region(code) or 'one such as us-east-1'}"
    return refuse(id, rule, f"{code!r} is no AWS Region", instead)


class GeoNetworkShape(PlaceShape):
    """A client network and its place."""

    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {
        **PlaceShape.REFUSED_FIELDS,
        "cidr": "write network",
        "subnet": "write network",
    }

    network: Annotated[str, Notation.NETWORK, about("The network of the clients.")]

    @field_validator("network")
    @classmethod
    def _network(cls, value: str) -> str:
        parse_network(value, "R135")
        return value


class GeoLatencyShape(Shape):
    """Round-trip times given by the user, for a network, Region or country (R70)."""

    network: Annotated[str | None, Notation.NETWORK, about("The times are those of clients in this network.")] = None
    region: Annotated[str | None, Notation.REGION, about("The times are those of clients placed in this Region.")] = (
        None
    )
    country: Annotated[str | None, Notation.COUNTRY, about("The times are those of clients in this country.")] = None
    latency_ms: Annotated[
        dict[str, Annotated[float, Field(ge=0, le=MAX_LATENCY_MS)]],
        Field(min_length=1),
        Hint("R70", "latency", f"milliseconds by Region, at most {MAX_LATENCY_MS}"),
        about("Milliseconds by AWS Region; the model of latencies fills in Regions that are left out."),
    ]

    @model_validator(mode="after")
    def _known(self) -> "GeoLatencyShape":
        if sum(part is not None for part in (self.network, self.region, self.country)) != 1:
            instead = "write one of network, region and country"
            raise refuse("latency-of", "R70", "it is not clear whose times these are", instead)
        if self.network is not None:
            parse_network(self.network, "R70")
        _check_country(self.country)
        for region in (*self.latency_ms, *([self.region] if self.region is not None else [])):
            if region not in REGIONS:
                raise _unknown_region(region, "region-unknown", "R69")
        return self

    def declared(self) -> GeoLatency:
        """Returns the declared times."""
        network = client_network(self.network, "R70") if self.network is not None else None
        return GeoLatency(tuple(sorted(self.latency_ms.items())), network, self.region, self.country)


class GeoShape(Shape):
    """Settings that map a client's address to a place (R135)."""

    database: Annotated[
        str | None, Notation.PATH,
        about("A MaxMind DB file (`.mmdb`) to find places in; left out, the embedded database of countries is used."),
    ] = None  # fmt: skip
    latency: Annotated[
        list[GeoLatencyShape] | None,
        about("Round-trip times that you measured, used in place of the model of latencies.", "R70", default=[]),
    ] = None
    networks: Annotated[
        list[GeoNetworkShape] | None,
        about(
            "Places of client networks: the longest prefix wins, and all of them win over the database.",
            "R135",
            default=[],
        ),
    ] = None
    default: Annotated[
        PlaceShape | None,
        about(
            "The place of clients whose place is unknown, for latency and geoproximity routing; geolocation routing "
            "gives such a client the record set for `*`.",
            "R71",
            default={"region": Geo().default.region},
        ),
    ] = None
    negative_bias: Annotated[
        Literal["multiplies", "divides"] | None, Hint("R86", "negative-bias", "multiplies or divides"),
        about(
            "The formula for a negative bias of geoproximity: `multiplies` lengthens the distance by the bias in "
            "percent, `divides` by AWS's older and steeper formula.",
            default="multiplies",
        ),
    ] = None  # fmt: skip


class CidrCollectionShape(Shape):
    """Named sets of client networks (R199)."""

    OUTPUT_FIELDS = frozenset({"arn", "version"})

    name: Annotated[
        str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$"), Hint("R199", "collection-name", "1 to 64 of 0-9 A-Z a-z _ -"),
        about("The name of the collection, by which record sets may refer to it."),
    ]  # fmt: skip
    id: Annotated[
        str | None,
        Field(pattern=r"^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$"),
        Hint("A47", "collection-id", "a UUID in lower case"),
        about("The id of the collection in the API; left out, it is made from the name."),
    ] = None
    locations: Annotated[
        dict[str, list[str]], Notation.NETWORK,
        about(
            f"Networks by location name (1 to 16 of `0-9 A-Z a-z _ -`): /1 to /{MAX_IPV4_BLOCK_BITS} for IPv4, /1 to "
            f"/{MAX_IPV6_BLOCK_BITS} for IPv6, at most {MAX_BLOCKS} in all.",
            default={},
        ),
    ] = Field(default_factory=dict)  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _from_output(cls, data: Any) -> Any:
        """Reads `cidr_blocks`, as the API lists them, as locations."""
        if not isinstance(data, dict):
            return data
        fields = with_snake_keys(data)
        blocks = fields.pop("cidr_blocks", None)
        if blocks is None:
            return fields
        if "locations" in fields:
            raise refuse("key-twice", "", "locations and cidr_blocks are the same thing", "write one of them")
        return fields | {"locations": _locations(blocks)}

    @field_validator("locations")
    @classmethod
    def _blocks(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        for name, blocks in value.items():
            if not is_location(name):
                message = f"{name!r} is no location name"
                raise refuse("location-name", "R199", message, "write 1 to 16 of 0-9 A-Z a-z _ -")
            for block in blocks:
                _check_block(block)
        if sum(map(len, value.values())) > MAX_BLOCKS:
            raise refuse("too-many-blocks", "R209.7", f"more than {MAX_BLOCKS} blocks", "use a second collection")
        _check_one_location_each(value)
        return value

    def declared(self) -> CidrCollection:
        """Returns the declared collection."""
        locations: dict[str, tuple[IPNetwork, ...]] = {
            name: tuple(dict.fromkeys(parse_network(block, "R93") for block in blocks))
            for name, blocks in self.locations.items()
        }
        return CidrCollection(self.id or collection_id(self.name), self.name, Map(locations))


def written_collection(collection: CidrCollection) -> dict[str, Any]:
    """Returns a collection as a file writes it, so that the rules for files apply to it from wherever it came."""
    locations = {name: list(map(str, blocks)) for name, blocks in sorted(collection.locations.items())}
    return {"id": collection.id, "name": collection.name, "locations": locations}


def collection_id(name: str) -> str:
    """Derives the id of a CIDR collection declared in a file: the UUIDv5 of its name."""
    return str(uuid5(_COLLECTIONS, name))


def _locations(blocks: Any) -> dict[str, list[str]]:
    """Groups a list of `{CidrBlock, LocationName}` by location.

    Raises:
        PydanticCustomError: it is another list.
    """
    found: dict[str, list[str]] = {}
    for entry in blocks if isinstance(blocks, list) else [None]:
        fields = with_snake_keys(entry) if isinstance(entry, dict) else {}
        block, location = fields.get("cidr_block"), fields.get("location_name")
        if len(fields) != 2 or not isinstance(block, str) or not isinstance(location, str):
            instead = "write [{cidr_block: 192.0.2.0/24, location_name: paris}, …], or locations"
            raise refuse("cidr-blocks", "R199", "cidr_blocks is not the list that the API gives", instead)
        found.setdefault(location, []).append(block)
    return found


def is_location(name: str) -> bool:
    """True if a CIDR location may have this name (R199)."""
    return 1 <= len(name) <= 16 and name.isascii() and all(char.isalnum() or char in "_-" for char in name)


def _check_block(text: str) -> None:
    network = parse_network(text, "R93")
    longest = MAX_IPV4_BLOCK_BITS if network.version == 4 else MAX_IPV6_BLOCK_BITS
    if not 1 <= network.prefixlen <= longest:
        message = f"{text!r} has a prefix of {network.prefixlen} bits"
        raise refuse("block-size", "R93", message, "write /1 to /24 for IPv4, /1 to /48 for IPv6")


def _check_one_location_each(locations: dict[str, list[str]]) -> None:
    owner: dict[IPNetwork, str] = {}
    for name, blocks in locations.items():
        for block in blocks:
            other = owner.setdefault(parse_network(block, "R93"), name)
            if other != name:
                message = f"{block} is in {other} and in {name}"
                raise refuse("block-twice", "R201", message, "leave it in one location")
