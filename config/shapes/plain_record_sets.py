"""A fast path for the most common record set: simple routing, with name, type, TTL and values only.

It reports no errors: entries that are not of this kind, or have an error, are left to `RecordSetShape`. For the others
both must give the same record set.
"""

from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Simple
from dnsemu.config.names import BadName, DName
from dnsemu.config.rdata.parsing import BadValue, parse_value
from dnsemu.config.rdata.rrtypes import TYPES_BY_NAME
from dnsemu.config.shapes.record_sets import MAX_TTL_S, MAX_VALUE_CHARACTERS, MAX_VALUES, absolute

_FIELDS = frozenset({"name", "type", "ttl", "resource_records"})
_SIMPLE = Simple()


def parse_plain(data: object, zone: DName) -> RecordSet | None:
    """Reads a plain record set; None if it is of another kind or has an error.

    Args:
        data: an entry of `record_sets` as in the document.
        zone: the hosted zone's name, to which the entry's name may be relative.
    """
    if type(data) is not dict or data.keys() != _FIELDS:
        return None
    ttl, values = data["ttl"], data["resource_records"]
    if type(ttl) is not int or not 0 <= ttl <= MAX_TTL_S or type(values) is not list or len(values) > MAX_VALUES:
        return None
    if not values or type(data["type"]) is not str or type(data["name"]) is not str:
        return None
    record_type = TYPES_BY_NAME.get(data["type"])
    if record_type is None:
        return None
    for value in values:
        if type(value) is not str or len(value) > MAX_VALUE_CHARACTERS:
            return None
    try:
        name = absolute(data["name"], zone)
        rdata = tuple([parse_value(record_type, value) for value in values])
    except (BadName, BadValue):
        return None
    return RecordSet(name, record_type, _SIMPLE, None, ttl, tuple(values), rdata)
