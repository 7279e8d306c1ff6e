"""Snapshots where files stand: what a snapshot holds in the fields of a file, so that one validation covers both.

A field that is not known here stays as it is and is then refused, as a field of a newer version.
"""

from collections.abc import Mapping
from typing import Any

from dnsemu.config.errors import FilesRefused, Problem, Severity
from dnsemu.config.file.documents import LEFT_OUT, Document
from dnsemu.config.text.degrees import degrees_text

FORMAT = "dnsemu snapshot"
FORMAT_VERSION = 1
"""Increased by each change that an older version would misread."""

HEADER = frozenset({"format", "format_version", "product_version", "emulated_time"})
SECTIONS = frozenset({"hosted_zones", "health_checks", "cidr_collections", "tables"})

_ONLY_IN_SNAPSHOTS = {
    "traffic_policies": "versions of traffic policies",
    "traffic_policy_instances": "traffic policy instances",
    "key_signing_keys": "key-signing keys",
    "delegation_sets": "reusable delegation sets",
    "query_logging": "query logging configurations",
    "record_set_protections": "protections",
    "tags": "resources with tags",
}
"""Tables whose rows a user has made and a file cannot hold."""


def is_snapshot(data: Any) -> bool:
    """True for the content of a file that `dnsemu snapshot save` wrote."""
    return isinstance(data, dict) and data.get("format") == FORMAT


def as_file(document: Document) -> Document:
    """Returns a snapshot as a file with the same hosted zones, health checks and CIDR collections.

    Raises:
        FilesRefused: another version has written it.
    """
    data = document.data
    if data.get("format_version") != FORMAT_VERSION:
        version = str(data.get("format_version"))[:40]
        message = f"this snapshot has format version {version}, and this dnsemu reads version {FORMAT_VERSION}"
        instead = f"use the dnsemu that wrote it, {data.get('product_version')!s:.40}"
        raise FilesRefused.because(document.file, document.find(("format_version",))[0], "snapshot", message, instead)
    found: dict[str, Any] = {key: value for key, value in data.items() if key not in HEADER | SECTIONS}
    notes: list[Problem] = []
    for section, converted in (("health_checks", _check), ("cidr_collections", dict)):
        if section in data:
            found[section] = _each(data[section], converted)
    if "hosted_zones" in data:
        found["hosted_zones"] = _each(data["hosted_zones"], _zone)
        notes += _notes_of_private(data["hosted_zones"])
    notes += _notes_of_tables(data.get("tables"))
    return document.with_data(found).as_snapshot(tuple(notes))


def _each(entries: Any, converted: Any) -> Any:
    if not isinstance(entries, list):
        return entries
    return [converted(entry) if isinstance(entry, dict) else entry for entry in entries]


def _notes_of_private(zones: Any) -> list[Problem]:
    return [
        Problem(
            "snapshot-private", "R171", f"the private hosted zone {zone.get('name')} is left out", "",
            ("hosted_zones", index), Severity.WARNING,
        )
        for index, zone in enumerate(zones if isinstance(zones, list) else ())
        if isinstance(zone, dict) and zone.get("is_private") is True
    ]  # fmt: skip


def _notes_of_tables(tables: Any) -> list[Problem]:
    held = tables if isinstance(tables, dict) else {}
    counted = [(len(held[table]), words) for table, words in _ONLY_IN_SNAPSHOTS.items() if _has_rows(held, table)]
    if not counted:
        return []
    listed = ", ".join(f"{words} ({number})" for number, words in counted)
    message = f"left out, as files cannot hold it: {listed}"
    instead = "load the snapshot into a running server: dnsemu snapshot load FILE"
    return [Problem("snapshot-part", "", message, instead, ("tables",), Severity.WARNING)]


def _has_rows(tables: Mapping[str, Any], table: str) -> bool:
    rows = tables.get(table)
    if table == "tags" and isinstance(rows, list):  # the tag Name is a health check's name
        rows = [row for row in rows if not _is_name_alone(row)]
    return isinstance(rows, list) and bool(rows)


def _is_name_alone(row: Any) -> bool:
    match row:
        case {"key": ["healthcheck", _], "row": {"tags": [["Name", _]]}}:
            return True
    return False


def _zone(zone: Mapping[str, Any]) -> Any:
    if zone.get("is_private") is True:
        return LEFT_OUT
    found = {key: value for key, value in zone.items() if key not in ("name_servers", "is_private")}
    if "record_sets" in found:
        found["record_sets"] = _each(found["record_sets"], _record_set)
    return found


_RENAMED = {"values": "resource_records", "alias": "alias_target"}


def _record_set(record_set: Mapping[str, Any]) -> dict[str, Any]:
    found = {_RENAMED.get(key, key): value for key, value in record_set.items() if key != "routing"}
    alias = found.get("alias_target")
    if isinstance(alias, dict):
        found["alias_target"] = {"dns_name" if key == "name" else key: value for key, value in alias.items()}
    routing = record_set.get("routing")
    return found | (_routing(routing) if isinstance(routing, dict) else {} if routing is None else {"routing": routing})


def _routing(routing: dict[str, Any]) -> dict[str, Any]:
    match routing:
        case {"is": "weighted", "weight": weight}:
            return {"weight": weight}
        case {"is": "latency", "region": region}:
            return {"region": region}
        case {"is": "failover", "role": role}:
            return {"failover": role}
        case {"is": "geolocation"}:
            return {"geo_location": _filled({f"{part}_code": routing.get(part) for part in _GEOLOCATION})}
        case {"is": "geoproximity"}:
            return {"geo_proximity_location": _geoproximity(routing)}
        case {"is": "ip_based", "collection_id": collection, "location": location}:
            return {"cidr_routing_config": {"collection_id": collection, "location_name": location}}
        case {"is": "multivalue"}:
            return {"multi_value_answer": True}
        case {"is": "simple"}:
            return {}
    return {"routing": routing}


_GEOLOCATION = ("continent", "country", "subdivision")


def _geoproximity(place: dict[str, Any]) -> dict[str, Any]:
    found = _filled({"aws_region": place.get("region"), "local_zone_group": place.get("local_zone_group")})
    point = place.get("latitude"), place.get("longitude")
    if point != (None, None):
        spelling = place.get("spelling")
        written = spelling if isinstance(spelling, list) and len(spelling) == 2 else [*map(_degrees, point)]
        found["coordinates"] = {"latitude": written[0], "longitude": written[1]}
    if place.get("bias") or place.get("is_zero_bias_written") is True:
        found["bias"] = place.get("bias", 0)
    return found


def _degrees(value: Any) -> Any:
    return degrees_text(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _check(check: Mapping[str, Any]) -> dict[str, Any]:
    found = _filled({key: value for key, value in check.items() if key != "config"})
    config = check.get("config")
    if not isinstance(config, dict):
        return found | {"config": config}
    kind, rest = config.get("is"), _filled({key: value for key, value in config.items() if key != "is"})
    if kind == "endpoint":
        return found | {"request_interval" if key == "request_interval_s" else key: rest[key] for key in rest}
    if kind == "calculated":
        return found | {"type": "CALCULATED"} | {_CHILDREN.get(key, key): rest[key] for key in rest}
    if kind == "metric":
        return found | {"type": "CLOUDWATCH_METRIC"} | _metric(rest)
    return found | ({"type": "RECOVERY_CONTROL"} | rest if kind == "recovery" else {"config": config})


_CHILDREN = {"children": "child_health_checks"}
_METRIC = {"insufficient_data": "insufficient_data_health_status", "configuration": "cloud_watch_alarm_configuration"}


def _metric(config: dict[str, Any]) -> dict[str, Any]:
    alarm = {"region": config.pop("alarm_region", None), "name": config.pop("alarm_name", None)}
    found = {_METRIC.get(key, key): value for key, value in config.items()}
    configuration = found.get("cloud_watch_alarm_configuration")
    if isinstance(configuration, dict) and isinstance(configuration.get("dimensions"), list):
        dimensions = [
            {"name": pair[0], "value": pair[1]} if isinstance(pair, list) and len(pair) == 2 else pair
            for pair in configuration["dimensions"]
        ]
        found["cloud_watch_alarm_configuration"] = configuration | {"dimensions": dimensions}
    return found | {"alarm_identifier": alarm}


def _filled(fields: dict[str, Any]) -> dict[str, Any]:
    """Returns the fields that have a value."""
    return {key: value for key, value in fields.items() if value is not None and value != []}
