"""The walk that all policies share: health, failing open, aliases and reasons.

`decide` is pure and deterministic. It returns a distribution over all answers; the random draw comes later, when the
answer is sent and the tree is walked with `Decision.below`. A level is decided only when `below` asks for it: three
levels of a hundred weighted record sets have a million leaves.
"""

from collections.abc import Iterator
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

MAX_GROUPS_SEARCHED = 1000
"""Groups that are searched for rings of aliases, so that trees of any size cost little."""


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
    health = _Health(client, surroundings, group)
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

    A group is healthy at a level if a healthy end lies few enough aliases below it, or if a ring does (R118). Both are
    facts of the group alone, whatever path leads to it, so each is found once. `others` are the same for further hosted
    zones that aliases name.
    """

    def __init__(
        self,
        client: Client,
        surroundings: Surroundings,
        group: Group,
        others: "dict[HostedZoneId, _Health] | None" = None,
        rings: "_Rings | None" = None,
    ) -> None:
        self.group = group
        """The group that is decided."""
        self._client = client
        self._surroundings = surroundings
        self._others: dict[HostedZoneId, _Health] = {} if others is None else others
        self._found: dict[_GroupKey, _Search] = {}
        """By group: a search that found a healthy end."""
        self._failed: dict[_GroupKey, _Search] = {}
        """By group: the deepest search that found none."""
        self._rings = rings

    def verdict(self, record_set: RecordSet, level: int) -> Verdict:
        """Evaluates the health check, then the alias's target: both must pass (R109, R114).

        Args:
            level: number of aliases above the record set's group.
        """
        check = record_set.health_check_id
        if check is not None and not self._surroundings.is_healthy(check):
            return Verdict(is_healthy=False, reason=Reason.CHECK, check=check)
        alias = record_set.alias
        if alias is None or not alias.evaluate_target_health:
            return Verdict(is_healthy=True, reason=Reason.UNCHECKED if check is None else Reason.CHECK, check=check)
        resource = self._surroundings.target(alias, record_set.type)
        if resource is not None:
            return Verdict(is_healthy=resource.is_healthy, reason=Reason.RESOURCE, resource=resource)
        target = self._target(alias, record_set.type)
        if target is None:
            return Verdict(is_healthy=True, reason=Reason.NO_TARGET)
        return target.health.group_verdict(target.group, level + 1)

    def group_verdict(self, group: Group, level: int) -> Verdict:
        """Evaluates a group: healthy if at least one of its candidates for this client is (R110).

        A missing target counts as healthy, a group without candidates as unhealthy, a ring of aliases as healthy
        (R118), whatever the entry point. A group that is too deep to answer counts as unhealthy (R112).
        """
        if level >= MAX_ALIAS_LEVELS:
            return Verdict(is_healthy=False, reason=Reason.TOO_DEEP)
        found = self._search(group, MAX_ALIAS_LEVELS - 1 - level)
        is_healthy, reads_client = found.is_healthy, found.reads_client
        if found.is_cut and not is_healthy:
            rings = self._rings_below()
            is_healthy = rings.lie_below(_Target(self, group))
            reads_client = reads_client or rings.reads_client
        return Verdict(is_healthy=is_healthy, reason=Reason.TARGET, reads_client=reads_client)

    def _rings_below(self) -> "_Rings":
        """The rings below the decided group, which all hosted zones share."""
        if self._rings is None:
            self._rings = _Rings(self)
        return self._rings

    def _search(self, group: Group, depth: int) -> "_Search":
        """Searches for a healthy end at most `depth` aliases below a group; stops at the first one."""
        key = group.name, group.type
        if (found := self._found.get(key)) is not None and found.depth <= depth:
            return found
        if (failed := self._failed.get(key)) is not None and failed.depth >= depth:
            return failed
        policy = policy_of(group)
        reads_client, is_cut = policy.READS_CLIENT, False
        for member in policy.candidates(group, self._client):
            below = self._search_below(member, depth)
            reads_client, is_cut = reads_client or below.reads_client, is_cut or below.is_cut
            if below.is_healthy:
                search = self._found[key] = _Search(depth, is_healthy=True, reads_client=reads_client)
                return search
        search = self._failed[key] = _Search(depth, is_healthy=False, reads_client=reads_client, is_cut=is_cut)
        return search

    def _search_below(self, member: RecordSet, depth: int) -> "_Search":
        below = self._below(member)
        if isinstance(below, bool):
            return _HEALTHY if below else _UNHEALTHY
        return below.health._search(below.group, depth - 1) if depth else _CUT

    def _below(self, member: RecordSet) -> "_Target | bool":
        """Returns the group whose health decides about a record set, or the verdict if none does."""
        alias, check = member.alias, member.health_check_id
        if check is not None and not self._surroundings.is_healthy(check):
            return False
        if alias is None or not alias.evaluate_target_health:
            return True
        if (resource := self._surroundings.target(alias, member.type)) is not None:
            return resource.is_healthy
        return self._target(alias, member.type) or True

    def _target(self, alias: AliasTarget, type_: RRType) -> "_Target | None":
        """Returns the group that an alias leads to, with the verdicts on its hosted zone, of which each has one."""
        surroundings = self._surroundings.beyond(alias)
        if surroundings is None:
            return None
        health = self
        if surroundings is not self._surroundings:
            known = self._others.get(alias.hosted_zone_id)
            health = known or _Health(self._client, surroundings, self.group, self._others, self._rings_below())
            self._others[alias.hosted_zone_id] = health
        group = surroundings.group(alias.name, type_)
        return None if group is None else _Target(health, group)

    def edges(self, group: Group) -> "Iterator[_Target]":
        for member in policy_of(group).candidates(group, self._client):
            if isinstance(below := self._below(member), _Target):
                yield below


_GroupKey = tuple[DName, RRType]
_Node = tuple[int, _GroupKey]
"""A group's identity among all hosted zones."""


class _Rings:
    """The rings of aliases below a decided group, at most `MAX_ALIAS_LEVELS` down; searched for when first needed."""

    def __init__(self, top: _Health) -> None:
        self._top = top
        self.reads_client = False
        """True if another client could find other rings."""
        self._leading: set[_Node] | None = None
        """The groups from which aliases whose health checks pass lead into a ring."""

    def lie_below(self, target: "_Target") -> bool:
        """True if aliases whose health checks pass lead from a group into a ring."""
        if self._leading is None:
            self._leading = _leading_to_rings(self._edges())
        return target.node in self._leading

    def _edges(self) -> "dict[_Node, set[_Node]]":
        found: dict[_Node, set[_Node]] = {}
        layer = [_Target(self._top, self._top.group)]
        for _ in range(MAX_ALIAS_LEVELS + 1):
            following: dict[_Node, _Target] = {}
            for here in layer:
                if len(found) < MAX_GROUPS_SEARCHED:
                    below = {target.node: target for target in here.health.edges(here.group)}
                    self.reads_client = self.reads_client or policy_of(here.group).READS_CLIENT
                    found[here.node] = set(below)
                    following |= below
            layer = [target for node, target in following.items() if node not in found]
        return found


def _leading_to_rings(edges: "dict[_Node, set[_Node]]") -> "set[_Node]":
    """Returns the groups from which one can go on for ever: removes ends until only these are left."""
    above: dict[_Node, list[_Node]] = {}
    left: dict[_Node, int] = {}
    for node, targets in edges.items():
        inside = [target for target in targets if target in edges]
        left[node] = len(inside)
        for target in inside:
            above.setdefault(target, []).append(node)
    ends = [node for node, count in left.items() if not count]
    while ends:
        end = ends.pop()
        del left[end]
        for node in above.get(end, ()):
            left[node] -= 1
            if not left[node]:
                ends.append(node)
    return set(left)


@dataclass(slots=True)  # not frozen: that makes instances three times as slowly
class _Search:
    """The result of a search for a healthy end below a group; `is_cut` is true if it ended at its depth."""

    depth: int
    is_healthy: bool
    reads_client: bool = False
    is_cut: bool = False


_HEALTHY, _UNHEALTHY = _Search(0, is_healthy=True), _Search(0, is_healthy=False)
_CUT = _Search(0, is_healthy=False, is_cut=True)


@dataclass(slots=True)
class _Target:
    """A group that an alias leads to, and the verdicts on its hosted zone."""

    health: _Health
    group: Group

    @property
    def key(self) -> _GroupKey:
        return self.group.name, self.group.type

    @property
    def node(self) -> _Node:
        return id(self.health), self.key
