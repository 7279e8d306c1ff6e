"""The shape of a change batch, as drills and control calls write it."""

from typing import Annotated, Literal

from pydantic import Field

from dnsemu.config.shapes.about import Notation
from dnsemu.config.shapes.base import Shape
from dnsemu.config.shapes.record_sets import RecordSetShape


class ChangeShape(Shape):
    """One change of a change batch."""

    action: Literal["CREATE", "UPSERT", "DELETE"]
    record_set: RecordSetShape


class BatchShape(Shape):
    """A change batch for a hosted zone."""

    zone: Annotated[str, Notation.DOMAIN_NAME]
    changes: Annotated[list[ChangeShape], Field(min_length=1)]
