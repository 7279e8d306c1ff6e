"""The commonest record set, read quickly: a simple one, of nothing but name, type, TTL and values.

This module never refuses. Whatever else is written, or has anything wrong with it, is read by its shape, which says
what: so there is one place that knows of faults, and this one only has to agree with it where there are none.
"""

from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Simple
from dnsemu.config.names import BadName, DName
from dnsemu.config.rdata.parsing import BadValue, parse_value
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.shapes.record_sets import MAX_TTL_S, MAX_VALUE_CHARACTERS, MAX_VALUES, absolute

_FIELDS = frozenset({"name", "type", "ttl", "resource_records"})
_TYPES = dict(RRType.__members__)
_SIMPLE = Simple()


def plain(data: object, zone: DName) -> RecordSet | None:
    """The record set that is written, if it is a plain one in order; None leaves it to `record_sets.convert`.

    Args:
        data: an entry of `record_sets` as the document has it.
        zone: the hosted zone's name, to which the record's may be relative.
    """
    if type(data) is not dict or data.keys() != _FIELDS:
        return None
    ttl, values = data["ttl"], data["resource_records"]
    if type(ttl) is not int or not 0 <= ttl <= MAX_TTL_S or type(values) is not list or len(values) > MAX_VALUES:
        return None
    if not values or type(data["type"]) is not str or type(data["name"]) is not str:
        return None
    record_type = _TYPES.get(data["type"])
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
