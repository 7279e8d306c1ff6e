"""Multivalue answer routing: up to eight healthy record sets answer together (R90, R91)."""

from collections.abc import Sequence

from dnsemu.config.model.record_sets import RecordSet
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import Criteria, Group, Sample

NAME = "multivalue"
READS_CLIENT = False
MAX_RECORD_SETS = 8


def candidates(group: Group, client: Client) -> Sequence[RecordSet]:
    """Every record set, for every client."""
    return group.record_sets


def shares(pool: Sequence[RecordSet]) -> Sample:
    """All of the pool, or eight of it drawn for each answer; record sets are counted, not values (R91)."""
    return Sample(min(MAX_RECORD_SETS, len(pool)), tuple(pool))


def criteria(record_set: RecordSet, client: Client) -> Criteria:
    """Empty: all record sets rank alike."""
    return {}
