"""Value text to rdata bytes, when a record set is declared, never per query.

The text has Route 53's form: escapes are octal, names are absolute with or without their trailing dot, character
strings are quoted. Errors carry Route 53's codes. dnslib packs types with several fields.
"""

import re
import struct
from collections.abc import Callable, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from dnslib import CAA, DS, HTTPS, MX, NAPTR, RD, SOA, SRV, SSHFP, TLSA, TXT, DNSBuffer, DNSLabel

from dnsemu.config import names
from dnsemu.config.names import BadName, DName
from dnsemu.config.rdata import svcb
from dnsemu.config.rdata.bad_value import BadValue
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rdata.text import value_text

__all__ = ["BadValue", "parse_value", "value_text"]

MAX_STRING_BYTES = 255
_TOKEN = re.compile(r'[ \t]*("(?:[^"\\]|\\.)*"(?=[ \t"]|$)|[^ \t"][^ \t]*)', re.DOTALL)
"""A field with the blanks before it. Between two quoted strings no blank is needed (A185)."""
_ESCAPE = re.compile(r"\\([0-3][0-7]{2}|.)", re.DOTALL)


def parse_value(type: RRType, text: str) -> bytes:
    r"""Parses one value of a record set into rdata.

    Args:
        type: decides the syntax (A186).
        text: as in `ResourceRecord.Value`; `\ooo` is a byte in octal (R4, R18).
    Returns:
        Uncompressed rdata; names in it are lower-case, so that each can be used as a `DName`.
    Raises:
        BadValue: with Route 53's code and message.
    Source: api.md A184–A186, A52; routing.md R2, R18, R19.
    """
    try:
        return _PARSERS[type](text)
    except BadName as error:
        raise BadValue(error.code, error.reason, error.encountered) from None
    except (struct.error, OverflowError):  # too long for a length field on the wire
        raise BadValue("CharacterStringTooLong", "Value is too long", text) from None


class _UncompressedBuffer(DNSBuffer):  # type: ignore[misc]
    """A buffer that never compresses names."""

    def encode_name(self, name: DNSLabel) -> None:
        for label in name.label:
            self.append(bytes([len(label)]) + label)
        self.append(b"\x00")

    encode_name_nocompress = encode_name


def _packed(rd: RD) -> bytes:
    buffer = _UncompressedBuffer()
    rd.pack(buffer)
    return bytes(buffer.data)


def _label(name: DName) -> DNSLabel:
    return DNSLabel(tuple(names.labels(name)))


def _whole(text: str, highest: int, refusal: BadValue) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= highest:
        return int(text)
    raise refusal


def _invalid(prefix: str, field: str, encountered: str) -> BadValue:
    return BadValue(f"{prefix}InvalidValue", f'Invalid value for field "{field}"', encountered)


def _hex(text: str, refusal: BadValue) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        raise refusal from None
    if not data:
        raise refusal
    return data


# --- addresses and names ---


_BYTES = {str(byte): byte for byte in range(256)}


def _a(text: str) -> bytes:
    try:
        first, second, third, fourth = text.split(".")
        return bytes((_BYTES[first], _BYTES[second], _BYTES[third], _BYTES[fourth]))
    except (ValueError, KeyError):
        pass  # invalid or unusual: checked in full below
    if " " in text.strip():
        raise BadValue("ARRDATANotSingleField", "Value contains spaces", text)
    try:
        return IPv4Address(text).packed
    except AddressValueError:
        raise BadValue("ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address", text) from None


def _aaaa(text: str) -> bytes:
    try:
        if "%" not in text:
            return IPv6Address(text).packed
    except AddressValueError:
        pass
    raise BadValue("AAAARRDATAIllegalIPv6Address", "Value is not a valid IPv6 address", text)


def _mx(text: str) -> bytes:
    fields = text.split()
    if len(fields) != 2:
        raise BadValue("MXRRDATANotTwoFields", "MX record doesn't have 2 fields", text)
    preference = _whole(fields[0], 0xFFFF, _invalid("MXRRDATA", "Preference", fields[0]))
    return _packed(MX(_label(names.parse(fields[1])), preference))


def _srv(text: str) -> bytes:
    fields = text.split()
    if len(fields) != 4:
        raise BadValue("SRVRRDATANotFourFields", "SRV record doesn't have 4 fields", text)
    numbers = [
        _whole(field, 0xFFFF, _invalid("SRVRRDATA", what, field))
        for what, field in zip(("Priority", "Weight", "Port"), fields, strict=False)
    ]
    return _packed(SRV(*numbers, _label(names.parse(fields[3]))))


def _soa(text: str) -> bytes:
    fields = text.split()
    if len(fields) != 7:
        raise BadValue("SOARRDATANotSevenFields", "SOA record doesn't have 7 fields", text)
    numbers = [
        _whole(field, 0xFFFFFFFF, _invalid("SOARRDATA", what, field))
        for what, field in zip(("Serial", "Refresh", "Retry", "Expire", "Minimum TTL"), fields[2:], strict=True)
    ]
    return _packed(SOA(_label(names.parse(fields[0])), _label(names.parse(fields[1])), numbers))


# --- character strings ---


def _tokens(text: str) -> list[str] | None:
    """Splits a value into fields, quotes kept; None if a quotation mark is misplaced."""
    found = []
    position = 0
    text = text.rstrip(" \t")
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        found.append(match[1])
        position = match.end()
    return found


def _string(token: str, whole: str) -> bytes:
    """Parses one quoted character string (R18, A185)."""
    if len(token) < 2 or token[0] != '"':
        raise BadValue("InvalidCharacterString", "Value should be enclosed in quotation marks", whole)
    if unsupported := next((char for char in token if not "\x20" <= char < "\x7f"), None):
        encountered = unsupported if unsupported < "\x7f" else "?"
        raise BadValue("UnsupportedCharacter", "Value contains unsupported characters", encountered)
    string = _ESCAPE.sub(_unescaped, token[1:-1]).encode("latin-1")
    if len(string) > MAX_STRING_BYTES:
        raise BadValue("CharacterStringTooLong", "Value is too long", token)
    return string


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 8)) if len(match[1]) == 3 else match[1]


def _txt(text: str) -> bytes:
    tokens = _tokens(text)
    if not tokens:
        raise BadValue("InvalidCharacterString", "Value should be enclosed in quotation marks", text)
    return _packed(TXT([_string(token, text) for token in tokens]))


_CAA_TAGS = frozenset({"issue", "issuewild", "iodef"})
_CRITICAL = 128


def _caa(text: str) -> bytes:
    fields = _tokens(text) or []
    if len(fields) != 3:
        raise BadValue("CAARRDATANotThreeFields", "CAA record doesn't have 3 fields", text)
    flags = _whole(fields[0], 255, _invalid("CAARRDATA", "Flags", fields[0]))
    tag = fields[1]
    if not (tag.isascii() and tag.isalnum() and len(tag) <= MAX_STRING_BYTES):
        raise BadValue("CAARRDATAInvalidTag", "Invalid tag", tag)
    if flags < _CRITICAL and tag.lower() not in _CAA_TAGS:
        encountered = "Only issue/issuewild/iodef is allowed for non critical flags."
        raise BadValue("CAARRDATAInvalidTag", "Invalid tag", encountered)
    value = _string(fields[2], text)
    if not value.isascii():
        raise BadValue("UnsupportedCharacter", "Value contains unsupported characters", "?")
    return _packed(CAA(flags, tag, value.decode("ascii")))


def _naptr(text: str) -> bytes:
    fields = _tokens(text) or []
    if len(fields) != 6:
        raise BadValue("NAPTRRRDATANotValid", "Invalid NAPTR record", text)
    order = _whole(fields[0], 0xFFFF, _out_of_bounds("Order", fields[0]))
    preference = _whole(fields[1], 0xFFFF, _out_of_bounds("Preference", fields[1]))
    flags, service, regexp = (_string(field, text) for field in fields[2:5])
    replacement = names.parse(fields[5])
    if regexp and replacement != names.ROOT:
        raise BadValue(
            "NAPTRRRDATARegexpAndReplacementError",
            "NAPTR record can have only one field in regexp and replacement",
            text,
            "WARNING",
        )
    return _packed(NAPTR(order, preference, flags, service, regexp, _label(replacement)))


def _out_of_bounds(field: str, encountered: str) -> BadValue:
    reason = f"NAPTR record {field.lower()} value is out of bounds"
    return BadValue(f"NAPTRRRDATA{field}OutOfBounds", reason, encountered)


# --- keys and fingerprints ---


def _ds(text: str) -> bytes:
    malformed = _invalid("DSRRDATA", "RData", "Wrong format or it doesn't contain all fields.")
    fields = text.split()
    if len(fields) != 4:
        raise malformed
    numbers = [_whole(field, highest, malformed) for field, highest in zip(fields, (0xFFFF, 255, 255), strict=False)]
    return _packed(DS(*numbers, _hex(fields[3], malformed)))


def _choice(prefix: str, field: str, text: str, known: Sequence[int]) -> int:
    refusal = _invalid(prefix, field, f"{field} value not supported: {text}")
    number = _whole(text, 255, refusal)
    if number not in known:
        raise refusal
    return number


def _sshfp(text: str) -> bytes:
    fields = text.split()
    if len(fields) != 3:
        raise BadValue("SSHFPMissingFields", "Missing fields, needs: algorithm, fingerprint type, fingerprint", text)
    algorithm = _choice("SSHFP", "Algorithm", fields[0], (1, 2, 3, 4, 6))
    fingerprint_type = _choice("SSHFP", "Fingerprint Type", fields[1], (1, 2))
    fingerprint = _hex(fields[2], _invalid("SSHFP", "Fingerprint", fields[2]))
    return _packed(SSHFP(algorithm, fingerprint_type, fingerprint))


def _tlsa(text: str) -> bytes:
    fields = text.split()
    if len(fields) != 4:
        needed = "certificate usage, selector, matching type, certificate association data"
        raise BadValue("TLSAMissingFields", f"Missing fields, needs: {needed}", text)
    usage = _choice("TLSA", "Certificate Usage", fields[0], range(4))
    selector = _choice("TLSA", "Selector", fields[1], range(2))
    matching_type = _choice("TLSA", "Matching Type", fields[2], range(3))
    data = _hex(fields[3], _invalid("TLSA", "Certificate Association Data", fields[3]))
    return _packed(TLSA(usage, selector, matching_type, data))


# --- service bindings ---


def _svcb(text: str) -> bytes:
    fields = svcb.fields(text)
    if len(fields) < 2:
        needed = "needs <svc priority>, <target name>. Optional fields include <svc param>"
        raise BadValue("SVCBIncorrectNumberOfFields", f"Incorrect number of fields, {needed}", text)
    refusal = BadValue("SVCBInvalidFieldValue", 'Invalid value for field "SVC Priority"', fields[0])
    priority = _whole(fields[0], 0xFFFF, refusal)
    target = names.parse(fields[1])
    return _packed(HTTPS(priority, list(names.labels(target)), svcb.params(fields[2:])))


_PARSERS: dict[RRType, Callable[[str], bytes]] = {
    RRType.A: _a,
    RRType.AAAA: _aaaa,
    RRType.CAA: _caa,
    RRType.CNAME: names.parse,
    RRType.DS: _ds,
    RRType.HTTPS: _svcb,
    RRType.MX: _mx,
    RRType.NAPTR: _naptr,
    RRType.NS: names.parse,
    RRType.PTR: names.parse,
    RRType.SOA: _soa,
    RRType.SPF: _txt,
    RRType.SRV: _srv,
    RRType.SSHFP: _sshfp,
    RRType.SVCB: _svcb,
    RRType.TLSA: _tlsa,
    RRType.TXT: _txt,
}
