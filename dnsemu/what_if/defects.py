"""What is wrong with a tree as it is declared: record sets whose health nobody learns, and weights that would wake."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dnsemu.config import names
from dnsemu.config.model.record_sets import RecordSet, RecordSetKey
from dnsemu.config.model.resources import Resource, ResourceKind
from dnsemu.config.model.routing import Failover, FailoverRole, Multivalue, Weighted
from dnsemu.policies.decide import policy_of
from dnsemu.policies.model import Group
from dnsemu.what_if.clients import Audience
from dnsemu.what_if.failures import Checks, can_fail
from dnsemu.what_if.findings import Finding, Id
from dnsemu.what_if.tree import AnswerTree
from dnsemu.zone.resources import counts_as_healthy


def defects(tree: AnswerTree, classes: Sequence[Audience], checks: Checks) -> Iterator[Finding]:
    """Every record set that would go on answering although something could stand in for it, and sleeping weights."""
    health = _Health(tree, checks)
    for record_set in _heeded(tree, classes, checks):
        if not health.can_fail(record_set):
            yield from _unnoticed(record_set, tree)
    for group in tree.groups:
        yield from _sleepers(group, health)


@dataclass
class _Health:
    """Which record sets can become unhealthy."""

    tree: AnswerTree
    checks: Checks
    _known: dict[RecordSetKey, bool] = field(default_factory=dict)

    def can_fail(self, record_set: RecordSet) -> bool:
        known = self._known.get(record_set.key)
        if known is None:
            self._known[record_set.key] = False  # met again on the way round: a cycle is healthy (R118)
            known = self._known[record_set.key] = self._can_fail(record_set)
        return known

    def _can_fail(self, record_set: RecordSet) -> bool:
        if can_fail(record_set.health_check_id, self.checks):
            return True
        if record_set.alias is None or not record_set.alias.evaluate_target_health:
            return False
        target = self.tree.target(record_set)
        if isinstance(target, Resource):
            return not counts_as_healthy(target, [not can_fail(t.health_check_id, self.checks) for t in target.targets])
        if target is None:
            return False
        able = [self.can_fail(member) for member in target.record_sets]
        return any(able) if policy_of(target).READS_CLIENT else all(able)


def _heeded(tree: AnswerTree, classes: Sequence[Audience], checks: Checks) -> Iterator[RecordSet]:
    """The record sets whose health decides who answers, unless a health check of an alias above speaks for them.

    It decides where something could stand in: another member of the group, or of the group of an alias above that
    evaluates its target's health. What stands last in line is there to answer when nothing else does.
    """
    found: dict[RecordSetKey, RecordSet] = {}
    seen = set()
    waiting = [(group, False, False) for group in tree.roots]
    while waiting:
        group, is_read, is_guarded = waiting.pop()
        if (visit := (group.name, group.type, is_read, is_guarded)) in seen:
            continue
        seen.add(visit)
        last = _last_in_line(group, classes)
        for record_set in group.record_sets:
            decides = not is_guarded and record_set.key not in last and (len(group.record_sets) > 1 or is_read)
            if decides:
                found[record_set.key] = record_set
            target = tree.target(record_set)
            if isinstance(target, Group):
                assert record_set.alias is not None
                reads = decides and record_set.alias.evaluate_target_health and not _is_primary(record_set)
                waiting.append((target, reads, is_guarded or can_fail(record_set.health_check_id, checks)))
    yield from found.values()


def _last_in_line(group: Group, classes: Sequence[Audience]) -> set[RecordSetKey]:
    """The members that answer only when no other of the group can, whoever asks."""
    if len(group.record_sets) == 1 or isinstance(group.record_sets[0].routing, Multivalue):
        return set()
    if isinstance(group.record_sets[0].routing, Weighted):
        asleep = {record_set.key for record_set in group.record_sets if _weight(record_set) == 0}
        return asleep if len(asleep) < len(group.record_sets) else set()
    orders = [policy_of(group).candidates(group, one.client) for one in classes]
    return {r.key for r in group.record_sets} - {r.key for order in orders for r in order[:-1]}


def _unnoticed(record_set: RecordSet, tree: AnswerTree) -> Iterator[Finding]:
    """What to say of a record set that can never be unhealthy although it should be able to."""
    alias, target = record_set.alias, tree.target(record_set)
    who = _called(record_set)
    if alias is not None and target is None:
        return
    if alias is not None and not alias.evaluate_target_health and _can_evaluate(target) and _is_checked(target, tree):
        text = f"{who} does not evaluate the health of {names.display(alias.name)}, so it answers however sick that is"
        yield Finding(Id.HEALTH_IGNORED, text, at=record_set)
    elif _is_primary(record_set):
        text = f"{who} can never be unhealthy, so nothing ever takes over from it"
        yield Finding(Id.PRIMARY_UNCHECKED, text, at=record_set)
    elif alias is None or not alias.evaluate_target_health or isinstance(target, Resource):
        text = f"{who} can never be unhealthy, so it goes on answering when it is down"
        yield Finding(Id.UNCHECKED, text, at=record_set)


def _sleepers(group: Group, health: _Health) -> Iterator[Finding]:
    """Weights of 0 that answer when everything heavier is unhealthy (R64)."""
    heavy = [r for r in group.record_sets if _weight(r)]
    if heavy and all(map(health.can_fail, heavy)):
        for record_set in group.record_sets:
            if _weight(record_set) == 0:
                others = ", ".join(r.set_identifier or "" for r in heavy)
                text = f"{_called(record_set)} has weight 0, but answers once {others} {_are(heavy)} unhealthy"
                yield Finding(Id.ZERO_WEIGHT, text, at=record_set)


def _is_checked(target: Group | Resource | None, tree: AnswerTree) -> bool:
    """Whether a health check is anywhere below."""
    waiting, seen = [target], set()
    while waiting:
        below = waiting.pop()
        if isinstance(below, Resource):
            if any(target.health_check_id for target in below.targets):
                return True
        elif below is not None and (below.name, below.type) not in seen:
            seen.add((below.name, below.type))
            if any(record_set.health_check_id for record_set in below.record_sets):
                return True
            waiting += map(tree.target, below.record_sets)
    return False


def _can_evaluate(target: Group | Resource | None) -> bool:
    """Whether Route 53 lets an alias to it evaluate its health (A177)."""
    return not (isinstance(target, Resource) and target.kind is ResourceKind.CLOUDFRONT)


def _is_primary(record_set: RecordSet) -> bool:
    return isinstance(record_set.routing, Failover) and record_set.routing.role is FailoverRole.PRIMARY


def _weight(record_set: RecordSet) -> int | None:
    return record_set.routing.weight if isinstance(record_set.routing, Weighted) else None


def _called(record_set: RecordSet) -> str:
    identifier = f" {record_set.set_identifier}" if record_set.set_identifier is not None else ""
    return f"{names.display(record_set.name)} {record_set.type.name}{identifier}"


def _are(record_sets: Sequence[RecordSet]) -> str:
    return "is" if len(record_sets) == 1 else "are"
