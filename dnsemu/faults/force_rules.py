"""The lines of a force file: which health checks to hold healthy or unhealthy, and until when."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from ipaddress import ip_network

from dnsemu.config.aws.places import REGIONS
from dnsemu.config.errors import FileError, FilesRefused, quoted
from dnsemu.config.text.durations import parse_duration
from dnsemu.config.text.times import parse_time


class PatternKind(Enum):
    """What a pattern is compared with; the value stands before its colon, none before that of health check ids."""

    CHECK = ""
    REGION = "region"
    ZONE = "az"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Health checks by glob over their ids, or by their endpoints' Region, Availability Zone, or address or network.

    Globs are those of `fnmatch.fnmatchcase`.
    """

    kind: PatternKind
    text: str

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.text}" if self.kind.value else self.text


@dataclass(frozen=True, slots=True)
class ForceRule:
    """One line: `status` is healthy, unhealthy, or None for auto; `until` is in seconds of the epoch, None for ever."""

    pattern: Pattern
    status: str | None
    until: float | None = None


_STATUSES = {"healthy": "healthy", "unhealthy": "unhealthy", "auto": None}
_CHECK_GLOB = re.compile(r"[0-9A-Za-z._*?!\[\]-]+")


def parse_force_file(name: str, text: str, now: float) -> tuple[ForceRule, ...]:
    """Read the lines `PATTERN STATUS [for DURATION | until TIME]`; `#` begins a comment, empty lines mean nothing.

    Args:
        name: what errors call the file.
        now: seconds of the epoch; durations count from here.
    Returns:
        The rules, in the order of the lines.
    Raises:
        Refused: with the errors of all lines.
    """
    rules: list[ForceRule] = []
    errors: list[FileError] = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.partition("#")[0].split()
        try:
            if words:
                rules.append(_parse_rule(words, now))
        except ValueError as error:
            message, _, instead = str(error).rpartition(": write ")
            errors.append(FileError(name, number, "", "", "force-line", message, f"write {instead}"))
    if errors:
        raise FilesRefused(errors)
    return tuple(rules)


def _parse_rule(words: list[str], now: float) -> ForceRule:
    pattern = parse_pattern(words[0])
    if len(words) == 1:
        raise ValueError(f"{quoted(words[0])} stands alone: write a status behind it: healthy, unhealthy or auto")
    if words[1] not in _STATUSES:
        raise ValueError(f"{quoted(words[1])} is no status: write healthy, unhealthy or auto")
    return ForceRule(pattern, _STATUSES[words[1]], _until(words[2:], now))


def _until(words: list[str], now: float) -> float | None:
    match words:
        case []:
            return None
        case ["for", duration]:
            return now + parse_duration(duration)
        case ["until", time]:
            return parse_time(time)
        case ["for" | "until" as word]:
            example = "5m" if word == "for" else "2026-01-31T12:00:00Z"
            raise ValueError(f"nothing stands behind {word!r}: write {word} {example}")
    raise ValueError(f"{quoted(' '.join(words))} is not understood: write for DURATION, until TIME, or nothing")


# --- patterns ---


def parse_pattern(text: str) -> Pattern:
    """Read a pattern: `web-*`, `region:eu-*`, `az:use1-az1`, `address:192.0.2.1` or `address:192.0.2.0/24`.

    Raises:
        ValueError: it is none of these, or nothing can match it; the message says what to write.
    """
    prefix, colon, rest = text.partition(":")
    if not colon:
        if not _CHECK_GLOB.fullmatch(text):
            raise ValueError(f"{quoted(text)} matches no health check id: write an id or a glob such as web-*")
        return Pattern(PatternKind.CHECK, text)
    match prefix:
        case "region":
            _known("Region", rest, REGIONS, "region:eu-*")
            return Pattern(PatternKind.REGION, rest)
        case "az":
            zones = [zone for region in REGIONS.values() for zone in region.az_ids]
            _known("Availability Zone id", rest, zones, "az:use1-*")
            return Pattern(PatternKind.ZONE, rest)
        case "address":
            if not _is_network(rest):
                instead = "write for example address:192.0.2.1 or address:2001:db8::/32"
                raise ValueError(f"{quoted(rest)} is no address or network: {instead}")
            return Pattern(PatternKind.ADDRESS, rest)
    raise ValueError(_unknown_prefix(prefix, text))


def _known(what: str, glob: str, names: Iterable[str], example: str) -> None:
    """Refuse a glob that matches none of the names."""
    known = tuple(names)
    if any(fnmatchcase(name, glob) for name in known):
        return
    prefix = example.partition(":")[0]
    near = [f"{prefix}:{name}" for name in difflib.get_close_matches(glob[:64].lower(), known, 2)]
    raise ValueError(f"{quoted(glob)} matches no {what}: write {' or '.join(near) or f'one such as {example}'}")


def _unknown_prefix(prefix: str, text: str) -> str:
    if _is_network(text):
        return f"{quoted(text)} is an address: write {quoted(f'address:{text}')}"
    kinds = [kind.value for kind in PatternKind if kind.value]
    near = difflib.get_close_matches(prefix[:64].lower(), kinds, 1)
    rest = text.removeprefix(f"{prefix}:")
    instead = quoted(f"{near[0]}:{rest}") if near else f"a health check id, or {':, '.join(kinds)}: and a value"
    return f"{quoted(f'{prefix}:')} is no kind of pattern: write {instead}"


def _is_network(text: str) -> bool:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return False
    return "%" not in str(network)  # a link's name means nothing here
