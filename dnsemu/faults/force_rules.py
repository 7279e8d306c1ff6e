"""Force rules: reads the lines of a force file, each of which holds some health checks healthy or unhealthy."""

from dataclasses import dataclass

from dnsemu.config.errors import FileError, FilesRefused, message_and_instead, quoted
from dnsemu.config.text.times import parse_end, parse_time
from dnsemu.faults.patterns import Pattern, parse_pattern

MAX_RULES = 100
"""Forced statuses of the force file, and as many again of calls: each is matched against all that changes."""


@dataclass(frozen=True, slots=True)
class ForceRule:
    """One line. `status` None is auto; `until`, in seconds since the epoch, is None for ever."""

    pattern: Pattern
    status: str | None
    until: float | None = None


_STATUSES = {"healthy": "healthy", "unhealthy": "unhealthy", "auto": None}


def parse_force_file(name: str, text: str, now: float) -> tuple[ForceRule, ...]:
    """Reads lines `PATTERN STATUS [for DURATION | until TIME]`; `#` begins a comment, empty lines are skipped.

    Args:
        name: the name of the file in errors.
        now: seconds since the epoch; durations start here.
    Returns:
        The rules, in the order of the lines.
    Raises:
        FilesRefused: with the errors of all lines.
    """
    rules: list[ForceRule] = []
    errors: list[FileError] = []
    for number, line in enumerate(text.split("\n"), 1):
        words = line.partition("#")[0].split()
        try:
            if words and len(rules) == MAX_RULES:
                raise ValueError(f"a force file has at most {MAX_RULES} rules: write patterns such as web-*")
            if words:
                rules.append(_parse_rule(words, now))
        except ValueError as error:
            errors.append(FileError(name, number, "", "", "force-line", *message_and_instead(error)))
    if errors:
        raise FilesRefused(errors)
    return tuple(rules)


def _parse_rule(words: list[str], now: float) -> ForceRule:
    pattern = parse_pattern(words[0])
    if len(words) == 1:
        raise ValueError(f"{quoted(words[0])} has no status: write one behind it: healthy, unhealthy or auto")
    if words[1] not in _STATUSES:
        raise ValueError(f"{quoted(words[1])} is no status: write healthy, unhealthy or auto")
    return ForceRule(pattern, _STATUSES[words[1]], _until(words[2:], now))


def _until(words: list[str], now: float) -> float | None:
    match words:
        case []:
            return None
        case ["for", duration]:
            return parse_end(duration, now)
        case ["until", time]:
            return parse_time(time)
        case ["for" | "until" as word]:
            example = "5m" if word == "for" else "2026-01-31T12:00:00Z"
            raise ValueError(f"nothing follows {word!r}: write {word} {example}")
    raise ValueError(f"{quoted(' '.join(words))} is not understood: write for DURATION, until TIME, or nothing")
