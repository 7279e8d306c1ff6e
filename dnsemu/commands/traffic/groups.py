"""A traffic policy document at a name of a hosted zone: each rule a group of record sets that nobody can ask for.

They are record sets like all others, so the eight policies decide them unchanged.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dnsemu.commands.traffic.document import Branch, TrafficDocument, Value
from dnsemu.config import names
from dnsemu.config.model.record_sets import AliasTarget, HostedZoneId, RecordSet
from dnsemu.config.model.routing import Simple
from dnsemu.config.names import DName
from dnsemu.policies.model import Group

_ELSEWHERE = HostedZoneId("")
"""The hosted zone of an AWS resource; which one it is matters to nobody here."""
_SIMPLE = Simple()


@dataclass(frozen=True, slots=True)
class InstanceTree:
    """What an instance answers: the record set at its name, and the groups below that nobody can ask for."""

    root: RecordSet
    hidden: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """Where a document is used: the record set that stands for it, its hosted zone, the TTL of all values (R196).

    `title` names the policy for explanations, `key` tells instances apart.
    """

    root: RecordSet
    zone_id: HostedZoneId
    ttl_s: int
    title: str
    key: str


def grow(document: TrafficDocument, site: Site) -> InstanceTree:
    """The groups of a document; rules that nothing leads to are left out."""
    positions = {rule: position for position, rule in enumerate(document.rules)}

    def hidden(rule: str) -> DName:
        return names.hidden(f"{rule} ({site.title})", f"{site.key} {positions[rule]}")

    def member(branch: Branch, name: DName, identifier: str | None) -> RecordSet:
        made = RecordSet(name, document.type, branch.routing, identifier, health_check_id=branch.health_check_id)
        if branch.is_rule:
            alias = AliasTarget(site.zone_id, hidden(branch.to), branch.evaluate_target_health)
            return replace(made, alias=alias)
        endpoint = document.endpoints[branch.to]
        if isinstance(endpoint, Value):
            return replace(made, ttl=site.ttl_s, values=(endpoint.text,), rdata=(endpoint.rdata,))
        return replace(made, alias=AliasTarget(_ELSEWHERE, endpoint.name, branch.evaluate_target_health))

    def group(rule: str) -> Group:
        branches = document.rules[rule]
        members = [
            member(branch, hidden(rule), identifier)
            for branch, identifier in zip(branches, _identifiers(branches), strict=True)
        ]
        members.sort(key=lambda record_set: record_set.set_identifier or "")
        return Group(hidden(rule), document.type, tuple(members))

    # An alias to the traffic policy's record inherits the health of the whole tree (R113), hence `True`.
    start = Branch(document.start, document.starts_with_rule, _SIMPLE, document.starts_with_rule, None)
    return InstanceTree(member(start, site.root.name, None), tuple(map(group, _reached(document))))


def _identifiers(branches: tuple[Branch, ...]) -> Iterator[str]:
    """What each branch is called in its group: as what it leads to, with a number where that is there again."""
    seen: Counter[str] = Counter()
    for branch in branches:
        seen[branch.to] += 1
        times = seen[branch.to]
        yield branch.to if times == 1 else f"{branch.to} #{times}"


def _reached(document: TrafficDocument) -> list[str]:
    """The rules that the start leads to, each once."""
    found = dict.fromkeys([document.start] if document.starts_with_rule else [])
    waiting = list(found)
    while waiting:
        for branch in document.rules[waiting.pop()]:
            if branch.is_rule and branch.to not in found:
                found[branch.to] = None
                waiting.append(branch.to)
    return list(found)
