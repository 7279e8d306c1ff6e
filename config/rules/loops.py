"""Rules for rings and chains: CNAMEs and aliases do not lead back to themselves, and chains of aliases end in time.

`closes_loop` checks one record set that the API inserts, `chain_problems` all record sets of a file.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from dnsemu.config import names
from dnsemu.config.errors import Problem
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.checked_zone import CheckedZone

GroupKey = tuple[DName, RRType]
"""The name and type that the record sets of a group share."""

MAX_LEVELS = 16
"""Groups in a chain of aliases, including the last; a longer chain is answered with SERVFAIL (R112)."""

MAX_GROUPS_FOLLOWED = 1000
"""Groups that the search for a ring visits for one insertion, so that it costs little below trees of any size."""

_AT_ALIAS = ("alias_target", "dns_name")
_AT_VALUES = ("resource_records",)


def targets_of(record_set: RecordSet, zone: HostedZoneId) -> Iterator[GroupKey]:
    """Yields the groups that a record set leads to: an alias's target in the zone, the target of a CNAME."""
    alias = record_set.alias
    if alias is None:
        if record_set.type is RRType.CNAME:
            for rdata in record_set.rdata:
                yield DName(rdata.lower()), RRType.CNAME
    elif alias.hosted_zone_id == zone:
        yield alias.name, record_set.type


# --- one insertion ---


def closes_loop(record_set: RecordSet, zone: CheckedZone) -> bool:
    """True if a record set, inserted into the zone, leads back to its own name and type (A170a).

    Names that only a wildcard covers lead nowhere. Nearer groups are visited first, `MAX_GROUPS_FOLLOWED` at most.
    """
    start = record_set.name, record_set.type
    waiting = deque(targets_of(record_set, zone.id))
    seen: set[GroupKey] = set()
    while waiting and len(seen) < MAX_GROUPS_FOLLOWED:
        group = waiting.popleft()
        if group == start:
            return True
        if group in seen:
            continue
        seen.add(group)
        for member in zone.at(group[0]):
            if member.type is group[1]:
                waiting.extend(targets_of(member, zone.id))
    return False


def loop_message(record_set: RecordSet) -> str:
    """Returns Route 53's message for a record set that closes a ring."""
    return (
        f"RRSet of type {record_set.type.name} with DNS name {names.to_text(record_set.name)} is not permitted as it "
        "creates a CNAME or alias loop in the zone."
    )


# --- all record sets ---


def chain_problems(record_sets: Iterable[RecordSet], zone: HostedZoneId) -> Iterator[tuple[RecordSetKey, Problem]]:
    """Yields problems of CNAMEs and aliases that lead in a circle (A170a), and of chains that are too long (R112).

    Returns:
        For each ring, the record set that closes it, and the problem, which names the whole ring; for each chain of
        aliases that is too long, an alias of its first group.
    """
    edges: dict[GroupKey, list[RecordSet]] = {}
    for record_set in record_sets:
        alias = record_set.alias
        if record_set.type is RRType.CNAME or (alias is not None and alias.hosted_zone_id == zone):
            edges.setdefault((record_set.name, record_set.type), []).append(record_set)
    levels: dict[GroupKey, int] = {}
    for start in edges:
        if start not in levels:
            yield from _rings_from(start, edges, levels, zone)
    inner = {(r.alias.name, r.type) for members in edges.values() for r in members if r.alias is not None}
    for start in edges:
        if start not in inner and levels[start] > MAX_LEVELS:
            yield next(r for r in edges[start] if r.alias is not None).key, _too_deep(start, levels[start])


def _rings_from(
    start: GroupKey, edges: dict[GroupKey, list[RecordSet]], levels: dict[GroupKey, int], zone: HostedZoneId
) -> Iterator[tuple[RecordSetKey, Problem]]:
    """Searches depth first, without recursion, as a chain may be as long as the zone.

    Fills `levels`: for each visited group the number of groups in its longest chain of aliases.
    """
    path: dict[GroupKey, Iterator[tuple[RecordSet, GroupKey]]] = {start: _edges_of(edges[start], zone)}
    while path:
        node, rest = next(reversed(path.items()))
        edge = next(rest, None)
        if edge is None:
            below = (levels.get((r.alias.name, r.type), 1) for r in edges[node] if r.alias is not None)
            levels[node] = 1 + max(below, default=0)
            path.popitem()
            continue
        record_set, target = edge
        if target in path:
            yield record_set.key, _ring(record_set, [*path][[*path].index(target) :])
        elif target in edges and target not in levels:
            path[target] = _edges_of(edges[target], zone)


def _edges_of(members: Iterable[RecordSet], zone: HostedZoneId) -> Iterator[tuple[RecordSet, GroupKey]]:
    return ((member, target) for member in members for target in targets_of(member, zone))


def _ring(closing: RecordSet, groups: list[GroupKey]) -> Problem:
    ring = " → ".join(names.display(name) for name, _ in [*groups, groups[0]])
    message = f"CNAMEs or aliases of type {closing.type.name} lead in a circle: {ring}"
    if closing.alias is not None:
        return Problem("alias-cycle", "A170a", message, "give one of them values, or another dns_name", _AT_ALIAS)
    return Problem("cname-cycle", "A170a", message, "give one of them another value", _AT_VALUES)


def _too_deep(start: GroupKey, levels: int) -> Problem:
    name = names.display(start[0])
    message = f"the chain of aliases that begins at {name} has {levels} levels, and {MAX_LEVELS} are followed"
    return Problem("alias-depth", "R112", message, "let an alias of the chain target its end", _AT_ALIAS)
