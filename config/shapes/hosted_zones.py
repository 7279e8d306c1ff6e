"""Hosted zones, as written in a file or pasted from the API."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator, model_validator

from dnsemu.config.shapes.about import Notation, about
from dnsemu.config.shapes.base import Hint, Shape, refuse
from dnsemu.config.text.ids import bare_id

MAX_COMMENT = 256
_COMMENT = Hint("A80", "comment", f"text of at most {MAX_COMMENT} characters")


class ZoneConfigShape(Shape):
    """The field `config` of a hosted zone, as in the API."""

    OUTPUT_FIELDS = frozenset({"hosted_zone_tier"})

    comment: Annotated[
        str | None, Field(max_length=MAX_COMMENT), _COMMENT, about("A note of yours, which the API shows.")
    ] = None
    private_zone: Annotated[
        bool, about("`true` is refused, as private hosted zones are not served.", "R171", default=False)
    ] = False


class HostedZoneShape(Shape):
    """A hosted zone; its record sets are checked one at a time."""

    USUAL_FIELDS = ("name", "record_sets")
    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {
        "records": "write record_sets",
        "zone": "write name",
        "domain": "write name",
        "dns_name": "write name",
        "zone_id": "write id",
        "hosted_zone_id": "write id",
        "private": "leave it out: private hosted zones are not served",
    }

    OUTPUT_FIELDS = frozenset({"caller_reference", "resource_record_set_count", "linked_service", "features"})

    name: Annotated[str, Notation.DOMAIN_NAME, about("The domain name of the zone; it answers for all names below.")]
    id: Annotated[
        str | None, Field(pattern=r"^Z[0-9A-Z]{1,31}$"), Hint("A47", "zone-id", "Z and 1 to 31 of 0-9 A-Z"),
        about("The id of the zone in the API; left out, it is made from the name, so that it stays the same."),
    ] = None  # fmt: skip
    comment: Annotated[
        str | None, Field(max_length=MAX_COMMENT), _COMMENT, about("A note of yours, which the API shows.")
    ] = None
    config: Annotated[ZoneConfigShape | None, about("The comment where the API's output has it.")] = None
    record_sets: Annotated[
        list[Any] | None,
        about(
            "The record sets of the zone; Route 53's NS and SOA are added if they are not among them.",
            "R25",
            default=[],
        ),
    ] = None
    resource_record_sets: Annotated[list[Any] | None, about("`record_sets` by its name in the API.")] = None

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
