"""The rules for aliases: where they lead, and that they do not lead in circles."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from config import names
from config.faults import Problem, Severity
from config.names import DName
from config.rrtypes import RRType
from config.world import HostedZoneId, RecordSet, RecordSetKey

Node = tuple[DName, RRType]
"""A group: all record sets of one name and type."""


class TargetZone(Protocol):
    """The hosted zone an alias stands in."""

    @property
    def id(self) -> HostedZoneId:
        """The hosted zone's id."""

    @property
    def name(self) -> DName:
        """The hosted zone's name."""

    def has_group(self, name: DName, type: RRType) -> bool:
        """Whether there is a record set of exactly this name and type."""


def alias_target(record_set: RecordSet, zone: TargetZone) -> Iterator[Problem]:
    """What is wrong with where an alias leads; nothing, of a record set that is none."""
    alias = record_set.alias
    if alias is None:
        return
    at = ("alias_target", "dns_name")
    target, type = names.to_text(alias.name), record_set.type.name
    if alias.hosted_zone_id != zone.id:
        message = f"{target} lies outside the zone and is answered with no data (R107)"
        yield Problem("alias-elsewhere", "R107", message, "", at, Severity.WARNING)
        return
    tried = f"Tried to create an alias that targets {target}, type {type} in zone {zone.id}"
    if not names.is_at_or_below(alias.name, zone.name):
        message = f"{tried}, but the alias target name does not lie within the target zone"
        instead = f"write a name in {names.display(zone.name)}, or the target's hosted_zone_id"
        yield Problem("alias-outside-zone", "A169", message, instead, at)
    elif alias.name == record_set.name:
        yield Problem("alias-itself", "R112", "the alias targets itself", "write another dns_name", at)
    elif not zone.has_group(alias.name, record_set.type):
        message = f"{tried}, but that target was not found"
        yield Problem("alias-target-missing", "A170", message, f"declare a record set of type {type} there", at)


def cycles(record_sets: Iterable[RecordSet], zone: HostedZoneId) -> Iterator[tuple[RecordSetKey, Problem]]:
    """Chains of aliases that come back to where they began; an alias onto itself is not told again.

    Returns:
        For each chain, the alias that closes it and the problem, which names the whole chain.
    """
    edges: dict[Node, list[RecordSet]] = {}
    for record_set in record_sets:
        alias = record_set.alias
        if alias is not None and alias.hosted_zone_id == zone and alias.name != record_set.name:
            edges.setdefault((record_set.name, record_set.type), []).append(record_set)
    done: set[Node] = set()
    for start in edges:
        if start not in done:
            yield from _cycles_from(start, edges, done)


def _cycles_from(
    start: Node, edges: dict[Node, list[RecordSet]], done: set[Node]
) -> Iterator[tuple[RecordSetKey, Problem]]:
    """Depth first, without recursion: a chain may be as long as a zone is large."""
    path: dict[Node, Iterator[RecordSet]] = {start: iter(edges[start])}
    while path:
        node, rest = next(reversed(path.items()))
        record_set = next(rest, None)
        if record_set is None or record_set.alias is None:
            done.add(node)
            del path[node]
            continue
        target = (record_set.alias.name, record_set.type)
        if target in path:
            chain = [*path][[*path].index(target) :]
            shown = " → ".join(names.display(name) for name, _ in [*chain, target])
            message = f"these aliases of type {record_set.type.name} lead in a circle: {shown}"
            yield record_set.key, Problem("alias-cycle", "R112", message, "let one of them end at values",
                                          ("alias_target", "dns_name"))  # fmt: skip
        elif target in edges and target not in done:
            path[target] = iter(edges[target])
