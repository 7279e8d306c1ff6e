"""What is known of every health check, and the verdicts that follow: arithmetic and bookkeeping, no waiting.

Whatever changes a verdict, an observation, an overlay, a signal or a new declaration, the effective statuses on the
board follow at once, those of calculated checks too (H85). What changed is then told to the history.
"""

from collections.abc import Iterable, Mapping

from dnsemu.config.model.health_checkers import HealthCheckers
from dnsemu.config.model.health_checks import (
    CalculatedCheck,
    EndpointCheck,
    HealthCheck,
    HealthCheckId,
    MetricCheck,
    RecoveryCheck,
)
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.verdict.calculated import is_met
from dnsemu.healthcheck.verdict.entry import Entry, Overlay, taken_over
from dnsemu.healthcheck.verdict.history import EventKind, History
from dnsemu.healthcheck.verdict.observation import Observation
from dnsemu.healthcheck.verdict.quorum import is_effective, is_quorate
from dnsemu.healthcheck.verdict.signals import AlarmState, NoSuchSource, Source, State, is_healthy_by, source_of
from dnsemu.healthcheck.verdict.snapshot import HealthBoard, Status


class UnknownHealthCheck(Exception):
    """A call named a health check that is not declared."""

    def __init__(self, check_id: HealthCheckId) -> None:
        super().__init__(f"No health check exists with the specified ID {check_id}")
        self.check_id = check_id


class Ledger:
    """All entries, and the board that their effective statuses are published on."""

    def __init__(self, board: HealthBoard, history: History) -> None:
        self._board = board
        self._history = history
        self._entries: dict[HealthCheckId, Entry] = {}
        self._fleet: HealthCheckers | None = None
        self._overlaid: dict[HealthCheckId, None] = {}
        self._parents: dict[HealthCheckId, list[HealthCheckId]] = {}
        self._signals: dict[Source, State] = {}
        self._followers: dict[Source, list[HealthCheckId]] = {}

    def entry(self, check_id: HealthCheckId) -> Entry:
        """What is known of a health check.

        Raises:
            UnknownHealthCheck: it is not declared.
        """
        try:
            return self._entries[check_id]
        except KeyError:
            raise UnknownHealthCheck(check_id) from None

    def entries(self) -> Iterable[Entry]:
        """What is known of every health check, in order of declaration."""
        return self._entries.values()

    def apply(self, checks: Mapping[HealthCheckId, HealthCheck], fleet: HealthCheckers, now: float) -> None:
        """Take over what is declared: what did not change keeps its verdicts, what is gone is forgotten.

        The new statuses are published together, as one step. Where the first checks begin is not told to the history.
        """
        before, stays = self._entries, fleet == self._fleet
        self._fleet = fleet
        self._entries = {}
        anew: list[Entry] = []
        for check_id, check in checks.items():
            entry = before.get(check_id)
            if entry is None or entry.check is not check or not stays:
                entry = taken_over(entry, check, fleet, now)
                anew.append(entry)
            self._entries[check_id] = entry
        gone = [check_id for check_id in before if check_id not in self._entries]
        self._find_relations()
        for source, state in self._signals.items():
            for check_id in self._followers[source]:
                self._hear(self._entries[check_id], state)
        affected = self._affected(anew, gone)
        was = {entry.check.id: entry.status for entry in affected if entry.check.id in before}
        for entry in affected:
            entry.observed, entry.status = self._judge(entry)
        with self._board.current.status.mutate() as status:
            for check_id in gone:
                del status[check_id]
            status.update({entry.check.id: entry.status for entry in affected})
            self._board.publish(status.finish())
        if before:
            self._tell_declared(affected, was, now)
            for check_id in gone:
                self._tell(EventKind.REMOVED, check_id, before[check_id].status, None, "no longer declared", now)

    def _find_relations(self) -> None:
        """Who is calculated from whom, and who follows what."""
        self._parents = {}
        self._followers = {}
        for check_id, entry in self._entries.items():
            config = entry.check.config
            if isinstance(config, CalculatedCheck):
                for child in dict.fromkeys(config.children):
                    self._parents.setdefault(child, []).append(check_id)
            elif (source := source_of(config)) is not None:
                self._followers.setdefault(source, []).append(check_id)
        self._signals = {source: state for source, state in self._signals.items() if source in self._followers}

    def _affected(self, anew: Iterable[Entry], gone: Iterable[HealthCheckId]) -> list[Entry]:
        """What is declared anew, and what is calculated from that or from what is gone; children first."""
        found = {entry.check.id: entry for entry in anew}
        for child in (*found, *gone):
            found.update((parent, self._entries[parent]) for parent in self._parents.get(child, ()))
        return sorted(found.values(), key=_is_calculated)

    def record(self, check_id: HealthCheckId, checker: Checker, observation: Observation) -> None:
        """Fold one observation; what is no longer declared is ignored."""
        entry = self._entries.get(check_id)
        state = entry.checkers.get(checker) if entry else None
        if entry is None or state is None or not isinstance(entry.check.config, EndpointCheck):
            return
        state.last = observation
        if not observation.outcome.success:
            state.last_failure = observation
        was = state.streak
        state.streak = was.fold(observation.outcome.success, entry.check.config.failure_threshold)
        flipped = was.is_healthy is not state.streak.is_healthy
        moved = self._settle([entry], observation.at) if flipped or not was.is_reporting else []
        if flipped:
            old, new = Status.of(was.is_healthy), Status.of(state.streak.is_healthy)
            self._tell(EventKind.VOTE, check_id, old, new, observation.text, observation.at, checker)
        self._tell_moved(moved, observation.at)

    def lay_over(self, overlays: Mapping[HealthCheckId, Overlay], now: float) -> None:
        """Let these statuses stand in for what is observed, and no others.

        An overlay stands in for the raw status: disabling and inversion still apply to it (H162). What is not declared
        is passed over.
        """
        concerned = [
            self._entries[one] for one in {**self._overlaid, **dict.fromkeys(overlays)} if one in self._entries
        ]
        changed = [entry for entry in concerned if overlays.get(entry.check.id) != entry.overlay]
        self._overlaid = dict.fromkeys(overlays)
        was = [entry.forced for entry in changed]
        for entry in changed:
            entry.overlay = overlays.get(entry.check.id)
        moved = self._settle(changed, now)
        for entry, old in zip(changed, was, strict=True):
            if old is not entry.forced:
                cause = f"forced by {entry.overlay.by}" if entry.overlay else "what is observed counts again"
                self._tell(EventKind.FORCED, entry.check.id, old, entry.forced, cause, now)
        self._tell_moved(moved, now)

    def signal(self, source: Source, state: State, now: float) -> None:
        """Set an alarm's data state (H87) or a routing control (H93); every check that follows it follows at once.

        Raises:
            NoSuchSource: no health check follows it.
        """
        followers = self._followers.get(source)
        if followers is None:
            raise NoSuchSource(source)
        self._signals[source] = state
        entries = [self._entries[check_id] for check_id in followers]
        for entry in entries:
            self._hear(entry, state)
        self._tell_moved(self._settle(entries, now), now)

    def signals(self) -> Mapping[Source, State | None]:
        """Every alarm and routing control that is followed, and what it said last."""
        return {source: self._signals.get(source) for source in self._followers}

    def _hear(self, entry: Entry, state: State) -> None:
        entry.signal = state
        if state in (AlarmState.OK, AlarmState.ALARM):
            entry.last_known = state is AlarmState.OK

    def _settle(self, changed: Iterable[Entry], now: float) -> list[tuple[Entry, Status]]:
        """Bring statuses up to date, then those that are calculated from them; returns what moved, and from where."""
        moved: list[tuple[Entry, Status]] = []
        waiting = sorted(changed, key=_is_calculated)
        while waiting:
            entry = waiting.pop(0)
            entry.observed, status = self._judge(entry)
            if status is entry.status:
                continue
            moved.append((entry, entry.status))
            entry.status, entry.since = status, now
            self._board.set(entry.check.id, status)
            waiting.extend(self._entries[parent] for parent in self._parents.get(entry.check.id, ()))
        return moved

    def _tell_moved(self, moved: Iterable[tuple[Entry, Status]], now: float) -> None:
        for entry, old in moved:
            self._tell(EventKind.STATUS, entry.check.id, old, entry.status, entry.summary, now)

    def _tell_declared(self, affected: Iterable[Entry], was: Mapping[HealthCheckId, Status], now: float) -> None:
        """What a new declaration changed."""
        for entry in affected:
            old = was.get(entry.check.id)
            if old is None:
                self._tell(EventKind.DECLARED, entry.check.id, None, entry.status, "declared", now)
            elif old is not entry.status:
                entry.since = now
                self._tell(EventKind.STATUS, entry.check.id, old, entry.status, "declared anew", now)

    def _tell(
        self,
        kind: EventKind,
        check_id: HealthCheckId,
        old: Status | None,
        new: Status | None,
        cause: str,
        at: float,
        checker: Checker | None = None,
    ) -> None:
        self._history.add(at=at, kind=kind, check_id=check_id, checker=checker, old=old, new=new, cause=cause)

    def _judge(self, entry: Entry) -> tuple[Status, Status]:
        """The status as observed and the effective one."""
        check = entry.check
        raw = self._raw(entry)
        standing = raw if entry.overlay is None else entry.overlay.status is Status.HEALTHY
        observed = is_effective(raw, inverted=check.inverted, disabled=check.disabled)
        effective = is_effective(standing, inverted=check.inverted, disabled=check.disabled)
        return Status.of(observed), Status.of(effective)

    def is_up(self, check_id: HealthCheckId) -> bool:
        """Whether a child counts: one that is not declared any more does not (H84)."""
        child = self._entries.get(check_id)
        return child is not None and child.status is Status.HEALTHY

    def _raw(self, entry: Entry) -> bool:
        config = entry.check.config
        if isinstance(config, EndpointCheck):
            return is_quorate(*entry.votes)
        if isinstance(config, CalculatedCheck):
            up = {child: self.is_up(child) for child in config.children}
            entry.down = tuple(sorted(child for child, is_up in up.items() if not is_up))
            return is_met(up.values(), config.health_threshold)
        assert isinstance(config, MetricCheck | RecoveryCheck)
        return is_healthy_by(config, entry.signal, entry.last_known)


def _is_calculated(entry: Entry) -> bool:
    return isinstance(entry.check.config, CalculatedCheck)
