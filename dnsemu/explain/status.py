"""Lists groups with their present shares, as plain data: all that have a choice, or those behind one name."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import count
from typing import Any

from dnsemu.answering.resolution import ZoneSurroundings
from dnsemu.config import names
from dnsemu.config.model.health_checks import CalculatedCheck, HealthCheckId
from dnsemu.config.model.record_sets import AliasTarget, HostedZoneId, RecordSet
from dnsemu.config.model.resources import is_target_id
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.explain.tree import why
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot
from dnsemu.policies.decide import Decision, decide, policy_of
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import Group
from dnsemu.publication.board import Published
from dnsemu.wire.qtypes import ANY
from dnsemu.zone.lookup import Hit, lookup

MAX_GROUPS = 500
"""Bound on the groups listed; a zone may have thousands."""
NAMES_PER_STEP = 200


def group_shares(published: Published, health: HealthSnapshot, client: Client) -> Iterator[dict[str, Any] | None]:
    """Lists each group whose answer depends on policy, or on the health of a resource, with its shares for a client.

    Args:
        client: the client whose shares are listed; location policies answer others differently.
    Returns:
        The groups, and None after every `NAMES_PER_STEP` names, where the caller can pause: zones may have a million.
    """
    groups_left, names_seen = MAX_GROUPS, count(1)
    resources = published.catalog.resources
    for zone in published.catalog.zones.values():
        if zone.name in resources and resources[zone.name].zone is zone:
            continue  # a resource's zone, which holds only its own names
        surroundings = ZoneSurroundings(published.catalog, zone, health)
        for node in zone.nodes.values():
            if not next(names_seen) % NAMES_PER_STEP:
                yield None
            for group in node.groups.values():
                if not (_has_routing(group) or _leads_to_resource(group, surroundings)):
                    continue
                if not groups_left:
                    return
                groups_left -= 1
                yield _row(group, client, surroundings)


def shares_behind(
    published: Published, health: HealthSnapshot, client: Client, name: DName
) -> tuple[list[dict[str, Any]], set[HealthCheckId]]:
    """Lists the groups that answer for a name, with those that its aliases and CNAMEs lead to.

    Returns:
        The groups, at most `MAX_GROUPS`, and the health checks that their record sets, the targets of their resources
        and their calculated checks name; also the targets' own ids.
    """
    rows: list[dict[str, Any]] = []
    named: list[HealthCheckId | None] = []
    seen: set[tuple[HostedZoneId, DName, RRType]] = set()
    waiting = _groups_at(published, health, name)
    while waiting and len(rows) < MAX_GROUPS:
        surroundings, group = waiting.pop(0)
        if (key := (surroundings.zone.id, group.name, group.type)) in seen:
            continue
        seen.add(key)
        rows.append(_row(group, client, surroundings))
        for record_set in group.record_sets:
            named.append(record_set.health_check_id)
            if record_set.alias is not None:
                resource = surroundings.target(record_set.alias, record_set.type)
                targets = resource.targets if resource is not None else ()
                named += [id for state in targets for id in (state.target.health_check_id, state.id)]
                waiting += _alias_target(record_set.alias, record_set.type, surroundings) if resource is None else []
            elif group.type is RRType.CNAME:
                waiting += _groups_at(published, health, DName(record_set.rdata[0].lower()))
    return rows, _with_children(named, published)


def _groups_at(published: Published, health: HealthSnapshot, name: DName) -> list[tuple[ZoneSurroundings, Group]]:
    """The groups that answer for a name, of every type; a wildcard's too."""
    found = lookup(published.catalog, name, ANY)
    if not isinstance(found, Hit):
        return []
    return [
        (ZoneSurroundings(published.catalog, found.zone, health), group)
        for group in sorted(found.groups, key=_type_name)
    ]


def _type_name(group: Group) -> str:
    return group.type.name


def _alias_target(
    alias: AliasTarget, type: RRType, surroundings: ZoneSurroundings
) -> list[tuple[ZoneSurroundings, Group]]:
    around = surroundings.beyond(alias)
    group = around.group(alias.name, type) if around is not None else None
    return [(around, group)] if around is not None and group is not None else []


def _with_children(named: list[HealthCheckId | None], published: Published) -> set[HealthCheckId]:
    checks = published.world.health_checks
    found: set[HealthCheckId] = set()
    waiting = [check_id for check_id in named if check_id is not None]
    while waiting:
        check_id = waiting.pop()
        if is_target_id(check_id):
            found.add(check_id)
        elif check_id in checks and check_id not in found:
            found.add(check_id)
            config = checks[check_id].config
            waiting += config.children if isinstance(config, CalculatedCheck) else ()
    return found


def _row(group: Group, client: Client, surroundings: ZoneSurroundings) -> dict[str, Any]:
    decision = decide(group, client, surroundings)
    return {
        "zone": names.display(surroundings.zone.name),
        "name": names.display(group.name),
        "type": group.type.name,
        "policy": policy_of(group).NAME,
        "why": why(decision),
        "shares": [_share(record_set, part, surroundings) for record_set, part in _members(decision)],
        "reads_client": decision.reads_client,
    }


def _has_routing(group: Group) -> bool:
    return len(group.record_sets) > 1 or group.record_sets[0].set_identifier is not None


def _leads_to_resource(group: Group, surroundings: ZoneSurroundings) -> bool:
    return any(r.alias is not None and surroundings.target(r.alias, r.type) is not None for r in group.record_sets)


def _members(decision: Decision) -> Iterator[tuple[Any, Fraction]]:
    return decision.outcome.shares() if decision.outcome else iter(())


def _share(record_set: RecordSet, part: Fraction, surroundings: ZoneSurroundings) -> dict[str, Any]:
    state = surroundings.target(record_set.alias, record_set.type) if record_set.alias is not None else None
    return {
        "set_identifier": record_set.set_identifier,
        "share": str(part),
        "percent": float(part * 100),
        "targets": None if state is None else len(state.targets),
        "healthy_targets": None if state is None else sum(target.is_healthy for target in state.targets),
    }
