"""Forced statuses: overlays that hold health checks, and targets of resources without one, healthy or unhealthy.

They follow from the force file's rules and from calls.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

import structlog

from dnsemu.clock.jobs import Timer
from dnsemu.clock.scheduler import Scheduler
from dnsemu.config.model.batches import at_once
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.resources import Resource, Target
from dnsemu.config.model.world import World
from dnsemu.faults.failure_domains import DomainContents, domain_contents
from dnsemu.faults.force_rules import ForceRule
from dnsemu.faults.patterns import Pattern
from dnsemu.faults.unchecked import unchecked_text
from dnsemu.healthcheck.verdict.check_state import Overlay
from dnsemu.healthcheck.verdict.snapshot import Status
from dnsemu.zone.catalog import Catalog

log = structlog.get_logger()

SetOverlays = Callable[[Mapping[HealthCheckId, Overlay]], None]


class NothingMatches(Exception):
    """A pattern that matches no declared health check, and no target of a resource."""

    def __init__(self, pattern: Pattern, contents: DomainContents) -> None:
        unchecked = unchecked_text(pattern, contents.unchecked)
        super().__init__(f"{pattern} matches no health check{f': {unchecked}' if unchecked else ''}")
        self.pattern = pattern


@dataclass(frozen=True, slots=True)
class ForcedTarget:
    """A target without a health check that is held healthy or unhealthy with its failure domain."""

    resource: Resource
    target: Target
    overlay: Overlay


class Forcing:
    """The rules in force and the overlays that follow from them: the file's rules first, later rules override earlier.

    An `auto` removes the overlays that earlier rules put on the checks that it matches. Expired rules are dropped.
    """

    def __init__(self, scheduler: Scheduler, set_overlays: SetOverlays) -> None:
        self._scheduler = scheduler
        self._set_overlays = set_overlays
        self._declared = World(), Catalog.of(())
        self._matches: dict[Pattern, DomainContents] = {}
        """The contents of each pattern in what is declared now."""
        self._called: tuple[ForceRule, ...] = ()
        self._from_file: tuple[ForceRule, ...] = ()
        self._lost: Mapping[HealthCheckId, Overlay] = {}
        self._expiry: Timer | None = None

    @property
    def from_file(self) -> tuple[ForceRule, ...]:
        """The force file's rules that have not expired."""
        return self._from_file

    @property
    def called(self) -> tuple[ForceRule, ...]:
        """The rules set by calls that have not expired."""
        return self._called

    @property
    def rules(self) -> tuple[ForceRule, ...]:
        """All rules in order of precedence, the last one strongest."""
        return (*self._from_file, *self._called)

    def force(self, rule: ForceRule) -> DomainContents:
        """Adds a rule, in place of those of the same pattern that end no later; returns everything that it matches.

        Raises:
            NothingMatches: it matches no health check and no target.
        """
        matching = self._matching({rule.pattern})[rule.pattern]
        if not matching.failing:
            raise NothingMatches(rule.pattern, matching)
        kept = [earlier for earlier in self._called if earlier.pattern != rule.pattern or _outlasts(earlier, rule)]
        self._called = (*kept, rule)
        self._matches[rule.pattern] = matching
        self._refresh()
        return matching

    def read(self, rules: Sequence[ForceRule]) -> None:
        """Replaces the force file's rules."""
        self._from_file = tuple(rules)
        self._refresh()
        for rule in self._from_file:
            if not self._matches[rule.pattern].failing:
                log.warning("a forced status matches no health check", pattern=str(rule.pattern))
            if unchecked := self.unchecked_text(rule):
                log.warning("a forced status leaves record sets answering", pattern=str(rule.pattern), reason=unchecked)

    def lose(self, targets: Mapping[HealthCheckId, Overlay]) -> None:
        """Holds targets that nothing checks, until the next call; rules override them."""
        self._lost = targets
        self._refresh()

    def apply(self, world: World, catalog: Catalog) -> None:
        """Matches the rules against what is declared now; `catalog` was compiled from `world`."""
        self._declared = world, catalog
        self._matches = {}
        self._refresh()

    def clear(self) -> int:
        """Drops the rules set by calls; the file's rules stay. Returns their number."""
        dropped, self._called = len(self._called), ()
        self._refresh()
        return dropped

    def forced_targets(self) -> dict[HealthCheckId, ForcedTarget]:
        """The targets without a health check that rules in force hold, by their ids."""
        overlays = self._overlays()
        return {
            id: ForcedTarget(*contents.targets[id], overlays[id])
            for contents in self._matches.values()
            for id in sorted(contents.lost_targets)
            if id in overlays
        }

    def unchecked_text(self, rule: ForceRule) -> str | None:
        """A warning of the record sets that go on answering although a rule takes their failure domain down."""
        contents = self._matches.get(rule.pattern)
        if contents is None or rule.status != Status.UNHEALTHY.value:
            return None
        return unchecked_text(rule.pattern, contents.unchecked) or None

    def _matching(self, patterns: Set[Pattern]) -> dict[Pattern, DomainContents]:
        """The contents of each pattern; all new patterns are searched for in one pass over the record sets."""
        found = at_once(domain_contents(patterns - self._matches.keys(), *self._declared))
        return {pattern: self._matches.get(pattern) or found[pattern] for pattern in patterns}

    def _refresh(self, _at: float = 0.0) -> None:
        """Drops expired rules, sets the overlays of the others, and runs again when the next rule expires."""
        now = self._scheduler.clock.now()
        self._from_file = tuple(rule for rule in self._from_file if rule.until is None or rule.until > now)
        self._called = _without_idle(
            [rule for rule in self._called if rule.until is None or rule.until > now],
            has_earlier_rules=bool(self._from_file),
        )
        self._matches = self._matching({rule.pattern for rule in self.rules})
        self._set_overlays(self._overlays())
        if self._expiry is not None:
            self._expiry.cancel()
        ends = [rule.until for rule in self.rules if rule.until is not None]
        self._expiry = self._scheduler.call_at(min(ends), self._refresh) if ends else None

    def _overlays(self) -> dict[HealthCheckId, Overlay]:
        overlays: dict[HealthCheckId, Overlay] = dict(self._lost)
        for rule in self.rules:
            for check_id in sorted(self._matches[rule.pattern].failing):
                if rule.status is None:
                    overlays.pop(check_id, None)
                else:
                    overlays[check_id] = Overlay(Status(rule.status), str(rule.pattern), rule.until)
        return overlays


def _outlasts(earlier: ForceRule, later: ForceRule) -> bool:
    return later.until is not None and (earlier.until is None or earlier.until > later.until)


def _without_idle(rules: Sequence[ForceRule], *, has_earlier_rules: bool) -> tuple[ForceRule, ...]:
    """The rules without leading `auto`s, which have nothing to remove unless the file has rules."""
    kept: list[ForceRule] = []
    for rule in rules:
        if rule.status is not None or kept or has_earlier_rules:
            kept.append(rule)
    return tuple(kept)
