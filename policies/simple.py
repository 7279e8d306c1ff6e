"""Simple routing: one record set, and it answers (R60, R61)."""

from collections.abc import Sequence

from dnsemu.config.model.record_sets import RecordSet
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import Group, OneOf, Worth

NAME = "simple"
READS_CLIENT = False


def candidates(group: Group, client: Client) -> Sequence[RecordSet]:
    """The one record set of the group, whoever asks."""
    return group.record_sets


def shares(pool: Sequence[RecordSet]) -> OneOf:
    """All of it for the one there is."""
    return OneOf(((pool[0], 1),))


def worth(record_set: RecordSet, client: Client) -> Worth:
    """Nothing sets a simple record set apart."""
    return {}
