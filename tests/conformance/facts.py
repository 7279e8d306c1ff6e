"""What a reply says, as far as a document has a say in it; and the kinds of replies in those terms."""

import dns.flags
import dns.name
import dns.rcode
import dns.rdatatype

MAIN_ZONE = dns.name.from_text("conf.test")


def rows(section, origin=MAIN_ZONE):
    """A section as sorted rows, in the words of `zones.py`: `owner ttl type value`."""
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
"""Name → how it is read off a reply. `edns` is the version, −1 without an OPT record; `options` are option codes."""


def facts_of(reply, names):
    """The named facts about a reply."""
    return {name: FACTS[name](reply) for name in names}


def data(*answer, **more):
    """An authoritative answer of these rows."""
    return {"rcode": "NOERROR", "aa": True, "tc": False, "answer": sorted(answer)} | more


def nodata(*answer, **more):
    """The name has nothing of the type: the SOA says for how long; before it the CNAMEs that led there."""
    return data(*answer, soa_ttl={300}, **more)


def nxdomain(*answer, **more):
    """The name is absent."""
    return nodata(*answer) | {"rcode": "NXDOMAIN"} | more


def referral(*authority, **more):
    """Somebody else knows: the NS of the cut, without authority."""
    return {"rcode": "NOERROR", "aa": False, "tc": False, "answer": [], "authority": sorted(authority)} | more
