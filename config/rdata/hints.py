"""Texts that say what to write as a value of each record type."""

import re

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
_HOST_NAME = re.compile(r"(?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*\.?", re.IGNORECASE | re.ASCII)


def value_hint(type: RRType, value: str) -> str:
    """Says what to write instead of a value that is not valid for a type."""
    is_text = type in (RRType.TXT, RRType.SPF)
    if is_text and value.isascii() and value.isprintable() and not set(value) & set("\"'\\"):
        shown = value if len(value) <= _MAX_REPEATED_CHARACTERS else f"{value[:_MAX_REPEATED_CHARACTERS]}…"
        return f"""write '"{shown}"', with both kinds of quotation marks"""
    if is_text and (other := next((char for char in value if char > "\x7f"), None)) is not None:
        octal = "".join(f"\\{byte:03o}" for byte in other.encode("utf-8", "replace"))
        return f"write letters beyond ASCII by the octal numbers of their bytes: {octal} for {other}"
    if type in (RRType.A, RRType.AAAA) and _HOST_NAME.fullmatch(value):
        return f"{VALUE_HINTS[type]}, or type: CNAME for a name"
    if type is RRType.A and ":" in value:
        return "write type: AAAA for an IPv6 address"
    if type is RRType.AAAA and value.replace(".", "").isdecimal():
        return "write type: A for an IPv4 address"
    return VALUE_HINTS[type]
