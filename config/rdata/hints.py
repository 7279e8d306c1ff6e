"""Texts that say what to write as a value of each record type."""

from dnsemu.config.rdata.rrtypes import RRType

VALUE_HINTS: dict[RRType, str] = {
    RRType.A: "write an IPv4 address such as 192.0.2.1",
    RRType.AAAA: "write an IPv6 address such as 2001:db8::1",
    RRType.CAA: 'write flags, tag and a quoted value, such as 0 issue "ca.example.net"',
    RRType.CNAME: "write a domain name",
    RRType.DS: "write key tag, algorithm, digest type and digest in hexadecimal",
    RRType.HTTPS: "write priority, target name and parameters, such as 1 . alpn=h2",
    RRType.MX: "write preference and host, such as 10 mail.example.com",
    RRType.NAPTR: 'write order, preference, "flags", "service", "regexp" and replacement',
    RRType.NS: "write a domain name",
    RRType.PTR: "write a domain name",
    RRType.SOA: "write server, mailbox, serial, refresh, retry, expire and minimum",
    RRType.SPF: "write quoted strings of at most 255 bytes",
    RRType.SRV: "write priority, weight, port and target",
    RRType.SSHFP: "write algorithm, fingerprint type and fingerprint in hexadecimal",
    RRType.SVCB: "write priority, target name and parameters, such as 1 . port=8443",
    RRType.TLSA: "write usage, selector, matching type and data in hexadecimal",
    RRType.TXT: "write quoted strings of at most 255 bytes: in YAML '\"text\"'",
}
"""The text for an invalid value of each type."""

_MAX_REPEATED_CHARACTERS = 40


def value_hint(type: RRType, value: str) -> str:
    """Says what to write instead of a value that is not valid for a type."""
    is_text = type in (RRType.TXT, RRType.SPF)
    if is_text and value.isascii() and value.isprintable() and not set(value) & set("\"'\\"):
        shown = value if len(value) <= _MAX_REPEATED_CHARACTERS else f"{value[:_MAX_REPEATED_CHARACTERS]}…"
        return f"""write '"{shown}"', with both kinds of quotation marks"""
    return VALUE_HINTS[type]
