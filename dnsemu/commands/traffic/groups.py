"""Builds the groups of an instance: each rule of the document becomes a hidden group, which no query can name.

Their members are ordinary record sets, so the routing policies decide them without change.
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

_AWS_ZONE = HostedZoneId("")
"""The hosted zone of an AWS resource. Its id is not needed here."""
_SIMPLE = Simple()


@dataclass(frozen=True, slots=True)
class InstanceTree:
    """The record set at an instance's name, and the hidden groups below it."""

    root: RecordSet
    hidden: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class InstanceSite:
    """The position of an instance: its listed record set, its hosted zone, the TTL of all its values (R196).

    `title` names the policy for explanations. `key` is unique among instances.
    """

    root: RecordSet
    zone_id: HostedZoneId
    ttl_s: int
    title: str
    key: str


def build_tree(document: TrafficDocument, site: InstanceSite) -> InstanceTree:
    """Returns the groups of a document, without rules that cannot be reached from its start."""
    positions = {rule: position for position, rule in enumerate(document.rules)}

    def hidden(rule: str) -> DName:
        return names.hidden(f"{rule} ({site.title})", f"{site.key} {positions[rule]}")

    def member(branch: Branch, name: DName, identifier: str | None) -> RecordSet:
        record_set = RecordSet(name, document.type, branch.routing, identifier, health_check_id=branch.health_check_id)
        if branch.is_rule:
            alias = AliasTarget(site.zone_id, hidden(branch.to), branch.evaluate_target_health)
            return replace(record_set, alias=alias)
        endpoint = document.endpoints[branch.to]
        if isinstance(endpoint, Value):
            return replace(record_set, ttl=site.ttl_s, values=(endpoint.text,), rdata=(endpoint.rdata,))
        return replace(record_set, alias=AliasTarget(_AWS_ZONE, endpoint.name, branch.evaluate_target_health))

    def group(rule: str) -> Group:
        branches = document.rules[rule]
        members = [
            member(branch, hidden(rule), identifier)
            for branch, identifier in zip(branches, _identifiers(branches), strict=True)
        ]
        members.sort(key=lambda record_set: record_set.set_identifier or "")
        return Group(hidden(rule), document.type, tuple(members))

    start = Branch(
        to=document.start,
        is_rule=document.starts_with_rule,
        routing=_SIMPLE,
        evaluate_target_health=document.starts_with_rule,  # an alias to the instance has its whole tree's health (R113)
        health_check_id=None,
    )
    return InstanceTree(member(start, site.root.name, None), tuple(map(group, _reached(document))))


def _identifiers(branches: tuple[Branch, ...]) -> Iterator[str]:
    """Yields the set identifier of each branch: its target's id, with a number from the second branch to it on."""
    count: Counter[str] = Counter()
    for branch in branches:
        count[branch.to] += 1
        number = count[branch.to]
        yield branch.to if number == 1 else f"{branch.to} #{number}"


def _reached(document: TrafficDocument) -> list[str]:
    """Returns the rules that can be reached from the start, each once."""
    reached = dict.fromkeys([document.start] if document.starts_with_rule else [])
    waiting = list(reached)
    while waiting:
        for branch in document.rules[waiting.pop()]:
            if branch.is_rule and branch.to not in reached:
                reached[branch.to] = None
                waiting.append(branch.to)
    return list(reached)
