"""Weighted routing: answers divide in proportion to weight (R62–R65)."""

from collections.abc import Sequence

from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Weighted
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import Criteria, Group, OneOf

NAME = "weighted"
READS_CLIENT = False


def candidates(group: Group, client: Client) -> Sequence[RecordSet]:
    """Every record set, for every client."""
    return group.record_sets


def shares(pool: Sequence[RecordSet]) -> OneOf:
    """Divides the answers among the pool in proportion to weight.

    Record sets of weight 0 answer only if the pool has no others, and then evenly. Aliases follow the same rule (R64).

    Args:
        pool: the candidates left after health; weights 0–255, without unit.
    Source: routing.md R62–R64; Route 53 Developer Guide, "Weighted routing".
    """
    heavy = tuple((record_set, weight) for record_set in pool if (weight := _weight(record_set)))
    return OneOf(heavy or tuple((record_set, 1) for record_set in pool))


def criteria(record_set: RecordSet, client: Client) -> Criteria:
    """Its weight."""
    return {"weight": _weight(record_set)}


def _weight(record_set: RecordSet) -> int:
    assert isinstance(record_set.routing, Weighted)
    return record_set.routing.weight
