"""Snapshots: a state as one JSON file, to copy, to keep under version control, or to edit.

Each row is one line, and their order depends on the rows alone, so snapshots can be compared line by line. Reading
checks each value, and then the whole by the rules that every other entrance obeys.
"""

import json
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from dnsemu import __version__
from dnsemu.config.file.snapshots import FORMAT, FORMAT_VERSION, HEADER, SECTIONS
from dnsemu.config.model.batches import sorted_in_steps
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.state.state import State
from dnsemu.state.tables import CIDR_COLLECTION, HEALTH_CHECK, HOSTED_ZONE, RECORD_SET, InvalidRow, Key, Table
from dnsemu.store.codec import BadRow, codec_of
from dnsemu.store.rows import RowCodecs, StateBuilder, compact, name_text, record_set_body, record_set_from

PIECE_CHARACTERS = 1 << 14
"""The minimal size of a piece of a file's text, except for the last one: about a millisecond of work."""

PAUSE = ""
"""A text that only marks where a caller may pause."""


K = TypeVar("K")
T = TypeVar("T")

Validate = Callable[[State], Iterator[InvalidRow]]
"""Yields the rows of a state that break a rule."""


class SnapshotUnusable(Exception):
    """A snapshot that cannot be read. The message names the file, the position and the error."""


class SnapshotFailed(Exception):
    """A snapshot that could not be written; an existing file is unchanged."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A state and its emulated time, in seconds since the epoch to the microsecond."""

    state: State
    emulated_time_s: float


# --- writing ---


def save(snapshot: Snapshot, tables: Mapping[str, Table[Any]]) -> Iterator[str]:
    """Yields the file's text in pieces, so that a large state is not in memory a second time; some are empty.

    A caller may pause after each piece.
    """
    gathered: list[str] = []
    characters = 0
    for text in _texts(snapshot, RowCodecs(tables)):
        gathered.append(text)
        characters += len(text)
        if characters >= PIECE_CHARACTERS or text == PAUSE:
            yield "".join(gathered)
            gathered, characters = [], 0
    yield "".join(gathered)


def _texts(snapshot: Snapshot, rows: RowCodecs) -> Iterator[str]:
    world = snapshot.state.world
    time = datetime.fromtimestamp(snapshot.emulated_time_s, UTC).isoformat()
    yield f'{{\n"format":"{FORMAT}",\n"format_version":{FORMAT_VERSION},\n'
    yield f'"product_version":{compact(__version__)},\n"emulated_time":{compact(time)},\n"hosted_zones":['
    zones = sorted(world.hosted_zones.values(), key=lambda zone: (zone.name, zone.id))
    yield from _separated(_hosted_zone(zone, rows) for zone in zones)
    yield '],\n"health_checks":['
    checks = yield from _sorted_items(world.health_checks.items())
    yield from _separated([compact(rows.body(HEALTH_CHECK, row))] for _, row in checks)
    yield '],\n"cidr_collections":['
    collections = yield from _sorted_items(world.cidr_collections.items())
    yield from _separated([compact(rows.body(CIDR_COLLECTION, row))] for _, row in collections)
    yield '],\n"tables":{'
    yield from _separated(_table(name, table, rows) for name, table in sorted(snapshot.state.tables.items()) if table)
    yield "}\n}\n"


def _separated(items: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yields each item, itself in pieces, on a separate line."""
    separator = "\n"
    for item in items:
        yield separator
        yield from item
        separator = ",\n"
    yield "\n"


def _hosted_zone(zone: HostedZone, rows: RowCodecs) -> Iterator[str]:
    yield compact(rows.body(HOSTED_ZONE, zone)).removesuffix("}") + ',"record_sets":['
    by_name = yield from _sorted_items(zone.record_sets.by_name())
    yield from _separated([_record_set(record_set)] for _, members in by_name for record_set in _in_order(members))
    yield "]}"


def _in_order(members: Sequence[RecordSet]) -> Sequence[RecordSet]:
    return sorted(members, key=lambda r: (r.type, r.set_identifier or "")) if len(members) > 1 else members


def _sorted_items(items: Iterable[tuple[K, T]]) -> Generator[str, None, Iterator[tuple[K, T]]]:
    """Sorts items by their keys, and yields a pause after each step."""
    steps = sorted_in_steps(items, itemgetter(0))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Iterator[tuple[K, T]] = end.value
            return found
        yield PAUSE


def _record_set(record_set: RecordSet) -> str:
    body: dict[str, Any] = {"name": name_text(record_set.name), "type": record_set.type.name}
    if record_set.set_identifier is not None:
        body["set_identifier"] = record_set.set_identifier
    return compact(body | record_set_body(record_set, with_rdata=False))


def _table(name: str, table: Mapping[Key, Any], rows: RowCodecs) -> Iterator[str]:
    yield f"{compact(name)}:["
    items = yield from _sorted_items(table.items())
    yield from _separated([compact({"key": key, "row": rows.body(name, row)})] for key, row in items)
    yield "]"


def write(path: Path, snapshot: Snapshot, tables: Mapping[str, Table[Any]]) -> None:
    """Writes a snapshot to a file; an existing one is replaced atomically, once all is durable.

    Raises:
        SnapshotFailed: the directory is missing, the disk is full, or permission is denied.
    """
    target = Path(os.path.realpath(path))
    partial = target.with_name(f".{target.name}.{uuid4().hex}.partial")
    try:
        try:
            with partial.open("x", encoding="ascii") as file:
                file.writelines(save(snapshot, tables))
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        except BaseException:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise
        _sync_directory(target.parent)
    except OSError as error:
        raise SnapshotFailed(f"{path}: cannot be written: {error.strerror or error}") from None


def _sync_directory(directory: Path) -> None:
    """Makes a rename durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- reading ---


def read(path: Path, tables: Mapping[str, Table[Any]], validate: Validate) -> Snapshot:
    """Reads a snapshot from a file.

    Raises:
        SnapshotUnusable: the file cannot be read, or `load` refuses it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SnapshotUnusable(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SnapshotUnusable(f"{path}: this file is no text, and no snapshot") from None
    return load(text, tables, validate, str(path))


def load(text: str, tables: Mapping[str, Table[Any]], validate: Validate, source: str = "snapshot") -> Snapshot:
    """Reads a snapshot from text.

    Args:
        source: its name in error messages.
    Raises:
        SnapshotUnusable: it is not a snapshot that this version knows, is damaged, or breaks a rule.
    """
    try:
        return from_document(json.loads(text), tables, validate)
    except json.JSONDecodeError as error:
        raise SnapshotUnusable(f"{source}:{error.lineno}: no JSON: {error.msg} (column {error.colno})") from None
    except RecursionError:
        raise SnapshotUnusable(f"{source}: no snapshot: it is nested too deeply") from None
    except ValueError as error:  # BadRow, and Python's limit for the digits of a number
        raise SnapshotUnusable(f"{source}: {error}") from None


def from_document(document: Any, tables: Mapping[str, Table[Any]], validate: Validate) -> Snapshot:
    """Makes a snapshot of a JSON document.

    Raises:
        BadRow: it is not a snapshot that this version knows, is damaged, or breaks a rule.
    """
    snapshot = _snapshot(document, RowCodecs(tables))
    invalid = validate(snapshot.state)
    first = next(invalid, None)
    if first is not None:
        more = sum(1 for _ in invalid)
        problem = first.problem
        instead = f"; {problem.instead}" if problem.instead else ""
        others = f" ({more} more rows break rules)" if more else ""
        message = f"{problem.message}{instead} [{f'{problem.rule} {problem.id}'.strip()}]{others}"
        raise BadRow(message, (*place_of(first, document), *problem.path))
    return snapshot


def _snapshot(document: Any, rows: RowCodecs) -> Snapshot:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BadRow(f'this is no snapshot: one has "format": "{FORMAT}"')
    if document.get("format_version") != FORMAT_VERSION:
        raise BadRow(
            f"written by dnsemu {document.get('product_version')!s:.40}, but dnsemu {__version__} reads version "
            f"{FORMAT_VERSION}; use that dnsemu",
            ("format_version",),
        )
    if unknown := document.keys() - HEADER - SECTIONS:
        raise BadRow("this version does not know this field", (min(unknown),))
    builder = StateBuilder()
    for index, body in enumerate(_list(document, "hosted_zones")):
        with _inside("hosted_zones", index):
            _add_hosted_zone(builder, rows, body)
    for section, table in (("health_checks", HEALTH_CHECK), ("cidr_collections", CIDR_COLLECTION)):
        for index, body in enumerate(_list(document, section)):
            with _inside(section, index):
                row = rows.value(table, body)
                builder.add(table, (row.id,), row)
    for table, _ in _object(document, "tables").items():
        with _inside("tables"):
            _add_table(builder, rows, table, _list(document["tables"], table))
    return Snapshot(builder.build(), _time(document.get("emulated_time")))


def _add_hosted_zone(builder: StateBuilder, rows: RowCodecs, body: Any) -> None:
    if not isinstance(body, dict):
        raise BadRow("an object is wanted")
    zone = rows.value(HOSTED_ZONE, {field: value for field, value in body.items() if field != "record_sets"})
    builder.add(HOSTED_ZONE, (zone.id,), zone)
    for index, listed in enumerate(_list(body, "record_sets")):
        with _inside("record_sets", index):
            builder.add_record_set(zone.id, _record_set_from(listed))


def _record_set_from(body: Any) -> RecordSet:
    if not isinstance(body, dict):
        raise BadRow("an object is wanted")
    rest = dict(body)
    key = [rest.pop(field, None) for field in ("name", "type", "set_identifier")]
    for field, value in zip(("name", "type", "set_identifier"), key, strict=True):
        if not isinstance(value, str) and (field != "set_identifier" or field in body):
            raise BadRow("a text is wanted", (field,))
    if "rdata" in rest:  # could differ from the values
        raise BadRow("this version does not know this field", ("rdata",))
    return record_set_from(key[0], key[1], key[2], rest)


def _add_table(builder: StateBuilder, rows: RowCodecs, table: str, items: list[Any]) -> None:
    if not rows.has_table(table):
        raise BadRow("this version does not know this table", (table,))
    for index, item in enumerate(items):
        with _inside(table, index):
            if not isinstance(item, dict) or item.keys() != {"key", "row"}:
                raise BadRow("an object with key and row is wanted")
            with _inside("key"):
                key = codec_of(tuple[str, ...]).decode(item["key"])
            with _inside("row"):
                row = rows.value(table, item["row"])
            builder.add(table, key, row)


@contextmanager
def _inside(*place: str | int) -> Iterator[None]:
    try:
        yield
    except BadRow as error:
        raise error.inside(*place) from None


def _list(document: dict[str, Any], field: str) -> list[Any]:
    found = document.get(field, [])
    if not isinstance(found, list):
        raise BadRow("a list is wanted", (field,))
    return found


def _object(document: dict[str, Any], field: str) -> dict[str, Any]:
    found = document.get(field, {})
    if not isinstance(found, dict):
        raise BadRow("an object is wanted", (field,))
    return found


def _time(text: Any) -> float:
    try:
        return datetime.fromisoformat(text).astimezone(UTC).timestamp()
    except (TypeError, ValueError):
        raise BadRow("a time such as 2026-01-31T12:00:00+00:00 is wanted", ("emulated_time",)) from None


# --- places ---

_SECTION_OF = {HOSTED_ZONE: "hosted_zones", HEALTH_CHECK: "health_checks", CIDR_COLLECTION: "cidr_collections"}


def place_of(row: InvalidRow, document: dict[str, Any]) -> tuple[str | int, ...]:
    """Returns the path of a row in the document that it was read from; searched for, as only messages need it."""
    if row.table == RECORD_SET:
        zone_id, *key = row.key
        at = _index(document["hosted_zones"], lambda zone: zone["id"] == zone_id)
        record_sets = document["hosted_zones"][at]["record_sets"]
        return "hosted_zones", at, "record_sets", _index(record_sets, lambda r: [*_record_set_from(r).key] == key)
    if row.table in _SECTION_OF:
        section = _SECTION_OF[row.table]
        return section, _index(document[section], lambda one: one["id"] == row.key)
    return "tables", row.table, _index(document["tables"][row.table], lambda one: tuple(one["key"]) == row.key), "row"


def _index(items: list[Any], is_it: Callable[[Any], bool]) -> int:
    return next(at for at, item in enumerate(items) if is_it(item))
