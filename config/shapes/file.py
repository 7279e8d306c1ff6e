"""The top level of a file: its sections."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import model_validator

from dnsemu.config.shapes.base import Shape, refuse, snake

_PAGING_FIELDS = frozenset(
    {
        *("is_truncated", "marker", "max_items", "next_marker", "next_record_identifier", "next_record_name"),
        *("next_record_type", "next_token"),
    }
)


class FileShape(Shape):
    """A whole file. The entries of its lists are checked later, one at a time, so that their models are freed.

    The output of `aws route53 list-health-checks` and the like is a whole file too: `resource_record_sets` are those of
    the one hosted zone whose SOA is among them.
    """

    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {
        "zones": "write hosted_zones",
        "domains": "write hosted_zones",
        "zone": "write hosted_zones: [{name: …, record_sets: …}]",
        "checks": "write health_checks",
        "healthchecks": "write health_checks",
        "records": "put them under hosted_zones: [{name: …, record_sets: …}]",
        "record_sets": "put them under hosted_zones: [{name: …, record_sets: …}]",
        "hosted_zone": "put it under hosted_zones: [{…}]",
        "health_check": "put it under health_checks: [{…}]",
        "cidrs": "write cidr_collections",
        "checkers": "write health_checkers",
        "dns": "put it under server: {dns: …, http: …}",
        "http": "put it under server: {dns: …, http: …}",
        "listen": "put it under server: {dns: …, http: …}",
    }

    server: Any = None
    api: Any = None
    geo: Any = None
    health_checkers: Any = None
    health_checks: list[Any] | None = None
    cidr_collections: list[Any] | None = None
    resources: list[Any] | None = None
    hosted_zones: list[Any] | None = None
    resource_record_sets: list[Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _drop_paging_fields(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        paging = {key: value for key, value in data.items() if snake(key) in _PAGING_FIELDS}
        if any(snake(key) == "is_truncated" and value for key, value in paging.items()):
            raise refuse("cut-off", "", "this output of the API is only one page", "let the AWS CLI read all pages")
        return {key: value for key, value in data.items() if key not in paging}
