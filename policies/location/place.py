"""Places: from a database record, from a declaration in a file, or from a name that a person writes."""

from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache

from dnsemu.config.aws.places import CONTINENT_OF, COUNTRIES, REGIONS, SUBDIVISIONS, parse_place
from dnsemu.config.model.geo import DeclaredPlace
from dnsemu.policies.geodata.countries import continent_point, country_point
from dnsemu.policies.geodata.database import LocationRecord


@dataclass(frozen=True, slots=True)
class Place:
    """The assumed location of a client; compared by value, so that equal places make one client class.

    Geolocation matches `continent`, `country` and `subdivision` (Route 53's continents, ISO 3166 codes); all are None
    for an unlocated client (R79). `latitude` and `longitude` are degrees, north and east positive, and always set:
    an unlocated client has those of `geo.default` (R71). `region` is the AWS Region by which the place was named, if
    any. `source` tells where the place comes from. `latency_ms` are round-trip times by Region that the user declared
    for clients at this place; the others are modelled (R70).
    """

    latitude: float
    longitude: float
    continent: str | None = None
    country: str | None = None
    subdivision: str | None = None
    region: str | None = None
    source: str = ""
    latency_ms: tuple[tuple[str, float], ...] = ()

    def __hash__(self) -> int:  # of some fields, for speed; equality compares all
        return hash((self.latitude, self.longitude, self.country, self.region, self.latency_ms))


class UnknownPlace(ValueError):
    """A text or a declaration that names no place; `nearest` are the most similar known names."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.nearest = _nearest_names(text)
        hint = f"; did you mean {' or '.join(self.nearest)}?" if self.nearest else ""
        super().__init__(
            f"no place {text!r}: it is a Region (ap-northeast-1) or a zone of it (apne1-az1), a country (JP), "
            f"a US state (US-CA), an edge location (NRT) or LAT,LON{hint}"
        )


@lru_cache(maxsize=4096)
def place_recorded(record: LocationRecord) -> Place | None:
    """The place of a database record; cached, so that equal records share one object. None without any location.

    The continent is Route 53's for the country (R81), and the database's only for a country that Route 53 does not
    know. A subdivision that Route 53 does not know is dropped (R75). A record without coordinates gets those of the
    population centre.
    """
    country, subdivision = record.country, record.subdivision
    if country is None or subdivision is None or country_point(country, subdivision) is None:
        subdivision = None
    continent = (CONTINENT_OF.get(country) if country else None) or record.continent
    if record.latitude is not None and record.longitude is not None:
        latitude, longitude = record.latitude, record.longitude
    elif point := (country and country_point(country, subdivision)) or (continent and continent_point(continent)):
        latitude, longitude = point
    else:
        return None
    return Place(latitude, longitude, continent, country, subdivision, source="database")


def place_declared(declared: DeclaredPlace, source: str) -> Place:
    """The place that a file declares.

    A Region has its coordinates, its country and in the United States its state (R179, R180). A country or subdivision
    has the coordinates of its population centre, unless others are given with it. Coordinates alone have no country, so
    geolocation finds only the default.

    Args:
        declared: a Region, a country with or without subdivision, or coordinates in degrees.
        source: becomes the place's `source`.
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
    """The place with a name: `ap-northeast-1`, `JP`, `US-CA` or `35.68,139.69`; letters in either case.

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
    """The codes, at most three and best first, of known places whose code or English name is similar to a text."""
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
