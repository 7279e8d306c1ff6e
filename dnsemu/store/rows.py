"""Rows of the state ⇄ JSON values, and a state put together from rows."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from immutables import Map

from dnsemu.config import names
from dnsemu.config.model.geo import CidrCollection
from dnsemu.config.model.health_checks import HealthCheck, HealthCheckId
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import AliasTarget, HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.model.routing import Routing, Simple
from dnsemu.config.model.world import World
from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.config.names import BadName, DName
from dnsemu.config.rdata.parsing import BadValue, parse_value
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.state.state import State
from dnsemu.state.tables import CIDR_COLLECTION, HEALTH_CHECK, HOSTED_ZONE, Table
from dnsemu.store.codec import BadRow, Codec, codec_of, record

RDATA_VERSION = 1
"""Goes up when `config.rdata` comes to read a value differently: rdata stored by another version is read anew."""

_ROUTING = codec_of(Routing)
_ALIAS = codec_of(AliasTarget)
_SIMPLE = Simple()
_PLAIN = re.compile(r"[a-z0-9_*.-]+")
_RECORD_SET_FIELDS = frozenset(
    {"routing", "ttl", "values", "rdata", "alias", "health_check_id", "traffic_policy_instance_id"}
)


compact = json.JSONEncoder(separators=(",", ":")).encode
"""JSON without spaces, in ASCII: any text survives, whatever keeps it."""


class Rows:
    """How everything but record sets is written.

    Args:
        tables: what is kept besides the World, by name.
    """

    def __init__(self, tables: Mapping[str, Table[Any]]) -> None:
        self._tables = frozenset(tables)
        self._codecs: dict[str, Codec] = {name: record(table.row) for name, table in tables.items()} | {
            HOSTED_ZONE: record(HostedZone, without=("record_sets",)),
            HEALTH_CHECK: record(HealthCheck),
            CIDR_COLLECTION: record(CidrCollection),
        }

    def knows(self, table: str) -> bool:
        """Whether this is a table of what is kept besides the World."""
        return table in self._tables

    def body(self, table: str, value: Any) -> Any:
        """A row as a JSON value."""
        return self._codecs[table].encode(value)

    def value(self, table: str, body: Any) -> Any:
        """A row from its JSON value.

        Raises:
            BadRow: it is of a table or has a field that this version does not know, or is damaged.
        """
        if table not in self._codecs:
            raise BadRow(f"this version does not know what {table!r} is")
        return self._codecs[table].decode(body)


# --- record sets: there are many, so theirs is written by hand ---


def record_set_body(record_set: RecordSet, *, with_rdata: bool = True) -> dict[str, Any]:
    """A record set without name, type and set identifier, as a JSON value.

    Args:
        with_rdata: keep the bytes too, which otherwise are read from the values again.
    """
    body: dict[str, Any] = {}
    if record_set.routing != _SIMPLE:
        body["routing"] = _ROUTING.encode(record_set.routing)
    if record_set.ttl is not None:
        body["ttl"] = record_set.ttl
    if record_set.values:
        body["values"] = record_set.values
    if record_set.rdata and with_rdata:
        body["rdata"] = [RDATA_VERSION, *[rdata.hex() for rdata in record_set.rdata]]
    if record_set.alias is not None:
        body["alias"] = _ALIAS.encode(record_set.alias)
    if record_set.health_check_id is not None:
        body["health_check_id"] = record_set.health_check_id
    if record_set.traffic_policy_instance_id is not None:
        body["traffic_policy_instance_id"] = record_set.traffic_policy_instance_id
    return body


def record_set_from(name: str, type: str, set_identifier: str | None, body: Any) -> RecordSet:
    """A record set from what `record_set_body` made of it.

    Raises:
        BadRow: it has a type or a field that this version does not know, or is damaged.
    """
    if not isinstance(body, dict):
        raise BadRow("an object is wanted")
    if not body.keys() <= _RECORD_SET_FIELDS:
        raise BadRow("this version does not know this field", (min(body.keys() - _RECORD_SET_FIELDS),))
    rrtype = RRType.__members__.get(type)
    if rrtype is None:
        raise BadRow(f"this version does not know the type {type!r}", ("type",))
    routing, alias, health_check_id = body.get("routing"), body.get("alias"), body.get("health_check_id")
    values = tuple(_checked(body, "values", list, "a list of texts is wanted") or ())
    return RecordSet(
        _name(name),
        rrtype,
        _SIMPLE if routing is None else _below("routing", _ROUTING, routing),
        set_identifier,
        _checked(body, "ttl", int, "whole seconds are wanted"),
        values,
        _rdata(rrtype, values, body.get("rdata")),
        None if alias is None else _below("alias", _ALIAS, alias),
        None if health_check_id is None else HealthCheckId(_checked(body, "health_check_id", str, "a text is wanted")),
        _checked(body, "traffic_policy_instance_id", str, "a text is wanted"),
    )


def _checked(body: dict[str, Any], field: str, kind: type, wanted: str) -> Any:
    value = body.get(field)
    if value is not None and type(value) is not kind:
        raise BadRow(wanted, (field,))
    return value


def _below(field: str, codec: Codec, value: Any) -> Any:
    try:
        return codec.decode(value)
    except BadRow as error:
        raise error.below(field) from None


def _rdata(type: RRType, values: tuple[Any, ...], stored: Any) -> tuple[bytes, ...]:
    """The bytes as they were stored, or from the values, which are the truth."""
    if isinstance(stored, list) and stored[:1] == [RDATA_VERSION] and len(stored) == len(values) + 1:
        try:
            return tuple(map(bytes.fromhex, stored[1:]))
        except (TypeError, ValueError) as error:
            raise BadRow(f"hexadecimal octets are wanted: {error}", ("rdata",)) from None
    rdata = []
    for index, value in enumerate(values):
        if not isinstance(value, str):
            raise BadRow("a text is wanted", ("values", index))
        try:
            rdata.append(parse_value(type, value))
        except BadValue as error:
            raise BadRow(str(error), ("values", index)) from None
    return tuple(rdata)


def name_text(name: DName) -> str:
    """A name for people, as `names.display` has it; quicker for those without escapes."""
    parts = list(names.labels(name))
    text = b".".join(parts).decode("latin-1")
    if text.count(".") == len(parts) - 1 and _PLAIN.fullmatch(text):  # no dot is part of a label
        return text + "."
    return names.display(name)


def _name(text: str) -> DName:
    try:
        return names.parse(text)
    except BadName as error:
        raise BadRow(str(error), ("name",)) from None


class Assembly:
    """A state in the making: rows in any order, but a hosted zone before its record sets."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[Any, Any]] = {HOSTED_ZONE: {}, HEALTH_CHECK: {}, CIDR_COLLECTION: {}}
        self._record_sets: dict[str, dict[RecordSetKey, RecordSet]] = {}

    def add(self, table: str, key: tuple[str, ...], value: Any) -> None:
        """Take in a row.

        Raises:
            BadRow: there is one with this key.
        """
        rows = self._tables.setdefault(table, {})
        place = value.id if table in (HOSTED_ZONE, HEALTH_CHECK, CIDR_COLLECTION) else key
        if place in rows:
            raise BadRow(f"there are two of {' '.join(key)}")
        rows[place] = value
        if table == HOSTED_ZONE:
            self._record_sets[value.id] = {}

    def add_record_set(self, zone_id: str, record_set: RecordSet) -> None:
        """Take in a record set.

        Raises:
            BadRow: its hosted zone is not there, or has one of this name, type and set identifier.
        """
        record_sets = self._record_sets.get(zone_id)
        if record_sets is None:
            raise BadRow(f"there is no hosted zone {zone_id}")
        if record_set.key in record_sets:
            raise BadRow(f"there are two of {name_text(record_set.name)} {record_set.type.name}")
        record_sets[record_set.key] = record_set

    def state(self) -> State:
        """The state that the rows make."""
        tables = dict(self._tables)
        zones: dict[HostedZoneId, HostedZone] = tables.pop(HOSTED_ZONE)
        world = World(
            hosted_zones=Map(
                {i: replace(zone, record_sets=RecordSets(self._record_sets[i])) for i, zone in zones.items()}
            ),
            health_checks=Map(tables.pop(HEALTH_CHECK)),
            cidr_collections=Map(tables.pop(CIDR_COLLECTION)),
        )
        return State(world, Map({name: Map(rows) for name, rows in tables.items()}))
