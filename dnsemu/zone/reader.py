"""Everything that look-up and decisions may read, as a short list of questions.

`Catalog` and `HealthSnapshot` answer them directly; `dnsemu.fastpath.reads` answers them too and records each, so that
a change drops exactly the answers that read what changed.
"""

from typing import Protocol

from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.policies.model import Group
from dnsemu.zone.compiled import Node, Zone
from dnsemu.zone.resources import CompiledResource


class CatalogReader(Protocol):
    """Questions about hosted zones and resources; a zone in a question is one that `zone_of` returned."""

    def zone_of(self, name: DName, /) -> Zone | None:
        """The hosted zone with the longest name that `name` equals or lies below (R41)."""

    def node(self, zone: Zone, name: DName, /) -> Node | None:
        """The node of exactly this name."""

    def cut_above(self, zone: Zone, name: DName, /) -> DName | None:
        """The shallowest delegation that `name` is at or below, if any (R52)."""

    def closest_encloser(self, zone: Zone, name: DName, /) -> DName:
        """The longest existing ancestor of a name that does not exist itself (RFC 4592 §3.3.1)."""

    def group(self, zone: Zone, name: DName, type: RRType, /) -> Group | None:
        """The group of exactly this name and type, or a hidden one."""

    def resource(self, name: DName, /) -> CompiledResource | None:
        """The declared resource of exactly this name."""


class HealthReader(Protocol):
    """Questions about health checks."""

    @property
    def generation(self) -> int:
        """The counter of the snapshot that is read; explanations show it."""

    def is_healthy(self, check: HealthCheckId | None, /) -> bool:
        """True if the health check's effective status is healthy."""
