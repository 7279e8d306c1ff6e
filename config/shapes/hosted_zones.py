"""Hosted zones, as written in a file or pasted from the API."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator, model_validator

from dnsemu.config.shapes.base import Hint, Shape, refuse, snake
from dnsemu.config.text.ids import bare_id


class ZoneConfigShape(Shape):
    """The field `config` of a hosted zone, as in the API."""

    comment: str | None = None
    private_zone: bool = False

    @model_validator(mode="before")
    @classmethod
    def _drop_output_fields(cls, data: Any) -> Any:
        return {k: v for k, v in data.items() if snake(k) != "hosted_zone_tier"} if isinstance(data, dict) else data


class HostedZoneShape(Shape):
    """A hosted zone; its record sets are checked one at a time."""

    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {
        "records": "write record_sets",
        "zone": "write name",
        "domain": "write name",
        "dns_name": "write name",
        "zone_id": "write id",
        "hosted_zone_id": "write id",
        "private": "leave it out: private hosted zones are not served",
    }

    name: str
    id: Annotated[
        str | None, Field(pattern=r"^Z[0-9A-Z]{1,31}$"), Hint("A47", "zone-id", "Z and 13 to 20 of 0-9 A-Z")
    ] = None
    comment: Annotated[str | None, Field(max_length=256), Hint("A80", "comment", "text of at most 256 characters")] = (
        None
    )
    config: ZoneConfigShape | None = None
    record_sets: list[Any] | None = None
    resource_record_sets: list[Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _drop_output_fields(cls, data: Any) -> Any:
        dropped = ("caller_reference", "resource_record_set_count", "linked_service", "features")
        return {k: v for k, v in data.items() if snake(k) not in dropped} if isinstance(data, dict) else data

    @field_validator("id", mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        return bare_id(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _consistent(self) -> "HostedZoneShape":
        if self.config is not None and self.config.private_zone:
            raise refuse("private-zone", "R171", "private hosted zones are not served", "leave private_zone out")
        if self.record_sets is not None and self.resource_record_sets is not None:
            message = "record_sets and resource_record_sets are the same thing"
            raise refuse("key-twice", "", message, "write one list")
        return self

    @property
    def effective_comment(self) -> str | None:
        """The comment, from either place where it may be written."""
        return self.comment if self.comment is not None or self.config is None else self.config.comment

    @property
    def entries(self) -> tuple[str, list[Any]]:
        """The field name that the record sets were written under, and the list."""
        if self.resource_record_sets is not None:
            return "resource_record_sets", self.resource_record_sets
        return "record_sets", self.record_sets or []
