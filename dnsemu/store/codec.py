"""Converts frozen dataclasses to JSON values and back, by their fields and type hints.

A dataclass is an object with all of its fields. A missing field takes its default, so fields can be added; an unknown
field is refused, because a newer version has written it.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from ipaddress import ip_address, ip_network
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Literal, NewType, Union, get_args, get_origin, get_type_hints

from immutables import Map

from dnsemu.config import names
from dnsemu.config.model.addresses import IPAddress, IPNetwork
from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, MetricCheck, RecoveryCheck
from dnsemu.config.model.routing import (
    Failover,
    Geolocation,
    Geoproximity,
    IpBased,
    Latency,
    Multivalue,
    Simple,
    Weighted,
)
from dnsemu.config.names import DName

TAGS: dict[type, str] = {
    Simple: "simple",
    Weighted: "weighted",
    Latency: "latency",
    Failover: "failover",
    Geolocation: "geolocation",
    Geoproximity: "geoproximity",
    IpBased: "ip_based",
    Multivalue: "multivalue",
    EndpointCheck: "endpoint",
    CalculatedCheck: "calculated",
    MetricCheck: "metric",
    RecoveryCheck: "recovery",
}
"""The tags of union members; other classes have their name as tag."""

TAG = "is"
"""The JSON member with the tag; it is a Python keyword, so no field has this name."""


_MAX_BITS = 64
"""Of a whole number; what Python can compute with exceeds what a database or a clock takes."""


class BadRow(ValueError):
    """A stored value that cannot be read; `path` leads to it, outermost part first."""

    def __init__(self, message: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path

    def inside(self, *prefix: str | int) -> "BadRow":
        """Returns the error with a longer path: the value is inside another one."""
        return BadRow(self.message, (*prefix, *self.path))

    def __str__(self) -> str:
        return f"{path_text(self.path)}: {self.message}" if self.path else self.message


def path_text(path: tuple[str | int, ...]) -> str:
    """Returns a path as text, such as `hosted_zones[3].name`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


@dataclass(frozen=True, slots=True)
class Codec:
    """Converts a Python value to a JSON value and back; `decode` raises `BadRow`."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


@cache
def codec_of(hint: Any) -> Codec:
    """Makes the codec of a type.

    Args:
        hint: a dataclass, a union of them, an Enum, a text, number, boolean, None, name, address or network, a tuple or
            a mapping from texts of these, or Any for JSON values.
    Raises:
        TypeError: another type, which is an error in the program.
    """
    if hint in _LEAVES:
        return _LEAVES[hint]
    if isinstance(hint, NewType):
        return codec_of(hint.__supertype__)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple:
        return _sequence(codec_of(arguments[0])) if arguments[1:] == (...,) else _fixed(tuple(map(codec_of, arguments)))
    if origin in (dict, Map, Mapping) and arguments[0] is str:
        return _mapping(dict if origin is Mapping else origin, codec_of(arguments[1]))
    if origin in (Union, UnionType):
        return _union(arguments)
    if origin is Literal:
        return _leaf(lambda value: value in arguments, f"one of {', '.join(map(str, arguments))} is wanted")
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enum(hint)
    if is_dataclass(hint):
        return record_codec(hint)
    raise TypeError(f"a stored field cannot be of type {hint}")


def record_codec(row: Any, without: tuple[str, ...] = ()) -> Codec:
    """Makes the codec of a dataclass, `without` fields that are stored elsewhere and have a default."""
    hints = get_type_hints(row)
    codecs = {field.name: codec_of(hints[field.name]) for field in fields(row) if field.name not in without}
    encoders = tuple((name, codec.encode) for name, codec in codecs.items())
    required = {f.name for f in fields(row) if f.default is MISSING and f.default_factory is MISSING}

    def encode(value: Any) -> Any:
        return {name: encoded(getattr(value, name)) for name, encoded in encoders}

    def decode(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _unwanted("an object is wanted", value)
        if unknown := value.keys() - codecs.keys():
            raise BadRow("this version does not know this field", (min(unknown),))
        if missing := required - value.keys():
            raise BadRow("this field is missing", (min(missing),))
        decoded: dict[str, Any] = {}
        for name, item in value.items():
            try:
                decoded[name] = codecs[name].decode(item)
            except BadRow as error:
                raise error.inside(name) from None
        return row(**decoded)

    return Codec(encode, decode)


def _unwanted(wanted: str, value: Any) -> BadRow:
    shown = repr(value)
    return BadRow(f"{wanted}, not {shown if len(shown) <= 60 else shown[:60] + '…'}")


def _leaf(is_good: Callable[[Any], bool], wanted: str) -> Codec:
    def decode(value: Any) -> Any:
        if not is_good(value):
            raise _unwanted(wanted, value)
        return value

    return Codec(lambda value: value, decode)


def _as_text(encode: Callable[[Any], str], parse: Callable[[str], Any], wanted: str) -> Codec:
    """Makes a codec that stores a value as text."""

    def decode(value: Any) -> Any:
        try:
            if isinstance(value, str):
                return parse(value)
        except ValueError:
            pass
        raise _unwanted(wanted, value)

    return Codec(encode, decode)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= _MAX_BITS


def _is_number(value: Any) -> bool:
    """True for a number that a computer can compute with: JSON as Python reads it also has NaN and Infinity."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isfinite(value) if isinstance(value, float) else value.bit_length() <= _MAX_BITS


_LEAVES: dict[Any, Codec] = {
    Any: _leaf(lambda value: True, ""),
    NoneType: _leaf(lambda value: value is None, "null is wanted"),
    str: _leaf(lambda value: isinstance(value, str), "a text is wanted"),
    bool: _leaf(lambda value: isinstance(value, bool), "true or false is wanted"),
    int: _leaf(_is_whole, "a whole number is wanted"),
    float: _leaf(_is_number, "a number is wanted"),
    DName: _as_text(names.display, names.parse, "a domain name is wanted"),
    IPAddress: _as_text(str, ip_address, "an IP address is wanted"),
    IPNetwork: _as_text(str, ip_network, "a network such as 192.0.2.0/24 is wanted"),
}


def _enum(kind: type[Enum]) -> Codec:
    by_value = {member.value: member for member in kind}
    wanted = f"one of {', '.join(map(str, by_value))} is wanted"

    def decode(value: Any) -> Any:
        try:
            return by_value[value]
        except (KeyError, TypeError):
            raise _unwanted(wanted, value) from None

    return Codec(lambda member: member.value, decode)


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _unwanted("a list is wanted", value)
    return value


def _decoded(codec: Codec, item: Any, place: str | int) -> Any:
    try:
        return codec.decode(item)
    except BadRow as error:
        raise error.inside(place) from None


def _sequence(item: Codec) -> Codec:
    return Codec(
        lambda value: [item.encode(one) for one in value],
        lambda value: tuple(_decoded(item, one, index) for index, one in enumerate(_items(value))),
    )


def _fixed(items: tuple[Codec, ...]) -> Codec:
    def decode(value: Any) -> Any:
        if len(_items(value)) != len(items):
            raise _unwanted(f"a list of {len(items)} is wanted", value)
        return tuple(_decoded(item, one, index) for index, (item, one) in enumerate(zip(items, value, strict=True)))

    return Codec(lambda value: [item.encode(one) for item, one in zip(items, value, strict=True)], decode)


def _mapping(kind: Callable[[dict[str, Any]], Any], item: Codec) -> Codec:
    def decode(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _unwanted("an object is wanted", value)
        return kind({key: _decoded(item, one, key) for key, one in value.items()})

    # A Map has no order that lasts: it depends on the hashes of this process.
    return Codec(lambda value: {key: item.encode(value[key]) for key in sorted(value)}, decode)


def _union(members: tuple[Any, ...]) -> Codec:
    others = [member for member in members if member is not NoneType]
    if len(others) == 1:
        codec = codec_of(others[0])
    elif all(map(is_dataclass, others)):
        codec = _tagged(others)
    elif all(member in (str, int, float, bool) for member in others):
        codec = _leaf(lambda value: type(value) in others, f"one of {', '.join(m.__name__ for m in others)} is wanted")
    else:
        raise TypeError(f"JSON cannot distinguish {' from '.join(map(str, others))}")
    if len(others) == len(members):
        return codec
    return Codec(
        lambda value: None if value is None else codec.encode(value),
        lambda value: None if value is None else codec.decode(value),
    )


def _tagged(members: list[Any]) -> Codec:
    tags = {member: TAGS.get(member, member.__name__) for member in members}
    codecs = {tag: record_codec(member) for member, tag in tags.items()}

    def encode(value: Any) -> Any:
        tag = tags[type(value)]
        return {TAG: tag, **codecs[tag].encode(value)}

    def decode(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _unwanted("an object is wanted", value)
        rest = dict(value)
        tag = rest.pop(TAG, None)
        if not isinstance(tag, str) or tag not in codecs:
            raise _unwanted(f"one of {', '.join(codecs)} is wanted", tag).inside(TAG)
        return codecs[tag].decode(rest)

    return Codec(encode, decode)
