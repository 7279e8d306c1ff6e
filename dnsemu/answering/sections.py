"""Sections beside the answer: SOA in negative replies, referrals, and additional addresses (routing.md §7)."""

from collections.abc import Iterable, Iterator, Sequence

from dnsemu.answering.resolution import Link
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.wire.protocol import RR, RCode
from dnsemu.wire.reply import OutsideTarget, Reply
from dnsemu.zone.compiled import Zone, records
from dnsemu.zone.lookup import NotOurs, NXDomain, Referral
from dnsemu.zone.reader import CatalogReader

HOST_IN_RDATA: dict[int, int] = {RRType.NS: 0, RRType.MX: 2, RRType.SRV: 6}
"""Types whose rdata ends in a host name: the number of bytes before it (R144)."""


def negative_reply(link: Link, answer: Sequence[RR], scope_bits: int, outside: OutsideTarget | None) -> Reply:
    """Returns NXDOMAIN or NODATA for the last name of a chain, with the SOA (R50) and the CNAMEs before it (R55)."""
    assert not isinstance(link.found, NotOurs)
    return Reply(
        RCode.NXDOMAIN if isinstance(link.found, NXDomain) else RCode.NOERROR,
        is_authoritative=True,
        answer=answer,
        authority=link.found.zone.soa,
        may_shrink=False,
        scope_bits=scope_bits,
        outside_target=outside,
    )


def referral_reply(link: Link, found: Referral) -> Reply:
    """Returns a delegation's NS, not authoritative, with the addresses that the zone has for them, glue too (R52)."""
    authority = tuple(records(found.cut))
    glue = tuple(_addresses(link.catalog, found.zone, _cited_hosts(authority)))
    return Reply(
        RCode.NOERROR,
        is_authoritative=False,
        authority=authority,
        additional=glue,
        may_shrink=False,
        outside_target=OutsideTarget(link.name),
    )


def additional_records(
    catalog: CatalogReader, zone: Zone, answer: Sequence[RR], authority: Sequence[RR]
) -> Iterator[RR]:
    """Yields addresses of cited hosts that this zone answers itself (R144), except those in the answer section."""
    answered = {(rr[0], rr[1]) for rr in answer}
    for host in _cited_hosts((*answer, *authority)):
        if catalog.zone_of(host) is zone and not catalog.cut_above(zone, host):
            yield from (rr for rr in _addresses(catalog, zone, (host,)) if (rr[0], rr[1]) not in answered)


def _cited_hosts(rrs: Iterable[RR]) -> Iterable[DName]:
    """Returns the hosts that NS, MX and SRV records name, each once, in order."""
    found = (
        DName(rdata[before:].lower()) for _, type_, _, rdata in rrs if (before := HOST_IN_RDATA.get(type_)) is not None
    )
    return dict.fromkeys(found)


def _addresses(catalog: CatalogReader, zone: Zone, hosts: Iterable[DName]) -> Iterator[RR]:
    """Yields A and AAAA records of hosts in a zone, below delegations too; only of simple leaves (R145)."""
    for host in hosts:
        for type_ in (RRType.A, RRType.AAAA):
            group = catalog.group(zone, host, type_)
            if group and group.record_sets[0].set_identifier is None:
                yield from records(group)
