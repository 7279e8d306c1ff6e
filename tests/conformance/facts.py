"""Facts about replies that the documents specify, and the expected facts of each kind of reply."""

import dns.flags
import dns.name
import dns.rcode
import dns.rdatatype

MAIN_ZONE = dns.name.from_text("conf.test")


def rows(section, origin=MAIN_ZONE):
    """Returns a section as sorted rows in the format of `zones.py`: `owner ttl type value`."""
    return sorted(
        f"{rrset.name.relativize(origin)} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} "
        f"{rdata.to_text(origin=origin, relativize=True)}"
        for rrset in section
        for rdata in rrset
    )


def _ttls(section, type_):
    return {rrset.ttl for rrset in section if rrset.rdtype == type_}


FACTS = {
    "rcode": lambda reply: dns.rcode.to_text(reply.rcode()),
    "aa": lambda reply: bool(reply.flags & dns.flags.AA),
    "tc": lambda reply: bool(reply.flags & dns.flags.TC),
    "flags": lambda reply: dns.flags.to_text(reply.flags),
    "answer": lambda reply: rows(reply.answer),
    "chain": lambda reply: [str(rrset.name.relativize(MAIN_ZONE)) for rrset in reply.answer],
    "types": lambda reply: sorted({dns.rdatatype.to_text(rrset.rdtype) for rrset in reply.answer}),
    "values": lambda reply: sum(map(len, reply.answer)),
    "authority": lambda reply: rows(reply.authority),
    "additional": lambda reply: rows(reply.additional),
    "soa_ttl": lambda reply: _ttls(reply.authority, dns.rdatatype.SOA),
    "is_empty": lambda reply: not (reply.answer or reply.authority or reply.additional),
    "edns": lambda reply: reply.edns,
    "do": lambda reply: bool(reply.ednsflags & dns.flags.DO),
    "ednsflags": lambda reply: reply.ednsflags,
    "options": lambda reply: {int(option.otype) for option in reply.options},
}
"""Name → function that reads the fact from a reply. `edns` is the version, −1 without OPT; `options` are codes."""


def facts_of(reply, names):
    """Returns the named facts about a reply."""
    return {name: FACTS[name](reply) for name in names}


def data(*answer, **more):
    """Returns the facts of an authoritative answer with these rows."""
    return {"rcode": "NOERROR", "aa": True, "tc": False, "answer": sorted(answer)} | more


def nodata(*answer, **more):
    """Returns the facts of NODATA: the SOA in authority, and the CNAMEs that led to the name in the answer."""
    return data(*answer, soa_ttl={300}, **more)


def nxdomain(*answer, **more):
    """Returns the facts of NXDOMAIN."""
    return nodata(*answer) | {"rcode": "NXDOMAIN"} | more


def referral(*authority, **more):
    """Returns the facts of a referral: the NS of the cut, not authoritative."""
    return {"rcode": "NOERROR", "aa": False, "tc": False, "answer": [], "authority": sorted(authority)} | more
