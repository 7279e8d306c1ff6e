"""Forced statuses: overlays that hold health checks, and targets of resources without one, healthy or unhealthy.

They follow from the force file's rules and from calls.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog

from dnsemu.clock.jobs import Timer
from dnsemu.clock.scheduler import Scheduler
from dnsemu.config.model.batches import Steps, at_once
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.resources import Resource, Target
from dnsemu.config.model.world import World
from dnsemu.faults.contents_index import Declared, Links, links_of, updated
from dnsemu.faults.failure_domains import DomainContents, domain_contents
from dnsemu.faults.force_rules import MAX_RULES, ForceRule
from dnsemu.faults.patterns import Pattern
from dnsemu.faults.unchecked import unchecked_text
from dnsemu.healthcheck.verdict.check_state import Overlay
from dnsemu.healthcheck.verdict.snapshot import Status
from dnsemu.state.tables import Write
from dnsemu.zone.catalog import Catalog

log = structlog.get_logger()

MAX_PREPARED = 8
"""Changes whose matches are prepared and not published yet; those of more are searched for when they are published."""

SetOverlays = Callable[[Mapping[HealthCheckId, Overlay]], None]


class NothingMatches(Exception):
    """A pattern that matches no declared health check, and no target of a resource."""

    def __init__(self, pattern: Pattern, contents: DomainContents) -> None:
        unchecked = unchecked_text(pattern, contents.unchecked)
        super().__init__(f"{pattern} matches no health check{f': {unchecked}' if unchecked else ''}")
        self.pattern = pattern


class TooManyRules(Exception):
    """A call would add one more forced status than can be held."""

    def __init__(self) -> None:
        lift = "force one of these patterns auto, or lift them all with dnsemu reset --only forced"
        super().__init__(f"calls hold {MAX_RULES} forced statuses already, which is the bound: {lift}")


@dataclass(slots=True)
class _Known:
    """The contents of patterns in what is declared; the links are found when they are needed first."""

    declared: Declared
    contents: dict[Pattern, DomainContents] = field(default_factory=dict)
    links: Links | None = None


class _Sorted(NamedTuple):
    """The ids that fail with a domain, sorted."""

    contents: DomainContents
    ids: list[HealthCheckId]


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
        self._known = _Known(Declared(World(), Catalog.of(())))
        """The present declaration, and the contents of each pattern in it."""
        self._prepared: deque[_Known] = deque(maxlen=MAX_PREPARED)
        self._overlaid: dict[HealthCheckId, Overlay] = {}
        """The overlays that were set last."""
        self._sorted: dict[Pattern, _Sorted] = {}
        self._overlay_of: dict[ForceRule, Overlay] = {}
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
            TooManyRules: there are `MAX_RULES` others.
        """
        matching = self._matching({rule.pattern})[rule.pattern]
        if not matching.failing:
            raise NothingMatches(rule.pattern, matching)
        self._drop_expired()
        kept = [earlier for earlier in self._called if earlier.pattern != rule.pattern or _outlasts(earlier, rule)]
        if len(kept) >= MAX_RULES:
            raise TooManyRules
        self._called = (*kept, rule)
        self._refresh()
        return matching

    def read(self, rules: Sequence[ForceRule]) -> None:
        """Replaces the force file's rules."""
        self._from_file = tuple(rules)
        self._refresh()
        for rule in self._from_file:
            if not self._known.contents[rule.pattern].failing:
                log.warning("a forced status matches no health check", pattern=str(rule.pattern))
            if unchecked := self.unchecked_text(rule):
                log.warning("a forced status leaves record sets answering", pattern=str(rule.pattern), reason=unchecked)

    def lose(self, targets: Mapping[HealthCheckId, Overlay]) -> None:
        """Holds targets that nothing checks, until the next call; rules override them."""
        self._lost = targets
        self._refresh()

    def apply(self, world: World, catalog: Catalog) -> None:
        """Matches the rules against what is declared now; `catalog` was compiled from `world`."""
        declared = Declared(world, catalog)
        while self._prepared:  # an earlier one is never applied any more
            self._known = self._prepared.popleft()
            if self._known.declared.is_same(declared):
                break
        else:
            self._known = _Known(declared)
        self._refresh()

    def search(self, patterns: Iterable[Pattern]) -> Steps[None]:
        """Does the long part of `force` and `read` before them, in steps."""
        known = self._known
        missing = set(patterns) - known.contents.keys()
        if missing:
            found = yield from domain_contents(missing, *known.declared)
            known.contents = {**known.contents, **found}  # a new mapping: other steps may be walking over the old one

    def prepare(self, before: Declared, after: Declared, writes: Sequence[Write]) -> Steps[None]:
        """Does the long part of `apply` before it, in steps: matches the rules against what a step's writes declare.

        Args:
            before: what was declared before the writes.
        """
        patterns = {rule.pattern for rule in self.rules}
        if not patterns:
            return
        candidates = (self._known, *self._prepared)
        known = next((known for known in candidates if known.declared.is_same(before)), None)
        found = (yield from _updated(known, after, writes)) if known is not None else None
        if found is None:
            found = _Known(after, (yield from domain_contents(patterns, *after)))
        self._prepared.append(found)

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
            for contents in self._known.contents.values()
            for id in sorted(contents.lost_targets)
            if id in overlays
        }

    def unchecked_text(self, rule: ForceRule) -> str | None:
        """A warning of the record sets that go on answering although a rule takes their failure domain down."""
        contents = self._known.contents.get(rule.pattern)
        if contents is None or rule.status != Status.UNHEALTHY.value:
            return None
        return unchecked_text(rule.pattern, contents.unchecked) or None

    def _matching(self, patterns: Set[Pattern]) -> dict[Pattern, DomainContents]:
        """The contents of each pattern; all new patterns are searched for in one pass over the record sets."""
        at_once(self.search(patterns))
        return {pattern: self._known.contents[pattern] for pattern in patterns}

    def _drop_expired(self) -> None:
        now = self._scheduler.clock.now()
        self._from_file = tuple(rule for rule in self._from_file if rule.until is None or rule.until > now)
        self._called = _without_idle(
            [rule for rule in self._called if rule.until is None or rule.until > now],
            has_earlier_rules=bool(self._from_file),
        )

    def _refresh(self, _at: float = 0.0) -> None:
        """Drops expired rules, sets the overlays of the others, and runs again when the next rule expires."""
        self._drop_expired()
        self._known.contents = self._matching({rule.pattern for rule in self.rules})
        overlays = self._overlays()
        if overlays != self._overlaid:
            self._overlaid = overlays
            self._set_overlays(overlays)
        if self._expiry is not None:
            self._expiry.cancel()
        ends = [rule.until for rule in self.rules if rule.until is not None]
        self._expiry = self._scheduler.call_at(min(ends), self._refresh) if ends else None

    def _overlays(self) -> dict[HealthCheckId, Overlay]:
        """The overlays of all rules; their order is that of the rules, then of the ids."""
        overlays: dict[HealthCheckId, Overlay] = dict(self._lost)
        kept, self._overlay_of = self._overlay_of, {}
        order, self._sorted = self._sorted, {}
        for rule in self.rules:
            found = _in_order(self._known.contents[rule.pattern], order.get(rule.pattern))
            self._sorted[rule.pattern] = found
            if rule.status is None:
                for check_id in found.ids:
                    overlays.pop(check_id, None)
            else:
                overlay = kept.get(rule) or Overlay(Status(rule.status), str(rule.pattern), rule.until)
                self._overlay_of[rule] = overlay
                overlays.update(dict.fromkeys(found.ids, overlay))
        return overlays


def _in_order(contents: DomainContents, before: "_Sorted | None") -> "_Sorted":
    """The ids that fail with a domain, sorted; sorting is saved if the same ones failed before."""
    if before is not None and (before.contents is contents or before.contents.failing == contents.failing):
        return _Sorted(contents, before.ids)
    return _Sorted(contents, sorted(contents.failing))


def _updated(known: "_Known", after: Declared, writes: Sequence[Write]) -> Steps["_Known | None"]:
    """The contents after a step's writes, without a search; None if only a search can tell."""
    if known.links is None:
        known.links = yield from links_of(*known.declared)
    contents = yield from updated(known.contents, known.links, known.declared, after, writes)
    return _Known(after, dict(contents), known.links) if contents is not None else None


def _outlasts(earlier: ForceRule, later: ForceRule) -> bool:
    return later.until is not None and (earlier.until is None or earlier.until > later.until)


def _without_idle(rules: Sequence[ForceRule], *, has_earlier_rules: bool) -> tuple[ForceRule, ...]:
    """The rules without leading `auto`s, which have nothing to remove unless the file has rules."""
    kept: list[ForceRule] = []
    for rule in rules:
        if rule.status is not None or kept or has_earlier_rules:
            kept.append(rule)
    return tuple(kept)
