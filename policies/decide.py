"""The walk that all policies share: health, failing open, aliases and reasons, written once.

`decide` is pure and deterministic. Its outcome is a whole distribution, not one throw of the dice: whoever sends
the answer throws them, walking down with `Decision.below`. Nothing is multiplied out on the way (three levels of
a hundred weighted record sets are a million leaves): what lies below a record set is decided when it is asked for.
"""

from dataclasses import dataclass, field
from enum import Enum

from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.record_sets import AliasTarget, RecordSet
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
"""Deeper than this an alias chain is given up with SERVFAIL (R112)."""


class Why(Enum):
    """Why a decision came out as it did."""

    HEALTHY = "healthy candidates share the answers"
    FAIL_OPEN = "no candidate is healthy, so all count as healthy"
    NO_CANDIDATE = "no record set is meant for this client"


class Reason(Enum):
    """Why a record set counts as healthy or not."""

    UNCHECKED = "no health check"
    CHECK = "health check"
    TARGET = "alias target"
    NO_TARGET = "alias target is not there"
    TOO_DEEP = "alias target lies more than 16 levels deep"
    RESOURCE = "targets of the resource"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a record set is healthy, and what decided that.

    `check` is the health check that decided, or `resource` the resource; `reads_client` tells that another client
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
    """The end of a path: this record set's values are the answer."""

    record_set: RecordSet


class Loss(Enum):
    """Why a path ends without a record set."""

    NO_TARGET = "the alias target is neither in this hosted zone nor a declared resource"
    NO_CNAME_TARGET = "the alias of type CNAME does not lead to a CNAME"
    TOO_DEEP = "aliases are more than 16 levels deep"


@dataclass(frozen=True, slots=True)
class Lost:
    """The end of a path that leads nowhere: NODATA for a missing target (R107), SERVFAIL else (R104, R112)."""

    loss: Loss
    target: AliasTarget

    @property
    def is_failure(self) -> bool:
        """Whether the answer is SERVFAIL."""
        return self.loss is not Loss.NO_TARGET


@dataclass(frozen=True, slots=True)
class Decision:
    """How one group answers one client: every possible answer with its exact share.

    `candidates` are best first; `outcome` is None when there are none, and then the answer is NODATA (R78, R92).
    `reads_client` tells that the decision depends on who asks (R133); what is below may still do so when this does not.
    """

    group: Group
    why: Why
    candidates: tuple[Candidate, ...]
    outcome: Outcome | None
    reads_client: bool
    _client: Client = field(repr=False)
    _view: Surroundings = field(repr=False)
    _level: int = 0

    def below(self, record_set: RecordSet) -> "Node":
        """What a member of the outcome answers: itself if it is a leaf, else whatever its alias leads to."""
        alias = record_set.alias
        if alias is None:
            return Leaf(record_set)
        resource = self._view.target(alias, record_set.type)
        if resource is not None:
            return resource
        target = self._view.group(alias.name, record_set.type)
        if target is None:
            return Lost(Loss.NO_CNAME_TARGET if record_set.type is RRType.CNAME else Loss.NO_TARGET, alias)
        if self._level + 1 >= MAX_ALIAS_LEVELS:
            return Lost(Loss.TOO_DEEP, alias)
        return _decide(target, self._client, self._view, self._level + 1)


Node = Decision | Leaf | Lost | ResourceState


def decide(group: Group, client: Client, view: Surroundings) -> Decision:
    """Decide how a group's answers to a client are shared.

    Args:
        group: all record sets of one name and type.
        client: who the answer is for.
        view: the hosted zone and the health of one instant; read again by `Decision.below`, so it must not change.
    Source: routing.md §3.0, R58, R59, R114–R122.
    """
    return _decide(group, client, view, 0)


def policy_of(group: Group) -> Policy:
    """The policy module that the record sets of a group share (R32)."""
    return POLICIES[type(group.record_sets[0].routing)]


def _decide(group: Group, client: Client, view: Surroundings, level: int) -> Decision:
    policy = policy_of(group)
    health = _Health(client, view)
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
        _view=view,
        _level=level,
    )


class _Health:
    """Verdicts on record sets for one client at one instant; each group below an alias is judged once."""

    def __init__(self, client: Client, view: Surroundings) -> None:
        self._client = client
        self._view = view
        self._judged: dict[tuple[DName, RRType], Verdict] = {}

    def verdict(self, record_set: RecordSet, level: int) -> Verdict:
        """Health check first, then the alias's target: both must pass (R109, R114).

        Args:
            level: how many aliases lead to the record set's group.
        """
        check = record_set.health_check_id
        if check is not None and not self._view.is_healthy(check):
            return Verdict(False, Reason.CHECK, check)
        alias = record_set.alias
        if alias is not None and alias.evaluate_target_health:
            resource = self._view.target(alias, record_set.type)
            if resource is not None:
                return Verdict(resource.is_healthy, Reason.RESOURCE, resource=resource)
            return self._target(alias.name, record_set.type, level + 1)
        return Verdict(True, Reason.UNCHECKED if check is None else Reason.CHECK, check)

    def _target(self, name: DName, type_: RRType, level: int) -> Verdict:
        """Healthy while at least one record set meant for this client is (R110).

        A missing target counts as healthy, a group with nothing for this client as unhealthy (R118). A group met
        again on the way round a cycle counts as healthy (R118); since one healthy member settles a group, the
        whole cycle then is, so a verdict never depends on where in the cycle the walk began. What lies too deep to
        answer counts as unhealthy (R112).
        """
        key = name, type_
        judged = self._judged.get(key)
        if judged is not None:
            return judged
        group = self._view.group(name, type_)
        if group is None:
            return Verdict(True, Reason.NO_TARGET)
        if level >= MAX_ALIAS_LEVELS:
            return Verdict(False, Reason.TOO_DEEP)
        policy = policy_of(group)
        self._judged[key] = Verdict(True, Reason.TARGET, reads_client=policy.READS_CLIENT)
        reads_client = policy.READS_CLIENT
        is_healthy = False
        for member in policy.candidates(group, self._client):
            verdict = self.verdict(member, level)
            reads_client = reads_client or verdict.reads_client
            if verdict.is_healthy:
                is_healthy = True
                break
        result = Verdict(is_healthy, Reason.TARGET, reads_client=reads_client)
        self._judged[key] = result
        return result
