r"""Service parameters of SVCB and HTTPS values, text to bytes and back (RFC 9460).

The syntax is the RFC's (R19): in a value `\ddd` is a byte in decimal, and commas separate the items of a list.
"""

import base64
import re
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address

from dnsemu.config.rdata.bad_value import BadValue

KEYS = {
    "mandatory": 0,
    "alpn": 1,
    "no-default-alpn": 2,
    "port": 3,
    "ipv4hint": 4,
    "ech": 5,
    "ipv6hint": 6,
    "dohpath": 7,
    "ohttp": 8,
}
"""Registered keys by name; any other is written `keyNNNNN`."""

_MANDATORY, _ALPN, _NO_DEFAULT_ALPN = KEYS["mandatory"], KEYS["alpn"], KEYS["no-default-alpn"]
_VALUELESS = (_NO_DEFAULT_ALPN, KEYS["ohttp"])
_FIELD = re.compile(r'(?:[^\s"\\]|\\.|"(?:[^"\\]|\\.)*")+', re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-9]{3}|.)", re.DOTALL)
_ITEM = re.compile(rb"((?:[^,\\]|\\.)*)(,|$)", re.DOTALL)
_NUMBERED = re.compile(r"key(0|[1-9][0-9]{0,4})")


def fields(text: str) -> list[str]:
    """Splits a value at blanks outside quotation marks.

    Raises:
        BadValue: an open quotation mark, or a backslash at the end.
    """
    if _FIELD.sub("", text).strip():
        raise _invalid(text)
    return _FIELD.findall(text)


def params(texts: Sequence[str]) -> list[tuple[int, bytes]]:
    """Parses `key=value` fields.

    Returns:
        (key number, value bytes) in ascending order of keys, as on the wire (RFC 9460 §2.2).
    Raises:
        BadValue: an unknown or repeated key, a value that its key does not allow, or contradicting parameters.
    """
    found: dict[int, bytes] = {}
    for text in texts:
        name, has_value, value = text.partition("=")
        key = _key(name, text)
        if key in found:
            raise _invalid(text)
        try:
            found[key] = _encoded(key, _unquoted(value) if has_value else None)
            len(found[key]).to_bytes(2)  # raises OverflowError if too long for the length field
        except (ValueError, OverflowError):
            raise _invalid(text) from None
    _check_consistency(found)
    return sorted(found.items())


def _invalid(text: str) -> BadValue:
    return BadValue("SVCBInvalidFieldValue", 'Invalid value for field "SVC Params"', text)


def _inconsistent(key: str) -> BadValue:
    return BadValue("SVCBInconsistentParams", f'Inconsistent SVC Params for SVCParam Key "{key}"', key)


def _check_consistency(found: dict[int, bytes]) -> None:
    if _NO_DEFAULT_ALPN in found and _ALPN not in found:
        raise _inconsistent("no-default-alpn")
    listed = found.get(_MANDATORY, b"")
    needed = [int.from_bytes(listed[at : at + 2]) for at in range(0, len(listed), 2)]
    if any(key == _MANDATORY or key not in found for key in needed) or len(set(needed)) != len(needed):
        raise _inconsistent("mandatory")


def _key(name: str, text: str) -> int:
    if name in KEYS:
        return KEYS[name]
    if (match := _NUMBERED.fullmatch(name)) and int(match[1]) < 0xFFFF:
        return int(match[1])
    raise _invalid(text)


def _unquoted(value: str) -> bytes:
    if value.startswith('"') and value.endswith('"') and len(value) > 1:
        value = value[1:-1]
    return _ESCAPE.sub(lambda m: bytes([int(m[1])]) if len(m[1]) == 3 else m[1], value.encode("ascii"))


def _items(value: bytes) -> list[bytes]:
    r"""Splits a list into its items; `\,` and `\\` are an escaped comma and backslash (RFC 9460 appendix A.1)."""
    found = []
    position = 0
    while True:
        match = _ITEM.match(value, position)
        if match is None or not match[1]:
            raise ValueError("an empty item")
        found.append(re.sub(rb"\\(.)", rb"\1", match[1], flags=re.DOTALL))
        position = match.end()
        if not match[2]:
            return found


def _encoded(key: int, value: bytes | None) -> bytes:
    if key in _VALUELESS:
        if value:
            raise ValueError("no value is wanted")
        return b""
    encode = _ENCODERS.get(key)
    if encode is None:
        return value or b""
    if value is None:
        raise ValueError("a value is wanted")
    return encode(value)


def _mandatory(value: bytes) -> bytes:
    keys = sorted(_key(item.decode("ascii"), "mandatory") for item in _items(value))
    return b"".join(key.to_bytes(2) for key in keys)


def _alpn(value: bytes) -> bytes:
    return b"".join(bytes([len(item)]) + item for item in _items(value))


def _port(value: bytes) -> bytes:
    if not value.isdigit():
        raise ValueError("no number")
    return int(value).to_bytes(2)


def _ipv4hint(value: bytes) -> bytes:
    return b"".join(IPv4Address(item.decode("ascii")).packed for item in _items(value))


def _ipv6hint(value: bytes) -> bytes:
    return b"".join(IPv6Address(item.decode("ascii")).packed for item in _items(value))


def _ech(value: bytes) -> bytes:
    if not value:
        raise ValueError("empty")
    return base64.b64decode(value, validate=True)


_ENCODERS: dict[int, Callable[[bytes], bytes]] = {
    KEYS["mandatory"]: _mandatory,
    KEYS["alpn"]: _alpn,
    KEYS["port"]: _port,
    KEYS["ipv4hint"]: _ipv4hint,
    KEYS["ech"]: _ech,
    KEYS["ipv6hint"]: _ipv6hint,
}


# --- bytes to text ---

_NAMES = {number: name for name, number in KEYS.items()}
_RAW = frozenset(range(0x21, 0x7F)) - frozenset(b'"\\,;()')


def params_text(data: bytes) -> list[str]:
    """Formats parameters from the wire as `key=value` fields."""
    found = []
    while data:
        key, end = int.from_bytes(data[:2]), 4 + int.from_bytes(data[2:4])
        value = _DECODERS.get(key, _escaped)(data[4:end])
        name = _NAMES.get(key, f"key{key}")
        found.append(f"{name}={value}" if value else name)
        data = data[end:]
    return found


def _escaped(value: bytes) -> str:
    return "".join(chr(b) if b in _RAW or b == 0x2C else f"\\{b:03d}" for b in value)


def _item_text(item: bytes) -> str:
    """Escapes an item of a list: commas and backslashes twice, as item and as character (appendix A.1)."""
    return _escaped(item.replace(b"\\", b"\\\\").replace(b",", b"\\,"))


def _mandatory_text(value: bytes) -> str:
    numbers = [int.from_bytes(value[at : at + 2]) for at in range(0, len(value), 2)]
    return ",".join(_NAMES.get(number, f"key{number}") for number in numbers)


def _alpn_text(value: bytes) -> str:
    items = []
    while value:
        end = 1 + value[0]
        items.append(_item_text(value[1:end]))
        value = value[end:]
    return ",".join(items)


def _ipv4hint_text(value: bytes) -> str:
    return ",".join(str(IPv4Address(value[at : at + 4])) for at in range(0, len(value), 4))


def _ipv6hint_text(value: bytes) -> str:
    return ",".join(str(IPv6Address(value[at : at + 16])) for at in range(0, len(value), 16))


_DECODERS: dict[int, Callable[[bytes], str]] = {
    KEYS["mandatory"]: _mandatory_text,
    KEYS["alpn"]: _alpn_text,
    KEYS["port"]: lambda value: str(int.from_bytes(value)),
    KEYS["ipv4hint"]: _ipv4hint_text,
    KEYS["ech"]: lambda value: base64.b64encode(value).decode("ascii"),
    KEYS["ipv6hint"]: _ipv6hint_text,
}
