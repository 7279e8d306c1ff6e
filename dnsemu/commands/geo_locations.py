"""Lists the places that geolocation routing knows (A330–A336)."""

from bisect import bisect_left

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.record_sets import NoSuchGeoLocation
from dnsemu.commands.errors.requests import InvalidInput
from dnsemu.commands.pagination import page, page_size
from dnsemu.config.aws.places import CONTINENTS, COUNTRIES, SUBDIVISIONS
from dnsemu.state.step import Step

MAX_ITEMS = 500
"""Places on a page, by default and at most; there are fewer."""

_Key = tuple[bool, str, str]
"""A place: true for a continent, the code of continent or country, the subdivision's code. Sorts as Route 53 (A331)."""


def _details() -> dict[_Key, dict[str, str]]:
    """Returns every GeoLocationDetails by its key, in order (A330)."""
    countries = {(False, code, ""): {"CountryCode": code, "CountryName": name} for code, name in COUNTRIES.items()}
    subdivisions = {
        (False, country, code): {
            "CountryCode": country,
            "CountryName": COUNTRIES[country],
            "SubdivisionCode": code,
            "SubdivisionName": name,
        }
        for (country, code), name in SUBDIVISIONS.items()
    }
    continents = {(True, code, ""): {"ContinentCode": code, "ContinentName": name} for code, name in CONTINENTS.items()}
    return dict(sorted((countries | subdivisions | continents).items()))


_DETAILS = _details()
_KEYS = tuple(_DETAILS)


def list_geo_locations(request: Request, step: Step, context: Context) -> Response:
    """Lists places, starting at the one in the start parameters (A331)."""
    size = page_size(request, default=MAX_ITEMS, cap=MAX_ITEMS)
    shown, following = page(_KEYS[bisect_left(_KEYS, _start(request)) :], size)
    response: Response = {
        "GeoLocationDetailsList": [dict(_DETAILS[key]) for key in shown],
        "IsTruncated": following is not None,
        "MaxItems": str(size),
    }
    if following is not None:
        response |= {f"Next{name}": code for name, code in _DETAILS[following].items() if name.endswith("Code")}
    return response


def _start(request: Request) -> _Key:
    continent, country, subdivision = (
        request.get(f"Start{part}Code") for part in ("Continent", "Country", "Subdivision")
    )
    if continent is not None:
        if country is not None or subdivision is not None:
            raise InvalidInput("StartContinentCode cannot be combined with other start parameters.")
        return True, continent, ""
    if subdivision is not None and country not in _WITH_SUBDIVISIONS:
        wanted = " or ".join(sorted(_WITH_SUBDIVISIONS))
        raise InvalidInput(f"StartSubdivisionCode needs a StartCountryCode of {wanted}.")
    return False, country or "", subdivision or ""


_WITH_SUBDIVISIONS = frozenset(country for country, _ in SUBDIVISIONS)
"""Countries whose subdivisions geolocation knows (A332)."""


def get_geo_location(request: Request, step: Step, context: Context) -> Response:
    """Returns one place.

    Raises:
        NoSuchGeoLocation: the request names no place, or one that is not in the list (A333).
    """
    continent, country, subdivision = (request.get(f"{part}Code") for part in ("Continent", "Country", "Subdivision"))
    key = (country is None, country or continent or "", subdivision or "")
    if (continent is not None and country is not None) or key not in _DETAILS:
        asked = ", ".join(f"{name} = {code}" for name, code in request.items()) or "none was named"
        raise NoSuchGeoLocation(f"The geographic location is not supported: {asked}")
    return {"GeoLocationDetails": dict(_DETAILS[key])}
