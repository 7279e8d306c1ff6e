"""Validates a whole state: the rules that every entrance obeys, for states that come from a snapshot or the store."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

from dnsemu.commands.cidr.collections import CIDR
from dnsemu.commands.context import CHANGES
from dnsemu.commands.dnssec.key_signing_keys import DNSSEC, KEY_SIGNING_KEYS, KMS_KEYS
from dnsemu.commands.errors.kinds import ApiError
from dnsemu.commands.from_file import FROM_FILE
from dnsemu.commands.health_checks.conversion import from_api
from dnsemu.commands.health_checks.health_checks import CHECK_REFERENCES, HEALTH_CHECKS, HealthCheckRow
from dnsemu.commands.hosted_zones.delegation_sets import DELEGATION_SETS
from dnsemu.commands.hosted_zones.hosted_zones import ZONE_REFERENCES, ZONES
from dnsemu.commands.hosted_zones.query_logging import QUERY_LOGGING
from dnsemu.commands.record_sets.protections import PROTECTIONS
from dnsemu.commands.tags import TAGS
from dnsemu.commands.traffic.document import RECORD_TYPES, parse
from dnsemu.commands.traffic.fields import BadDocument
from dnsemu.commands.traffic.policies import (
    INSTANCES,
    MAX_VERSIONS,
    POLICIES,
    POLICY_VERSIONS,
    InstanceRow,
    PolicyVersionRow,
)
from dnsemu.commands.vpcs import AUTHORIZATIONS
from dnsemu.config import names
from dnsemu.config.errors import Problem, quoted
from dnsemu.config.model.geo import CidrCollection
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.names import BadName
from dnsemu.config.rdata.rrtypes import TYPES_BY_NAME
from dnsemu.config.rules.world import Misfit, world_problems
from dnsemu.config.shapes.record_sets import MAX_TTL_S
from dnsemu.state.state import State
from dnsemu.state.tables import CIDR_COLLECTION, HEALTH_CHECK, HOSTED_ZONE, RECORD_SET, InvalidRow, Key

MAX_TIME_S = 253_402_300_799
"""The last second of the year 9999, after which Python writes no times."""

KEY_PARTS: dict[str, int] = {
    AUTHORIZATIONS.name: 3,
    CHANGES.name: 1,
    CHECK_REFERENCES.name: 1,
    CIDR.name: 1,
    DELEGATION_SETS.name: 1,
    DNSSEC.name: 1,
    FROM_FILE.name: 2,
    HEALTH_CHECKS.name: 1,
    INSTANCES.name: 1,
    KEY_SIGNING_KEYS.name: 2,
    KMS_KEYS.name: 1,
    POLICIES.name: 1,
    POLICY_VERSIONS.name: 2,
    PROTECTIONS.name: 3,
    QUERY_LOGGING.name: 1,
    TAGS.name: 2,
    ZONES.name: 1,
    ZONE_REFERENCES.name: 1,
}
"""The number of texts in a key of each table."""


def invalid_rows(state: State) -> Iterator[InvalidRow]:
    """Yields every row of a state that breaks a rule, with its first problem."""
    yield from map(_row_of, world_problems(state.world))
    for table, rows in state.tables.items():
        for key, row in rows.items():
            problem = _problem(table, key, row)
            if problem is not None:
                yield InvalidRow(table, key, problem)


def _row_of(misfit: Misfit) -> InvalidRow:
    thing, problem = misfit.thing, misfit.problem
    if isinstance(thing, RecordSet):
        return InvalidRow(RECORD_SET, (misfit.zone_id, *thing.key), problem)
    if isinstance(thing, HostedZone):
        return InvalidRow(HOSTED_ZONE, thing.id, problem)
    if isinstance(thing, CidrCollection):
        return InvalidRow(CIDR_COLLECTION, thing.id, problem)
    return InvalidRow(HEALTH_CHECK, thing, problem)


def _problem(table: str, key: Key, row: Any) -> Problem | None:
    parts = KEY_PARTS[table]
    if len(key) != parts:
        return Problem("row-key", "", f"its key has {len(key)} texts instead of {parts}")
    for field in fields(row):
        value = getattr(row, field.name)
        if isinstance(value, float) and not 0 <= value <= MAX_TIME_S:
            message = f"{quoted(value)} is no time"
            return Problem("row-time", "", message, "write seconds from 1970 to 9999", (field.name,))
    check = _CHECKS.get(table)
    return check(key, row) if check is not None else None


def _health_check(key: Key, row: HealthCheckRow) -> Problem | None:
    for field, config in (("config", row.config), ("original", row.original)):
        if not isinstance(config.get("Type"), str):
            return Problem("check-type", "H1", "the type of the health check is missing", "", (field,))
        try:
            from_api(HealthCheckId(key[0]), config)
        except ApiError as error:
            return Problem("check-config", "", str(error), "", (field,))
    return None


def _instance(key: Key, row: InstanceRow) -> Problem | None:
    if row.type not in RECORD_TYPES:
        return Problem("record-type", "R13", f"{quoted(row.type)} is no record type", "", ("type",))
    if not 0 <= row.ttl_s <= MAX_TTL_S:
        return Problem("ttl-range", "R20", f"{row.ttl_s} is no TTL", f"write 0 to {MAX_TTL_S}", ("ttl_s",))
    return _name_problem(row.name, ("name",))


def _policy_version(key: Key, row: PolicyVersionRow) -> Problem | None:
    version = key[1]
    if not (version.isascii() and version.isdigit() and 1 <= int(version[:9]) <= MAX_VERSIONS):
        return Problem("policy-version", "A301", f"{quoted(version)} is no version", f"write 1 to {MAX_VERSIONS}")
    try:
        document = parse(row.document)
    except BadDocument as error:
        return Problem("policy-document", "R185", str(error), "", ("document",))
    if document.type.name != row.type:
        message = f"the document is for {document.type.name}, not {quoted(row.type)}"
        return Problem("policy-type", "R185", message, "", ("type",))
    return None


def _protection(key: Key, row: object) -> Problem | None:
    if key[2] not in TYPES_BY_NAME:
        return Problem("record-type", "R13", f"{quoted(key[2])} is no record type")
    return _name_problem(key[1], ())


def _name_problem(text: str, path: tuple[str, ...]) -> Problem | None:
    try:
        names.parse(text)
    except BadName as error:
        return Problem("bad-name", "R1", str(error), "write a domain name", path)
    return None


_CHECKS: dict[str, Callable[[Key, Any], Problem | None]] = {
    HEALTH_CHECKS.name: _health_check,
    INSTANCES.name: _instance,
    POLICY_VERSIONS.name: _policy_version,
    PROTECTIONS.name: _protection,
}
