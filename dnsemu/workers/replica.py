"""A worker's copy of what is published, put together from pieces; its boards tell the same changes as the originals."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from immutables import Map, MapMutation

from dnsemu.config.model.geo import CidrCollection, Geo
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.world import World
from dnsemu.config.names import DName
from dnsemu.healthcheck.verdict.snapshot import HealthBoard, Status
from dnsemu.policies.location.locator import Locator
from dnsemu.policies.location.place import Place
from dnsemu.policies.model import Group
from dnsemu.publication.board import Board, Published
from dnsemu.workers.pieces import (
    Anew,
    Apex,
    Collections,
    Hidden,
    Nodes,
    Pace,
    Piece,
    Publish,
    Resources,
    Settings,
    Statuses,
    ZoneBegins,
    ZoneGone,
)
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import Node, Zone
from dnsemu.zone.resources import CompiledResource


class _OpenZone:
    """A zone that is being put together."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.nodes: MapMutation[DName, Node] = zone.nodes.mutate()
        self.hidden: MapMutation[DName, Group] = zone.hidden.mutate()

    def finished(self) -> Zone:
        return replace(self.zone, nodes=self.nodes.finish(), hidden=self.hidden.finish())


class Replica:
    """Takes pieces in; a query sees nothing of a message before its `Publish`."""

    def __init__(self) -> None:
        locator = Locator(Geo())
        self.board = Board(Published(World(), Catalog(Map()), locator))
        self.health = HealthBoard()
        self.vantage: Mapping[str, Place] = {}
        """Where the clients of each vantage point are, by its address."""
        self.pace = Pace(time.time(), time.monotonic(), 1.0, False, None)
        self._world, self._locator = World(), locator
        self._staged_vantage: Mapping[str, Place] = {}
        self._is_locator_new = False
        self._zones: Map[DName, Zone] = Map()
        self._open: dict[DName, _OpenZone] = {}
        self._resources: Map[DName, CompiledResource] = Map()
        self._statuses: dict[HealthCheckId, Status | None] = {}
        self._are_statuses_new = False

    def now(self) -> float:
        """Emulated time, in seconds since the epoch."""
        return self.pace.now_s + (time.monotonic() - self.pace.monotonic_s) * self.pace.speed

    def ttl_divisor(self) -> float | None:
        """What TTLs are divided by; None: all are 0."""
        return self.pace.ttl_divisor

    def take(self, piece: Piece) -> None:
        """Take in the next piece.

        Raises:
            UnusableDatabase: the location database that is declared cannot be read.
        """
        match piece:
            case Nodes(zone, nodes):
                _put(self._opened(zone).nodes, nodes)
            case Hidden(zone, groups):
                _put(self._opened(zone).hidden, groups)
            case ZoneBegins(zone):
                self._open[zone.name] = _OpenZone(zone)
            case ZoneGone(name):
                self._open.pop(name, None)
                if name in self._zones:
                    self._zones = self._zones.delete(name)
            case Apex():
                self._put_apex(piece)
            case Resources(resources):
                with self._resources.mutate() as mutation:
                    _put(mutation, resources)
                    self._resources = mutation.finish()
            case Statuses(statuses, anew):
                self._put_statuses(statuses, anew)
            case Pace():
                self.pace = piece
            case Collections(collections):
                self._locate_by(collections)
            case Anew():
                self._zones, self._resources = Map(), Map()
                self._open.clear()
            case Settings(world, vantage):
                self._world, self._staged_vantage, self._is_locator_new = world, vantage, True
            case Publish():
                self._publish(piece)

    def _opened(self, name: DName) -> _OpenZone:
        if name not in self._open:
            self._open[name] = _OpenZone(self._zones[name])
        return self._open[name]

    def _put_apex(self, apex: Apex) -> None:
        opened = self._opened(apex.zone)
        cuts = opened.zone.cuts
        if apex.cuts_come or apex.cuts_gone:
            cuts = (cuts - apex.cuts_gone) | apex.cuts_come
        opened.zone = replace(opened.zone, cuts=cuts, ns=apex.ns, soa=apex.soa)

    def _put_statuses(self, statuses: Iterable[tuple[HealthCheckId, Status | None]], anew: bool) -> None:
        if anew:
            self._statuses.clear()
            self._are_statuses_new = True
        self._statuses.update(statuses)

    def _locate_by(self, collections: Iterable[CidrCollection]) -> None:
        if not self._is_locator_new:
            self._locator = self._locator.with_collections(collections)
            return
        geo = self._world.geo
        self._locator = Locator(geo, Path(geo.database) if geo.database else None, collections=collections)
        self._is_locator_new = False

    def _publish(self, publish: Publish) -> None:
        self._publish_statuses()
        self.vantage = self._staged_vantage
        if publish.difference is None:
            return
        self._zones = self._zones.update({name: opened.finished() for name, opened in self._open.items()})
        self._open.clear()
        catalog = Catalog(self._zones, self._resources)
        self.board.publish(Published(self._world, catalog, self._locator), publish.difference)

    def _publish_statuses(self) -> None:
        before = Map() if self._are_statuses_new else self.health.current.status
        statuses, self._statuses = self._statuses, {}
        if len(statuses) == 1 and not self._are_statuses_new:
            ((check, status),) = statuses.items()
            if status is not None:
                self.health.set(check, status)
                return
        if statuses or self._are_statuses_new:
            self._are_statuses_new = False
            with before.mutate() as mutation:
                _put(mutation, statuses.items())
                self.health.publish(mutation.finish())


def _put(into: MapMutation[Any, Any], items: Iterable[tuple[Any, Any]]) -> None:
    for key, value in items:
        if value is not None:
            into[key] = value
        elif key in into:
            del into[key]
