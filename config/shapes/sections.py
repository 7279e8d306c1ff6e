"""The rest of what a file may hold: its sections, hosted zones, CIDR collections, places and addresses to listen on."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from dnsemu.config.aws.places import CONTINENT_OF, REGIONS, SUBDIVISIONS, parse_place
from dnsemu.config.model.addresses import IPNetwork
from dnsemu.config.model.geo import DeclaredPlace, GeoLatency
from dnsemu.config.shapes.base import Says, Shape, refuse, snake
from dnsemu.config.shapes.networks import client_network, parse_network
from dnsemu.config.text.addresses import parse_address
from dnsemu.config.text.ids import bare_id

MAX_IPV4_BLOCK_BITS = 24
MAX_IPV6_BLOCK_BITS = 48
MAX_BLOCKS = 1000
MAX_LATENCY_MS = 60_000


_LIST_FRAME = (
    "is_truncated", "marker", "max_items", "next_marker", "next_record_identifier", "next_record_name",
    "next_record_type", "next_token",
)  # fmt: skip


class FileShape(Shape):
    """A whole file. Entries of the long lists are checked one at a time, and their models let go."""

    NOT_TAKEN: ClassVar[Mapping[str, str]] = {
        "resource_record_sets": "put them under hosted_zones: [{name: …, resource_record_sets: …}]",
        "record_sets": "put them under hosted_zones: [{name: …, record_sets: …}]",
        "hosted_zone": "put it under hosted_zones: [{…}]",
        "health_check": "put it under health_checks: [{…}]",
        **dict.fromkeys(_LIST_FRAME, "it is the frame of a list from the API: leave it out"),
    }

    server: Any = None
    api: Any = None
    geo: Any = None
    health_checkers: Any = None
    health_checks: list[Any] | None = None
    cidr_collections: list[Any] | None = None
    resources: list[Any] | None = None
    hosted_zones: list[Any] | None = None


# --- server ---


def _check_address(text: str) -> str:
    try:
        parse_address(text)
    except ValueError as error:
        raise refuse("listen-address", "", str(error)) from None
    return text


# --- places ---


class PlaceShape(Shape):
    """A place: a Region, a country with or without subdivision, coordinates in degrees, or any of them as `place`."""

    place: str | None = None
    region: str | None = None
    country: str | None = None
    subdivision: str | None = None
    latitude: Annotated[float | None, Field(ge=-90, le=90), Says("R135", "place", "degrees from -90 to 90")] = None
    longitude: Annotated[float | None, Field(ge=-180, le=180), Says("R135", "place", "degrees from -180 to 180")] = None

    @field_validator("region")
    @classmethod
    def _known_region(cls, value: str | None) -> str | None:
        if value is not None and value not in REGIONS:
            raise refuse("place", "R135", f"{value!r} is no AWS Region", "write one such as us-east-1")
        return value

    @field_validator("country")
    @classmethod
    def _known_country(cls, value: str | None) -> str | None:
        if value is not None and value not in CONTINENT_OF:
            raise refuse("place", "R135", f"{value!r} is no country", "write its ISO 3166 code of two capital letters")
        return value

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
            raise refuse("place", "R135", message, "write a US state such as country: US, subdivision: CA")
        if self.place is not None:
            try:
                parse_place(self.place)
            except ValueError as error:
                raise refuse(
                    "place", "R135", str(error), "write one such as eu-west-1, JP, US-CA or 48.1,11.6"
                ) from None
        return self

    def declared(self) -> DeclaredPlace:
        """The place that was written."""
        if self.place is not None:
            return parse_place(self.place)
        return DeclaredPlace(self.region, self.country, self.subdivision, self.latitude, self.longitude)


class GeoNetworkShape(PlaceShape):
    """Where the clients of one network are."""

    network: str

    @field_validator("network")
    @classmethod
    def _network(cls, value: str) -> str:
        parse_network(value, "R135")
        return value


class VantagePointShape(PlaceShape):
    """A further address to listen on, whose clients are at a place."""

    dns: str

    @field_validator("dns")
    @classmethod
    def _address(cls, value: str) -> str:
        return _check_address(value)


class ServerShape(Shape):
    """Where to listen, whose requests to take, and how to serve."""

    dns: list[str] | None = None
    http: str | None = None
    allowed_hosts: list[str] | None = None
    explain_over_dns: bool | None = None
    vantage_points: list[VantagePointShape] | None = None
    scale_ttls: bool | None = None
    force_file: Annotated[str | None, Field(pattern=r"^[^\x00]+$"), Says("", "force-file", "the path of a file")] = None
    query_log: Annotated[
        str | None,
        Field(pattern=r"^[^\x00]+$"),
        Says("R204", "query-log", "the path of a file, or - for standard output"),
    ] = None

    @field_validator("dns", mode="before", json_schema_input_type=list[str] | str | None)
    @classmethod
    def _one_or_more(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("dns")
    @classmethod
    def _addresses(cls, value: list[str] | None) -> list[str] | None:
        return [_check_address(text) for text in value] if value is not None else None

    @field_validator("http")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        return _check_address(value) if value is not None else None


class GeoLatencyShape(Shape):
    """Round-trip times of the user's own (R70)."""

    network: str | None = None
    region: str | None = None
    country: str | None = None
    latency_ms: Annotated[
        dict[str, Annotated[float, Field(ge=0, le=MAX_LATENCY_MS)]],
        Field(min_length=1),
        Says("R70", "latency", f"milliseconds by Region, at most {MAX_LATENCY_MS}"),
    ]

    @model_validator(mode="after")
    def _known(self) -> "GeoLatencyShape":
        if sum(part is not None for part in (self.network, self.region, self.country)) != 1:
            instead = "write one of network, region and country"
            raise refuse("latency-of", "R70", "it is not clear whose times these are", instead)
        if self.network is not None:
            parse_network(self.network, "R70")
        if self.country is not None and self.country not in CONTINENT_OF:
            instead = "write its ISO 3166 code of two capital letters"
            raise refuse("place", "R135", f"{self.country!r} is no country", instead)
        for region in (*self.latency_ms, *([self.region] if self.region is not None else [])):
            if region not in REGIONS:
                raise refuse("region-unknown", "R69", f"{region!r} is no AWS Region", "write one such as us-east-1")
        return self

    def declared(self) -> GeoLatency:
        """The times that were written."""
        network = client_network(self.network, "R70") if self.network is not None else None
        return GeoLatency(tuple(sorted(self.latency_ms.items())), network, self.region, self.country)


class GeoShape(Shape):
    """How a client's address becomes a place (R135)."""

    database: str | None = None
    latency: list[GeoLatencyShape] | None = None
    networks: list[GeoNetworkShape] | None = None
    default: PlaceShape | None = None
    negative_bias: Annotated[
        Literal["multiplies", "divides"] | None, Says("R86", "negative-bias", "multiplies or divides")
    ] = None


# --- CIDR collections ---


class CidrCollectionShape(Shape):
    """Named sets of client networks (R199)."""

    name: Annotated[
        str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$"), Says("R199", "collection-name", "1 to 64 of 0-9 A-Z a-z _ -")
    ]
    locations: dict[str, list[str]] = Field(default_factory=dict)

    @field_validator("locations")
    @classmethod
    def _blocks(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        for name, blocks in value.items():
            if not _is_location(name):
                message = f"{name!r} is no location name"
                raise refuse("location-name", "R199", message, "write 1 to 16 of 0-9 A-Z a-z _ -")
            for block in blocks:
                _check_block(block)
        if sum(map(len, value.values())) > MAX_BLOCKS:
            raise refuse("too-many-blocks", "R209.7", f"more than {MAX_BLOCKS} blocks", "use a second collection")
        _check_one_location_each(value)
        return value


def _is_location(name: str) -> bool:
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


# --- hosted zones ---


class ZoneConfigShape(Shape):
    """The API's `config` of a hosted zone."""

    comment: str | None = None
    private_zone: bool = False


class HostedZoneShape(Shape):
    """A hosted zone; its record sets are checked one at a time."""

    name: str
    id: Annotated[
        str | None, Field(pattern=r"^Z[0-9A-Z]{1,31}$"), Says("A47", "zone-id", "Z and 13 to 20 of 0-9 A-Z")
    ] = None
    comment: Annotated[str | None, Field(max_length=256), Says("A80", "comment", "text of at most 256 characters")] = (
        None
    )
    config: ZoneConfigShape | None = None
    record_sets: list[Any] | None = None
    resource_record_sets: list[Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _drop_description(cls, data: Any) -> Any:
        described = ("caller_reference", "resource_record_set_count", "linked_service", "features")
        return {k: v for k, v in data.items() if snake(k) not in described} if isinstance(data, dict) else data

    @field_validator("id", mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        return bare_id(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _public(self) -> "HostedZoneShape":
        if self.config is not None and self.config.private_zone:
            raise refuse("private-zone", "R171", "private hosted zones are not served", "leave private_zone out")
        if self.record_sets is not None and self.resource_record_sets is not None:
            message = "record_sets and resource_record_sets are the same thing"
            raise refuse("key-twice", "", message, "write one list")
        return self

    @property
    def told_comment(self) -> str | None:
        """The comment, wherever it was written."""
        return self.comment if self.comment is not None or self.config is None else self.config.comment

    @property
    def entries(self) -> tuple[str, list[Any]]:
        """The record sets as they were written, and the name they stand under."""
        if self.resource_record_sets is not None:
            return "resource_record_sets", self.resource_record_sets
        return "record_sets", self.record_sets or []
