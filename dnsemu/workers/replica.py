"""A worker's replica of the boards, built from replication messages; it publishes the same differences as they do."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from immutables import Map, MapMutation

from dnsemu.clock.clock import real_s
from dnsemu.config.model.geo import CidrCollection, Geo
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.world import World
from dnsemu.config.names import DName
from dnsemu.healthcheck.verdict.snapshot import HealthBoard, Status
from dnsemu.policies.location.locator import Locator
from dnsemu.policies.location.place import Place
from dnsemu.policies.model import Group
from dnsemu.publication.board import Board, Published
from dnsemu.workers.replication import (
    CidrCollections,
    ClockPace,
    HiddenGroups,
    Nodes,
    Publish,
    ReplicationMessage,
    Reset,
    Resources,
    Settings,
    Statuses,
    ZoneData,
    ZoneRemoved,
    ZoneStart,
)
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import Node, Zone
from dnsemu.zone.resources import CompiledResource


class _ZoneDraft:
    """A zone that is being built or changed."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.nodes: MapMutation[DName, Node] = zone.nodes.mutate()
        self.hidden: MapMutation[DName, Group] = zone.hidden.mutate()

    def finished(self) -> Zone:
        return replace(self.zone, nodes=self.nodes.finish(), hidden=self.hidden.finish())


class Replica:
    """Applies replication messages; queries see none of an update before its `Publish`."""

    def __init__(self) -> None:
        locator = Locator(Geo())
        self.board = Board(Published(World(), Catalog(Map()), locator))
        self.health = HealthBoard()
        self.vantage: Mapping[str, Place] = {}
        """The place of the clients of each vantage point, by its address."""
        self.pace = ClockPace(time.time(), real_s(), 1.0, ttls_are_divided=False, ttl_divisor=None)
        self._world, self._locator = World(), locator
        self._next_vantage: Mapping[str, Place] = {}
        self._needs_locator = False
        self._zones: Map[DName, Zone] = Map()
        self._drafts: dict[DName, _ZoneDraft] = {}
        self._resources: Map[DName, CompiledResource] = Map()
        self._statuses: dict[HealthCheckId, Status | None] = {}
        self._statuses_were_reset = False

    def now(self) -> float:
        """Emulated time, in seconds since the epoch."""
        return self.pace.now_s + (real_s() - self.pace.monotonic_s) * self.pace.speed

    def ttl_divisor(self) -> float | None:
        """The number that TTLs are divided by; None makes them 0."""
        return self.pace.ttl_divisor

    def apply(self, message: ReplicationMessage) -> None:
        """Applies the next message.

        Raises:
            UnusableDatabase: the declared location database cannot be read.
        """
        match message:
            case Nodes(zone, nodes):
                _put(self._draft(zone).nodes, nodes)
            case HiddenGroups(zone, groups):
                _put(self._draft(zone).hidden, groups)
            case ZoneStart(zone):
                self._drafts[zone.name] = _ZoneDraft(zone)
            case ZoneRemoved(name):
                self._drafts.pop(name, None)
                if name in self._zones:
                    self._zones = self._zones.delete(name)
            case ZoneData():
                self._put_zone_data(message)
            case Resources(resources):
                with self._resources.mutate() as mutation:
                    _put(mutation, resources)
                    self._resources = mutation.finish()
            case Statuses(statuses, is_reset):
                self._put_statuses(statuses, is_reset=is_reset)
            case ClockPace():
                self.pace = message
            case CidrCollections(collections):
                self._locate_by(collections)
            case Reset():
                self._zones, self._resources = Map(), Map()
                self._drafts.clear()
            case Settings(world, vantage):
                self._world, self._next_vantage, self._needs_locator = world, vantage, True
            case Publish():
                self._publish(message)

    def _draft(self, name: DName) -> _ZoneDraft:
        if name not in self._drafts:
            self._drafts[name] = _ZoneDraft(self._zones[name])
        return self._drafts[name]

    def _put_zone_data(self, data: ZoneData) -> None:
        draft = self._draft(data.zone)
        cuts = draft.zone.cuts
        if data.cuts_added or data.cuts_removed:
            cuts = (cuts - data.cuts_removed) | data.cuts_added
        draft.zone = replace(draft.zone, cuts=cuts, ns=data.ns, soa=data.soa)

    def _put_statuses(self, statuses: Iterable[tuple[HealthCheckId, Status | None]], *, is_reset: bool) -> None:
        if is_reset:
            self._statuses.clear()
            self._statuses_were_reset = True
        self._statuses.update(statuses)

    def _locate_by(self, collections: Iterable[CidrCollection]) -> None:
        if not self._needs_locator:
            self._locator = self._locator.with_collections(collections)
            return
        geo = self._world.geo
        self._locator = Locator(geo, Path(geo.database) if geo.database else None, collections=collections)
        self._needs_locator = False

    def _publish(self, publish: Publish) -> None:
        self._publish_statuses()
        self.vantage = self._next_vantage
        if publish.difference is None:
            return
        self._zones = self._zones.update({name: draft.finished() for name, draft in self._drafts.items()})
        self._drafts.clear()
        catalog = Catalog(self._zones, self._resources)
        self.board.publish(Published(self._world, catalog, self._locator), publish.difference)

    def _publish_statuses(self) -> None:
        before = Map() if self._statuses_were_reset else self.health.current.status
        statuses, self._statuses = self._statuses, {}
        if len(statuses) == 1 and not self._statuses_were_reset:
            ((check, status),) = statuses.items()
            if status is not None:
                self.health.set(check, status)
                return
        if statuses or self._statuses_were_reset:
            self._statuses_were_reset = False
            with before.mutate() as mutation:
                _put(mutation, statuses.items())
                self.health.publish(mutation.finish())


def _put(into: MapMutation[Any, Any], items: Iterable[tuple[Any, Any]]) -> None:
    for key, value in items:
        if value is not None:
            into[key] = value
        elif key in into:
            del into[key]
