"""Runs a drill: the product's own checkers, commands and scheduler live through the timeline in virtual time.

Nothing is judged here: the result is a recording of every change of what queries read, of statuses, and of endpoints.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from ipaddress import IPv4Address

from dnsemu.app import Application
from dnsemu.clock.clock import Clock
from dnsemu.commands.errors.kinds import ApiError
from dnsemu.config.model.addresses import IPVersion
from dnsemu.config.model.batches import at_once
from dnsemu.config.model.health_checks import EndpointCheck, HealthCheckId, label_in
from dnsemu.config.text.times import parse_time
from dnsemu.control.command_runner import CHANGE_RECORD_SETS
from dnsemu.drill.answers import addresses_of
from dnsemu.drill.clients import Step
from dnsemu.drill.endpoints import Broken, SimulatedEndpoints, broken_by, record_sets_of
from dnsemu.drill.model import US_PER_S, Block, ChangeRecordSets, Drill, DrillEvent, Fail, Heal
from dnsemu.faults.failure_domains import domain_contents
from dnsemu.faults.patterns import Pattern
from dnsemu.files.loading import LoadedFiles
from dnsemu.healthcheck.probes.resolve import NO_ADDRESS, Unresolved
from dnsemu.healthcheck.verdict.check_state import Overlay
from dnsemu.healthcheck.verdict.history import Event, EventKind
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot, Status
from dnsemu.publication.board import Published
from dnsemu.server.options import Options

STARTS_AT = parse_time("2026-01-01T00:00:00Z")
"""The emulated time at which every drill starts."""

_OUTSIDE = int(IPv4Address("198.18.0.0"))
_OUTSIDE_ADDRESSES = 1 << 17
"""The network for measurements (RFC 2544), whose addresses no real host has."""


class CannotCarryOut(Exception):
    """An event of the timeline was refused when its time came; the message has its `file:line`."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything that queries read, from an instant on."""

    at_us: int
    published: Published
    health: HealthSnapshot


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A change of a health check's effective status, with its cause."""

    at_us: int
    check: HealthCheckId
    label: str
    is_healthy: bool
    cause: str


@dataclass(slots=True)
class Recording:
    """The recording of one run: what queries read and which addresses are dead, in order of time, from 0 on.

    `broken` has what each `fail` of the timeline breaks, by the event's position.
    """

    moments: list[Moment] = field(default_factory=list)
    dead: list[Step[frozenset[str]]] = field(default_factory=list)
    statuses: list[StatusChange] = field(default_factory=list)
    broken: dict[int, Broken] = field(default_factory=dict)


class _OutsideNames:
    """Resolves names of no hosted zone to addresses that stand for them, without a query."""

    async def resolve(self, name: str, region: str, version: IPVersion = 4) -> str | Unresolved:
        if version != 4:
            return NO_ADDRESS
        digest = int.from_bytes(blake2b(name.lower().encode(), digest_size=8).digest())
        return str(IPv4Address(_OUTSIDE + digest % _OUTSIDE_ADDRESSES))


def rehearse(drill: Drill, declared: LoadedFiles) -> Recording:
    """Runs a drill to its end, in an event loop made for it.

    Raises:
        CannotCarryOut: an event was refused.
    """
    with asyncio.Runner() as runner:
        if sys.version_info >= (3, 12):  # simulated probes end at once, so most tasks never wait
            runner.get_loop().set_task_factory(asyncio.eager_task_factory)
        return runner.run(_run(drill, declared))


async def _run(drill: Drill, declared: LoadedFiles) -> Recording:
    return await _Run(drill, declared).to_end()


class _Run:
    """One run: the application, the simulated endpoints, and the recording so far."""

    def __init__(self, drill: Drill, declared: LoadedFiles) -> None:
        self._drill = drill
        self._declared = declared
        self._clock = Clock(start=STARTS_AT, is_paused=True)
        self._endpoints = SimulatedEndpoints()
        options = Options(clock=self._clock, seed=drill.seed, probe=self._endpoints.probe, resolver=_OutsideNames())
        self._app = Application(declared, options, on_change=self._on_status)
        self._endpoints.connect(self._app.partitions.is_cut_off, self._addresses_of)
        self._start_s = STARTS_AT + _settling_s(declared.published)
        self._failures: dict[Pattern, Fail] = {}
        self._recording = Recording()
        self._app.board.subscribe(lambda _published, _difference: self._record())
        self._app.health.subscribe(lambda _snapshot, _changed: self._record())

    async def to_end(self) -> Recording:
        await self._app.replacement.open(self._declared.published)
        await self._advance_to(0)
        self._recording.statuses.clear()
        self._record()
        self._recording.dead.append((0, frozenset()))
        for position, event in enumerate(self._drill.timeline):
            await self._advance_to(event.at_us)
            await self._apply(position, event)
        await self._advance_to(self._drill.duration_us)
        return self._recording

    async def _advance_to(self, at_us: int) -> None:
        by_s = self._start_s + at_us / US_PER_S - self._clock.now()
        if by_s > 0:
            await self._app.scheduler.advance(by_s)

    def _now_us(self) -> int:
        return round((self._clock.now() - self._start_s) * US_PER_S)

    def _record(self) -> None:
        """Records what queries read now, in place of earlier values of the same instant."""
        moments, now_us = self._recording.moments, max(self._now_us(), 0)
        while moments and moments[-1].at_us == now_us:
            moments.pop()
        moments.append(Moment(now_us, self._app.board.current, self._app.health.current))

    def _on_status(self, event: Event) -> None:
        if event.kind is EventKind.STATUS and event.new is not None:
            label = label_in(self._app.board.current.world.health_checks, event.check_id)
            is_healthy = event.new is Status.HEALTHY
            self._recording.statuses.append(
                StatusChange(self._now_us(), event.check_id, label, is_healthy, event.cause)
            )

    # --- events ---

    async def _apply(self, position: int, event: DrillEvent) -> None:
        match event.action:
            case Fail() as fail:
                self._failures[fail.pattern] = fail
                self._recording.broken[position] = self._refresh()[fail.pattern]
            case Heal(pattern):
                self._failures.pop(pattern, None)
                self._refresh()
            case Block(path, is_over):
                self._app.partitions.unblock(path) if is_over else self._app.partitions.block(path)
            case ChangeRecordSets() as change:
                await self._change(event, change)

    async def _change(self, event: DrillEvent, change: ChangeRecordSets) -> None:
        try:
            await self._app.command_runner.run(CHANGE_RECORD_SETS, change.request)
        except ApiError as refused:
            raise CannotCarryOut(f"{event.place}: {event.label}: {refused}") from None
        self._refresh()  # a failed Region has what the change put into it

    def _refresh(self) -> dict[Pattern, Broken]:
        """Breaks exactly what the failures in force break in what is declared now."""
        published = self._app.board.current
        contents = at_once(domain_contents(self._failures, published.world, published.catalog))
        broken = {
            pattern: broken_by(contents[pattern], published.world, published.catalog) for pattern in self._failures
        }
        self._endpoints.failing = {
            check: self._failures[pattern].how for pattern in broken for check in sorted(broken[pattern].checks)
        }
        lost = {id: Overlay(Status.UNHEALTHY, str(p)) for p in broken for id in sorted(broken[p].lost_targets)}
        self._app.forcing.lose(lost)
        dead = frozenset(address for part in broken.values() for address in part.addresses)
        if not self._recording.dead or self._recording.dead[-1][1] != dead:
            self._recording.dead.append((self._now_us(), dead))
        return broken

    def _addresses_of(self, check: HealthCheckId) -> Sequence[str]:
        world = self._app.board.current.world
        return [a for r in record_sets_of(world) if r.health_check_id == check for a in addresses_of(r)]


def _settling_s(published: Published) -> float:
    """The time before the start in which every checker probes at least once, so that statuses are observed."""
    configs = (check.config for check in published.world.health_checks.values())
    return 1.0 + max((config.request_interval_s for config in configs if isinstance(config, EndpointCheck)), default=0)
