"""Explains an answer: converts its decisions to plain data, the same for the command line, the control API and DNS."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from ipaddress import ip_network
from typing import Any

from dnsemu.answering.resolution import Link
from dnsemu.config import names
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.policies.decide import BrokenAlias, Candidate, Decision, Leaf, Reason, Why, policy_of
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import Outcome, ResourceState, Sample, TargetState
from dnsemu.wire.qtypes import type_text
from dnsemu.zone.lookup import Hit, NoData, NotOurs, NXDomain, Referral

Explanation = dict[str, Any]
"""Plain data, ready for JSON; docs/control-api.md describes the keys."""

CheckDetail = Callable[[HealthCheckId], str]
"""Describes the observations of a health check: how many checkers are up, and since when; for a target, its overlay."""

MAX_DECISIONS = 500
"""Bound on the decisions in one explanation; a tree may have millions."""
MAX_CANDIDATES = 50_000
"""Bound on the record sets in one explanation."""
MAX_LEVELS = 64
"""Bound on the depth of decisions; aliases and CNAMEs together may go deeper."""

_FOUND = {
    Hit: "answer",
    NoData: "nodata",
    NXDomain: "nxdomain",
    Referral: "referral",
    NotOurs: "refused",
}


def explain(
    link: Link,
    scope_bits: int,
    detail: CheckDetail,
    max_decisions: int = MAX_DECISIONS,
    forward_to: Sequence[str] = (),
    label: Callable[[HealthCheckId], str] = str,
    max_candidates: int = MAX_CANDIDATES,
) -> Explanation:
    """Explains all decisions behind the answer to a question, with exact shares.

    Args:
        link: the question resolved for one client.
        scope_bits: the ECS scope of an answer that depends on the client.
        detail: describes a health check's observations.
        max_decisions: the bound on decisions; `is_complete` is false if there are more.
        forward_to: the upstreams for names outside the hosted zones.
        label: names a health check for people.
        max_candidates: the bound on candidates; those of a decision that has begun are all listed.
    Returns:
        `question`, `zone`, `client`, `health_generation`, `result`, the tree under `decisions`, and `answers`: every
        leaf reached, with its share.
    """
    writer = _Writer(
        link.client, lambda check: f"{label(check)}: {detail(check)}", detail, max_decisions, max_candidates
    )
    decisions = [writer.decision(decision, Fraction(1), link) for decision in link.decisions]
    return {
        "question": {"name": names.display(link.name), "type": type_text(link.type)},
        "zone": None
        if isinstance(link.found, NotOurs)
        else {"id": link.found.zone.id, "name": names.display(link.found.zone.name)},
        "client": _client(link.client),
        "health_generation": link.health.generation,
        "result": "forwarded" if forward_to and isinstance(link.found, NotOurs) else _FOUND[type(link.found)],
        "forward_to": list(forward_to),
        "cut": names.display(link.found.cut.name) if isinstance(link.found, Referral) else None,
        "wildcard": names.display(link.found.node)
        if isinstance(link.found, Hit) and link.found.node != link.name
        else None,
        "decisions": decisions,
        "answers": writer.answers,
        "ecs_scope": scope_bits if writer.reads_client else 0,
        "is_complete": writer.is_complete,
    }


@dataclass
class _Writer:
    """Converts decisions recursively, and collects the leaves."""

    client: Client
    detail: CheckDetail
    raw_detail: CheckDetail
    decisions_left: int
    candidates_left: int
    level: int = 0
    reads_client: bool = False
    is_complete: bool = True

    def __post_init__(self) -> None:
        self.answers: list[Explanation] = []
        self._path: list[str] = []

    def decision(self, decision: Decision, share: Fraction, link: Link) -> Explanation:
        self.decisions_left -= 1
        self.level += 1
        try:
            return self._decision(decision, share, link)
        finally:
            self.level -= 1

    def _has_room(self) -> bool:
        """True if another decision fits within the bounds; otherwise the explanation is marked as incomplete."""
        has_room = self.decisions_left > 0 and self.candidates_left > 0 and self.level < MAX_LEVELS
        self.is_complete = self.is_complete and has_room
        return has_room

    def _decision(self, decision: Decision, share: Fraction, link: Link) -> Explanation:
        self.reads_client = self.reads_client or decision.reads_client
        self.candidates_left -= len(decision.candidates)
        shares = {id(record_set): part for record_set, part in _parts(decision.outcome)}
        return {
            "policy": policy_of(decision.group).NAME,
            "name": names.display(decision.group.name),
            "type": decision.group.type.name,
            "why": why(decision),
            "is_taken": share > 0,
            "sample": decision.outcome.size if isinstance(decision.outcome, Sample) else None,
            "candidates": [
                self._candidate(candidate, decision, shares.get(id(candidate.record_set), Fraction(0)), share, link)
                for candidate in decision.candidates
            ],
            "passed_by": self._passed_by(decision),
        }

    def _candidate(
        self, candidate: Candidate, decision: Decision, part: Fraction, share: Fraction, link: Link
    ) -> Explanation:
        record_set, verdict = candidate.record_set, candidate.verdict
        step = [] if record_set.set_identifier is None else [record_set.set_identifier]
        self._path += step
        below = self._below(decision, candidate, part * share, link)
        del self._path[len(self._path) - len(step) :]
        return {
            "set_identifier": record_set.set_identifier,
            "worth": policy_of(decision.group).criteria(record_set, self.client),
            "is_healthy": verdict.is_healthy,
            "health": self._health(candidate),
            "health_check_id": record_set.health_check_id,
            "share": str(part),
            "percent": float(part * 100),
            **_of_answers(part * share),
            "alias": names.display(record_set.alias.name) if record_set.alias else None,
            "ttl": record_set.ttl,
            "values": list(record_set.values),
            "below": below,
        }

    def _health(self, candidate: Candidate) -> str:
        check, alias = candidate.record_set.health_check_id, candidate.record_set.alias
        verdict = candidate.verdict
        grounds = [self.detail(check)] if check is not None else []
        if verdict.resource is not None:
            grounds.append(_resource_health(verdict.resource))
        elif verdict.reason is Reason.TARGET and alias:
            some = "a" if verdict.is_healthy else "no"
            grounds.append(f"{some} healthy record set at {names.display(alias.name)}")
        elif verdict.reason is not Reason.CHECK and not grounds:
            grounds.append(verdict.reason.value)
        return ", ".join(grounds)

    def _below(self, decision: Decision, candidate: Candidate, share: Fraction, link: Link) -> Explanation | None:
        """The explanation below a candidate that answers, or whose target is unhealthy; None for others."""
        failed = not candidate.verdict.is_healthy and candidate.verdict.reason in (Reason.TARGET, Reason.RESOURCE)
        if not share and not failed:
            return None
        node = decision.below(candidate.record_set)
        if isinstance(node, BrokenAlias):
            return {"lost": node.problem.value, "name": names.display(node.target.name)}
        if isinstance(node, Leaf):
            return self._leaf(node.record_set, share, link)
        if isinstance(node, ResourceState):
            return self._resource(node, share, link)
        return self.decision(node, share, link) if self._has_room() else None

    def _leaf(
        self, record_set: RecordSet, share: Fraction, link: Link, resource: DName | None = None
    ) -> Explanation | None:
        if not share:
            return None
        self.answers.append(
            {
                "share": str(share),
                "percent": float(share * 100),
                "owner": names.display(link.name),
                "type": record_set.type.name,
                "ttl": record_set.ttl,
                "values": list(record_set.values),
                "path": list(self._path),
                "resource": None if resource is None else names.display(resource),
            }
        )
        next_link = link.next_link(record_set) if link.follows_cname else None
        if next_link is None:
            return None
        return {
            "cname": names.display(next_link.name),
            "result": _FOUND[type(next_link.found)],
            "decisions": [self.decision(d, share, next_link) for d in next_link.decisions if self._has_room()],
        }

    def _resource(self, state: ResourceState, share: Fraction, link: Link) -> Explanation:
        resource = state.resource
        for leaf, part in _parts(state.outcome):
            self._leaf(leaf, part * share, link, resource.name)
        shares = {leaf.rdata: part for leaf, part in _parts(state.outcome)}
        return {
            "resource": names.display(resource.name),
            "kind": resource.kind.value,
            "region": resource.region,
            "availability_zones": list(resource.availability_zones),
            "is_healthy": state.is_healthy,
            "health": _resource_health(state),
            "why": _why(state),
            "is_taken": share > 0,
            "sample": state.outcome.size if isinstance(state.outcome, Sample) else None,
            "targets": [
                self._target(target, shares.get(target.leaf.rdata, Fraction(0)) if target.leaf else Fraction(0), share)
                for target in state.targets
            ],
        }

    def _target(self, state: TargetState, part: Fraction, share: Fraction) -> Explanation:
        target, leaf = state.target, state.leaf
        check = target.health_check_id
        return {
            "host": names.display(target.host) if target.host is not None else None,
            "address": leaf.values[0] if leaf and leaf.type is not RRType.CNAME else None,
            "availability_zone": target.availability_zone,
            "target_group": target.target_group,
            "is_healthy": state.is_healthy,
            "health": self._target_health(state),
            "health_check_id": check,
            "share": str(part),
            "percent": float(part * 100),
            **_of_answers(part * share),
        }

    def _target_health(self, state: TargetState) -> str:
        check = state.target.health_check_id
        if state.is_unresolved:
            return "its host cannot be found"
        if state.is_lost:
            return f"down with its failure domain: {self.raw_detail(state.id)}"
        return self.detail(check) if check is not None else Reason.UNCHECKED.value

    def _passed_by(self, decision: Decision) -> list[str]:
        """The record sets of the group that are no candidates for this client."""
        candidates = {id(candidate.record_set) for candidate in decision.candidates}
        return [r.set_identifier or "" for r in decision.group.record_sets if id(r) not in candidates]


_WHY_HEALTHY = {
    "simple": "the only record set answers",
    "weighted": "the healthy share the answers by weight",
    "multivalue": "the healthy answer together",
}


def why(decision: Decision) -> str:
    """The reason of a decision, in words."""
    if decision.why is Why.HEALTHY:
        return _WHY_HEALTHY.get(policy_of(decision.group).NAME, "the first healthy candidate answers")
    return str(decision.why.value)


def _of_answers(share: Fraction) -> Explanation:
    """A branch's share of all answers to the question; 0 if the branch is not taken."""
    return {"answers_share": str(share), "answers_percent": float(share * 100)}


def _parts(outcome: Outcome | None) -> Iterator[tuple[RecordSet, Fraction]]:
    return outcome.shares() if outcome else iter(())


def _why(state: ResourceState) -> str:
    if state.outcome is None:
        return "no target has an address of this type"
    return "no target is healthy, so all count as healthy" if state.fails_open else "healthy targets share the answers"


def _resource_health(state: ResourceState) -> str:
    """`application-load-balancer NAME: 1 of 2 targets healthy, none in target group web`."""
    resource = state.resource
    groups = dict.fromkeys([*resource.target_groups, *(t.target.target_group for t in state.targets)])
    served = {t.target.target_group for t in state.targets if t.is_healthy}
    unserved = [group for group in groups if group is not None and group not in served]
    lacking = f", none in target group {', '.join(unserved)}" if unserved else ""
    healthy = sum(target.is_healthy for target in state.targets)
    found = f"{healthy} of {len(state.targets)} targets healthy{lacking}"
    return f"{resource.kind.value} {names.display(resource.name)}: {found}"


def _client(client: Client) -> Explanation:
    place = client.place
    return {
        "network": str(ip_network((client.address, client.bits), strict=False)) if client.bits else None,
        "continent": place.continent,
        "country": place.country,
        "subdivision": place.subdivision,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "region": place.region,
        "source": place.source,
    }
