"""The base of all pydantic models: botocore's field names, or the API's; errors become `Problem`s in our words."""

import difflib
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, ValidationError, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError

from dnsemu.config.errors import Path, Problem, quoted

_FIRST_CAPITAL = re.compile(r"(.)([A-Z][a-z]+)")
_END_CAPITAL = re.compile(r"([a-z0-9])([A-Z])")


@cache
def _snake(name: str) -> str:
    return _END_CAPITAL.sub(r"\1_\2", _FIRST_CAPITAL.sub(r"\1_\2", name)).lower()


def snake(name: str) -> str:
    """A field's name as botocore's `xform_name` spells it: `TTL` → `ttl`, `AWSRegion` → `aws_region`."""
    if "_" in name or len(name) > 64:
        return name
    return name if name.islower() else _snake(name)


@dataclass(frozen=True, slots=True)
class Says:
    """Metadata of a field: which rule it follows, and what to write when a value does not."""

    rule: str
    id: str
    wanted: str

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Tells readers of the JSON schema, too, what to write."""
        return handler(core) | {"description": f"{self.wanted} ({self.rule})" if self.rule else self.wanted}


class Shape(BaseModel):
    """A mapping in a file: unknown fields are refused, PascalCase names are taken for what botocore makes of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, hide_input_in_errors=True)
    NOT_TAKEN: ClassVar[Mapping[str, str]] = {}
    """Fields that people paste although they are none, and what to do instead."""

    @model_validator(mode="before")
    @classmethod
    def _spell(cls, data: Any) -> Any:
        if not isinstance(data, dict) or cls.model_fields.keys() >= data.keys():
            return data
        return spelled(data)


def spelled(data: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping with its names as botocore spells them.

    Raises:
        PydanticCustomError: two names come to the same.
    """
    found = {snake(key): value for key, value in data.items()}
    if len(found) != len(data):
        raise refuse("key-twice", "", "a field is written in two spellings", "write it once")
    return found


S = TypeVar("S", bound=Shape)


def validate(shape: type[S], data: Any) -> tuple[S | None, list[Problem]]:
    """Check data against a shape: the model, or None and every problem there is."""
    try:
        return shape.model_validate(data), []
    except ValidationError as error:
        return None, [_problem(shape, details) for details in error.errors(include_url=False)]


def refuse(id: str, rule: str, message: str, instead: str = "") -> PydanticCustomError:
    """What a field's validator raises: a problem with its rule and remedy."""
    context = {"rule": rule, "instead": instead, "message": message}
    return PydanticCustomError(id, "{message}", context)


# --- pydantic's errors in our words ---


def _problem(shape: type[Shape], details: ErrorDetails) -> Problem:
    path = details["loc"]
    kind = details["type"]
    if kind == "extra_forbidden":
        return _unknown_field(shape, path)
    if kind == "missing":
        owner = _owner(shape, path[:-1])
        wanted = _says(owner, path[-1])
        instead = f"write {wanted.wanted}" if wanted else ""
        return Problem("field-missing", wanted.rule if wanted else "", f"{path[-1]} is missing", instead, path[:-1])
    context = details.get("ctx", {})
    if "message" in context:
        return Problem(kind, context["rule"], context["message"], context["instead"], path)
    return _bad_value(shape, path, details)


def _bad_value(shape: type[Shape], path: Path, details: ErrorDetails) -> Problem:
    depth = _field(shape, path)
    owner, name = _owner(shape, path[:depth]), path[depth] if path else ""
    says = _says(owner, name)
    message = _complaint(details)
    if says is None:
        return Problem("value-type", "", message, _TYPES.get(details["type"], ""), path)
    nearest = _nearest(details["input"], _literals(owner, name))
    instead = f"write {nearest or says.wanted}"
    if isinstance(path[-1], int) and not nearest:
        instead = _TYPES.get(details["type"], instead)
    return Problem(says.id, says.rule, message, instead, path)


def _complaint(details: ErrorDetails) -> str:
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
    if kind.endswith(("_type", "_parsing", "_from_float", "is_instance_of")):
        return f"{text} is {_kind(value)}"
    if kind == "literal_error":
        return f"{text} is not known here"
    return f"{text} is not accepted"


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, int):
        return "a whole number"
    if isinstance(value, float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "not what is wanted here"


_TYPES = {
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
    near = difflib.get_close_matches(name, known, 1)
    instead = f"write {near[0]}" if near else f"known are {', '.join(known)}"
    if owner is not None:
        instead = owner.NOT_TAKEN.get(name, instead)
    return Problem("field-unknown", "", f"{quoted(name)} is no field here", instead, path)


def _nearest(value: Any, known: Sequence[str]) -> str | None:
    if not isinstance(value, str):
        return None
    folded = {word.lower(): word for word in known}
    near = difflib.get_close_matches(value.lower()[:64], list(folded), 1)
    return folded[near[0]] if near else None


def _owner(shape: type[Shape], path: Path) -> type[Shape] | None:
    """The model that holds what is at `path`."""
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


def _says(owner: type[Shape] | None, name: str | int) -> Says | None:
    if owner is None or name not in owner.model_fields:
        return None
    return next((item for item in owner.model_fields[str(name)].metadata if isinstance(item, Says)), None)


def _field(shape: type[Shape], path: Path) -> int:
    """Where in a path the innermost field stands; behind it are positions in lists, and keys that are no fields."""
    for depth in reversed(range(len(path))):
        owner = _owner(shape, path[:depth])
        if owner is not None and path[depth] in owner.model_fields:
            return depth
    return 0


def _literals(owner: type[Shape] | None, name: str | int) -> list[str]:
    return list(_words(owner.model_fields[str(name)].annotation)) if owner and name in owner.model_fields else []


def _words(annotation: Any) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    elif get_origin(annotation) in (Union, types.UnionType, Annotated, list, tuple):
        for argument in get_args(annotation):
            yield from _words(argument)
