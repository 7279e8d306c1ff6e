"""Opens a store that may hold rows that cannot be served: it is refused with their names, or they are set aside."""

from collections.abc import Sequence

import structlog

from dnsemu.commands.hosted_zones.deletion import drop_with_rows
from dnsemu.commands.registry import TABLES
from dnsemu.commands.validity import invalid_rows
from dnsemu.config.aws import name_servers
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.world import APEX_MISSING
from dnsemu.runtime.logs import log_first
from dnsemu.state.state import State
from dnsemu.state.step import Step
from dnsemu.state.tables import CIDR_COLLECTION, HEALTH_CHECK, HOSTED_ZONE, RECORD_SET, InvalidRow
from dnsemu.store.store import REPAIR, Store, StoreUnusable

MAX_ROUNDS = 1000
"""Validations of one store: a row that was set aside may take another one with it."""

log = structlog.get_logger()


async def load_valid(store: Store, *, repairs: bool) -> State:
    """Loads the state of a store, in which every row obeys the rules.

    Args:
        repairs: set rows aside that cannot be served, and log the first of them; otherwise they refuse the store.
    Raises:
        StoreUnusable: the store cannot be read, or a row of it cannot be served.
        StoreFailed: rows could not be set aside.
    """
    unread: list[str] | None = [] if repairs else None
    state = await store.load(unread)
    log_first(log.warning, "set aside", "row", unread or ())
    for _ in range(MAX_ROUNDS):
        invalid = list(invalid_rows(state))
        if not invalid:
            return state
        if not repairs:
            more = f" ({len(invalid) - 1} more rows cannot be served)" if len(invalid) > 1 else ""
            raise StoreUnusable(f"{store.where}: {invalid[0]}; {REPAIR}{more}")
        state = await without(store, state, invalid)
    raise StoreUnusable(f"{store.where}: it is not valid after {MAX_ROUNDS} repairs; restore it from a backup")


async def without(store: Store, state: State, invalid: Sequence[InvalidRow]) -> State:
    """Returns a state without invalid rows, which the store then keeps aside.

    A hosted zone that lost its NS or SOA gets Route 53's, so that the rest of it is served.
    """
    step = Step(state)
    lines: dict[str, list[str]] = {"put in place": [], "set aside": []}
    for row in invalid:
        _leave_out(step, row)
        lines["put in place" if row.problem.id == APEX_MISSING else "set aside"].append(f"{store.where}: {row}")
    for what, rows in lines.items():
        log_first(log.warning, what, "row", rows)
    await store.set_aside(step.writes, {(row.table, row.key): str(row) for row in invalid})
    return step.state


def _leave_out(step: Step, row: InvalidRow) -> None:
    world = step.world
    if row.table == HOSTED_ZONE:
        zone = world.hosted_zones[row.key]
        if row.problem.id == APEX_MISSING:
            _complete_apex(step, zone)
        else:
            drop_with_rows(step, zone.id)
    elif row.table == RECORD_SET:
        step.change_record_sets(row.key[0], removed=[row.key[1:]])
    elif row.table == HEALTH_CHECK:
        step.drop_health_check(row.key)
    elif row.table == CIDR_COLLECTION:
        step.drop_cidr_collection(row.key)
    else:
        step.drop(TABLES[row.table], *row.key)


def _complete_apex(step: Step, zone: HostedZone) -> None:
    servers = zone.name_servers or name_servers.draw(zone.name)
    defaults = (name_servers.default_ns(zone.name, servers), name_servers.default_soa(zone.name, servers))
    missing = [one for one in defaults if not zone.record_sets.has_group(zone.name, RRType(one.type))]
    step.change_record_sets(zone.id, put=missing)
