"""The top level of a file: its sections."""

from collections.abc import Mapping
from typing import Any, ClassVar

from dnsemu.config.shapes.base import Shape

_PAGING_FIELDS = (
    "is_truncated", "marker", "max_items", "next_marker", "next_record_identifier", "next_record_name",
    "next_record_type", "next_token",
)  # fmt: skip


class FileShape(Shape):
    """A whole file. The entries of its lists are checked later, one at a time, so that their models are freed."""

    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {
        "resource_record_sets": "put them under hosted_zones: [{name: …, resource_record_sets: …}]",
        "record_sets": "put them under hosted_zones: [{name: …, record_sets: …}]",
        "hosted_zone": "put it under hosted_zones: [{…}]",
        "health_check": "put it under health_checks: [{…}]",
        **dict.fromkeys(_PAGING_FIELDS, "it is the frame of a list from the API: leave it out"),
    }

    server: Any = None
    api: Any = None
    geo: Any = None
    health_checkers: Any = None
    health_checks: list[Any] | None = None
    cidr_collections: list[Any] | None = None
    resources: list[Any] | None = None
    hosted_zones: list[Any] | None = None
