"""The live reader of commands: observations from the health monitor, answers from what is published."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from immutables import Map

from dnsemu.answering.answer import draw
from dnsemu.answering.dice import Dice
from dnsemu.answering.resolution import resolve
from dnsemu.commands.context import HealthCheckObservation, TestAnswer
from dnsemu.commands.traffic.published import Traffic
from dnsemu.config import names
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rdata.text import value_text
from dnsemu.healthcheck.monitor import HealthMonitor
from dnsemu.healthcheck.report.checker_reports import CheckerReport, last_failures, latest
from dnsemu.healthcheck.verdict.check_state import HealthCheckState
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.healthcheck.verdict.tracker import UnknownHealthCheck
from dnsemu.policies.location.place import place_named
from dnsemu.publication.board import Board
from dnsemu.publication.freeing import free_incrementally
from dnsemu.publication.publishing import compiled_in_steps, compiled_zone
from dnsemu.zone.compiled import Zone
from dnsemu.zone.lookup import lookup_in

MAX_COMPILED_ZONES = 4
"""Private zones kept compiled for TestDNSAnswer."""

DEFAULT_PLACE = "us-east-1"
"""The place of a client of TestDNSAnswer that gave no address (R136)."""


class LiveWorld:
    """Implements `LiveReader` on the boards and the health monitor."""

    def __init__(self, board: Board, health: HealthBoard, monitor: HealthMonitor, dice: Dice) -> None:
        self._board = board
        self._health = health
        self._monitor = monitor
        self._dice = dice
        self._private: dict[HostedZoneId, _CompiledZone] = {}
        """Zones that no query reaches, compiled for TestDNSAnswer; the last used last."""

    def observations(self, check_id: HealthCheckId) -> Sequence[HealthCheckObservation]:
        """Returns each reporting checker's last observation of an endpoint (H110)."""
        return [_observation(report) for entry in self._watched(check_id) for report in latest(entry)]

    def last_failures(self, check_id: HealthCheckId) -> Sequence[HealthCheckObservation]:
        """Returns each reporting checker's last failure, or an observation that there was none (H113)."""
        return [_observation(report) for entry in self._watched(check_id) for report in last_failures(entry)]

    def _watched(self, check_id: HealthCheckId) -> Sequence[HealthCheckState]:
        """Returns the check's state, or nothing if it is not watched yet (H117)."""
        try:
            return [self._monitor.state(check_id)]
        except UnknownHealthCheck:
            return ()

    def answer(self, zone: HostedZone, name: str, type: str, address: bytes, bits: int, *, is_ecs: bool) -> TestAnswer:
        """Answers a client of a network from this zone only, by the function that answers on the wire.

        Args:
            address: 4 or 16 bytes; empty for a resolver in us-east-1.
            is_ecs: true if the network came as EDNS Client Subnet; it is located in the same way.
        """
        published = self._board.current
        if address:
            client = published.locator.locate(address, bits).client
        else:
            located = published.locator.locate(bytes(4), 0).client
            client = located._replace(place=published.locator.with_latencies(place_named(DEFAULT_PLACE)))
        asked = names.parse(name)
        if not names.is_at_or_below(asked, zone.name):
            return TestAnswer("REFUSED", ())
        compiled = self._compiled(zone)
        # The aliases of a public zone may lead to other hosted zones (R102a).
        catalog = (
            published.catalog.with_zone_only(compiled) if zone.is_private else published.catalog.with_zone(compiled)
        )
        found = lookup_in(catalog, compiled, asked, RRType[type])
        link = resolve(catalog, self._health.current, client, asked, RRType[type], found)
        reply = draw(link, self._dice, 0)
        values = tuple(value_text(RRType(type_), rdata) for _, type_, _, rdata in reply.answer)
        return TestAnswer(reply.rcode.name, values)

    def _compiled(self, declared: HostedZone) -> Zone:
        """The published zone, or a zone compiled now if it is private or another one answers for its name."""
        published = self._board.current
        compiled = published.catalog.zones.get(declared.name)
        if compiled is not None and compiled.id == declared.id:
            return compiled
        kept = self._private.get(declared.id)
        if kept is not None and kept.declared is declared and kept.traffic is published.traffic:
            return kept.zone
        return compiled_zone(declared, published.traffic)

    def prepare(self, declared: HostedZone) -> Iterator[None]:
        """Compiles a zone that is not published for the next `answer` from it, in steps of about a millisecond."""
        published = self._board.current
        compiled = published.catalog.zones.get(declared.name)
        if compiled is not None and compiled.id == declared.id:
            return
        kept, old = self._private.pop(declared.id, None), list[Map[Any, Any]]()
        if kept is None or kept.declared is not declared or kept.traffic is not published.traffic:
            zone = yield from compiled_in_steps(declared, published.traffic)
            if kept is not None:
                old.append(kept.zone.nodes)
            kept = _CompiledZone(declared, published.traffic, zone)
        self._private[declared.id] = kept
        while len(self._private) > MAX_COMPILED_ZONES:
            old.append(self._private.pop(next(iter(self._private))).zone.nodes)
        yield from free_incrementally(old)


@dataclass(frozen=True, slots=True)
class _CompiledZone:
    """A zone, and what it was compiled from."""

    declared: HostedZone
    traffic: Traffic
    zone: Zone


def _observation(report: CheckerReport) -> HealthCheckObservation:
    return HealthCheckObservation(report.checker.region, report.checker.address, report.text, report.at)
