"""Tracks the state of every health check and computes the statuses: arithmetic and bookkeeping, no waiting.

An observation, an overlay, a signal or a new declaration may change a verdict. The effective statuses on the board are
updated at once, also those of calculated checks (H85). Then the changes are added to the history.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import heappop, heappush
from types import MappingProxyType

from dnsemu.config.model.health_checkers import HealthCheckers
from dnsemu.config.model.health_checks import (
    CalculatedCheck,
    EndpointCheck,
    HealthCheck,
    HealthCheckId,
    MetricCheck,
    RecoveryCheck,
)
from dnsemu.config.model.resources import is_target_id
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.verdict.calculated import evaluation_order, is_threshold_met
from dnsemu.healthcheck.verdict.check_state import HealthCheckState, Overlay, state_for
from dnsemu.healthcheck.verdict.history import EventKind, History
from dnsemu.healthcheck.verdict.quorum import is_effectively_healthy, is_quorate
from dnsemu.healthcheck.verdict.recorder import Recorder
from dnsemu.healthcheck.verdict.results import Observation
from dnsemu.healthcheck.verdict.signals import (
    AlarmState,
    NoSuchSource,
    SignalSource,
    SignalState,
    is_healthy_by_signal,
    source_of,
)
from dnsemu.healthcheck.verdict.snapshot import HealthBoard, Status


class UnknownHealthCheck(Exception):
    """A call named a health check that is not declared."""

    def __init__(self, check_id: HealthCheckId, named: Collection[HealthCheckId] = ()) -> None:
        several = f"{len(named)} health checks are named {check_id}: write an id, such as {min(named, default='')}"
        super().__init__(several if named else f"No health check exists with the specified ID {check_id}")
        self.check_id = check_id
        self.rule = "" if named else "H103"


class StatusTracker:
    """The states of all health checks, and the board on which their effective statuses are published."""

    def __init__(self, board: HealthBoard, history: History) -> None:
        self._board = board
        self._recorder = Recorder(history)
        self._states: dict[HealthCheckId, HealthCheckState] = {}
        self._fleet: HealthCheckers | None = None
        self._overlaid: dict[HealthCheckId, None] = {}
        self._targets: dict[HealthCheckId, Overlay] = {}
        self._parents: dict[HealthCheckId, list[HealthCheckId]] = {}
        self._order: dict[HealthCheckId, int] = {}
        """Calculated checks by their number in the order of evaluation, children first."""
        self._signals: dict[SignalSource, SignalState] = {}
        self._followers: dict[SignalSource, list[HealthCheckId]] = {}

    def state(self, check_id: HealthCheckId) -> HealthCheckState:
        """The state of a health check.

        Raises:
            UnknownHealthCheck: it is not declared.
        """
        try:
            return self._states[check_id]
        except KeyError:
            raise UnknownHealthCheck(check_id) from None

    def states(self) -> Iterable[HealthCheckState]:
        """The states of all health checks, in order of declaration."""
        return self._states.values()

    def is_declared(self, check_id: HealthCheckId) -> bool:
        """True if there is a check of this id."""
        return check_id in self._states

    def is_declared_and_healthy(self, check_id: HealthCheckId) -> bool:
        """True if a check counts as a healthy child; one that is not declared does not (H84)."""
        state = self._states.get(check_id)
        return state is not None and state.status is Status.HEALTHY

    def apply(self, checks: Mapping[HealthCheckId, HealthCheck], fleet: HealthCheckers, now: float) -> None:
        """Applies a declaration: unchanged checks keep their verdicts, removed ones are forgotten.

        All new statuses are published in one step. The first declaration adds nothing to the history.
        """
        before, is_same_fleet = self._states, fleet == self._fleet
        self._fleet = fleet
        self._states = {}
        changed: list[HealthCheckState] = []
        for check_id, check in checks.items():
            state = before.get(check_id)
            if state is None or state.check is not check or not is_same_fleet:
                state = state_for(check, fleet, now, old=state)
                changed.append(state)
            self._states[check_id] = state
        removed = [check_id for check_id in before if check_id not in self._states]
        self._index_relations()
        for source, signal in self._signals.items():
            for check_id in self._followers[source]:
                _apply_signal(self._states[check_id], signal)
        affected = self._affected(changed, removed)
        was = {state.check.id: state.status for state in affected if state.check.id in before}
        for state in affected:
            state.observed, state.status = self._evaluate(state)
        with self._board.current.status.mutate() as status:
            for check_id in removed:
                del status[check_id]
            status.update({state.check.id: state.status for state in affected})
            self._board.publish(status.finish())
        if before:
            for state in affected:
                if was.get(state.check.id, state.status) is not state.status:
                    state.since = now
            self._recorder.declared(affected, was, now)
            for check_id in removed:
                self._recorder.record(
                    EventKind.REMOVED, before[check_id].check, before[check_id].status, None, "no longer declared", now
                )

    def reset(self, now: float) -> None:
        """Puts all checks back to their state just after the first declaration; overlays stay.

        Signals are forgotten. All new statuses are published in one step.
        """
        self._signals = {}
        was = {check_id: state.status for check_id, state in self._states.items()}
        for state in self._states.values():
            state.restart(now)
        for state in sorted(self._states.values(), key=self._position):
            state.observed, state.status = self._evaluate(state)
        with self._board.current.status.mutate() as status:
            status.update({check_id: state.status for check_id, state in self._states.items()})
            self._board.publish(status.finish())
        moved = [
            (state, was[check_id]) for check_id, state in self._states.items() if was[check_id] is not state.status
        ]
        self._recorder.statuses(moved, now, "reset")

    def record(self, check_id: HealthCheckId, checker: Checker, observation: Observation) -> None:
        """Adds one observation; ignored if the check or the checker is no longer declared."""
        state = self._states.get(check_id)
        checker_state = state.checkers.get(checker) if state else None
        if state is None or checker_state is None or not isinstance(state.check.config, EndpointCheck):
            return
        success = observation.result.success
        checker_state.last = observation
        if not success:
            checker_state.last_failure = observation
        was = checker_state.streak
        now = checker_state.streak = was.after(success=success, threshold=state.check.config.failure_threshold)
        has_flipped = was.is_healthy is not now.is_healthy
        moved = self._update([state], observation.at) if has_flipped or not was.is_reporting else []
        if has_flipped:
            old, new = Status.of(is_healthy=was.is_healthy), Status.of(is_healthy=now.is_healthy)
            self._recorder.record(EventKind.VOTE, state.check, old, new, observation.text, observation.at, checker)
        self._recorder.statuses(moved, observation.at)

    def set_overlays(self, overlays: Mapping[HealthCheckId, Overlay], now: float) -> None:
        """Replaces all overlays.

        An overlay replaces the raw status: disabling and inversion still apply to it (H162). It is the whole status of
        a target. Checks that are not declared are ignored.
        """
        self._overlay_targets({id: overlay for id, overlay in overlays.items() if is_target_id(id)}, now)
        named = {**self._overlaid, **dict.fromkeys(overlays)}
        states = [self._states[check_id] for check_id in named if check_id in self._states]
        changed = [state for state in states if overlays.get(state.check.id) != state.overlay]
        self._overlaid = dict.fromkeys(overlays)
        forced = [(state.check, state.overlay, overlays.get(state.check.id)) for state in changed]
        for state, (_, _, overlay) in zip(changed, forced, strict=True):
            state.overlay = overlay
        moved = self._update_overlaid(changed, now)
        self._recorder.forced(forced, now)
        self._recorder.statuses(moved, now)

    def target_overlay(self, target_id: HealthCheckId) -> Overlay | None:
        """The overlay of a resource's target, if its failure domain is forced."""
        return self._targets.get(target_id)

    def _overlay_targets(self, overlays: dict[HealthCheckId, Overlay], now: float) -> None:
        """Replaces the overlays of targets; a target without one has no status, and counts as healthy."""
        before, self._targets = self._targets, overlays
        statuses: dict[HealthCheckId, Status | None] = {id: None for id in before if id not in overlays}
        statuses |= {
            id: overlay.status if overlay.status is Status.UNHEALTHY else None for id, overlay in overlays.items()
        }
        self._board.put(statuses)
        ids = [id for id in {**before, **overlays} if before.get(id) != overlays.get(id)]
        self._recorder.targets([(id, before.get(id), overlays.get(id)) for id in ids], now)

    def set_signal(self, source: SignalSource, signal: SignalState, now: float) -> None:
        """Sets an alarm's data state (H87) or a routing control (H93); the checks that follow it change at once.

        Raises:
            NoSuchSource: no health check follows it.
        """
        followers = self._followers.get(source)
        if followers is None:
            raise NoSuchSource(source)
        self._signals[source] = signal
        states = [self._states[check_id] for check_id in followers]
        for state in states:
            _apply_signal(state, signal)
        self._recorder.statuses(self._update(states, now), now)

    def signals(self) -> Mapping[SignalSource, SignalState | None]:
        """Every alarm and routing control that is followed, with its last state."""
        return {source: self._signals.get(source) for source in self._followers}

    def _index_relations(self) -> None:
        """Indexes parents by child, their order, and followers by signal source; forgets signals without followers."""
        self._parents = {}
        self._followers = {}
        calculated: dict[HealthCheckId, tuple[HealthCheckId, ...]] = {}
        for check_id, state in self._states.items():
            config = state.check.config
            if isinstance(config, CalculatedCheck):
                calculated[check_id] = config.children
                for child in dict.fromkeys(config.children):
                    self._parents.setdefault(child, []).append(check_id)
            elif (source := source_of(config)) is not None:
                self._followers.setdefault(source, []).append(check_id)
        self._order = evaluation_order(calculated)
        self._signals = {source: signal for source, signal in self._signals.items() if source in self._followers}

    def _affected(
        self, changed: Iterable[HealthCheckState], removed: Iterable[HealthCheckId]
    ) -> list[HealthCheckState]:
        """The changed checks, and all above changed and removed ones; children first."""
        found = {state.check.id: state for state in changed}
        waiting = [*found, *removed]
        while waiting:
            for parent in self._parents.get(waiting.pop(), ()):
                if parent not in found:
                    found[parent] = self._states[parent]
                    waiting.append(parent)
        return sorted(found.values(), key=self._position)

    def _update(
        self,
        changed: Iterable[HealthCheckState],
        now: float,
        updated: Mapping[HealthCheckId, Status] = MappingProxyType({}),
    ) -> list[tuple[HealthCheckState, Status]]:
        """Updates statuses, then those of parents; returns the states whose status changed, with the old status.

        Each check is evaluated once, after its children: a parent has a higher position than what it is reached from.
        All are published in one step.

        Args:
            updated: statuses that are updated already, to be published in the same step.
        """
        statuses: dict[HealthCheckId, Status | None] = dict(updated)
        moved: list[tuple[HealthCheckState, Status]] = []
        waiting: list[tuple[int, int, HealthCheckState]] = []
        seen: set[HealthCheckId] = set()

        def add(state: HealthCheckState) -> None:
            if state.check.id not in seen:
                seen.add(state.check.id)
                heappush(waiting, (self._position(state), len(seen), state))

        for state in changed:
            add(state)
        while waiting:
            position, _, state = heappop(waiting)
            state.observed, status = self._evaluate(state)
            if status is state.status:
                continue
            moved.append((state, state.status))
            state.status, state.since = status, now
            statuses[state.check.id] = status
            for parent in map(self._states.__getitem__, self._parents.get(state.check.id, ())):
                if self._position(parent) > position:
                    add(parent)
        self._board.put(statuses)
        return moved

    def _update_overlaid(
        self, changed: Sequence[HealthCheckState], now: float
    ) -> list[tuple[HealthCheckState, Status]]:
        """Updates statuses like `_update` after overlays changed, which changes nothing that was observed."""
        moved: list[tuple[HealthCheckState, Status]] = []
        statuses: dict[HealthCheckId, Status] = {}
        above: dict[HealthCheckId, HealthCheckState] = {}
        for state in changed:
            if state.check.id in self._order:  # its children may change too
                above[state.check.id] = state
                continue
            status = state.observed if state.overlay is None else _overlaid(state.check, state.overlay)
            if status is not state.status:
                moved.append((state, state.status))
                state.status, state.since = status, now
                statuses[state.check.id] = status
                above.update((parent, self._states[parent]) for parent in self._parents.get(state.check.id, ()))
        return moved + self._update(above.values(), now, statuses)

    def _position(self, state: HealthCheckState) -> int:
        """The position in the order of evaluation; 0 for a check that does not depend on others."""
        return self._order.get(state.check.id, 0)

    def _evaluate(self, state: HealthCheckState) -> tuple[Status, Status]:
        """The observed status and the effective one."""
        check = state.check
        raw = self._is_raw_healthy(state)
        overlaid = raw if state.overlay is None else state.overlay.status is Status.HEALTHY
        observed = is_effectively_healthy(raw=raw, inverted=check.inverted, disabled=check.disabled)
        effective = is_effectively_healthy(raw=overlaid, inverted=check.inverted, disabled=check.disabled)
        return Status.of(is_healthy=observed), Status.of(is_healthy=effective)

    def _is_raw_healthy(self, state: HealthCheckState) -> bool:
        config = state.check.config
        if isinstance(config, EndpointCheck):
            return is_quorate(*state.votes)
        if isinstance(config, CalculatedCheck):
            children = {child: self.is_declared_and_healthy(child) for child in config.children}
            state.unhealthy_children = tuple(
                sorted(self._label(child) for child, is_healthy in children.items() if not is_healthy)
            )
            return is_threshold_met(children.values(), config.health_threshold)
        assert isinstance(config, MetricCheck | RecoveryCheck)
        return is_healthy_by_signal(config, state.signal, was_healthy=state.was_healthy)

    def _label(self, check_id: HealthCheckId) -> str:
        return self._states[check_id].check.label if check_id in self._states else check_id

    def ids_named(self, name: str) -> tuple[HealthCheckId, ...]:
        """The health checks that people call so."""
        return tuple(check_id for check_id, state in self._states.items() if state.check.name == name)


def _overlaid(check: HealthCheck, overlay: Overlay) -> Status:
    """The effective status of a check with an overlay."""
    raw = overlay.status is Status.HEALTHY
    return Status.of(is_healthy=is_effectively_healthy(raw=raw, inverted=check.inverted, disabled=check.disabled))


def _apply_signal(state: HealthCheckState, signal: SignalState) -> None:
    state.signal = signal
    if signal in (AlarmState.OK, AlarmState.ALARM):
        state.was_healthy = signal is AlarmState.OK
