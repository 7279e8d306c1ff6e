"""The hosted zone that a record set is checked against."""

from collections.abc import Sequence
from typing import Protocol

from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType


class CheckedZone(Protocol):
    """A hosted zone as the rules read it; it may be a draft whose record sets are still being added."""

    @property
    def id(self) -> HostedZoneId:
        """The hosted zone's id."""

    @property
    def name(self) -> DName:
        """The hosted zone's name."""

    def at(self, name: DName) -> Sequence[RecordSet]:
        """Returns all record sets of exactly this name."""

    def has_group(self, name: DName, type: RRType) -> bool:
        """True if there is a record set of exactly this name and type."""


class StoredZone:
    """A hosted zone that does not change while it is checked."""

    def __init__(self, zone: HostedZone) -> None:
        self.id: HostedZoneId = zone.id
        self.name: DName = zone.name
        self._record_sets = zone.record_sets

    def at(self, name: DName) -> Sequence[RecordSet]:
        """Returns all record sets of exactly this name."""
        return self._record_sets.at(name)

    def has_group(self, name: DName, type: RRType) -> bool:
        """True if there is a record set of exactly this name and type."""
        return self._record_sets.has_group(name, type)
