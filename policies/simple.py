"""Simple routing: the group's only record set answers (R60, R61)."""

from collections.abc import Sequence

from dnsemu.config.model.record_sets import RecordSet
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import Criteria, Group, OneOf

NAME = "simple"
READS_CLIENT = False


def candidates(group: Group, client: Client) -> Sequence[RecordSet]:
    """The only record set of the group, for every client."""
    return group.record_sets


def shares(pool: Sequence[RecordSet]) -> OneOf:
    """The only record set takes every answer."""
    return OneOf.only(pool[0])


def criteria(record_set: RecordSet, client: Client) -> Criteria:
    """Empty: a simple record set has no rank."""
    return {}
