"""Protections: names and types in a hosted zone whose record sets cannot be changed (api.md §25)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dnsemu.commands.context import Context, Request, Response
from dnsemu.commands.errors.record_sets import (
    InvalidResourceRecordSetProtectionBatch,
    ProtectionAlreadyExists,
    ProtectionFailure,
)
from dnsemu.commands.errors.requests import InvalidInput
from dnsemu.commands.hosted_zones.hosted_zones import existing_zone
from dnsemu.commands.pagination import next_token, page, page_size, token_key
from dnsemu.commands.record_sets.lists import list_start
from dnsemu.config import names
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.list_order import list_name
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.names import BadName, DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.state.step import Step
from dnsemu.state.tables import Table

MAX_ENTRIES = 100
"""Protections in one request."""
MAX_PAGE = 300
"""Protections on a page, by default and at most."""


@dataclass(frozen=True, slots=True)
class ProtectionRow:
    """A protection; its comment is part of the message that refuses a change."""

    comment: str | None = None


PROTECTIONS = Table("record_set_protections", ProtectionRow)
"""By zone id, name as the API prints it, and type."""


def create_protections(request: Request, step: Step, context: Context) -> Response:
    """Protects names and types, all of a request or none; they need not exist yet (A435).

    Raises:
        InvalidInput, NoSuchHostedZone: the request is refused as a whole.
        ProtectionAlreadyExists: every entry exists.
        InvalidResourceRecordSetProtectionBatch: some entries exist, or are not valid.
    """
    entries = _entries(request)
    zone = existing_zone(step, request["HostedZoneId"])
    keys = _keys(entries, zone)
    existing = [
        ProtectionFailure(*key, ProtectionAlreadyExists.code, "The name and type are protected already.")
        for key in keys
        if step.get(PROTECTIONS, zone.id, *key) is not None
    ]
    if len(existing) == len(keys):
        raise ProtectionAlreadyExists(existing)
    if existing:
        raise InvalidResourceRecordSetProtectionBatch(existing)
    for key, entry in zip(keys, entries, strict=True):
        step.put(PROTECTIONS, zone.id, *key, row=ProtectionRow(entry.get("Comment")))
    return {}


def delete_protections(request: Request, step: Step, context: Context) -> Response:
    """Removes protections, all of a request or none.

    Raises:
        InvalidInput, NoSuchHostedZone: the request is refused as a whole.
        InvalidResourceRecordSetProtectionBatch: some entries do not exist, or are not valid.
    """
    entries = _entries(request)
    zone = existing_zone(step, request["HostedZoneId"])
    keys = _keys(entries, zone)
    missing = [
        ProtectionFailure(*key, "ProtectionNotFound", "The name and type are not protected.")
        for key in keys
        if step.get(PROTECTIONS, zone.id, *key) is None
    ]
    if missing:
        raise InvalidResourceRecordSetProtectionBatch(missing)
    for key in keys:
        step.drop(PROTECTIONS, zone.id, *key)
    return {}


def list_protections(request: Request, step: Step, context: Context) -> Response:
    """Lists a zone's protections, in the order in which its record sets are listed (A200).

    Raises:
        InvalidInput, InvalidPaginationToken, NoSuchHostedZone: the request is not valid.
    """
    start = _start(request)
    zone = existing_zone(step, request["HostedZoneId"])
    size = page_size(request, "MaxResults", default=MAX_PAGE, cap=MAX_PAGE)
    entries = sorted(
        ((list_name(names.parse(name)), type), name, row.comment)
        for (zone_id, name, type), row in step.all(PROTECTIONS)
        if zone_id == zone.id
    )
    shown, following = page((entry for entry in entries if entry[0] >= start), size)
    response: Response = {
        "ResourceRecordSetProtections": [_to_api(name, type, note) for (_, type), name, note in shown]
    }
    return response | ({"NextToken": next_token(*following[0])} if following is not None else {})


def protection_message(step: Step, zone_id: HostedZoneId, name: DName, type: RRType) -> str | None:
    """Returns the message that refuses a change of protected record sets, None if they are not protected (A435)."""
    row = step.get(PROTECTIONS, zone_id, names.to_text(name), type.name)
    if row is None:
        return None
    comment = f": {row.comment}" if row.comment else ""
    return f"RRSet with DNS name {names.to_text(name)}, type {type.name} is protected against changes{comment}"


def has_protections(step: Step, zone_id: HostedZoneId) -> bool:
    """True if a zone has protections; it then cannot be deleted (A435)."""
    return any(key[0] == zone_id for key, _ in step.all(PROTECTIONS))


# --- entries ---


def _entries(request: Request) -> Sequence[Mapping[str, Any]]:
    entries: Sequence[Mapping[str, Any]] = request["Protections"]
    if len(entries) > MAX_ENTRIES:
        message = f"A request may hold {MAX_ENTRIES} protections at most, and this one holds {len(entries)}."
        raise InvalidInput(message)
    return entries


def _keys(entries: Sequence[Mapping[str, Any]], zone: HostedZone) -> list[tuple[str, str]]:
    """Returns name and type of each entry, in the form in which they are stored.

    Raises:
        InvalidResourceRecordSetProtectionBatch: with all entries that are not valid.
    """
    keys: list[tuple[str, str]] = []
    failures: list[ProtectionFailure] = []
    for entry in entries:
        text, type = entry["RecordName"], entry["RecordType"]
        try:
            name = names.parse(text)
        except BadName as error:
            failures.append(_invalid(text, type, f"FATAL problem: {error}"))
            continue
        key = (names.to_text(name), type)
        if not names.is_at_or_below(name, zone.name):
            failures.append(_invalid(*key, f"The name is not in zone {names.to_text(zone.name)}"))
        elif key in keys:
            failures.append(_invalid(*key, "The name and type are in the request more than once."))
        keys.append(key)
    if failures:
        raise InvalidResourceRecordSetProtectionBatch(failures)
    return keys


def _invalid(name: str, type: str, message: str) -> ProtectionFailure:
    return ProtectionFailure(name, type, InvalidInput.code, message)


# --- lists ---


def _start(request: Request) -> tuple[str, str]:
    """Returns the position at which a page starts; a NextToken takes precedence over names."""
    if (text := request.get("NextToken")) is not None:
        name, type = token_key(text, 2)
        return name, type
    return list_start(request)[:2]


def _to_api(name: str, type: str, comment: str | None) -> dict[str, Any]:
    return {"RecordName": name, "RecordType": type} | ({"Comment": comment} if comment is not None else {})
