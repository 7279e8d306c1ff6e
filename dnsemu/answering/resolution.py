"""What a question comes to, before any dice are thrown: look-up and decision, link by link along CNAMEs.

The wire, `explain` and every other reader of decisions start here, so they cannot disagree.
"""

from dataclasses import dataclass, field

from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.record_sets import AliasTarget, RecordSet
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot
from dnsemu.policies.decide import Decision, decide
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import Group, ResourceState
from dnsemu.wire.qtypes import ANY
from dnsemu.zone.catalog import Catalog, Found, Hit, Referral, lookup
from dnsemu.zone.compiled import Zone

MAX_CNAME_LINKS = 16
"""A chain of CNAMEs is followed no farther than this (R55)."""


@dataclass(frozen=True, slots=True)
class ZoneSurroundings:
    """One hosted zone, the resources and the health of one instant: what decisions in that zone may read."""

    catalog: Catalog
    zone: Zone
    health: HealthSnapshot

    def group(self, name: DName, type: RRType) -> Group | None:
        """The group of exactly this name and type in the hosted zone."""
        return self.zone.group(name, type)

    def target(self, alias: AliasTarget, type: RRType) -> ResourceState | None:
        """The resource that an alias out of the zone leads to."""
        if alias.hosted_zone_id == self.zone.id:
            return None
        resource = self.catalog.resources.get(alias.name)
        return None if resource is None else resource.state(type, self.health.is_healthy)

    def is_healthy(self, check: HealthCheckId) -> bool:
        """The health check's effective status."""
        return self.health.is_healthy(check)


@dataclass(frozen=True, slots=True)
class Link:
    """One name looked up: the question's own, or the target of the CNAME before it.

    `decisions` has one entry for each group found: none unless `found` is a `Hit`, several only for ANY.
    `trail` holds the names before this one.
    """

    name: DName
    type: int
    found: Found
    decisions: tuple[Decision, ...]
    client: Client
    health: HealthSnapshot = field(repr=False)
    catalog: Catalog = field(repr=False)
    trail: tuple[DName, ...] = ()

    @property
    def leads_on(self) -> bool:
        """Whether a CNAME stands for the type asked, so that the answer goes on at its target (R54)."""
        return (
            isinstance(self.found, Hit)
            and self.type not in (RRType.CNAME, ANY)
            and self.found.groups[0].type is RRType.CNAME
        )

    def ends_at(self, target: DName) -> bool:
        """Whether a chain of CNAMEs goes no farther than its target: met before, or too many links (R55)."""
        return target in (*self.trail, self.name) or len(self.trail) >= MAX_CNAME_LINKS

    def following(self, cname: RecordSet) -> "Link | None":
        """The link a CNAME leads to, or None where the answer ends with the CNAME.

        That is at a target in another hosted zone or none, below a delegation, or met before, and after
        `MAX_CNAME_LINKS` (R55).
        """
        assert isinstance(self.found, Hit)
        target = DName(cname.rdata[0].lower())
        zone = self.found.zone
        if self.ends_at(target) or self.catalog.zone_of(target) is not zone:
            return None
        found = lookup(zone, target, self.type)
        if isinstance(found, Referral):
            return None
        return _link(self.catalog, self.health, self.client, target, self.type, found, (*self.trail, self.name))


def resolve(catalog: Catalog, health: HealthSnapshot, client: Client, name: DName, type_: int) -> Link:
    """Look a question up and decide it; dice are left to whoever answers.

    Args:
        catalog, health: of one instant, read once.
        type_: the type code asked, `ANY` among them; the class is IN.
    """
    return _link(catalog, health, client, name, type_, catalog.lookup(name, type_), ())


def _link(
    catalog: Catalog,
    health: HealthSnapshot,
    client: Client,
    name: DName,
    type_: int,
    found: Found,
    trail: tuple[DName, ...],
) -> Link:
    decisions: tuple[Decision, ...] = ()
    if isinstance(found, Hit):
        view = ZoneSurroundings(catalog, found.zone, health)
        decisions = tuple(decide(group, client, view) for group in found.groups)
    return Link(name, type_, found, decisions, client, health, catalog, trail)
