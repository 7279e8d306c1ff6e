"""What the server is doing just now, as plain data: health checks, checkers, who serves what."""

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
"""Groups whose shares are written out; a zone may have thousands."""
NAMES_PER_TURN = 1000


def serving(published: Published, health: HealthSnapshot, client: Client) -> Iterator[dict[str, Any] | None]:
    """Who serves what: each group whose answer health or policy can move, and how its answers divide for a client.

    Args:
        client: whose answers are shown; location policies answer others differently.
    Returns:
        The groups, and None wherever others should have their turn: zones may have a million names.
    """
    room, seen = MAX_GROUPS, count(1)
    for zone in published.catalog.zones.values():
        surroundings = ZoneSurroundings(published.catalog, zone, health)
        for name, node in zone.nodes.items():
            if not next(seen) % NAMES_PER_TURN:
                yield None
            for group in node.groups.values():
                if not _moves(group):
                    continue
                if not room:
                    return
                room -= 1
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


def _moves(group: Group) -> bool:
    return len(group.record_sets) > 1 or group.record_sets[0].set_identifier is not None


def _members(decision: Decision) -> Iterator[tuple[Any, Fraction]]:
    return decision.outcome.shares() if decision.outcome else iter(())


def _share(set_identifier: str | None, part: Fraction) -> dict[str, Any]:
    return {"set_identifier": set_identifier, "share": str(part), "percent": float(part * 100)}
