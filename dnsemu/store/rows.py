"""Converts rows of the state to JSON values and back, and builds a state from rows."""

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
from dnsemu.config.rdata.rrtypes import TYPES_BY_NAME, RRType
from dnsemu.state.state import State
from dnsemu.state.tables import CIDR_COLLECTION, HEALTH_CHECK, HOSTED_ZONE, Table
from dnsemu.store.codec import BadRow, Codec, codec_of, record_codec

RDATA_VERSION = 1
"""Increased when `config.rdata` reads a value differently: rdata of another version is made from the values again."""

_ROUTING = codec_of(Routing)
_ALIAS = codec_of(AliasTarget)
_SIMPLE = Simple()
_PLAIN = re.compile(r"[a-z0-9_*.-]+")
_RECORD_SET_FIELDS = frozenset(
    {"routing", "ttl", "values", "rdata", "alias", "health_check_id", "traffic_policy_instance_id"}
)


compact = json.JSONEncoder(separators=(",", ":")).encode
"""Encodes JSON without spaces and in ASCII, which any storage keeps."""


class RowCodecs:
    """Converts all rows but record sets.

    Args:
        tables: the tables outside the World, by name.
    """

    def __init__(self, tables: Mapping[str, Table[Any]]) -> None:
        self._tables = frozenset(tables)
        self._codecs: dict[str, Codec] = {name: record_codec(table.row) for name, table in tables.items()} | {
            HOSTED_ZONE: record_codec(HostedZone, without=("record_sets",)),
            HEALTH_CHECK: record_codec(HealthCheck),
            CIDR_COLLECTION: record_codec(CidrCollection),
        }

    def has_table(self, table: str) -> bool:
        """True if this is a table outside the World."""
        return table in self._tables

    def body(self, table: str, value: Any) -> Any:
        """Returns a row as a JSON value."""
        return self._codecs[table].encode(value)

    def value(self, table: str, body: Any) -> Any:
        """Returns a row from its JSON value.

        Raises:
            BadRow: this version does not know the table or a field, or a value is damaged.
        """
        if table not in self._codecs:
            raise BadRow(f"this version does not know what {table!r} is")
        return self._codecs[table].decode(body)


# --- record sets: by hand, because there are very many ---


def record_set_body(record_set: RecordSet, *, with_rdata: bool = True) -> dict[str, Any]:
    """Returns a record set without name, type and set identifier, as a JSON value.

    Args:
        with_rdata: include the rdata, which can be made from the values again.
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
    """Returns a record set from the value that `record_set_body` made.

    Raises:
        BadRow: this version does not know the type or a field, or a value is damaged.
    """
    if not isinstance(body, dict):
        raise BadRow("an object is wanted")
    if not body.keys() <= _RECORD_SET_FIELDS:
        raise BadRow("this version does not know this field", (min(body.keys() - _RECORD_SET_FIELDS),))
    rrtype = TYPES_BY_NAME.get(type)
    if rrtype is None:
        raise BadRow(f"this version does not know the type {type!r}", ("type",))
    routing, alias, health_check_id = body.get("routing"), body.get("alias"), body.get("health_check_id")
    values = tuple(_checked(body, "values", list, "a list of texts is wanted") or ())
    return RecordSet(
        _name(name),
        rrtype,
        _SIMPLE if routing is None else _decoded("routing", _ROUTING, routing),
        set_identifier,
        _checked(body, "ttl", int, "whole seconds are wanted"),
        values,
        _rdata(rrtype, values, body.get("rdata")),
        None if alias is None else _decoded("alias", _ALIAS, alias),
        None if health_check_id is None else HealthCheckId(_checked(body, "health_check_id", str, "a text is wanted")),
        _checked(body, "traffic_policy_instance_id", str, "a text is wanted"),
    )


def _checked(body: dict[str, Any], field: str, kind: type, wanted: str) -> Any:
    value = body.get(field)
    if value is not None and type(value) is not kind:
        raise BadRow(wanted, (field,))
    return value


def _decoded(field: str, codec: Codec, value: Any) -> Any:
    try:
        return codec.decode(value)
    except BadRow as error:
        raise error.inside(field) from None


def _rdata(type: RRType, values: tuple[Any, ...], stored: Any) -> tuple[bytes, ...]:
    """Returns the stored rdata if its version matches, or makes it from the values."""
    if isinstance(stored, list) and stored[:1] == [RDATA_VERSION] and len(stored) == len(values) + 1:
        try:
            return tuple(map(bytes.fromhex, stored[1:]))
        except (TypeError, ValueError) as error:
            raise BadRow(f"hexadecimal bytes are wanted: {error}", ("rdata",)) from None
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
    """Returns a name like `names.display`, but faster if it has no escapes."""
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


class StateBuilder:
    """Builds a state from rows in any order, but each hosted zone before its record sets."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[Any, Any]] = {HOSTED_ZONE: {}, HEALTH_CHECK: {}, CIDR_COLLECTION: {}}
        self._record_sets: dict[str, dict[RecordSetKey, RecordSet]] = {}

    def add(self, table: str, key: tuple[str, ...], value: Any) -> None:
        """Adds a row.

        Raises:
            BadRow: another row has this key.
        """
        rows = self._tables.setdefault(table, {})
        place = value.id if table in (HOSTED_ZONE, HEALTH_CHECK, CIDR_COLLECTION) else key
        if place in rows:
            raise BadRow(f"there are two of {' '.join(key)}")
        rows[place] = value
        if table == HOSTED_ZONE:
            self._record_sets[value.id] = {}

    def add_record_set(self, zone_id: str, record_set: RecordSet) -> None:
        """Adds a record set.

        Raises:
            BadRow: its hosted zone is missing, or has another of this name, type and set identifier.
        """
        record_sets = self._record_sets.get(zone_id)
        if record_sets is None:
            raise BadRow(f"there is no hosted zone {zone_id}")
        if record_set.key in record_sets:
            raise BadRow(f"there are two of {name_text(record_set.name)} {record_set.type.name}")
        record_sets[record_set.key] = record_set

    def build(self) -> State:
        """Returns the state of all rows."""
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
