"""Failover routing: the primary while it is healthy, else the secondary (R72–R74)."""

from collections.abc import Sequence

from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Failover, FailoverRole
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import Criteria, Group, OneOf

NAME = "failover"
READS_CLIENT = False


def candidates(group: Group, client: Client) -> Sequence[RecordSet]:
    """The primary, then the secondary; either may be missing."""
    return sorted(group.record_sets, key=lambda record_set: _role(record_set) is not FailoverRole.PRIMARY)


def shares(pool: Sequence[RecordSet]) -> OneOf:
    """The first of the pool takes every answer."""
    return OneOf.only(pool[0])


def criteria(record_set: RecordSet, client: Client) -> Criteria:
    """Its role."""
    return {"role": _role(record_set).value}


def _role(record_set: RecordSet) -> FailoverRole:
    assert isinstance(record_set.routing, Failover)
    return record_set.routing.role
