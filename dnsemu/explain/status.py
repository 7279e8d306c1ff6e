"""Lists the groups with a choice of record sets and their present shares, as plain data."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import count
from typing import Any

from dnsemu.answering.resolution import ZoneSurroundings
from dnsemu.config import names
from dnsemu.explain.tree import why
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot
from dnsemu.policies.decide import Decision, decide, policy_of
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import Group
from dnsemu.publication.board import Published

MAX_GROUPS = 500
"""Bound on the groups listed; a zone may have thousands."""
NAMES_PER_STEP = 1000


def group_shares(published: Published, health: HealthSnapshot, client: Client) -> Iterator[dict[str, Any] | None]:
    """Lists each group whose answer depends on policy or health, with its shares for a client.

    Args:
        client: the client whose shares are listed; location policies answer others differently.
    Returns:
        The groups, and None after every `NAMES_PER_STEP` names, where the caller can pause: zones may have a million.
    """
    groups_left, names_seen = MAX_GROUPS, count(1)
    for zone in published.catalog.zones.values():
        surroundings = ZoneSurroundings(published.catalog, zone, health)
        for name, node in zone.nodes.items():
            if not next(names_seen) % NAMES_PER_STEP:
                yield None
            for group in node.groups.values():
                if not _has_routing(group):
                    continue
                if not groups_left:
                    return
                groups_left -= 1
                decision = decide(group, client, surroundings)
                yield {
                    "zone": names.display(zone.name),
                    "name": names.display(name),
                    "type": group.type.name,
                    "policy": policy_of(group).NAME,
                    "why": why(decision),
                    "shares": [_share(record_set.set_identifier, part) for record_set, part in _members(decision)],
                    "reads_client": decision.reads_client,
                }


def _has_routing(group: Group) -> bool:
    return len(group.record_sets) > 1 or group.record_sets[0].set_identifier is not None


def _members(decision: Decision) -> Iterator[tuple[Any, Fraction]]:
    return decision.outcome.shares() if decision.outcome else iter(())


def _share(set_identifier: str | None, part: Fraction) -> dict[str, Any]:
    return {"set_identifier": set_identifier, "share": str(part), "percent": float(part * 100)}
