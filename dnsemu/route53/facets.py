"""The model's constraints on one value, each in both of Route 53's wordings (A26, A27)."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from dnsemu.config.text.degrees import LATITUDE, LONGITUDE
from dnsemu.route53.model import ModelShape

SCHEMA_TYPES: Mapping[str, str] = {
    "Bias": "Bias",
    "ChangeAction": "ChangeAction",
    "CidrLocationNameDefaultAllowed": "CidrLocationNameDefaultAllowed",
    "CidrLocationNameDefaultNotAllowed": "CidrLocationNameDefaultNotAllowed",
    "HealthCheckNonce": "HealthCheckNonce",
    "HealthCheckType": "HealthCheckType",
    "Latitude": "Latitude",
    "Longitude": "Longitude",
    "RData": "RData",
    "RequestInterval": "RequestInterval",
    "ResourceRecordSetFailover": "ResourceRecordSetFailover",
    "ResourceRecordSetIdentifier": "SetIdentifier",
}
"""Shapes that the XML schema checks in a body → the schema's names for them (A118, A129, A132, A286, H2, H11, H96)."""

SCHEMA_MEMBERS: Mapping[str, Mapping[str, str]] = {"AliasTarget": {"HostedZoneId": "ResourceId"}}
"""By structure: members that the schema checks, although the validator checks their shape elsewhere (A48)."""

SCHEMA_PATTERNS: Mapping[str, str] = {"Latitude": LATITUDE, "Longitude": LONGITUDE}
"""Patterns of the XML schema that are tighter than the model's (A132)."""

_OPEN = frozenset({"ResourceRecordSetRegion"})
"""Enumerations that the command checks, not the validator: its error for an unknown value differs (A152)."""

_ENUM_ORDERS: Mapping[str, tuple[str, ...]] = {
    "HealthCheckRegion": ("sa-east-1", "us-west-1", "us-west-2"),
    "InsufficientDataHealthStatus": ("Unhealthy", "Healthy", "LastKnownStatus"),
    "RRType": (
        *("AAAA", "A", "SVCB", "CAA", "NS", "SOA", "TLSA", "SPF", "HTTPS"),
        *("MX", "PTR", "CNAME", "DS", "TXT", "SSHFP", "SRV", "NAPTR"),
    ),
}
"""Values in the order in which Route 53 was seen to print them (A130, H13, H29); the model's other values follow."""

_PAGE_SIZES = frozenset({"MaxResults", "PageMaxItems"})
_PAGE_SIZE = re.compile(r"0{0,99}[1-9][0-9]{0,99}")
"""Any number above 0, which the command caps; at most 199 digits, so that Python converts it."""


@dataclass(frozen=True, slots=True)
class Facet:
    """One constraint on a value: its name and limit in XML Schema, and the validator's sentence."""

    name: str
    limit: str
    constraint: str
    holds: Callable[[Any], bool]

    def schema_sentence(self, value: Any, schema_type: str) -> str:
        """Returns the schema's sentence about a value that breaks this facet (A26)."""
        length = f" with length = '{len(value)}'" if self.name.endswith("Length") else ""
        start = f"cvc-{self.name}-valid: Value '{value}'{length} is not facet-valid with respect to"
        if self.name == "enumeration":
            return f"{start} enumeration '{self.limit}'. It must be a value from the enumeration."
        return f"{start} {self.name} '{self.limit}' for type '{schema_type}'."


@cache
def facets(shape: ModelShape) -> tuple[Facet, ...]:
    """Returns the model's constraints on a string, number or list, in the order in which Route 53 lists them (H13)."""
    return tuple(_facets(shape))


def _facets(shape: ModelShape) -> Iterator[Facet]:
    if shape.name == "RequestInterval":  # H11: 10 or 30, where the model says 10 to 30
        yield _enumeration(("10", "30"))
    elif shape.type in ("integer", "long"):
        yield from _value_bounds(shape)
    elif shape.name == "HealthCheckType":  # H2: in any case of letters
        yield _pattern("|".join(map(_ignoring_case, shape.enum)))
    elif shape.name in _PAGE_SIZES:  # A192
        yield Facet("minInclusive", "1", "Member must have value greater than or equal to 1", _is_page_size)
    else:
        yield from _length_bounds(shape)
        if (pattern := SCHEMA_PATTERNS.get(shape.name, shape.pattern)) is not None:
            yield _pattern(pattern)
        if shape.enum and shape.name not in _OPEN:
            yield _enumeration(_as_printed(shape))


def _value_bounds(shape: ModelShape) -> Iterator[Facet]:
    if (maximum := shape.maximum) is not None:
        constraint = f"Member must have value less than or equal to {maximum}"
        yield Facet("maxInclusive", str(maximum), constraint, lambda value: value <= maximum)
    if (minimum := shape.minimum) is not None:
        constraint = f"Member must have value greater than or equal to {minimum}"
        yield Facet("minInclusive", str(minimum), constraint, lambda value: value >= minimum)


def _length_bounds(shape: ModelShape) -> Iterator[Facet]:
    if (maximum := shape.maximum) is not None:
        constraint = f"Member must have length less than or equal to {maximum}"
        yield Facet("maxLength", str(maximum), constraint, lambda value: len(value) <= maximum)
    if (minimum := shape.minimum) is not None:
        constraint = f"Member must have length greater than or equal to {minimum}"
        yield Facet("minLength", str(minimum), constraint, lambda value: len(value) >= minimum)


def not_empty() -> Facet:
    """Returns the schema's constraint on a name that may be long but not empty (A87)."""
    return Facet("minLength", "1", "Member must have length greater than or equal to 1", bool)


def _pattern(pattern: str) -> Facet:
    # Python's expressions lack this character class of Java's.
    expression = re.compile(pattern.replace(r"\p{ASCII}", r"[\x00-\x7F]"))
    constraint = f"Member must satisfy regular expression pattern: {pattern}"
    return Facet("pattern", pattern, constraint, lambda value: expression.fullmatch(value) is not None)


def _enumeration(values: tuple[str, ...]) -> Facet:
    printed = f"[{', '.join(values)}]"
    constraint = f"Member must satisfy enum value set: {printed}"
    return Facet("enumeration", printed, constraint, lambda value: str(value) in values)


def _as_printed(shape: ModelShape) -> tuple[str, ...]:
    first = tuple(value for value in _ENUM_ORDERS.get(shape.name, ()) if value in shape.enum)
    return first + tuple(value for value in shape.enum if value not in first)


def _ignoring_case(word: str) -> str:
    """`TCP` → `[Tt][Cc][Pp]`."""
    return "".join(f"[{letter}{letter.lower()}]" if letter.isalpha() else letter for letter in word)


def _is_page_size(text: str) -> bool:
    return _PAGE_SIZE.fullmatch(text) is not None
