"""Protocols for reading the catalog and health: answers may depend on nothing else.

`Catalog` and `HealthSnapshot` implement them directly. `dnsemu.fastpath.reads` implements them too and records each
read, so that a change drops exactly the answers that read something that changed.
"""

from typing import Protocol

from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.policies.model import Group
from dnsemu.zone.compiled import Node, Zone
from dnsemu.zone.resources import CompiledResource


class CatalogReader(Protocol):
    """Reads hosted zones and resources. A zone that is passed in is one that `zone_of` returned."""

    def zone_of(self, name: DName, /) -> Zone | None:
        """Returns the hosted zone with the longest name that `name` equals or lies below (R41)."""

    def node(self, zone: Zone, name: DName, /) -> Node | None:
        """Returns the node of exactly this name."""

    def cut_above(self, zone: Zone, name: DName, /) -> DName | None:
        """Returns the shallowest delegation that `name` is at or below, if any (R52)."""

    def closest_encloser(self, zone: Zone, name: DName, /) -> DName:
        """Returns the longest existing ancestor of a name that does not exist (RFC 4592 §3.3.1)."""

    def group(self, zone: Zone, name: DName, type: RRType, /) -> Group | None:
        """Returns the group of exactly this name and type; hidden groups count."""

    def resource(self, name: DName, /) -> CompiledResource | None:
        """Returns the declared resource of exactly this name."""


class HealthReader(Protocol):
    """Reads statuses of health checks."""

    @property
    def generation(self) -> int:
        """The generation of the snapshot; explanations show it."""

    def is_healthy(self, check: HealthCheckId | None, /) -> bool:
        """True if the health check's effective status is healthy."""
