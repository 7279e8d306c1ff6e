"""The step: one command's changes of the state, as a draft.

A command reads and writes its `Step`. The command runner adopts `step.state` once `step.writes` are durable, so a
refused command changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from immutables import Map

from dnsemu.config.model.batches import Steps, at_once, batches
from dnsemu.config.model.geo import CidrCollection
from dnsemu.config.model.health_checks import HealthCheck, HealthCheckId
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.model.world import World
from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.state.state import State
from dnsemu.state.tables import CIDR_COLLECTION, HEALTH_CHECK, HOSTED_ZONE, RECORD_SET, Key, Table, Write

T = TypeVar("T")

RECORD_SETS_PER_PIECE = 500
"""Record sets that are compared before the event loop runs other tasks: about a millisecond."""

WRITES_PER_STEP = 1000


class Step:
    """The state before a command, and the command's changes."""

    def __init__(self, state: State) -> None:
        self._before = state
        self._world = state.world
        self._tables: dict[str, Map[Key, Any]] = {}
        self._writes: dict[tuple[str, Any], Any | None] = {}

    @property
    def world(self) -> World:
        """The declared World with this step's changes."""
        return self._world

    @property
    def state(self) -> State:
        """The state with this step's changes."""
        return State(self._world, self._before.tables.update(self._tables))

    @property
    def writes(self) -> tuple[Write, ...]:
        """The changed rows, each once, in the order of their first change."""
        return at_once(self.writes_in_steps())

    def writes_in_steps(self) -> Steps[tuple[Write, ...]]:
        """Returns `writes`, in steps of about a millisecond."""
        writes: list[Write] = []
        for piece in batches(self._writes.items(), WRITES_PER_STEP):
            writes += [Write(table, key, value) for (table, key), value in piece]
            yield
        return tuple(writes)

    def declare_settings(self, declared: World) -> None:
        """Adopts what only files declare, such as client locations, resources and settings; it is not stored."""
        before = self._world
        self._world = replace(
            declared,
            hosted_zones=before.hosted_zones,
            health_checks=before.health_checks,
            cidr_collections=before.cidr_collections,
        )

    def replace_state(self, state: State) -> Iterator[None]:
        """Adopts another state and writes all that differs, in pieces of about a millisecond.

        The step is valid at the end of the iteration.
        """
        for zone_id in [zone_id for zone_id in self._world.hosted_zones if zone_id not in state.world.hosted_zones]:
            self.drop_hosted_zone(zone_id)
            yield
        for zone in state.world.hosted_zones.values():
            old = self._world.hosted_zones.get(zone.id)
            before = old.record_sets if old is not None else RecordSets()
            is_changed = before is not zone.record_sets
            differences: dict[RecordSetKey, RecordSet | None] = {}
            for piece in batches(before if is_changed else (), RECORD_SETS_PER_PIECE):
                differences.update(dict.fromkeys(key for key in piece if key not in zone.record_sets))
                yield
            for new in batches(zone.record_sets.values() if is_changed else (), RECORD_SETS_PER_PIECE):
                differences.update((r.key, r) for r in new if before.get(r.key) != r)
                yield
            self.replace_hosted_zone(zone, differences)
        checks = state.world.health_checks
        for check_id in [check_id for check_id in self._world.health_checks if check_id not in checks]:
            self.drop_health_check(check_id)
        for check in checks.values():
            self.put_health_check(check)
        collections = state.world.cidr_collections
        for collection_id in [one for one in self._world.cidr_collections if one not in collections]:
            self.drop_cidr_collection(collection_id)
        for collection in collections.values():
            self.put_cidr_collection(collection)
        for name in {*self._before.tables, *state.tables}:
            wanted = state.tables.get(name, Map())
            for key in self._rows(name):
                if key not in wanted:
                    self._writes[name, key] = None
            self._writes.update({(name, key): row for key, row in wanted.items()})
            self._tables[name] = wanted

    # --- the tables outside the World ---

    def get(self, table: Table[T], *key: str) -> T | None:
        """Returns a row, or None."""
        found: T | None = self._rows(table.name).get(key)
        return found

    def all(self, table: Table[T]) -> Iterator[tuple[Key, T]]:
        """Returns all rows with their keys at this moment, in no particular order."""
        return iter(self._rows(table.name).items())

    def put(self, table: Table[T], *key: str, row: T) -> None:
        """Adds a row, or replaces the one with this key."""
        self._tables[table.name] = self._rows(table.name).set(key, row)
        self._writes[table.name, key] = row

    def drop(self, table: Table[Any], *key: str) -> None:
        """Deletes a row, if it exists."""
        rows = self._rows(table.name)
        if key in rows:
            self._tables[table.name] = rows.delete(key)
            self._writes[table.name, key] = None

    def _rows(self, table: str) -> Map[Key, Any]:
        return self._tables[table] if table in self._tables else self._before.tables.get(table, Map())

    # --- the World ---

    def put_hosted_zone(self, zone: HostedZone) -> None:
        """Adds a zone with its record sets, or replaces an existing one except for its record sets."""
        old = self._world.hosted_zones.get(zone.id)
        if old is None:
            for key, record_set in zone.record_sets.items():
                self._writes[RECORD_SET, (zone.id, *key)] = record_set
        else:
            zone = replace(zone, record_sets=old.record_sets)
        self._writes[HOSTED_ZONE, zone.id] = zone
        self._world = replace(self._world, hosted_zones=self._world.hosted_zones.set(zone.id, zone))

    def replace_hosted_zone(self, zone: HostedZone, differences: Mapping[RecordSetKey, RecordSet | None]) -> None:
        """Replaces a zone with its record sets; of those, only the differences are written."""
        self._writes[HOSTED_ZONE, zone.id] = zone
        for key, record_set in differences.items():
            self._writes[RECORD_SET, (zone.id, *key)] = record_set
        self._world = replace(self._world, hosted_zones=self._world.hosted_zones.set(zone.id, zone))

    def drop_hosted_zone(self, zone_id: HostedZoneId) -> None:
        """Deletes a zone and its record sets."""
        zone = self._world.hosted_zones[zone_id]
        for key in zone.record_sets:
            self._writes[RECORD_SET, (zone_id, *key)] = None
        self._writes[HOSTED_ZONE, zone_id] = None
        self._world = replace(self._world, hosted_zones=self._world.hosted_zones.delete(zone_id))

    def change_record_sets(
        self, zone_id: HostedZoneId, *, removed: Iterable[RecordSetKey] = (), put: Iterable[RecordSet] = ()
    ) -> None:
        """Removes existing record sets of a zone, then adds or replaces others."""
        zone = self._world.hosted_zones[zone_id]
        removed, put = tuple(removed), tuple(put)
        for key in removed:
            self._writes[RECORD_SET, (zone_id, *key)] = None
        for record_set in put:
            self._writes[RECORD_SET, (zone_id, *record_set.key)] = record_set
        record_sets = zone.record_sets.changed(removed, put)
        zones = self._world.hosted_zones.set(zone_id, replace(zone, record_sets=record_sets))
        self._world = replace(self._world, hosted_zones=zones)

    def put_health_check(self, check: HealthCheck) -> None:
        """Adds or replaces a health check."""
        self._writes[HEALTH_CHECK, check.id] = check
        self._world = replace(self._world, health_checks=self._world.health_checks.set(check.id, check))

    def drop_health_check(self, check_id: HealthCheckId) -> None:
        """Deletes a health check."""
        self._writes[HEALTH_CHECK, check_id] = None
        self._world = replace(self._world, health_checks=self._world.health_checks.delete(check_id))

    def put_cidr_collection(self, collection: CidrCollection) -> None:
        """Adds or replaces a CIDR collection."""
        self._writes[CIDR_COLLECTION, collection.id] = collection
        collections = self._world.cidr_collections.set(collection.id, collection)
        self._world = replace(self._world, cidr_collections=collections)

    def drop_cidr_collection(self, collection_id: str) -> None:
        """Deletes a CIDR collection."""
        self._writes[CIDR_COLLECTION, collection_id] = None
        self._world = replace(self._world, cidr_collections=self._world.cidr_collections.delete(collection_id))


def apply_writes(world: World, writes: Iterable[Write]) -> World:
    """Returns the World with a step's writes; deletions of what it does not hold have no effect."""
    step = Step(State(world))
    record_sets: dict[HostedZoneId, dict[RecordSetKey, RecordSet | None]] = {}
    for write in writes:
        if write.table == RECORD_SET:
            record_sets.setdefault(write.key[0], {})[write.key[1:]] = write.value
        elif (operations := _WORLD_TABLES.get(write.table)) is not None:
            put, drop = operations
            if write.value is not None:
                put(step, write.value)
            else:
                drop(step, write.key)
    for zone_id, changes in record_sets.items():
        zone = step.world.hosted_zones.get(zone_id)
        if zone is not None:
            removed = [key for key, value in changes.items() if value is None and key in zone.record_sets]
            step.change_record_sets(
                zone_id, removed=removed, put=[value for value in changes.values() if value is not None]
            )
    return step.world


def _put_zone(step: Step, zone: HostedZone) -> None:
    step.put_hosted_zone(replace(zone, record_sets=RecordSets()))  # the writes list them separately


def _drop_zone(step: Step, zone_id: HostedZoneId) -> None:
    if zone_id in step.world.hosted_zones:
        step.drop_hosted_zone(zone_id)


def _drop_check(step: Step, check_id: HealthCheckId) -> None:
    if check_id in step.world.health_checks:
        step.drop_health_check(check_id)


def _drop_collection(step: Step, collection_id: str) -> None:
    if collection_id in step.world.cidr_collections:
        step.drop_cidr_collection(collection_id)


_WORLD_TABLES: dict[str, tuple[Callable[[Step, Any], None], Callable[[Step, Any], None]]] = {
    HOSTED_ZONE: (_put_zone, _drop_zone),
    HEALTH_CHECK: (Step.put_health_check, _drop_check),
    CIDR_COLLECTION: (Step.put_cidr_collection, _drop_collection),
}
