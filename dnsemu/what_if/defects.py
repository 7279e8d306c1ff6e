"""Defects: finds declared record sets that can never be unhealthy, and zero weights that may answer."""

from collections.abc import Iterator, Sequence

from dnsemu.config import names
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.model.record_sets import RecordSet, RecordSetKey
from dnsemu.config.model.resources import Resource, ResourceKind, Target
from dnsemu.config.model.routing import Failover, FailoverRole, Multivalue, Weighted
from dnsemu.policies.decide import policy_of
from dnsemu.policies.model import Group
from dnsemu.what_if.clients import Audience
from dnsemu.what_if.failures import Checks, can_fail
from dnsemu.what_if.finding_kinds import FindingKind
from dnsemu.what_if.findings import Finding
from dnsemu.what_if.tree import AnswerTree
from dnsemu.zone.resources import counts_as_healthy


def defects(
    tree: AnswerTree,
    audiences: Sequence[Audience],
    checks: Checks,
    lost_targets: frozenset[HealthCheckId] = frozenset(),
) -> Iterator[Finding]:
    """Finds record sets that never fail over although they could, and weights of 0 that may answer.

    Args:
        lost_targets: the targets that fail with a Region or an Availability Zone although they have no health check.
    """
    health = _Health(tree, checks, lost_targets)
    for record_set in _deciding(tree, audiences, checks):
        if not health.can_fail(record_set):
            yield from _unchecked(record_set, health)
    for group in tree.groups:
        yield from _zero_weights(group, health)


class _Health:
    """Computes which record sets can become unhealthy.

    It begins with those that can by themselves, and follows aliases upwards, each group once: in a cycle, which is
    healthy (R118), nothing can unless something in it can by itself.
    """

    def __init__(self, tree: AnswerTree, checks: Checks, lost_targets: frozenset[HealthCheckId]) -> None:
        self.tree = tree
        self.checks = checks
        self.lost_targets = lost_targets
        self._able: set[int] = set()
        """The record sets that can become unhealthy, by identity."""
        self._spread()

    def can_fail(self, record_set: RecordSet) -> bool:
        """True if a record set of the tree can become unhealthy."""
        return id(record_set) in self._able

    def _spread(self) -> None:
        groups = {id(record_set): group for group in self.tree.groups for record_set in group.record_sets}
        above: dict[int, list[RecordSet]] = {}
        for record_set in self.tree.record_sets():
            target = self.tree.target(record_set)
            if isinstance(target, Group) and record_set.alias is not None and record_set.alias.evaluate_target_health:
                above.setdefault(id(target), []).append(record_set)
        steady = {id(group): len(group.record_sets) for group in self.tree.groups}
        waiting = [record_set for record_set in self.tree.record_sets() if self._can_fail_alone(record_set)]
        while waiting:
            record_set = waiting.pop()
            if id(record_set) in self._able:
                continue
            self._able.add(id(record_set))
            group = groups[id(record_set)]
            steady[id(group)] -= 1
            if not steady[id(group)] or policy_of(group).READS_CLIENT:
                waiting += above.pop(id(group), ())

    def _can_fail_alone(self, record_set: RecordSet) -> bool:
        """True if a health check or a resource can make a record set unhealthy, whatever other groups do."""
        if can_fail(record_set.health_check_id, self.checks):
            return True
        target = self.tree.target(record_set)
        if not isinstance(target, Resource) or record_set.alias is None or not record_set.alias.evaluate_target_health:
            return False
        targets = zip(target.targets, target.target_ids, strict=True)
        return not counts_as_healthy(target, [not self._can_target_fail(t, id) for t, id in targets])

    def _can_target_fail(self, target: Target, target_id: HealthCheckId) -> bool:
        return target_id in self.lost_targets or can_fail(target.health_check_id, self.checks)

    def is_checked(self, target: Group | Resource | None) -> bool:
        """True if anything below can be unhealthy: a record set with a health check, or a target."""
        waiting, seen = [target], set()
        while waiting:
            below = waiting.pop()
            if isinstance(below, Resource):
                if any(t.health_check_id for t in below.targets) or not self.lost_targets.isdisjoint(below.target_ids):
                    return True
            elif below is not None and (below.name, below.type) not in seen:
                seen.add((below.name, below.type))
                if any(record_set.health_check_id for record_set in below.record_sets):
                    return True
                waiting += map(self.tree.target, below.record_sets)
        return False


def _deciding(tree: AnswerTree, audiences: Sequence[Audience], checks: Checks) -> Iterator[RecordSet]:
    """The record sets whose health decides which of several answers.

    That takes an alternative: another member of the group, or of the group of an alias above that evaluates its
    target's health. Last candidates are left out, because they answer when nothing else can, and so is everything
    below an alias with a health check, which covers it.
    """
    found: dict[RecordSetKey, RecordSet] = {}
    seen = set()
    waiting = [(group, False, False) for group in tree.roots]
    while waiting:
        group, is_read, is_covered = waiting.pop()
        if (visit := (group.name, group.type, is_read, is_covered)) in seen:
            continue
        seen.add(visit)
        last = _last_candidates(group, audiences)
        for record_set in group.record_sets:
            decides = not is_covered and record_set.key not in last and (len(group.record_sets) > 1 or is_read)
            if decides:
                found[record_set.key] = record_set
            target = tree.target(record_set)
            if isinstance(target, Group):
                assert record_set.alias is not None
                reads = decides and record_set.alias.evaluate_target_health and not _is_primary(record_set)
                waiting.append((target, reads, is_covered or can_fail(record_set.health_check_id, checks)))
    yield from found.values()


def _last_candidates(group: Group, audiences: Sequence[Audience]) -> set[RecordSetKey]:
    """The members that, for every audience, answer only when no other member can."""
    if len(group.record_sets) == 1 or isinstance(group.record_sets[0].routing, Multivalue):
        return set()
    if isinstance(group.record_sets[0].routing, Weighted):
        zero = {record_set.key for record_set in group.record_sets if _weight(record_set) == 0}
        return zero if len(zero) < len(group.record_sets) else set()
    orders = [policy_of(group).candidates(group, audience.client) for audience in audiences]
    return {r.key for r in group.record_sets} - {r.key for order in orders for r in order[:-1]}


def _unchecked(record_set: RecordSet, health: _Health) -> Iterator[Finding]:
    """Describes a record set that can never be unhealthy although its health would decide."""
    alias, target = record_set.alias, health.tree.target(record_set)
    name = _display(record_set)
    if alias is not None and target is None:
        return
    if alias is not None and not alias.evaluate_target_health and _can_evaluate(target) and health.is_checked(target):
        target_name = names.display(alias.name)
        text = f"{name} does not evaluate the health of {target_name}, so it answers even when that is unhealthy"
        yield Finding(FindingKind.HEALTH_IGNORED, text, at=record_set)
    elif _is_primary(record_set):
        text = f"{name} can never be unhealthy, so nothing ever takes over from it"
        yield Finding(FindingKind.PRIMARY_UNCHECKED, text, at=record_set)
    elif alias is None or not alias.evaluate_target_health or isinstance(target, Resource):
        text = f"{name} can never be unhealthy, so it goes on answering when it is down"
        yield Finding(FindingKind.UNCHECKED, text, at=record_set)


def _zero_weights(group: Group, health: _Health) -> Iterator[Finding]:
    """Weights of 0 that answer when everything heavier is unhealthy (R64)."""
    heavy = [r for r in group.record_sets if _weight(r)]
    if heavy and all(map(health.can_fail, heavy)):
        for record_set in group.record_sets:
            if _weight(record_set) == 0:
                others = ", ".join(r.set_identifier or "" for r in heavy)
                text = f"{_display(record_set)} has weight 0, but answers once {others} {_are(heavy)} unhealthy"
                yield Finding(FindingKind.ZERO_WEIGHT, text, at=record_set)


def _can_evaluate(target: Group | Resource | None) -> bool:
    """True if Route 53 lets an alias evaluate the health of this target (A177)."""
    return not (isinstance(target, Resource) and target.kind is ResourceKind.CLOUDFRONT)


def _is_primary(record_set: RecordSet) -> bool:
    return isinstance(record_set.routing, Failover) and record_set.routing.role is FailoverRole.PRIMARY


def _weight(record_set: RecordSet) -> int | None:
    return record_set.routing.weight if isinstance(record_set.routing, Weighted) else None


def _display(record_set: RecordSet) -> str:
    identifier = f" {record_set.set_identifier}" if record_set.set_identifier is not None else ""
    return f"{names.display(record_set.name)} {record_set.type.name}{identifier}"


def _are(record_sets: Sequence[RecordSet]) -> str:
    return "is" if len(record_sets) == 1 else "are"
