"""Who asks and from where: `Client`, `Place`, and how an address, a declaration or a name becomes one."""

from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache

from dnsemu.config.aws.places import CONTINENT_OF, COUNTRIES, REGIONS, SUBDIVISIONS, parse_place
from dnsemu.config.model.geo import DeclaredPlace
from dnsemu.policies.geodata.countries import continent_point, country_point
from dnsemu.policies.geodata.database import LocationRecord


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


@lru_cache(maxsize=4096)
def place_found(finding: LocationRecord) -> Place | None:
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
