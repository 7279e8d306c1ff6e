"""Type codes beside those of record sets, and the mnemonics of all types (IANA, Domain Name System Parameters)."""

from dnsemu.config.rdata.rrtypes import RRType

DNAME = 39
OPT = 41
IXFR = 251
AXFR = 252
ANY = 255

QTYPES: dict[str, int] = {**RRType.__members__, "ANY": ANY}
"""The codes of the types that a record set may have, and of ANY, by mnemonic."""

MNEMONICS = {int(code): text for text, code in QTYPES.items()}
"""The reverse of `QTYPES`."""

_REGISTERED = {
    **{10: "NULL", 13: "HINFO", 17: "RP", 18: "AFSDB", 29: "LOC", 37: "CERT", DNAME: "DNAME", 42: "APL"},
    **{45: "IPSECKEY"},
    **{46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 49: "DHCID", 50: "NSEC3", 51: "NSEC3PARAM", 53: "SMIMEA", 55: "HIP"},
    **{59: "CDS", 60: "CDNSKEY", 61: "OPENPGPKEY", 62: "CSYNC", 63: "ZONEMD", 108: "EUI48", 109: "EUI64", 256: "URI"},
    **MNEMONICS,
}


def type_text(code: int) -> str:
    """Returns the mnemonic of a Route 53 type or of ANY, else `TYPEnnn` (RFC 3597 §5)."""
    return MNEMONICS.get(code) or f"TYPE{code}"


def type_label(code: int) -> str:
    """Returns the mnemonic of a Route 53 type or of ANY, else `other`: a closed set of metric labels."""
    return MNEMONICS.get(code, "other")


def registered_type_text(code: int) -> str:
    """As `type_text`, with the mnemonics of other types that resolvers ask for (R204, R206)."""
    return _REGISTERED.get(code) or f"TYPE{code}"
