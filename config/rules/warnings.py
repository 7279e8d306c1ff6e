"""Warnings: record sets that Route 53 accepts but that are never answered, or whose digest has a wrong length."""

from collections.abc import Collection, Iterator

from dnsemu.config import names
from dnsemu.config.errors import Problem, Severity
from dnsemu.config.model.record_sets import RecordSet, RecordSetKey
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType

_DIGESTS: dict[RRType, tuple[int, dict[int, int]]] = {
    RRType.DS: (3, {1: 20, 2: 32, 4: 48}),
    RRType.SSHFP: (1, {1: 20, 2: 32}),
    RRType.TLSA: (2, {1: 32, 2: 64}),
}
"""Position of the digest's type in the rdata, right before the digest; and digest lengths in bytes by that type."""


def unanswered(
    record_sets: Collection[RecordSet], zone: DName, zones: Collection[DName]
) -> Iterator[tuple[RecordSetKey, Problem]]:
    """Yields warnings of record sets that are never answered: below a delegation (R52), or in another zone (R41).

    Args:
        record_sets: all record sets of the zone.
        zone: its name.
        zones: the names of all hosted zones, with or without this one.
    """
    delegations = [r for r in record_sets if r.type is RRType.NS and r.name != zone]
    cuts = {r.name for r in delegations}
    glue = {rdata for r in delegations for rdata in r.rdata}
    for record_set in record_sets:
        border = _border(record_set.name, zone, cuts, zones)
        if border is None or _belongs_to_parent(record_set, border, glue):
            continue
        name, below = names.display(record_set.name), names.display(border)
        if border in cuts:
            at_border = f"{name} is delegated by its NS record set: this one is never answered"
            message = at_border if record_set.name == border else f"{name} lies below the delegation of {below}"
            instead = f"declare it in a hosted zone {below.rstrip('.')}"
            yield record_set.key, _warning("below-delegation", "R52", message, instead)
        else:
            message = f"{name} lies in the hosted zone {below} and is answered from there"
            yield record_set.key, _warning("in-another-zone", "R41", message, "declare it there")


def _border(name: DName, zone: DName, cuts: Collection[DName], zones: Collection[DName]) -> DName | None:
    """Returns the highest name between `zone` and `name` at which another zone begins, if any."""
    border = None
    for ancestor in names.ancestors(name):
        if ancestor == zone:
            break
        if ancestor in cuts or ancestor in zones:
            border = ancestor
    return border


def _belongs_to_parent(record_set: RecordSet, border: DName, glue: Collection[bytes]) -> bool:
    """True if the parent zone holds the record set for a delegated zone: NS, DS and glue."""
    if record_set.type in (RRType.A, RRType.AAAA):
        return record_set.name in glue
    return record_set.name == border and record_set.type in (RRType.NS, RRType.DS)


def _warning(id: str, rule: str, message: str, instead: str) -> Problem:
    return Problem(id, rule, message, instead, ("name",), Severity.WARNING)


def digest_warnings(record_set: RecordSet) -> Iterator[Problem]:
    """Yields warnings of digests whose length is not their type's; it is unknown if Route 53 refuses them (A186)."""
    if record_set.type not in _DIGESTS:
        return
    at, lengths = _DIGESTS[record_set.type]
    for index, rdata in enumerate(record_set.rdata):
        type, found = rdata[at], len(rdata) - at - 1
        if found != (wanted := lengths.get(type, found)):
            message = f"a digest of type {type} has {wanted} bytes, this one has {found}"
            where = ("resource_records", index)
            yield Problem("digest-length", "A186", message, "look for a part left out", where, Severity.WARNING)
