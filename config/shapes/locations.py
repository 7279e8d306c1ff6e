"""Locations in record sets: of the clients that geolocation and IP-based routing answer, and of endpoints."""

import re
from collections.abc import Mapping
from math import nan
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator

from dnsemu.config.aws.places import CONTINENTS
from dnsemu.config.errors import quoted
from dnsemu.config.shapes.about import Notation, about
from dnsemu.config.shapes.base import Hint, Shape, refuse
from dnsemu.config.text.degrees import LATITUDE, LONGITUDE, degrees_text


class GeoLocationShape(Shape):
    """The location whose clients a geolocation record set answers (R75)."""

    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {
        "country": "write country_code",
        "continent": "write continent_code",
        "subdivision": "write subdivision_code",
        "state": "write subdivision_code",
    }

    continent_code: Annotated[
        str | None, about(f"A continent, without other fields: {', '.join(sorted(CONTINENTS))}.")
    ] = None
    country_code: Annotated[
        str | None, Notation.COUNTRY, about('A country; `"*"` is for clients that no other record set is for.')
    ] = None
    subdivision_code: Annotated[
        str | None, about("A US state or Ukrainian oblast, such as `CA`, beside its country.", "R75")
    ] = None


class CoordinatesShape(Shape):
    """A point in degrees; the API writes the numbers as text (R83)."""

    latitude: Annotated[
        str, Hint("R83", "coordinates", "-90 to 90, two decimals at most"),
        about("Degrees north of the equator, -90 to 90, with two decimals at most."),
    ]  # fmt: skip
    longitude: Annotated[
        str, Hint("R83", "coordinates", "-180 to 180, two decimals at most"),
        about("Degrees east of Greenwich, -180 to 180, with two decimals at most."),
    ]  # fmt: skip

    @field_validator("latitude", mode="before", json_schema_input_type=float | str)
    @classmethod
    def _latitude(cls, value: Any) -> Any:
        return _coordinate(value, LATITUDE, 90)

    @field_validator("longitude", mode="before", json_schema_input_type=float | str)
    @classmethod
    def _longitude(cls, value: Any) -> Any:
        return _coordinate(value, LONGITUDE, 180)


def _coordinate(value: Any, pattern: str, limit: int) -> Any:
    """Returns a coordinate as the text that Route 53 takes: a number is formatted, text is kept as it is written."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return value
    if isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII):
        return value
    try:
        degrees = float(value)
    except (ValueError, OverflowError):
        degrees = nan
    if not abs(degrees) <= limit:
        instead = f"write -{limit} to {limit}, two decimals at most"
        raise refuse("coordinates", "R83", f"{quoted(value)} is no number of degrees from -{limit} to {limit}", instead)
    if round(degrees, 2) != degrees:
        message = f"{value} has more than two decimals"
    elif isinstance(value, str):
        message = f"Route 53 does not take {quoted(value)}"
    else:
        return degrees_text(degrees)
    raise refuse("coordinates", "R83", message, f"write {degrees_text(degrees)}")


class GeoProximityLocationShape(Shape):
    """The location of a geoproximity record set's resource (R83)."""

    aws_region: Annotated[str | None, Notation.REGION, about("The AWS Region that the endpoint is in.", "R83")] = None
    local_zone_group: Annotated[
        str | None, about("The AWS Local Zone group that the endpoint is in, such as `us-west-2-den-1`.")
    ] = None
    coordinates: Annotated[CoordinatesShape | None, about("The point on Earth where the endpoint is.")] = None
    bias: Annotated[
        int | None, Field(ge=-99, le=99), Hint("R83", "bias-range", "a whole number from -99 to 99"),
        about("Makes the endpoint seem nearer (positive) or farther (negative) than it is.", default=0),
    ] = None  # fmt: skip


class CidrRoutingConfigShape(Shape):
    """The CIDR location whose clients an IP-based record set answers (R92)."""

    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {
        "collection": "write collection_id",
        "location": "write location_name",
    }

    collection_id: Annotated[str, about("The name or the id of a collection in `cidr_collections`.")]
    location_name: Annotated[
        str, Field(min_length=1, max_length=16, pattern=r"^(?:[0-9A-Za-z_-]+|\*)$"),
        Hint("R199", "location-name", "1 to 16 of 0-9 A-Z a-z _ -, or *"),
        about('A location of the collection; `"*"` is for clients in none of its networks.'),
    ]  # fmt: skip
