"""Words that a World knows and that start as a user's text does: for shells that complete words.

Pure, and in steps, so that a server can answer queries meanwhile.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from enum import StrEnum
from functools import partial

from dnsemu.config import names
from dnsemu.config.model.health_checks import EndpointCheck, HealthCheck, MetricCheck, RecoveryCheck
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.routing import Geoproximity, Latency
from dnsemu.config.model.world import World
from dnsemu.config.names import DName

MAX_WORDS = 200
"""Words returned; more are useless on a terminal."""
NAMES_PER_STEP = 1000

Word = tuple[str, str]
"""A word, and what it stands for in a few words."""


class WordKind(StrEnum):
    """The kinds of words that a World knows."""

    NAMES = "names"
    HEALTH_CHECKS = "health-checks"
    PATTERNS = "patterns"
    CHECKER_REGIONS = "checker-regions"
    ALARMS = "alarms"
    ALARM_REGIONS = "alarm-regions"
    ROUTING_CONTROLS = "routing-controls"


def known_words(world: World, kinds: Iterable[WordKind], prefix: str) -> Generator[None, None, list[Word]]:
    """Finds the words that start with a prefix, sorted.

    If there are too many, some are left out, but the longest common beginning of those returned is that of all.
    """
    found = _Found(prefix)
    for kind in kinds:
        for word in _SOURCES[kind](world, prefix):
            if word is None:
                yield
            elif word[0].startswith(prefix):
                found.add(*word)
                if found.is_enough:
                    break
    return found.words()


_About = str | Callable[[], str]
"""The meaning of a word, or a function that finds it."""

_Words = Iterator[tuple[str, _About] | None]
"""Words; None where other work may be done."""


class _Found:
    """The words found so far: the first ones met, and the first and the last by the alphabet."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._kept: dict[str, str] = {}
        self._first = self._last = ("", "")

    def add(self, word: str, about: _About) -> None:
        is_extreme = not self._kept or word < self._first[0] or word > self._last[0]
        if len(self._kept) >= MAX_WORDS and not is_extreme:
            return
        found = (word, about if isinstance(about, str) else about())
        if not self._kept:
            self._first = self._last = found
        self._first, self._last = min(self._first, found), max(self._last, found)
        if len(self._kept) < MAX_WORDS:
            self._kept.setdefault(*found)

    @property
    def is_enough(self) -> bool:
        """True if there are many words, which have no more in common than what was asked for."""
        size = len(self._prefix)
        return len(self._kept) >= MAX_WORDS and self._first[0][: size + 1] != self._last[0][: size + 1]

    def words(self) -> list[Word]:
        """Returns the words, sorted."""
        return sorted((dict([self._first, self._last] if self._kept else []) | self._kept).items())


def _names(world: World, prefix: str) -> _Words:
    first_label = prefix.partition(".")[0].lower().encode(errors="replace")
    is_literal = b"\\" not in first_label
    for zone in world.hosted_zones.values():
        for number, name in enumerate(zone.record_sets.names(), 1):
            if name.startswith(first_label, 1) or not is_literal:
                text = names.to_text(name)  # faster than `display`
                yield (names.display(name) if "\\" in text else text).removesuffix("."), partial(_types, zone, name)
            if not number % NAMES_PER_STEP:
                yield None
        yield None


def _types(zone: HostedZone, name: DName) -> str:
    return " ".join(sorted({record_set.type.name for record_set in zone.record_sets.at(name)}))


def _health_checks(world: World, _prefix: str) -> _Words:
    for check in world.health_checks.values():
        yield check.id, check.name or _kind_of(check)
        if check.name:
            yield check.name, check.id


def _kind_of(check: HealthCheck) -> str:
    config = check.config
    if not isinstance(config, EndpointCheck):
        return type(config).__name__.removesuffix("Check").lower()
    host = config.ip_address or config.fully_qualified_domain_name
    return f"{config.type.value} {host} port {config.effective_port}"


def _patterns(world: World, prefix: str) -> _Words:
    yield from _health_checks(world, prefix)
    for check in world.health_checks.values():
        if isinstance(check.config, EndpointCheck) and check.config.ip_address:
            yield f"address:{check.config.ip_address}", "health checks of this address"
    for resource in world.resources.values():
        if resource.region is not None:
            yield f"region:{resource.region}", "a Region"
        for target in resource.targets:
            if target.availability_zone is not None:
                yield f"az:{target.availability_zone}", "an Availability Zone"
            if target.address is not None:
                yield f"address:{target.address}", "targets of this address"
    if "region:".startswith(prefix[:7]):
        yield from _routed_regions(world)


def _routed_regions(world: World) -> _Words:
    for zone in world.hosted_zones.values():
        for number, (_, record_sets) in enumerate(zone.record_sets.by_name(), 1):
            for record_set in record_sets:
                routing = record_set.routing
                if isinstance(routing, Latency | Geoproximity) and routing.region is not None:
                    yield f"region:{routing.region}", "a Region"
            if not number % NAMES_PER_STEP:
                yield None


def _checker_regions(world: World, _prefix: str) -> _Words:
    for region in world.health_checkers.regions:
        yield region, "a Region of checkers"


def _alarms(world: World, _prefix: str) -> _Words:
    for check in world.health_checks.values():
        if isinstance(check.config, MetricCheck):
            yield check.config.alarm_name, f"an alarm in {check.config.alarm_region}"


def _alarm_regions(world: World, _prefix: str) -> _Words:
    for check in world.health_checks.values():
        if isinstance(check.config, MetricCheck):
            yield check.config.alarm_region, "a Region of alarms"


def _routing_controls(world: World, _prefix: str) -> _Words:
    for check in world.health_checks.values():
        if isinstance(check.config, RecoveryCheck):
            yield check.config.routing_control_arn, f"followed by {check.label}"


_SOURCES = {
    WordKind.NAMES: _names,
    WordKind.HEALTH_CHECKS: _health_checks,
    WordKind.PATTERNS: _patterns,
    WordKind.CHECKER_REGIONS: _checker_regions,
    WordKind.ALARMS: _alarms,
    WordKind.ALARM_REGIONS: _alarm_regions,
    WordKind.ROUTING_CONTROLS: _routing_controls,
}
