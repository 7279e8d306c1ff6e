"""The base of all shapes: field names in botocore's or the API's spelling, and pydantic's errors as `Problem`s."""

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from dnsemu.config.errors import Path, Problem, quoted
from dnsemu.config.names import BadName
from dnsemu.config.text.suggestions import nearest

_FIRST_CAPITAL = re.compile(r"(.)([A-Z][a-z]+)")
_END_CAPITAL = re.compile(r"([a-z0-9])([A-Z])")


@lru_cache(maxsize=4096)
def _snake(name: str) -> str:
    return _END_CAPITAL.sub(r"\1_\2", _FIRST_CAPITAL.sub(r"\1_\2", name)).lower()


def snake(name: str) -> str:
    """Spells a field's name as botocore's `xform_name` does: `TTL` → `ttl`, `AWSRegion` → `aws_region`."""
    if "_" in name or len(name) > 64:
        return name
    return name if name.islower() else _snake(name)


@dataclass(frozen=True, slots=True)
class Hint:
    """Metadata of a field for errors in its value: rule, problem id, and what to write instead."""

    rule: str
    id: str
    wanted: str


class Shape(BaseModel):
    """A mapping in a file: unknown fields are refused, PascalCase names are accepted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, hide_input_in_errors=True)
    REFUSED_FIELDS: ClassVar[Mapping[str, str]] = {}
    """Fields from the API that are not accepted here, and what to write instead."""
    OUTPUT_FIELDS: ClassVar[frozenset[str]] = frozenset()
    """Fields that the API's output has, and that mean nothing in a file: they are dropped."""
    SHORT_WORDS: ClassVar[Mapping[str, str]] = {}
    """Usual words for values, and the values."""
    USUAL_FIELDS: ClassVar[Sequence[str]] = ()
    """Fields to name where a mapping is missing; by default the required ones."""

    @model_validator(mode="before")
    @classmethod
    def _spell(cls, data: Any) -> Any:
        if not isinstance(data, dict) or cls.model_fields.keys() >= data.keys():
            return data
        return {key: value for key, value in with_snake_keys(data).items() if key not in cls.OUTPUT_FIELDS}


def with_snake_keys(data: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the mapping with its keys in botocore's spelling.

    Raises:
        PydanticCustomError: two keys are the same field.
    """
    found = {snake(key): value for key, value in data.items()}
    if len(found) != len(data):
        raise refuse("key-twice", "", "a field is written in two spellings", "write it once")
    return found


S = TypeVar("S", bound=Shape)


def validate(shape: type[S], data: Any) -> tuple[S | None, list[Problem]]:
    """Checks data against a shape; returns the model, or None and every problem."""
    try:
        return shape.model_validate(data), []
    except ValidationError as error:
        return None, [_problem(shape, details) for details in error.errors(include_url=False)]


def refuse(id: str, rule: str, message: str, instead: str = "", plain: str = "") -> PydanticCustomError:
    """Makes the error that a field's validator raises; it becomes a `Problem`."""
    context = {"rule": rule, "instead": instead, "message": message, "plain": plain}
    return PydanticCustomError(id, "{message}", context)


def bad_name(error: BadName, path: Path, instead: str = "write a domain name such as www.shop.test") -> Problem:
    """Makes the problem of a text at `path` that is no domain name."""
    if error.code == "UnsupportedCharacter":
        instead = "write letters, digits, hyphens and underscores, and a name with other letters as xn--…"
    return Problem("bad-name", "R1", f"FATAL problem: {error}", instead, path, plain=error.plain)


# --- pydantic's errors as problems ---


def _problem(shape: type[Shape], details: ErrorDetails) -> Problem:
    path = details["loc"]
    kind = details["type"]
    if kind == "extra_forbidden":
        return _unknown_field(shape, path)
    if kind == "missing":
        owner = _owner(shape, path[:-1])
        hint = _hint_of(owner, path[-1])
        instead = f"write {hint.wanted}" if hint else ""
        return Problem("field-missing", hint.rule if hint else "", f"{path[-1]} is missing", instead, path[:-1])
    context = details.get("ctx", {})
    if "message" in context:
        return Problem(kind, context["rule"], context["message"], context["instead"], path, plain=context["plain"])
    return _bad_value(shape, path, details)


def _bad_value(shape: type[Shape], path: Path, details: ErrorDetails) -> Problem:
    depth = _depth_of_field(shape, path)
    owner, name = _owner(shape, path[:depth]), path[depth] if path else ""
    hint = _hint_of(owner, name)
    message, value = _message(details), details["input"]
    habitual = _habitual(details["type"], value)
    if hint is None:
        wanted = _TYPE_HINTS.get(details["type"], "")
        if details["type"].startswith("model_") and (fields := _fields_of(_owner(shape, path))):
            wanted = f"write a mapping: {fields}"
        return Problem("value-type", "", message, habitual or wanted, path)
    near = _nearest_literal(value, owner, name) if isinstance(value, str) else None
    instead = f"write {near}" if near else habitual or f"write {hint.wanted}"
    if isinstance(path[-1], int) and not near:
        instead = _TYPE_HINTS.get(details["type"], instead)
    return Problem(hint.id, hint.rule, message, instead, path)


_TRUE_AND_FALSE = {
    **dict.fromkeys(("yes", "y", "on", "true"), "write true"),
    **dict.fromkeys(("no", "n", "off", "false"), "write false"),
}
_GLUED = re.compile(r"([A-Za-z_]+):(\S.*)")
_NUMBER = re.compile(r"-?[0-9]{1,12}")


def _habitual(kind: str, value: Any) -> str | None:
    """Returns what to write instead of a habitual mistake about YAML's types; None for others."""
    match kind, value:
        case "bool_type", str() if value.lower() in _TRUE_AND_FALSE:
            return _TRUE_AND_FALSE[value.lower()]
        case "int_type" | "float_type", str() if _NUMBER.fullmatch(value):
            return f"write {value} without quotes"
        case "list_type", dict() if any(str(key).startswith("-") for key in value):
            return "begin each entry with '- ': a hyphen and a blank"
        case "list_type", dict():
            return "write a list: begin each entry with '- '"
        case "list_type", str() | int() | float() if not isinstance(value, bool):
            return f"write a list: [{value}]" if len(str(value)) <= MAX_REPEATED else None
        case "model_type" | "model_attributes_type" | "dict_type", str() if glued := _GLUED.fullmatch(value):
            return f"write {glued[1]}: {glued[2][:MAX_REPEATED]}, with a blank after the colon"
    return None


def _message(details: ErrorDetails) -> str:
    value, kind, context = details["input"], details["type"], details.get("ctx", {})
    text = quoted(value)
    if kind in ("less_than_equal", "less_than"):
        return f"{text} is above {context.get('le', context.get('lt'))}"
    if kind in ("greater_than_equal", "greater_than"):
        return f"{text} is below {context.get('ge', context.get('gt'))}"
    if kind.endswith("too_long"):
        return f"{text} is longer than {context['max_length']}"
    if kind.endswith("too_short"):
        return f"{text} is shorter than {context['min_length']}"
    if value is None or isinstance(value, dict | list):
        return f"{text} stands here"
    if kind.endswith(("_type", "_parsing", "_from_float", "is_instance_of")):
        return f"{text} is {_type_text(value)}"
    if kind == "literal_error":
        return f"{text} is not known here"
    return f"{text} is not accepted"


def _type_text(value: Any) -> str:
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, int):
        return "a whole number"
    if isinstance(value, float):
        return "a number"
    return "text" if isinstance(value, str) else "not accepted"


MAX_REPEATED = 60
"""Characters of a value that are repeated in what to write instead."""

MAX_FIELDS_NAMED = 3
"""Fields of a mapping that are named in what to write instead of it, if none is required."""

_TYPE_HINTS = {
    "string_type": "write text, in quotes where it looks like something else",
    "int_type": "write a whole number",
    "bool_type": "write true or false",
    "list_type": "write a list",
    "tuple_type": "write a list",
    "dict_type": "write a mapping",
    "model_type": "write a mapping",
    "float_type": "write a number",
}


def _unknown_field(shape: type[Shape], path: Path) -> Problem:
    owner = _owner(shape, path[:-1])
    known = list(owner.model_fields) if owner else []
    name = str(path[-1])
    near = nearest(name, known)
    instead = f"write {near}" if near else f"known are {', '.join(known)}"
    if "\u00a0" in name:
        instead = "replace the non-breaking spaces of this line with ordinary ones"
    if owner is not None:
        instead = owner.REFUSED_FIELDS.get(name, instead)
    return Problem("field-unknown", "", f"{quoted(name)} is no field here", instead, path)


def _fields_of(shape: type[Shape] | None) -> str:
    """The usual fields of a shape, the required ones, or the first of all if none is, as a mapping in YAML."""
    if shape is None:
        return ""
    required = [name for name, field in shape.model_fields.items() if field.is_required()]
    some = shape.USUAL_FIELDS or required or list(shape.model_fields)[:MAX_FIELDS_NAMED]
    return "{" + ", ".join(f"{name}: …" for name in some) + "}" if some else ""


def _owner(shape: type[Shape], path: Path) -> type[Shape] | None:
    """Returns the model that the field at `path` belongs to."""
    owner: type[Shape] | None = shape
    for part in path:
        if isinstance(part, str) and owner is not None and part in owner.model_fields:
            owner = next(_shapes(owner.model_fields[part].annotation), None)
    return owner


def _shapes(annotation: Any) -> Iterator[type[Shape]]:
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        yield annotation
    for argument in get_args(annotation):
        yield from _shapes(argument)


def _hint_of(owner: type[Shape] | None, name: str | int) -> Hint | None:
    if owner is None or name not in owner.model_fields:
        return None
    return next((item for item in owner.model_fields[str(name)].metadata if isinstance(item, Hint)), None)


def _depth_of_field(shape: type[Shape], path: Path) -> int:
    """Returns the index of the innermost field in a path; list positions and keys of mappings may follow it."""
    for depth in reversed(range(len(path))):
        owner = _owner(shape, path[:depth])
        if owner is not None and path[depth] in owner.model_fields:
            return depth
    return 0


def _nearest_literal(value: str, owner: type[Shape] | None, name: str | int) -> str | None:
    known = _literals(owner, name)
    meant = owner.SHORT_WORDS.get(value.lower()) if owner is not None else None
    return meant if meant in known else nearest(value, known)


def _literals(owner: type[Shape] | None, name: str | int) -> list[str]:
    return list(_words(owner.model_fields[str(name)].annotation)) if owner and name in owner.model_fields else []


def _words(annotation: Any) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    elif get_origin(annotation) in (Union, types.UnionType, Annotated, list, tuple):
        for argument in get_args(annotation):
            yield from _words(argument)
