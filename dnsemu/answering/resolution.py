"""Resolution: look-up and decision of a question, link by link along CNAMEs, before anything is drawn.

DNS answers, `explain`, TestDNSAnswer and what-if all call `resolve`, so they cannot disagree.
"""

from dataclasses import dataclass, field, replace

from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.record_sets import AliasTarget, RecordSet
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.policies.decide import Decision, decide
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import Group, ResourceState
from dnsemu.wire.qtypes import ANY
from dnsemu.zone.compiled import Zone
from dnsemu.zone.lookup import Found, Hit, Referral, lookup, lookup_in
from dnsemu.zone.reader import CatalogReader, HealthReader

MAX_CNAME_LINKS = 16
"""Longest chain of CNAMEs that is followed (R55)."""


@dataclass(frozen=True, slots=True)
class ZoneSurroundings:
    """Surroundings of decisions in one hosted zone: the zone, the resources and the health of one instant."""

    catalog: CatalogReader
    zone: Zone
    health: HealthReader

    def group(self, name: DName, type: RRType) -> Group | None:
        """Returns the group of exactly this name and type in the hosted zone."""
        return self.catalog.group(self.zone, name, type)

    def target(self, alias: AliasTarget, type: RRType) -> ResourceState | None:
        """Returns the resource that an alias out of the zone leads to."""
        if alias.hosted_zone_id == self.zone.id:
            return None
        resource = self.catalog.resource(alias.name)
        return None if resource is None else resource.state(type, self.health.is_healthy)

    def beyond(self, alias: AliasTarget) -> "ZoneSurroundings | None":
        """Returns the surroundings with the hosted zone that an alias names; None if it does not hold the target."""
        if alias.hosted_zone_id == self.zone.id:
            return self
        zone = self.catalog.zone_of(alias.name)
        return replace(self, zone=zone) if zone is not None and zone.id == alias.hosted_zone_id else None

    def is_healthy(self, check: HealthCheckId) -> bool:
        """True if the health check's effective status is healthy."""
        return self.health.is_healthy(check)


@dataclass(frozen=True, slots=True)
class Link:
    """The look-up and decision of one name: the question's own, or the target of the CNAME before it.

    `decisions` has one entry for each group found: none unless `found` is a `Hit`, several only for ANY.
    `names_before` are the names of the links before this one.
    """

    name: DName
    type: int
    found: Found
    decisions: tuple[Decision, ...]
    client: Client
    health: HealthReader = field(repr=False)
    catalog: CatalogReader = field(repr=False)
    names_before: tuple[DName, ...] = ()

    @property
    def follows_cname(self) -> bool:
        """True if a CNAME was found instead of the type asked, so that the answer goes on at its target (R54)."""
        return (
            isinstance(self.found, Hit)
            and self.type not in (RRType.CNAME, ANY)
            and self.found.groups[0].type is RRType.CNAME
        )

    def is_chain_end(self, target: DName) -> bool:
        """True if the chain of CNAMEs does not go on to a target: the name is in it, or it is too long (R55)."""
        return target in (*self.names_before, self.name) or len(self.names_before) >= MAX_CNAME_LINKS

    def next_link(self, cname: RecordSet) -> "Link | None":
        """Returns the link that a CNAME leads to, or None if the answer ends with the CNAME.

        It ends at a target outside the hosted zone, below a delegation or already in the chain, and after
        `MAX_CNAME_LINKS` (R55).
        """
        assert isinstance(self.found, Hit)
        target = DName(cname.rdata[0].lower())
        zone = self.found.zone
        if self.is_chain_end(target) or self.catalog.zone_of(target) is not zone:
            return None
        found = lookup_in(self.catalog, zone, target, self.type)
        if isinstance(found, Referral):
            return None
        return _link(self.catalog, self.health, self.client, target, self.type, found, (*self.names_before, self.name))


def resolve(
    catalog: CatalogReader, health: HealthReader, client: Client, name: DName, type_: int, found: Found | None = None
) -> Link:
    """Looks a question up and decides it; nothing is drawn yet.

    Args:
        catalog, health: of one instant.
        type_: the type code asked, `ANY` among them; the class is IN.
        found: the result of the look-up, if the caller has it.
    """
    if found is None:
        found = lookup(catalog, name, type_)
    return _link(catalog, health, client, name, type_, found, ())


def _link(
    catalog: CatalogReader,
    health: HealthReader,
    client: Client,
    name: DName,
    type_: int,
    found: Found,
    names_before: tuple[DName, ...],
) -> Link:
    decisions: tuple[Decision, ...] = ()
    if isinstance(found, Hit):
        surroundings = ZoneSurroundings(catalog, found.zone, health)
        decisions = tuple(decide(group, client, surroundings) for group in found.groups)
    return Link(name, type_, found, decisions, client, health, catalog, names_before)
