"""Where a client is: `Place`, and how an address becomes one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client is taken to be; compares by value, so equal places make one client class.

    `continent`, `country` and `subdivision` are what geolocation matches (ISO 3166 codes and Route 53's continents);
    all None for a client that nothing locates (R79). `latitude` and `longitude` are degrees, north and east positive,
    and always known: of a client that nothing locates they are those of `geo.default` (R71).
    `region` is the AWS Region the place was named as, if it was. `source` says where all this came from.
    """

    latitude: float
    longitude: float
    continent: str | None = None
    country: str | None = None
    subdivision: str | None = None
    region: str | None = None
    source: str = ""
