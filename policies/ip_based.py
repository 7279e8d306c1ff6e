"""IP-based routing: the CIDR collection's location that contains the client's network answers (R92–R99)."""

from collections.abc import Sequence

from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import IpBased
from dnsemu.policies.location.client import Client
from dnsemu.policies.model import Criteria, Group, OneOf

NAME = "ip-based"
READS_CLIENT = True
DEFAULT = "*"


def candidates(group: Group, client: Client) -> Sequence[RecordSet]:
    """The record sets whose location contains the client's network, longest CIDR block first, then the default.

    Locations without a record set in the group are skipped, so a larger block may serve instead (R97).
    Empty if none matches and the group has no default (R92).
    """
    by_location = {_key(record_set): record_set for record_set in group.record_sets}
    matching = [by_location[location] for location in client.cidr_locations if location in by_location]
    return matching + [record_set for record_set in group.record_sets if _key(record_set)[1] == DEFAULT]


def shares(pool: Sequence[RecordSet]) -> OneOf:
    """The first of the pool takes every answer (R98)."""
    return OneOf.only(pool[0])


def criteria(record_set: RecordSet, client: Client) -> Criteria:
    """Its location."""
    location = _key(record_set)[1]
    return {"location": "default" if location == DEFAULT else location}


def _key(record_set: RecordSet) -> tuple[str, str]:
    assert isinstance(record_set.routing, IpBased)
    return record_set.routing.collection_id, record_set.routing.location
