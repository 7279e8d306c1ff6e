"""Rules for the places that routing names: they exist; and their texts in Route 53's messages."""

from dnsemu.config.aws.meant_places import meant_continent, meant_country, meant_region, meant_subdivision
from dnsemu.config.aws.places import CONTINENTS, COUNTRIES, LOCAL_ZONES, REGIONS, SUBDIVISIONS
from dnsemu.config.errors import Problem, quoted
from dnsemu.config.model.routing import Geolocation, Geoproximity, Latency, Routing

_SUBDIVISIONS = "subdivisions are those of US and UA, such as country_code: US, subdivision_code: CA"
_NOT_COUNTRIES = frozenset({"BV", "CX", "EH", "HM"})


def place_problem(routing: Routing) -> Problem | None:
    """Returns the problem with a routing's Region, location or Local Zone group, if any."""
    match routing:
        case Latency(region) if region not in REGIONS:
            message = f"Cannot find region '{region}'. No changes made."
            instead = f"write {meant_region(region) or 'a Region such as us-east-1'}"
            return Problem("region-unknown", "R69", message, instead, ("region",), plain=_no_region(region))
        case Geolocation():
            return _geolocation_problem(routing)
        case Geoproximity():
            return _geoproximity_problem(routing)
    return None


def _geolocation_problem(place: Geolocation) -> Problem | None:
    at = ("geo_location",)
    if place.continent is None and place.country is None:
        instead = "write continent_code, or country_code with or without subdivision_code"
        if place.subdivision is not None:
            return Problem("location-form", "R75", "a subdivision needs its country", instead, at)
        return Problem("location-form", "R75", "the location is empty", instead, at)
    if _is_known(place):
        return None
    if place.continent is not None and (place.country is not None or place.subdivision is not None):
        plain, instead = "a location is a continent or a country", "write the continent alone, or the country"
    elif place.country in _NOT_COUNTRIES:
        plain, instead = f"geolocation knows no country {place.country}", "write its continent, or country_code: '*'"
        return Problem("location-unknown", "R76", _cannot_find(place), instead, at, plain=plain)
    elif place.subdivision is not None and place.country is not None:
        plain = f"{quoted(place.subdivision)} is no subdivision of {place.country}"
        meant = meant_subdivision(place.country, place.subdivision)
        instead = f"write subdivision_code: {meant}" if meant else _SUBDIVISIONS
    elif place.country is not None:
        plain, instead = f"{quoted(place.country)} is no country", _instead_of_country(place.country)
    else:
        plain, meant = f"{quoted(place.continent)} is no continent", meant_continent(place.continent or "")
        instead = f"write continent_code: {meant}" if meant else f"write one of {', '.join(CONTINENTS)}"
    return Problem("location-unknown", "R75", _cannot_find(place), instead, at, plain=plain)


def _no_region(text: str) -> str:
    return f"{quoted(text)} is no AWS Region"


def _instead_of_country(text: str) -> str:
    if (country := meant_country(text)) is not None:
        return f"write country_code: {country}"
    if (continent := meant_continent(text)) is not None:
        return f"write continent_code: {continent}"
    return "write an ISO 3166 code of two capital letters, or '*' for all others"


def _is_known(place: Geolocation) -> bool:
    if place.continent is not None:
        return place.continent in CONTINENTS and place.country is None and place.subdivision is None
    if place.subdivision is not None:
        return (place.country, place.subdivision) in SUBDIVISIONS
    return place.country in COUNTRIES


def _cannot_find(place: Geolocation) -> str:
    """Returns Route 53's message (A155), which has a blank before `continent`."""
    parts = [f"country = {place.country}"] if place.country is not None else [""]
    parts += [f"continent = {place.continent}"] if place.continent is not None else []
    parts += [f"subdivision = {place.subdivision}"] if place.subdivision is not None else []
    return f"Cannot find location: '{' '.join(parts)}'. No changes made."


def _geoproximity_problem(place: Geoproximity) -> Problem | None:
    if place.region is not None and place.region not in REGIONS:
        field, what, plain = "aws_region", f"AWSRegion = {place.region}", _no_region(place.region)
    elif place.local_zone_group is not None and place.local_zone_group not in LOCAL_ZONES:
        field, what = "local_zone_group", f"LocalZoneGroup = {place.local_zone_group}"
        plain = f"{quoted(place.local_zone_group)} is no Local Zone group"
    else:
        return None
    message = f"Cannot find GeoProximityLocation with {what}. No changes made."
    instead = "write a Region such as us-east-1, or a Local Zone group such as us-west-2-den-1"
    if place.region is not None and (meant := meant_region(place.region)) is not None:
        instead = f"write {meant}"
    return Problem("location-unknown", "A167", message, instead, ("geo_proximity_location", field), plain=plain)


def geolocation_text(place: Geolocation) -> str:
    """Formats a location as Route 53 does: `country = (JP, Japan)` (A153)."""
    if place.continent is not None:
        return f"continent = ({place.continent}, {CONTINENTS.get(place.continent, '')})"
    country = f"country = ({place.country}, {COUNTRIES.get(place.country or '', '')})"
    if place.subdivision is None:
        return country
    name = SUBDIVISIONS.get((place.country or "", place.subdivision), "")
    return f"{country} subdivision = ({place.subdivision}, {name})"


def geoproximity_text(place: Geoproximity) -> str:
    """Formats a geoproximity location as Route 53 does, without its bias."""
    if place.region is not None:
        return f"routing to AWSRegion = {place.region}"
    if place.local_zone_group is not None:
        return f"routing to LocalZoneGroup = {place.local_zone_group}"
    return f"routing to Latitude = {place.latitude}, Longitude = {place.longitude}"
