"""Compiles the state, and publishes it to the DNS side, the health monitor and the forced statuses.

Compiling changes nothing and may fail; publishing what was compiled does not fail.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import structlog
from immutables import Map

from dnsemu.commands.hosted_zones.hosted_zones import ZONES
from dnsemu.commands.traffic.published import Traffic
from dnsemu.config.model.batches import Steps
from dnsemu.config.model.health_checkers import ProbeMode
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.control.outside_probes import OutsideProbeLog
from dnsemu.faults.contents_index import Declared
from dnsemu.faults.forced_statuses import Forcing
from dnsemu.healthcheck.monitor import HealthMonitor
from dnsemu.publication.board import EVERYTHING, Board, Difference, Published
from dnsemu.publication.publishing import CompiledWrites, CreatedAt, recompiled, with_api_zones_in_steps, with_writes
from dnsemu.publication.target_hosts import TargetHosts
from dnsemu.state.state import State
from dnsemu.state.tables import HEALTH_CHECK, Write
from dnsemu.zone.catalog import Catalog

log = structlog.get_logger()


class Publisher:
    """Publishes to all three in one step, between two queries."""

    def __init__(
        self,
        board: Board,
        monitor: HealthMonitor,
        forcing: Forcing,
        target_hosts: TargetHosts,
        *,
        probes: ProbeMode | None = None,
        is_simulated: Callable[[], bool] = lambda: False,
    ) -> None:
        """Creates a publisher.

        Args:
            probes: overrides the files' mode of probing; None leaves it to them.
            is_simulated: returns True if endpoints are simulated, so that no probe leaves this machine.
        """
        self._board = board
        self._monitor = monitor
        self._forcing = forcing
        self._target_hosts = target_hosts
        self._probes = probes
        self._is_simulated = is_simulated
        self._outside_probes = OutsideProbeLog()
        board.subscribe(self._on_published)

    def compile_files(self, declared: Published, state: State, *, recompile: bool) -> Steps[Published]:
        """Compiles what files declare, with the zones that the API made, in steps.

        Args:
            declared: what files declare, compiled.
            state: the state, which has what files declare already.
            recompile: true if the published zones lack changes of the state, so that all are compiled again.
        Raises:
            CannotBeServed: a zone cannot be compiled.
        """
        known = Catalog(Map()) if recompile else self._board.current.catalog
        created_at, traffic = _creation_times(state), Traffic.of(state)
        return (yield from with_api_zones_in_steps(declared, known, state.world, created_at, traffic))

    def publish_all(self, published: Published) -> None:
        """Publishes a value as a whole."""
        published = self._target_hosts.follow(published)
        self._watch_over(published, published.world.health_checks)
        self._board.publish(published)

    def compile_writes(
        self, writes: Sequence[Write], state: State, earlier: CompiledWrites | None
    ) -> Steps[CompiledWrites]:
        """Compiles the writes of a command, at the cost of what changed, and matches forced statuses with the result.

        Args:
            state: a state with the writes.
            earlier: what is to be published before, None for what is published.
        """
        base = self._board.current if earlier is None else earlier.published
        compiled = CompiledWrites(writes, base, *with_writes(base, writes, _creation_times(state)))
        yield from self._forcing.prepare(_declared(base), _declared(compiled.published), writes)
        return compiled

    def publish_writes(self, compiled: CompiledWrites, state: State) -> None:
        """Publishes what was compiled from the writes of a command.

        Args:
            state: a state with the writes, and possibly with later ones.
        """
        before = self._board.current
        published, difference = compiled.published, compiled.difference
        if before is not compiled.base:  # addresses of resources were published since
            published, difference = self._compiled_again(compiled.writes, state)
        if written := [write.key for write in compiled.writes if write.table == HEALTH_CHECK]:
            self._watch_over(published, written)
        else:
            self._force(published)
        self._board.publish(published, difference)

    def _compiled_again(self, writes: Sequence[Write], state: State) -> tuple[Published, Difference]:
        before, created_at = self._board.current, _creation_times(state)
        try:
            return with_writes(before, writes, created_at)
        except Exception:  # our own error; the store has committed, so the change must be published all the same
            log.exception("a change could not be compiled by itself; everything is compiled again")
            return recompiled(before, state.world, created_at, Traffic.of(state)), EVERYTHING

    def _on_published(self, published: Published, difference: Difference) -> None:
        """Matches forced addresses again when hosts of targets have other ones."""
        if difference.resources:
            self._force(published)

    def _watch_over(self, published: Published, changed: Iterable[HealthCheckId]) -> None:
        checks, fleet = published.world.health_checks, published.world.health_checkers.with_probes(self._probes)
        with _going_on("probes that leave private networks cannot be told"):
            if not self._is_simulated():
                self._outside_probes.note(changed, checks, published.catalog, fleet)
        with _going_on("health checks do not follow a change"):
            self._monitor.apply(checks, fleet)
        self._force(published)

    def _force(self, published: Published) -> None:
        with _going_on("forced statuses do not follow a change"):
            self._forcing.apply(published.world, published.catalog)


@contextmanager
def _going_on(event: str) -> Iterator[None]:
    """Logs an error of ours and goes on: the store has committed, so the change must be published all the same."""
    try:
        yield
    except Exception:
        log.exception(event)


def _declared(published: Published) -> Declared:
    return Declared(published.world, published.catalog)


def _creation_times(state: State) -> CreatedAt:
    """Returns when a zone was created, in seconds since the epoch; 0 where the API does not know it."""

    def created_at(zone_id: HostedZoneId) -> float:
        row = state.row(ZONES, zone_id)
        return row.created_at or 0.0 if row is not None else 0.0

    return created_at
