"""The place that a habitual, but wrong, code or name stands for, for error messages: UK is GB, Germany is DE."""

from collections.abc import Mapping
from functools import cache

from dnsemu.config.aws.places import CONTINENT_OF, CONTINENTS, COUNTRIES, REGIONS, SUBDIVISIONS
from dnsemu.config.text.suggestions import nearest

_COUNTRY_CODES = {
    "UK": "GB", "EL": "GR", "EN": "GB", "SF": "FI", "FX": "FR", "SU": "RU", "TP": "TL", "ZR": "CD", "BU": "MM",
    "DD": "DE", "YU": "RS", "CS": "RS", "UAE": "AE", "KSA": "SA", "ROK": "KR", "PRC": "CN", "RSA": "ZA",
    "USA": "US", "GBR": "GB", "DEU": "DE", "GER": "DE", "FRA": "FR", "ITA": "IT", "ESP": "ES", "PRT": "PT",
    "NLD": "NL", "BEL": "BE", "CHE": "CH", "SUI": "CH", "AUT": "AT", "POL": "PL", "SWE": "SE", "NOR": "NO",
    "DNK": "DK", "FIN": "FI", "IRL": "IE", "GRC": "GR", "TUR": "TR", "RUS": "RU", "UKR": "UA", "CAN": "CA",
    "MEX": "MX", "BRA": "BR", "ARG": "AR", "CHL": "CL", "COL": "CO", "CHN": "CN", "JPN": "JP", "KOR": "KR",
    "IND": "IN", "IDN": "ID", "SGP": "SG", "TWN": "TW", "HKG": "HK", "AUS": "AU", "NZL": "NZ", "ZAF": "ZA",
    "EGY": "EG", "NGA": "NG", "KEN": "KE", "SAU": "SA", "ARE": "AE", "ISR": "IL",
}  # fmt: skip
"""Codes that are not ISO 3166-1 alpha-2, of former times, of other lists and with three letters."""
_COUNTRY_NAMES = {
    "england": "GB", "scotland": "GB", "wales": "GB", "britain": "GB", "great britain": "GB", "america": "US",
    "united states of america": "US", "holland": "NL", "korea": "KR", "czech republic": "CZ", "russia": "RU",
}  # fmt: skip


def meant_country(text: str) -> str | None:
    """Returns the code of the country that a text stands for, None if there is none."""
    code = text.strip().upper()
    if code in CONTINENT_OF:
        return code
    return _COUNTRY_CODES.get(code) or _country_names().get(text.strip().casefold())


@cache
def _country_names() -> Mapping[str, str]:
    return {name.casefold(): code for code, name in COUNTRIES.items() if code != "*"} | _COUNTRY_NAMES


def meant_continent(text: str) -> str | None:
    """Returns the code of the continent that a text stands for, None if there is none."""
    code = text.strip().upper()
    names = {name.casefold(): code for code, name in CONTINENTS.items()}
    return code if code in CONTINENTS else names.get(text.strip().casefold())


def meant_subdivision(country: str, text: str) -> str | None:
    """Returns the code of a country's subdivision that a text stands for, None if there is none."""
    code = text.strip().upper().removeprefix(f"{country}-")
    if (country, code) in SUBDIVISIONS:
        return code
    folded = text.strip().casefold()
    return next((c for (of, c), name in SUBDIVISIONS.items() if of == country and name.casefold() == folded), None)


def meant_region(text: str) -> str | None:
    """Returns the AWS Region that a text stands for: one misspelt, the name of its city, one of its zones."""
    folded = text.strip().casefold().replace("_", "-")
    if folded[:-1] in REGIONS:
        return folded[:-1]
    cities = {region.name.partition("(")[2].rstrip(")").casefold(): code for code, region in REGIONS.items()}
    return cities.get(folded) or nearest(folded, REGIONS)


def meant_place(text: str) -> str | None:
    """Returns the place, as `parse_place` reads it, that a text stands for."""
    country, _, subdivision = text.strip().partition("-")
    if (known := meant_country(country)) is not None and (code := meant_subdivision(known, subdivision)) is not None:
        return f"{known}-{code}"
    return meant_country(text) or meant_region(text)
