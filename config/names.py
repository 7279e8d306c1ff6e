"""Domain names: `DName`, lower-case wire bytes, is the only key for names; text lives at the edges."""

import re
from collections.abc import Iterator
from typing import NewType

DName = NewType("DName", bytes)
"""A name in uncompressed wire form (RFC 1035 §3.1), ASCII letters folded to lower case, ending in the root's zero."""

ROOT = DName(b"\x00")
MAX_LABEL_BYTES = 63
MAX_WIRE_BYTES = 255
MAX_TEXT_CHARACTERS = 253
"""Without the trailing dot and without escapes (A51)."""

_HIDDEN = 0xFF
"""The first byte of what is no name: a label is never so long (`MAX_LABEL_BYTES`)."""

_PLAIN = re.compile(r"[A-Za-z0-9_*-]{1,63}(?:\.[A-Za-z0-9_*-]{1,63})*\.?")
"""What most names are: no escapes, nothing to refuse."""
_OCTAL = frozenset("01234567")
_API_RAW_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789-_"
_API_RAW = frozenset(_API_RAW_BYTES)
_DISPLAY_RAW = frozenset(range(0x21, 0x7F)) - frozenset(b".\\")


class BadName(ValueError):
    """A text that is no domain name.

    `code` and `reason` are Route 53's own (`DomainLabelTooLong`, `Domain label is too long`), `encountered` is
    the part that is wrong (A52).
    """

    def __init__(self, code: str, reason: str, encountered: str) -> None:
        super().__init__(f"{code} ({reason}) encountered with '{encountered}'")
        self.code = code
        self.reason = reason
        self.encountered = encountered


def parse(text: str) -> DName:
    r"""Read a domain name in Route 53's presentation form.

    Args:
        text: labels separated by dots, a trailing dot or none (R2); `\ooo` is one octet in octal (R4), any other
            backslash is a character of its own (A50).
    Returns:
        The name, letters folded to lower case, also those that came as an escape (R3).
    Raises:
        BadName: an empty or too long label, a name over 253 characters, or a raw octet outside printable ASCII.
    Source: routing.md R1–R4; api.md A50–A54.
    """
    if text == ".":
        return ROOT
    if len(text) <= MAX_TEXT_CHARACTERS and _PLAIN.fullmatch(text):
        parts = text.lower().encode().removesuffix(b".").split(b".")
        return DName(b"".join(bytes([len(part)]) + part for part in parts) + ROOT)
    wire = bytearray()
    label = bytearray()
    position = 0
    length = len(text)
    if not text:
        raise BadName("DomainNameEmpty", "Domain name is empty", "")
    while position < length:
        char = text[position]
        if char == ".":
            _end_label(wire, label, text)
            label = bytearray()
        elif char == "\\" and (octet := _octal(text[position + 1 : position + 4])) is not None:
            label.append(octet)
            position += 3
        elif "\x20" < char < "\x7f":
            label.append(ord(char))
        else:
            raise BadName(
                "UnsupportedCharacter", "Value contains unsupported characters", char if char < "\x7f" else "?"
            )
        position += 1
    if label:
        _end_label(wire, label, text)
    wire.append(0)
    if len(wire) > MAX_WIRE_BYTES:
        raise BadName("DomainNameTooLong", "Domain name is too long", text)
    return DName(bytes(wire).lower())


def _octal(digits: str) -> int | None:
    if len(digits) == 3 and _OCTAL.issuperset(digits) and digits[0] < "4":
        return int(digits, 8)
    return None


def _end_label(wire: bytearray, label: bytearray, text: str) -> None:
    if not label:
        raise BadName("DomainLabelEmpty", "Domain label is empty", text)
    if len(label) > MAX_LABEL_BYTES:
        raise BadName("DomainLabelTooLong", "Domain label is too long", label.decode("latin-1"))
    wire.append(len(label))
    wire += label


def labels(name: DName) -> Iterator[bytes]:
    """The labels, leftmost first, without the root."""
    position = 0
    while length := name[position]:
        position += 1
        yield name[position : position + length]
        position += length


def to_text(name: DName) -> str:
    r"""The form the Route 53 API prints: trailing dot, every octet outside `a-z 0-9 - _` as `\ooo` (R5, A49)."""
    parts = [*labels(name)]
    if parts and not b"".join(parts).translate(None, _API_RAW_BYTES):  # as most are: nothing to escape
        return (b".".join(parts) + b".").decode()
    return _text(name, _API_RAW)


def display(name: DName) -> str:
    r"""The form people read: as `to_text`, but printable ASCII such as the `*` of a wildcard is left raw."""
    return _hidden_text(name) if is_hidden(name) else _text(name, _DISPLAY_RAW)


def hidden(text: str, key: str) -> DName:
    """What stands for a name where there is none: no text and no query makes one like it, so nobody can ask for it.

    Args:
        text: how `display` shows it; what cannot be printed is shown as `?`.
        key: tells it apart from others with the same text.
    """
    shown = "".join(char if char.isprintable() else "?" for char in text)
    return DName(bytes([_HIDDEN]) + shown.encode() + b"\x00" + key.encode())


def is_hidden(name: DName) -> bool:
    """Whether `hidden` made it."""
    return name[0] == _HIDDEN


def _hidden_text(name: DName) -> str:
    return name[1:].partition(b"\x00")[0].decode()


def _text(name: DName, raw: frozenset[int]) -> str:
    return "".join("".join(chr(o) if o in raw else f"\\{o:03o}" for o in part) + "." for part in labels(name)) or "."


def parent(name: DName) -> DName:
    """The name without its leftmost label; the root has no parent and must not be asked for one."""
    return DName(name[1 + name[0] :])


def ancestors(name: DName) -> Iterator[DName]:
    """The name itself, then each of its parents, down to and with the root."""
    yield name
    while name != ROOT:
        name = parent(name)
        yield name


def join(name: DName, suffix: DName) -> DName:
    """`name` in front of `suffix`.

    Raises:
        BadName: together they are too long.
    """
    joined = DName(name[:-1] + suffix)
    if len(joined) > MAX_WIRE_BYTES:
        raise BadName("DomainNameTooLong", "Domain name is too long", display(joined))
    return joined


def is_at_or_below(name: DName, ancestor: DName) -> bool:
    """Whether `name` equals `ancestor` or lies below it, label by label."""
    if not name.endswith(ancestor):
        return False
    position = 0
    edge = len(name) - len(ancestor)
    while position < edge:
        position += 1 + name[position]
    return position == edge


def is_wildcard(name: DName) -> bool:
    """Whether the leftmost label is exactly `*` (R7)."""
    return name[:2] == b"\x01*"


def wildcard_below(name: DName) -> DName:
    """`*.` in front of the name; may be longer than a name can be, and then matches nothing."""
    return DName(b"\x01*" + name)
