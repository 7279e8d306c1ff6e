"""Forced statuses: the lines of the force file, then what was called for; later ones override earlier ones."""

from collections.abc import Callable, Mapping, Sequence

import structlog

from dnsemu.clock.jobs import Timer
from dnsemu.clock.scheduler import Scheduler
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.world import World
from dnsemu.faults.force_rules import ForceRule, Pattern
from dnsemu.faults.matching import checks_meant
from dnsemu.healthcheck.verdict.check_state import Overlay
from dnsemu.healthcheck.verdict.snapshot import Status

log = structlog.get_logger()

LayOver = Callable[[Mapping[HealthCheckId, Overlay]], None]


class NothingMeant(Exception):
    """A pattern that means no declared health check."""

    def __init__(self, pattern: Pattern) -> None:
        super().__init__(f"no health check is meant by {pattern}")
        self.pattern = pattern


class Forcing:
    """The rules in force, and the overlays that follow from them.

    An `auto` takes away what earlier rules laid over the checks that it means. A rule that has run out is dropped.
    """

    def __init__(self, scheduler: Scheduler, lay_over: LayOver) -> None:
        self._scheduler = scheduler
        self._lay_over = lay_over
        self._world = World()
        self._called: tuple[ForceRule, ...] = ()
        self._from_file: tuple[ForceRule, ...] = ()
        self._expiry: Timer | None = None

    @property
    def from_file(self) -> tuple[ForceRule, ...]:
        """The force file's rules, but for those that have run out."""
        return self._from_file

    @property
    def called(self) -> tuple[ForceRule, ...]:
        """The rules that were called for, but for those that have run out."""
        return self._called

    @property
    def rules(self) -> tuple[ForceRule, ...]:
        """All rules, in the order in which they count."""
        return (*self._from_file, *self._called)

    def force(self, rule: ForceRule) -> set[HealthCheckId]:
        """Add a rule, in place of those of the same pattern that do not outlast it; returns the checks that it means.

        Raises:
            NothingMeant: it means no check.
        """
        meant = checks_meant(rule.pattern, self._world)
        if not meant:
            raise NothingMeant(rule.pattern)
        kept = [earlier for earlier in self._called if earlier.pattern != rule.pattern or _outlasts(earlier, rule)]
        self._called = (*kept, rule)
        self._settle()
        return meant

    def read(self, rules: Sequence[ForceRule]) -> None:
        """Take over the force file's rules, instead of those that it had before."""
        self._from_file = tuple(rules)
        self._settle()
        for rule in rules:
            if not checks_meant(rule.pattern, self._world):
                log.warning("a forced status means no health check", pattern=str(rule.pattern))

    def apply(self, world: World) -> None:
        """Mean the checks of what is declared now."""
        self._world = world
        self._settle()

    def forget(self) -> None:
        """Drop what was called for; the file's rules stay."""
        self._called = ()
        self._settle()

    def _settle(self, _at: float = 0.0) -> None:
        """Lay over what follows from the rules, and look again when the next one runs out."""
        now = self._scheduler.clock.now()
        self._from_file = tuple(rule for rule in self._from_file if rule.until is None or rule.until > now)
        self._called = _without_idle(
            [rule for rule in self._called if rule.until is None or rule.until > now], bool(self._from_file)
        )
        overlays: dict[HealthCheckId, Overlay] = {}
        for rule in self.rules:
            for check_id in checks_meant(rule.pattern, self._world):
                if rule.status is None:
                    overlays.pop(check_id, None)
                else:
                    overlays[check_id] = Overlay(Status(rule.status), str(rule.pattern), rule.until)
        self._lay_over(overlays)
        if self._expiry is not None:
            self._expiry.cancel()
        ends = [rule.until for rule in self.rules if rule.until is not None]
        self._expiry = self._scheduler.call_at(min(ends), self._settle) if ends else None


def _outlasts(earlier: ForceRule, later: ForceRule) -> bool:
    return later.until is not None and (earlier.until is None or earlier.until > later.until)


def _without_idle(rules: Sequence[ForceRule], stands_on_others: bool) -> tuple[ForceRule, ...]:
    """The rules without those that say `auto` before anything was forced."""
    kept: list[ForceRule] = []
    for rule in rules:
        if rule.status is not None or kept or stands_on_others:
            kept.append(rule)
    return tuple(kept)
