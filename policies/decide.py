"""The walk that all policies share: health, failing open, aliases and reasons.

`decide` is pure and deterministic. It returns a distribution over all answers; the random draw comes later, when the
answer is sent and the tree is walked with `Decision.below`. A level is decided only when `below` asks for it: three
levels of a hundred weighted record sets have a million leaves.
"""

from dataclasses import dataclass, field
from enum import Enum

from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.record_sets import AliasTarget, HostedZoneId, RecordSet
from dnsemu.config.model.routing import (
    Failover,
    Geolocation,
    Geoproximity,
    IpBased,
    Latency,
    Multivalue,
    Simple,
    Weighted,
)
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.policies import failover, geolocation, geoproximity, ip_based, latency, multivalue, simple, weighted
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import Group, Outcome, Policy, ResourceState, Surroundings

POLICIES: dict[type, Policy] = {
    Simple: simple,
    Weighted: weighted,
    Failover: failover,
    Latency: latency,
    Geolocation: geolocation,
    Geoproximity: geoproximity,
    IpBased: ip_based,
    Multivalue: multivalue,
}

MAX_ALIAS_LEVELS = 16
"""Levels of an alias chain; a longer one is answered with SERVFAIL (R112)."""


class Why(Enum):
    """Reason for the outcome of a decision."""

    HEALTHY = "healthy candidates share the answers"
    FAIL_OPEN = "no candidate is healthy, so all count as healthy"
    NO_CANDIDATE = "no record set is meant for this client"


class Reason(Enum):
    """Reason for the verdict on a record set."""

    UNCHECKED = "no health check"
    CHECK = "health check"
    TARGET = "alias target"
    NO_TARGET = "alias target is not there"
    TOO_DEEP = "alias target lies more than 16 levels deep"
    RESOURCE = "targets of the resource"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Health of a record set, with its reason.

    `check` is the health check that decided, `resource` the resource that did. `reads_client` is True if another client
    could get another verdict.
    """

    is_healthy: bool
    reason: Reason
    check: HealthCheckId | None = None
    reads_client: bool = False
    resource: ResourceState | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record set that may answer, with its health."""

    record_set: RecordSet
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Leaf:
    """End of a path: the values of this record set are the answer."""

    record_set: RecordSet


class AliasProblem(Enum):
    """Reason why an alias leads to no record set."""

    NO_TARGET = "the alias target is neither in its hosted zone nor a declared resource"
    NO_CNAME_TARGET = "the alias of type CNAME does not lead to a CNAME"
    TOO_DEEP = "aliases are more than 16 levels deep"


@dataclass(frozen=True, slots=True)
class BrokenAlias:
    """End of a path without an answer: NODATA for a missing target (R107), otherwise SERVFAIL (R104, R112)."""

    problem: AliasProblem
    target: AliasTarget

    @property
    def is_failure(self) -> bool:
        """True if the answer is SERVFAIL."""
        return self.problem is not AliasProblem.NO_TARGET


@dataclass(frozen=True, slots=True)
class Decision:
    """The answers of one group to one client, each with its exact share.

    `candidates` are best first; without any, `outcome` is None and the answer is NODATA (R78, R92). `reads_client` is
    True if this level depends on the client (R133); the levels below are not included.
    """

    group: Group
    why: Why
    candidates: tuple[Candidate, ...]
    outcome: Outcome | None
    reads_client: bool
    _client: Client = field(repr=False)
    _surroundings: Surroundings = field(repr=False)
    _level: int = 0

    def below(self, record_set: RecordSet) -> "Node":
        """Returns the node below a member of the outcome: a leaf, or the target of its alias."""
        alias = record_set.alias
        if alias is None:
            return Leaf(record_set)
        resource = self._surroundings.target(alias, record_set.type)
        if resource is not None:
            return resource
        surroundings = self._surroundings.beyond(alias)
        target = surroundings.group(alias.name, record_set.type) if surroundings is not None else None
        if surroundings is None or target is None:
            is_cname = record_set.type is RRType.CNAME
            return BrokenAlias(AliasProblem.NO_CNAME_TARGET if is_cname else AliasProblem.NO_TARGET, alias)
        if self._level + 1 >= MAX_ALIAS_LEVELS:
            return BrokenAlias(AliasProblem.TOO_DEEP, alias)
        return _decide(target, self._client, surroundings, self._level + 1)


Node = Decision | Leaf | BrokenAlias | ResourceState


def decide(group: Group, client: Client, surroundings: Surroundings) -> Decision:
    """Decides the shares of a group's record sets in the answers to a client.

    Args:
        group: all record sets of one name and type.
        client: the client that the answer is for.
        surroundings: the hosted zone and the health of one instant. `Decision.below` reads it too, so it must be
            immutable.
    Source: routing.md §3.0, R58, R59, R114–R122.
    """
    return _decide(group, client, surroundings, 0)


def policy_of(group: Group) -> Policy:
    """The policy module of a group; all its record sets share one policy (R32)."""
    return POLICIES[type(group.record_sets[0].routing)]


def _decide(group: Group, client: Client, surroundings: Surroundings, level: int) -> Decision:
    policy = policy_of(group)
    health = _Health(client, surroundings)
    candidates = tuple(Candidate(r, health.verdict(r, level)) for r in policy.candidates(group, client))
    healthy = [c.record_set for c in candidates if c.verdict.is_healthy]
    pool = healthy or [c.record_set for c in candidates]  # fail open (R119)
    why = Why.NO_CANDIDATE if not pool else Why.HEALTHY if healthy else Why.FAIL_OPEN
    return Decision(
        group=group,
        why=why,
        candidates=candidates,
        outcome=policy.shares(pool) if pool else None,
        reads_client=policy.READS_CLIENT or any(c.verdict.reads_client for c in candidates),
        _client=client,
        _surroundings=surroundings,
        _level=level,
    )


class _Health:
    """Computes verdicts on record sets of one hosted zone for one client at one instant.

    Each group below an alias is evaluated once. `others` are the same for further hosted zones that aliases name.
    """

    def __init__(
        self, client: Client, surroundings: Surroundings, others: "dict[HostedZoneId, _Health] | None" = None
    ) -> None:
        self._client = client
        self._surroundings = surroundings
        self._others: dict[HostedZoneId, _Health] = {} if others is None else others
        self._verdicts: dict[tuple[DName, RRType], Verdict] = {}

    def verdict(self, record_set: RecordSet, level: int) -> Verdict:
        """Evaluates the health check, then the alias's target: both must pass (R109, R114).

        Args:
            level: number of aliases above the record set's group.
        """
        check = record_set.health_check_id
        if check is not None and not self._surroundings.is_healthy(check):
            return Verdict(is_healthy=False, reason=Reason.CHECK, check=check)
        alias = record_set.alias
        if alias is not None and alias.evaluate_target_health:
            resource = self._surroundings.target(alias, record_set.type)
            if resource is not None:
                return Verdict(is_healthy=resource.is_healthy, reason=Reason.RESOURCE, resource=resource)
            beyond = self._beyond(alias)
            if beyond is None:
                return Verdict(is_healthy=True, reason=Reason.NO_TARGET)
            return beyond._target(alias.name, record_set.type, level + 1)
        return Verdict(is_healthy=True, reason=Reason.UNCHECKED if check is None else Reason.CHECK, check=check)

    def _beyond(self, alias: AliasTarget) -> "_Health | None":
        """Returns the verdicts on the hosted zone that an alias names; one for each zone, as aliases may be a ring."""
        surroundings = self._surroundings.beyond(alias)
        if surroundings is None or surroundings is self._surroundings:
            return self if surroundings is not None else None
        known = self._others.get(alias.hosted_zone_id)
        if known is None:
            known = self._others[alias.hosted_zone_id] = _Health(self._client, surroundings, self._others)
        return known

    def _target(self, name: DName, type_: RRType, level: int) -> Verdict:
        """Evaluates a group: healthy if at least one of its candidates for this client is (R110).

        A missing target counts as healthy, a group without candidates as unhealthy (R118). A group that is met again in
        a cycle counts as healthy (R118). One healthy member makes a group healthy, so then the whole cycle is, and the
        verdict does not depend on the entry point. A group that is too deep to answer counts as unhealthy (R112).
        """
        key = name, type_
        cached = self._verdicts.get(key)
        if cached is not None:
            return cached
        group = self._surroundings.group(name, type_)
        if group is None:
            return Verdict(is_healthy=True, reason=Reason.NO_TARGET)
        if level >= MAX_ALIAS_LEVELS:
            return Verdict(is_healthy=False, reason=Reason.TOO_DEEP)
        policy = policy_of(group)
        self._verdicts[key] = Verdict(is_healthy=True, reason=Reason.TARGET, reads_client=policy.READS_CLIENT)
        reads_client = policy.READS_CLIENT
        is_healthy = False
        for member in policy.candidates(group, self._client):
            verdict = self.verdict(member, level)
            reads_client = reads_client or verdict.reads_client
            if verdict.is_healthy:
                is_healthy = True
                break
        result = Verdict(is_healthy=is_healthy, reason=Reason.TARGET, reads_client=reads_client)
        self._verdicts[key] = result
        return result
