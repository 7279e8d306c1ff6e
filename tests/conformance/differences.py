"""Known differences of servers from the documents, with reasons. Each is asserted, so none becomes outdated."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """A known difference; `instead` holds the facts that replace the expected ones."""

    why: str
    instead: dict[str, Any]


FOLDS_CASE = "keeps names in lower case, those in values too; RFC 4343 §4.1 would rather have it preserved"
APEX_NS = {"authority": ["@ 3600 NS ns1", "@ 3600 NS ns2.elsewhere.test."]}
ENDS_AT_CNAME = {"answer": ["other 60 CNAME www.child"]}
ADDS_NS = "adds the zone's NS RRset unless told to answer minimally"
OWN_SIZE = "sends 1,232 bytes at most unless configured otherwise (DNS flag day 2020)"
ONE_RRSET = Difference("answers ANY with one RRset of the name, as RFC 8482 §4.1 proposes", {"types": ["A"]})
SILENT = Difference("drops what it cannot parse, against amplification", {"rcode": "silence"})
WITHOUT_ECS = Difference("knows no client subnet, so the option is one to ignore", {"subnet": []})
IGNORES_ECS = {
    "nsd": Difference(WITHOUT_ECS.why, {"rcode": "NOERROR"}),
    "knot": Difference("has client subnet switched off, so the option is one to ignore", {"rcode": "NOERROR"}),
}

DIFFERENCES: dict[str, dict[str, Difference]] = {
    "RFC 1034 3.1: the case of a value is preserved": {
        name: Difference(FOLDS_CASE, {"answer": ["cased 60 PTR mixed.case.test."]})
        for name in ("dnsemu", "nsd", "knot")
    },
    "RFC 4343 4.1: an owner is spelled as in the question": {
        "bind": Difference(
            "spells an owner as the zone does", {"answer": ["two 60 A 192.0.2.11", "two 60 A 192.0.2.12"]}
        ),
    },
    "RFC 1034 3.6.2: a loop of CNAMEs is followed once": {
        "bind": Difference("treats a loop as an error of the zone", {"rcode": "SERVFAIL"}),
    },
    "RFC 1034 4.3.2 step 3a: a CNAME is followed into another zone of this server": {
        "dnsemu": Difference("R55: Route 53's servers know one hosted zone at a time", ENDS_AT_CNAME),
        "knot": Difference("follows within the zone only", ENDS_AT_CNAME),
        "bind": Difference("follows within the zone only", ENDS_AT_CNAME),
    },
    "RFC 1034 4.3.2: a positive answer needs no authority section": {
        "dnsemu": Difference("R142: Route 53 adds the NS RRset to positive answers", APEX_NS),
        "nsd": Difference(ADDS_NS, APEX_NS),
        "bind": Difference(ADDS_NS, APEX_NS),
    },
    "RFC 1996 3.12: NOTIFY where nothing is secondary": {
        "nsd": Difference("allows no NOTIFY", {"rcode": "REFUSED"}),
        "knot": Difference("allows no NOTIFY", {"rcode": "NOTAUTH"}),
        "bind": Difference("takes NOTIFY for a primary zone and does nothing", {"rcode": "NOERROR"}),
    },
    "RFC 2136 2.2: UPDATE where nothing may be updated": {
        "knot": Difference("allows no UPDATE", {"rcode": "NOTAUTH"}),
        "bind": Difference("allows no UPDATE", {"rcode": "REFUSED"}),
    },
    "RFC 5936 2.2.1: a transfer that is not allowed": {
        "knot": Difference("allows no transfers", {"rcode": "NOTAUTH"}),
    },
    "RFC 1035 4.1.1: a missing question is a format error": {"knot": SILENT},
    "RFC 1035 4.1.1: half a question": {"knot": SILENT},
    "RFC 1035 4.1.4: label types 01 and 10 are reserved": {"knot": SILENT},
    "RFC 1035 4.1.4: a pointer to itself": {"knot": SILENT},
    "RFC 9619 4: two questions": {"knot": SILENT},
    "RFC 6891 6.1.1: REFUSED has OPT": {
        "dnsemu": Difference("R42: Route 53 sends REFUSED without an OPT record", {"edns": -1}),
    },
    "RFC 6891 6.2.5: 4096 octets": {
        name: Difference(OWN_SIZE, {"tc": True, "values": 0}) for name in ("nsd", "knot", "bind")
    },
    "RFC 6891 6.1.2: NSID may be ignored": {"knot": Difference("sends its identity", {"options": {3}})},
    "RFC 6891 6.1.2: a cookie may be ignored": {"bind": Difference("answers cookies", {"options": {10}})},
    "RFC 6891 6.1.2: an OPT record of another name than the root": {
        "knot": Difference("does not look at the name", {"rcode": "NOERROR"}),
    },
    "RFC 7871 7.2.1: an answer for all clients has scope 0": {"nsd": WITHOUT_ECS, "knot": WITHOUT_ECS},
    "RFC 7871 6: an address too short for its prefix": IGNORES_ECS,
    "RFC 7871 6: an address too long for its prefix": IGNORES_ECS,
    "RFC 7871 6: bits beyond the prefix": IGNORES_ECS,
    "RFC 7871 6: a prefix longer than an address": IGNORES_ECS,
    "RFC 7871 6: a scope in a query": IGNORES_ECS,
    "RFC 1035 3.2.3: ANY asks for every RRset of the name": {"nsd": ONE_RRSET, "knot": ONE_RRSET},
    "RFC 8482 4.4: ANY over TCP": {"nsd": ONE_RRSET, "knot": ONE_RRSET},
    "RFC 9471 3.1: TC where the glue of the domain does not fit": {
        name: Difference("older than RFC 9471: leaves glue out without TC", {"tc": False}) for name in ("nsd", "bind")
    },
}
"""Case → server → difference. Differences of dnsemu are Route 53's behaviour, with its rule."""
