"""Endpoint faults: endpoints that fail on purpose, so that probes observe the failure as they would a real one.

A forced status changes a verdict at once. An endpoint fault changes what the checkers see, so detection takes its time.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dnsemu.config.errors import quoted
from dnsemu.config.model.batches import at_once
from dnsemu.config.model.failing import Failing, FailureWay
from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, HealthCheckId
from dnsemu.config.model.world import World
from dnsemu.config.text.durations import duration_text, parse_duration
from dnsemu.config.text.suggestions import nearest
from dnsemu.faults.failure_domains import DomainContents, domain_contents
from dnsemu.faults.forced_statuses import Forcing, NothingMatches
from dnsemu.faults.patterns import Pattern
from dnsemu.healthcheck.verdict.check_state import Overlay
from dnsemu.healthcheck.verdict.snapshot import Status
from dnsemu.publication.board import Board, Difference, Published
from dnsemu.zone.catalog import Catalog

HOW = 'refuse, timeout, "slow: 5s", "status: 503" or "body: TEXT"'

MAX_BODY_CHARACTERS = 65_536
"""Characters of the body that a failing endpoint answers with."""

SetFailing = Callable[[Mapping[HealthCheckId, Failing]], None]


@dataclass(frozen=True, slots=True)
class EndpointFault:
    """The endpoints of a failure domain fail; `how` None: those that earlier faults took down are up again."""

    pattern: Pattern
    how: Failing | None


class NothingFails(Exception):
    """A pattern to heal that matches no endpoint that fails."""

    def __init__(self, pattern: Pattern, failing: tuple[str, ...]) -> None:
        instead = f"what fails is {', '.join(failing)}" if failing else "no endpoint fails on purpose"
        super().__init__(f"nothing that {pattern} matches fails on purpose: {instead}")


class EndpointFaults:
    """The faults in force; a later one overrides an earlier one where both match.

    Targets without a health check have no endpoint that is probed: they are unhealthy at once, by an overlay.
    """

    def __init__(self, board: Board, forcing: Forcing, set_failing: SetFailing) -> None:
        self._forcing = forcing
        self._set_failing = set_failing
        self._faults: tuple[EndpointFault, ...] = ()
        self._declared = World(), Catalog.of(())
        self._contents: dict[Pattern, DomainContents] = {}
        board.subscribe(self._on_published)

    @property
    def faults(self) -> tuple[EndpointFault, ...]:
        """The faults in order, the last one strongest."""
        return self._faults

    def _on_published(self, published: Published, _difference: Difference) -> None:
        """Matches the faults against what is declared now."""
        self._declared = published.world, published.catalog
        if self._faults:
            self._refresh()

    def fail(self, pattern: Pattern, how: Failing) -> DomainContents:
        """Makes the endpoints of a failure domain fail; returns everything that it matches.

        Raises:
            NothingMatches: it matches no health check and no target.
        """
        contents = at_once(domain_contents({pattern}, *self._declared))[pattern]
        if not contents.failing:
            raise NothingMatches(pattern, contents)
        kept = [fault for fault in self._faults if fault.pattern != pattern]
        self._faults = (*kept, EndpointFault(pattern, how))
        self._refresh()
        return contents

    def heal(self, pattern: Pattern) -> None:
        """Ends the faults of everything that a pattern matches.

        Raises:
            NothingFails: nothing that it matches fails.
        """
        contents = at_once(domain_contents({pattern}, *self._declared))[pattern]
        ends = {*failing_endpoints(contents, self._declared[0]), *contents.lost_targets}
        if ends.isdisjoint(self._down()) and pattern not in {fault.pattern for fault in self._faults}:
            raise NothingFails(pattern, tuple(str(fault.pattern) for fault in self._faults if fault.how))
        self._faults = tuple(fault for fault in self._faults if fault.pattern != pattern)
        self._match()
        if not ends.isdisjoint(self._down()):
            self._faults = (*self._faults, EndpointFault(pattern, None))
        self._refresh()

    def end_all(self) -> None:
        """Ends all faults."""
        if self._faults:
            self._faults = ()
            self._refresh()

    def _refresh(self) -> None:
        self._match()
        if any(fault.how is None for fault in self._faults) and not self._down():
            self._faults = ()  # all that failed is healed
        self._set_failing(self._failing())
        self._forcing.lose(self._lost_targets())

    def _match(self) -> None:
        patterns = {fault.pattern for fault in self._faults}
        self._contents = at_once(domain_contents(patterns, *self._declared)) if patterns else {}

    def _down(self) -> set[HealthCheckId]:
        return {*self._failing(), *self._lost_targets()}

    def _failing(self) -> dict[HealthCheckId, Failing]:
        """The endpoints that fail, by their health checks."""
        failing: dict[HealthCheckId, Failing] = {}
        for fault in self._faults:
            for check_id in failing_endpoints(self._contents[fault.pattern], self._declared[0]):
                if fault.how is None:
                    failing.pop(check_id, None)
                else:
                    failing[check_id] = fault.how
        return failing

    def _lost_targets(self) -> dict[HealthCheckId, Overlay]:
        held: dict[HealthCheckId, Overlay] = {}
        for fault in self._faults:
            contents = self._contents[fault.pattern]
            overlay = Overlay(Status.UNHEALTHY, str(fault.pattern))
            for target_id in sorted(contents.lost_targets):
                if fault.how is None:
                    held.pop(target_id, None)
                else:
                    held[target_id] = overlay
        return held


def failing_endpoints(contents: DomainContents, world: World) -> Iterator[HealthCheckId]:
    """The endpoints that fail with a failure domain, by their health checks.

    A calculated check has no endpoint: those of its children fail, except a child that a record set outside the domain
    names.
    """
    inside = {id(record_set) for record_set in contents.record_sets}
    elsewhere: set[HealthCheckId] | None = None
    waiting, seen = sorted(contents.health_checks), set(contents.health_checks)
    while waiting:
        check = world.health_checks.get(waiting.pop())
        if check is not None and isinstance(check.config, EndpointCheck):
            yield check.id
        elif check is not None and isinstance(check.config, CalculatedCheck):
            if elsewhere is None:
                elsewhere = _named_outside(inside, world) if inside else set()  # a pattern of ids means its children
            children = [child for child in check.config.children if child not in seen | elsewhere]
            seen.update(children)
            waiting += children


def _named_outside(inside: set[int], world: World) -> set[HealthCheckId]:
    """The health checks that record sets outside a failure domain name."""
    all_sets = (record_set for zone in world.hosted_zones.values() for record_set in zone.record_sets.values())
    return {r.health_check_id for r in all_sets if r.health_check_id is not None and id(r) not in inside}


# --- how an endpoint fails, as users write it ---


def parse_failing(value: Any) -> Failing:
    """Reads `refuse`, `timeout`, `slow: 5s`, `status: 503` or `body: TEXT`, as text or as a mapping of one key.

    Raises:
        ValueError: anything else; the message says what to write.
    """
    if isinstance(value, str):
        word, colon, rest = value.partition(":")
        word, given = word.strip(), rest.strip() if colon else None
    elif isinstance(value, dict) and len(value) == 1:
        word, given = next(iter(value.items()))
    else:
        raise ValueError(f"write {HOW}")
    kinds = [kind.value for kind in FailureWay]
    if word not in kinds:
        near = nearest(str(word), kinds)
        raise ValueError(f"{quoted(str(word))} is no way to fail: write {near or HOW}")
    return _failing(FailureWay(word), given)


def _failing(kind: FailureWay, given: Any) -> Failing:
    match kind:
        case FailureWay.SLOW:
            return Failing(kind, slow_s=parse_duration(str(given)) if given is not None else _lacks("slow: 5s"))
        case FailureWay.STATUS:
            if isinstance(given, bool) or not str(given).isdecimal() or not 400 <= int(given) <= 599:
                raise ValueError(f"{quoted(str(given))} is no status that fails: write one from 400 to 599")
            return Failing(kind, status=int(given))
        case FailureWay.BODY:
            if not isinstance(given, str) or len(given) > MAX_BODY_CHARACTERS:
                raise ValueError(f"write the text of the body, at most {MAX_BODY_CHARACTERS} characters, as body: TEXT")
            return Failing(kind, body=given)
    if given is not None:
        raise ValueError(f"{kind.value} takes nothing more: write {kind.value}")
    return Failing(kind)


def _lacks(example: str) -> float:
    raise ValueError(f"the duration is missing: write for example {example}")


def failing_text(how: Failing) -> str:
    """Writes how an endpoint fails, as `parse_failing` reads it."""
    match how.kind:
        case FailureWay.SLOW:
            return f"slow: {duration_text(how.slow_s)}"
        case FailureWay.STATUS:
            return f"status: {how.status}"
        case FailureWay.BODY:
            return f"body: {how.body}"
    return str(how.kind.value)
