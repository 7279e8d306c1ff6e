"""What Route 53 takes but will hardly do what it was written for: record sets that never answer, odd digests."""

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
"""Where in the rdata the digest's type stands, right before the digest; the bytes of each type's digests."""


def unanswered(
    record_sets: Collection[RecordSet], zone: DName, zones: Collection[DName]
) -> Iterator[tuple[RecordSetKey, Problem]]:
    """Record sets that no query reaches: below a delegation (R52), or in another hosted zone (R41).

    Args:
        record_sets: all of the zone.
        zone: its name.
        zones: the names of all hosted zones, this one among them or not.
    """
    delegations = [r for r in record_sets if r.type is RRType.NS and r.name != zone]
    cuts = {r.name for r in delegations}
    glue = {rdata for r in delegations for rdata in r.rdata}
    for record_set in record_sets:
        edge = _first_edge(record_set.name, zone, cuts, zones)
        if edge is None or _belongs(record_set, edge, glue):
            continue
        name, owner = names.display(record_set.name), names.display(edge)
        if edge in cuts:
            at_it = f"{name} is delegated by its NS record set: this one is never answered"
            message = at_it if record_set.name == edge else f"{name} lies below the delegation of {owner}"
            instead = f"declare it in a hosted zone {owner.rstrip('.')}"
            yield record_set.key, _warning("below-delegation", "R52", message, instead)
        else:
            message = f"{name} lies in the hosted zone {owner} and is answered from there"
            yield record_set.key, _warning("in-another-zone", "R41", message, "declare it there")


def _first_edge(name: DName, zone: DName, cuts: Collection[DName], zones: Collection[DName]) -> DName | None:
    """The name nearest to the zone's at which the zone ends, on the way to `name`."""
    edge = None
    for ancestor in names.ancestors(name):
        if ancestor == zone:
            break
        if ancestor in cuts or ancestor in zones:
            edge = ancestor
    return edge


def _belongs(record_set: RecordSet, edge: DName, glue: Collection[bytes]) -> bool:
    """Whether a record set is what the parent holds of a delegated zone: its NS, DS and glue."""
    if record_set.type in (RRType.A, RRType.AAAA):
        return record_set.name in glue
    return record_set.name == edge and record_set.type in (RRType.NS, RRType.DS)


def _warning(id: str, rule: str, message: str, instead: str) -> Problem:
    return Problem(id, rule, message, instead, ("name",), Severity.WARNING)


def odd_digests(record_set: RecordSet) -> Iterator[Problem]:
    """Digests of another length than their type's; whether Route 53 refuses them is not known (A186)."""
    if record_set.type not in _DIGESTS:
        return
    at, lengths = _DIGESTS[record_set.type]
    for index, rdata in enumerate(record_set.rdata):
        type, found = rdata[at], len(rdata) - at - 1
        if found != (wanted := lengths.get(type, found)):
            message = f"a digest of type {type} has {wanted} bytes, this one has {found}"
            where = ("resource_records", index)
            yield Problem("digest-length", "A186", message, "look for a part left out", where, Severity.WARNING)
