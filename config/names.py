"""Domain names: `DName`, lower-case wire bytes, is the only key for names; text is used for input and output only."""

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

_TOO_LONG = f"the domain name has more than {MAX_TEXT_CHARACTERS} characters"
_MAX_SHOWN_CHARACTERS = 40

_HIDDEN = 0xFF
"""First byte of a hidden name; no real name begins with it, as labels are shorter (`MAX_LABEL_BYTES`)."""

_PLAIN = re.compile(r"[A-Za-z0-9_*-]{1,63}(?:\.[A-Za-z0-9_*-]{1,63})*\.?")
"""Matches names without escapes or errors, which most are, so that they are parsed quickly."""
_OCTAL = frozenset("01234567")
_API_RAW_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789-_"
_API_RAW = frozenset(_API_RAW_BYTES)
_DISPLAY_RAW = frozenset(range(0x21, 0x7F)) - frozenset(b".\\")


class BadName(ValueError):
    """A text that is no domain name.

    `code` and `reason` are Route 53's words (`DomainLabelTooLong`, `Domain label is too long`); `encountered` is
    the wrong part (A52). `plain` says it in the words of a file.
    """

    def __init__(self, code: str, reason: str, encountered: str, plain: str) -> None:
        super().__init__(f"{code} ({reason}) encountered with '{encountered}'")
        self.code = code
        self.reason = reason
        self.encountered = encountered
        self.plain = plain


def parse(text: str) -> DName:
    r"""Read a domain name in Route 53's presentation form.

    Args:
        text: labels separated by dots; a trailing dot is optional (R2). `\ooo` is one byte in octal (R4); any other
            backslash is an ordinary character (A50).
    Returns:
        The name, letters folded to lower case, escaped ones too (R3).
    Raises:
        BadName: an empty or too long label, a name over 253 characters, or a raw byte outside printable ASCII.
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
        raise BadName("DomainNameEmpty", "Domain name is empty", "", "the domain name is empty")
    while position < length:
        char = text[position]
        if char == ".":
            _end_label(wire, label, text)
            label = bytearray()
        elif char == "\\" and (byte := _octal(text[position + 1 : position + 4])) is not None:
            label.append(byte)
            position += 3
        elif "\x20" < char < "\x7f":
            label.append(ord(char))
        else:
            encountered = char if char < "\x7f" else "?"
            plain = f"{char!r} cannot stand in a domain name"
            raise BadName("UnsupportedCharacter", "Value contains unsupported characters", encountered, plain)
        position += 1
    if label:
        _end_label(wire, label, text)
    wire.append(0)
    if len(wire) > MAX_WIRE_BYTES:
        raise BadName("DomainNameTooLong", "Domain name is too long", text, _TOO_LONG)
    return DName(bytes(wire).lower())


def _octal(digits: str) -> int | None:
    if len(digits) == 3 and _OCTAL.issuperset(digits) and digits[0] < "4":
        return int(digits, 8)
    return None


def _end_label(wire: bytearray, label: bytearray, text: str) -> None:
    if not label:
        plain = f"{_shortened(text)!r} has nothing before a dot"
        raise BadName("DomainLabelEmpty", "Domain label is empty", text, plain)
    if len(label) > MAX_LABEL_BYTES:
        shown = label[: MAX_LABEL_BYTES + 1].decode("latin-1")  # as far as Route 53 reads it (A52)
        plain = f"the label {_shortened(shown)!r} has more than {MAX_LABEL_BYTES} characters"
        raise BadName("DomainLabelTooLong", "Domain label is too long", shown, plain)
    wire.append(len(label))
    wire += label


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN_CHARACTERS else f"{text[:_MAX_SHOWN_CHARACTERS]}…"


def labels(name: DName) -> Iterator[bytes]:
    """Yields the labels, leftmost first, without the root."""
    position = 0
    while length := name[position]:
        position += 1
        yield name[position : position + length]
        position += length


def to_text(name: DName) -> str:
    r"""Returns the form the Route 53 API prints: trailing dot, every byte outside `a-z 0-9 - _` as `\ooo` (R5, A49)."""
    parts = [*labels(name)]
    if parts and not b"".join(parts).translate(None, _API_RAW_BYTES):  # nothing to escape, as in most names
        return (b".".join(parts) + b".").decode()
    return _text(name, _API_RAW)


def display(name: DName) -> str:
    r"""Returns the form people read: as `to_text`, but printable ASCII such as a wildcard's `*` is not escaped."""
    return _hidden_text(name) if is_hidden(name) else _text(name, _DISPLAY_RAW)


def hidden(text: str, key: str) -> DName:
    """Makes a hidden name: neither text nor a query yields one, so clients cannot ask for it.

    Args:
        text: as `display` shows it; characters that cannot be printed are shown as `?`.
        key: distinguishes it from others with the same text.
    """
    shown = "".join(char if char.isprintable() else "?" for char in text)
    return DName(bytes([_HIDDEN]) + shown.encode() + b"\x00" + key.encode())


def is_hidden(name: DName) -> bool:
    """True if `hidden` made the name."""
    return name[0] == _HIDDEN


def _hidden_text(name: DName) -> str:
    return name[1:].partition(b"\x00")[0].decode()


def _text(name: DName, raw: frozenset[int]) -> str:
    return "".join("".join(chr(b) if b in raw else f"\\{b:03o}" for b in part) + "." for part in labels(name)) or "."


def parent(name: DName) -> DName:
    """Returns the name without its leftmost label; must not be called with the root, which has no parent."""
    return DName(name[1 + name[0] :])


def ancestors(name: DName) -> Iterator[DName]:
    """Yields the name itself, then each parent up to and including the root."""
    yield name
    while name != ROOT:
        name = parent(name)
        yield name


def join(name: DName, suffix: DName) -> DName:
    """Puts `name` in front of `suffix`.

    Raises:
        BadName: the result is too long.
    """
    joined = DName(name[:-1] + suffix)
    if len(joined) > MAX_WIRE_BYTES:
        raise BadName("DomainNameTooLong", "Domain name is too long", display(joined), _TOO_LONG)
    return joined


def is_at_or_below(name: DName, ancestor: DName) -> bool:
    """True if `name` equals `ancestor` or lies below it, label by label."""
    if not name.endswith(ancestor):
        return False
    position = 0
    edge = len(name) - len(ancestor)
    while position < edge:
        position += 1 + name[position]
    return position == edge


def is_wildcard(name: DName) -> bool:
    """True if the leftmost label is exactly `*` (R7)."""
    return name[:2] == b"\x01*"


def wildcard_below(name: DName) -> DName:
    """Returns the name with `*.` in front; if that exceeds the limit for names, it matches nothing."""
    return DName(b"\x01*" + name)
