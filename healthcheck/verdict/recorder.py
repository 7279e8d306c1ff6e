"""Writes what happens to health checks into the history; the events of a large change are added in steps."""

from collections.abc import Iterable, Mapping
from functools import partial

from dnsemu.config.model.health_checks import HealthCheck, HealthCheckId
from dnsemu.config.model.resources import target_label
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.verdict.check_state import HealthCheckState, Overlay
from dnsemu.healthcheck.verdict.history import EventKind, History
from dnsemu.healthcheck.verdict.snapshot import Status


class Recorder:
    """Adds events in the order of its calls."""

    def __init__(self, history: History) -> None:
        self._history = history

    def record(
        self,
        kind: EventKind,
        check: HealthCheck,
        old: Status | None,
        new: Status | None,
        cause: str,
        at: float,
        checker: Checker | None = None,
    ) -> None:
        """Adds one event."""
        self._history.note((partial(self._add, kind, check, old, new, cause, at, checker),))

    def statuses(self, moved: Iterable[tuple[HealthCheckState, Status]], at: float, cause: str | None = None) -> None:
        """Adds changes of statuses.

        Args:
            moved: the states with their old statuses.
            cause: the summaries of the states without.
        """
        self._history.note([partial(self._status, state, old, state.status, cause, at) for state, old in moved])

    def declared(self, affected: Iterable[HealthCheckState], was: Mapping[HealthCheckId, Status], at: float) -> None:
        """Adds what a declaration changed; states without an old status are new."""
        records = []
        for state in affected:
            old = was.get(state.check.id)
            if old is not state.status:
                kind, cause = EventKind.STATUS, "declaration changed"
                if old is None:
                    kind, cause = EventKind.DECLARED, "declared"
                records.append(partial(self._add, kind, state.check, old, state.status, cause, at))
        self._history.note(records)

    def forced(self, changes: Iterable[tuple[HealthCheck, Overlay | None, Overlay | None]], at: float) -> None:
        """Adds overlays that were set, changed or removed, each after the one before."""
        self._history.note(
            [partial(self._forced, *change, at) for change in changes if _status(change[1]) is not _status(change[2])]
        )

    def targets(self, changes: Iterable[tuple[HealthCheckId, Overlay | None, Overlay | None]], at: float) -> None:
        """Adds overlays of targets like `forced`; a target without one is forgotten."""
        self._history.note([partial(self._target, *change, at) for change in changes])

    def _status(self, state: HealthCheckState, old: Status, new: Status, cause: str | None, at: float) -> None:
        self._add(EventKind.STATUS, state.check, old, new, state.summary if cause is None else cause, at)

    def _forced(self, check: HealthCheck, before: Overlay | None, after: Overlay | None, at: float) -> None:
        self._add(EventKind.FORCED, check, _status(before), _status(after), _cause(after), at)

    def _target(self, id: HealthCheckId, before: Overlay | None, after: Overlay | None, at: float) -> None:
        old, new = _status(before), _status(after)
        if old is not new:
            cause, name, kind = _cause(after), target_label(id), EventKind.FORCED
            self._history.add(at=at, kind=kind, check_id=id, old=old, new=new, cause=cause, name=name)
        if after is None:
            self._history.forget(id)

    def _add(
        self,
        kind: EventKind,
        check: HealthCheck,
        old: Status | None,
        new: Status | None,
        cause: str,
        at: float,
        checker: Checker | None = None,
    ) -> None:
        self._history.add(
            at=at, kind=kind, check_id=check.id, checker=checker, old=old, new=new, cause=cause, name=check.name
        )


def _status(overlay: Overlay | None) -> Status | None:
    return overlay.status if overlay is not None else None


def _cause(overlay: Overlay | None) -> str:
    return f"forced by {overlay.by}" if overlay is not None else "no longer forced"
