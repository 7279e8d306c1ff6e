"""IP-based routing: the location of a CIDR collection that holds the client's network answers (R92–R99)."""

from collections.abc import Sequence

from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import IpBased
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import Group, OneOf, Worth

NAME = "ip-based"
READS_CLIENT = True
DEFAULT = "*"


def candidates(group: Group, client: Client) -> Sequence[RecordSet]:
    """The record sets whose location holds the client's network, longest block first, then the default.

    Only locations that have a record set in the group count, so a larger block stands behind a smaller one (R97).
    None matches and no default: nobody answers (R92).
    """
    by_location = {_key(record_set): record_set for record_set in group.record_sets}
    held = [by_location[location] for location in client.cidr_locations if location in by_location]
    return held + [record_set for record_set in group.record_sets if _key(record_set)[1] == DEFAULT]


def shares(pool: Sequence[RecordSet]) -> OneOf:
    """The first of the pool takes every answer (R98)."""
    return OneOf(((pool[0], 1),))


def worth(record_set: RecordSet, client: Client) -> Worth:
    """Its location."""
    location = _key(record_set)[1]
    return {"location": "default" if location == DEFAULT else location}


def _key(record_set: RecordSet) -> tuple[str, str]:
    assert isinstance(record_set.routing, IpBased)
    return record_set.routing.collection_id, record_set.routing.location
