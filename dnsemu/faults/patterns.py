"""Patterns: name a failure domain, such as `web-*`, `region:eu-*`, `az:use1-az1` or `address:192.0.2.0/24`."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from ipaddress import ip_network

from dnsemu.config.aws.places import REGIONS
from dnsemu.config.errors import quoted
from dnsemu.config.text.suggestions import nearest


class PatternKind(Enum):
    """The property that a pattern is compared with; the value is the prefix before the colon, empty for ids."""

    CHECK = ""
    REGION = "region"
    ZONE = "az"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A failure domain: health checks by a glob over their ids, Regions or Availability Zones by a glob, or a network.

    Globs are those of `fnmatch.fnmatchcase`.
    """

    kind: PatternKind
    text: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.text}" if self.kind.value else self.text


MAX_CHARACTERS = 512
"""Characters of a pattern. Names of health checks have at most 256; to compile a glob of thousands takes seconds."""

_CHECK_GLOB = re.compile(r"[0-9A-Za-z._*?!\[\]-]+")


def parse_pattern(text: str) -> Pattern:
    """Reads a pattern: `web-*`, `region:eu-*`, `az:use1-az1`, `address:192.0.2.1` or `address:192.0.2.0/24`.

    Raises:
        ValueError: it is none of these, or nothing can match it; the message says what to write.
    """
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"a pattern has at most {MAX_CHARACTERS} characters: write a shorter glob such as web-*")
    prefix, colon, rest = text.partition(":")
    if not colon:
        if not _CHECK_GLOB.fullmatch(text):
            raise ValueError(f"{quoted(text)} matches no health check id: write an id or a glob such as web-*")
        return Pattern(PatternKind.CHECK, text)
    match prefix:
        case "region":
            _refuse_unmatched("Region", rest, REGIONS, "region:eu-*")
            return Pattern(PatternKind.REGION, rest)
        case "az":
            zones = [zone for region in REGIONS.values() for zone in region.az_ids]
            _refuse_unmatched("Availability Zone id", rest, zones, "az:use1-*")
            return Pattern(PatternKind.ZONE, rest)
        case "address":
            if not _is_network(rest):
                instead = "write for example address:192.0.2.1 or address:2001:db8::/32"
                raise ValueError(f"{quoted(rest)} is no address or network: {instead}")
            return Pattern(PatternKind.ADDRESS, rest)
    raise ValueError(_unknown_prefix(prefix, text))


def _refuse_unmatched(noun: str, glob: str, candidates: Iterable[str], example: str) -> None:
    """Raises a ValueError if the glob matches none of the candidates."""
    names = tuple(candidates)
    if any(fnmatchcase(name, glob) for name in names):
        return
    prefix = example.partition(":")[0]
    near = [f"{prefix}:{name}" for name in difflib.get_close_matches(glob[:64].lower(), names, 2)]
    raise ValueError(f"{quoted(glob)} matches no {noun}: write {' or '.join(near) or f'one such as {example}'}")


def _unknown_prefix(prefix: str, text: str) -> str:
    if _is_network(text):
        return f"{quoted(text)} is an address: write {quoted(f'address:{text}')}"
    kinds = [kind.value for kind in PatternKind if kind.value]
    near = nearest(prefix, kinds)
    rest = text.removeprefix(f"{prefix}:")
    instead = quoted(f"{near}:{rest}") if near else f"a health check id, or {':, '.join(kinds)}: and a value"
    return f"{quoted(f'{prefix}:')} is no kind of pattern: write {instead}"


def _is_network(text: str) -> bool:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return False
    return "%" not in str(network)  # an IPv6 zone index names a local interface, which matches nothing here
