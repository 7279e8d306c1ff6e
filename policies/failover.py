"""Failover routing: the primary while it is healthy, else the secondary (R72–R74)."""

from collections.abc import Sequence

from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Failover, FailoverRole
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import Group, OneOf, Worth

NAME = "failover"
READS_CLIENT = False


def candidates(group: Group, client: Client) -> Sequence[RecordSet]:
    """Primary, then secondary, as far as they exist."""
    return sorted(group.record_sets, key=lambda record_set: _role(record_set) is not FailoverRole.PRIMARY)


def shares(pool: Sequence[RecordSet]) -> OneOf:
    """The first of the pool takes every answer."""
    return OneOf(((pool[0], 1),))


def worth(record_set: RecordSet, client: Client) -> Worth:
    """Its role."""
    return {"role": _role(record_set).value}


def _role(record_set: RecordSet) -> FailoverRole:
    assert isinstance(record_set.routing, Failover)
    return record_set.routing.role
