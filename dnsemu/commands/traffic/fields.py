"""Reads the JSON of a traffic policy document field by field; errors carry the path of the field."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

_INTEGER = re.compile(r"[-+]?[0-9]{1,9}")
_DEGREES = re.compile(r"[-+]?[0-9]{1,3}(?:\.([0-9]+))?")
_MAX_DECIMALS = 2
_BOOLEANS = {"true": True, "false": False}
_MAX_QUOTED = 60


class BadDocument(ValueError):
    """An error in a traffic policy document, at a path such as `Rules.r1.Items[0]` (R191)."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)


class JsonObject:
    """One JSON object of a document. A field that is null or an empty string counts as absent.

    Scalars may be strings, numbers or booleans (R188). Every method raises `BadDocument`.

    Args:
        path: its path, such as `Rules.r1.Items[0]`; empty for the document itself.
        known: the fields that it may have; None for an object whose keys are ids.
    """

    def __init__(self, value: Any, path: str, known: Collection[str] | None = None) -> None:
        if not isinstance(value, dict):
            raise BadDocument(path, f"an object is wanted, not {_quoted(value)}")
        self.path = path
        self._values: dict[str, Any] = {key: item for key, item in value.items() if item not in (None, "")}
        for key in value:
            if known is not None and key not in known:
                raise BadDocument(self.path_of(key), f"this is not known; write one of {', '.join(known)}")

    def path_of(self, key: str) -> str:
        """Returns the path of a field."""
        return f"{self.path}.{key}" if self.path else key

    def error(self, key: str, message: str) -> BadDocument:
        """Returns an error about a field, to be raised."""
        return BadDocument(self.path_of(key), message)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str) -> str | None:
        """Returns a scalar as text, or None if it is absent."""
        value = self._values.get(key)
        if isinstance(value, bool):
            return str(value).lower()
        if value is not None and not isinstance(value, str | int | float):
            raise self.error(key, f"a text is wanted, not {_quoted(value)}")
        return None if value is None else str(value)

    def required(self, key: str, instead: str) -> str:
        """Returns a scalar that must be present, as text; `instead` completes "write …" in the error."""
        text = self.text(key)
        if text is None:
            raise self.error(key, f"this is missing; write {instead}")
        return text

    def one_of(self, key: str, choices: Collection[str]) -> str:
        """Returns a required scalar that must be one of the choices."""
        text = self.required(key, f"one of {', '.join(choices)}")
        if text not in choices:
            raise self.error(key, f"{_quoted(text)} is not known; write one of {', '.join(choices)}")
        return text

    def boolean(self, key: str) -> bool:
        """Returns a boolean, false if it is absent (R190)."""
        text = self.text(key)
        if text is not None and text.lower() not in _BOOLEANS:
            raise self.error(key, f"true or false is wanted, not {_quoted(text)}")
        return text is not None and _BOOLEANS[text.lower()]

    def integer(self, key: str, low: int, high: int) -> int | None:
        """Returns a whole number within bounds, or None if it is absent."""
        text = self.text(key)
        if text is None:
            return None
        if not _INTEGER.fullmatch(text) or not low <= int(text) <= high:
            raise self.error(key, f"a whole number from {low} to {high} is wanted, not {_quoted(text)}")
        return int(text)

    def degrees(self, key: str, maximum: int) -> float:
        """Returns a required coordinate in degrees from -`maximum` to `maximum`, with at most two decimals (R189)."""
        text = self.required(key, f"degrees from -{maximum} to {maximum}")
        match = _DEGREES.fullmatch(text)
        if match is None or abs(float(text)) > maximum:
            raise self.error(key, f"degrees from -{maximum} to {maximum} are wanted, not {_quoted(text)}")
        if match[1] is not None and len(match[1]) > _MAX_DECIMALS:
            raise self.error(key, f"{text} has more than two decimals; write {float(text):.2f}")
        return float(text)

    def object(self, key: str, known: Collection[str] | None = None) -> "JsonObject":
        """Returns the object in a field, an empty one if it is absent."""
        return JsonObject(self._values.get(key, {}), self.path_of(key), known)

    def objects(self, key: str, known: Collection[str]) -> "Iterator[JsonObject]":
        """Returns the objects of a required list, which must have at least one."""
        values = self._values.get(key)
        if not isinstance(values, list) or not values:
            raise self.error(key, f"a list of one object or more is wanted, not {_quoted(values)}")
        return (JsonObject(value, f"{self.path_of(key)}[{index}]", known) for index, value in enumerate(values))

    def ids(self) -> Iterator[str]:
        """Returns the keys of an object whose keys are ids."""
        return iter(self._values)


def read_json(text: str) -> Any:
    """Parses JSON in which no object has a key twice.

    Raises:
        BadDocument: the text is not such JSON.
    """
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError:
        raise BadDocument("", "The document is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise BadDocument("", f"The document is not JSON: {error}.") from None
    except BadDocument:
        raise
    except ValueError:  # a number of thousands of digits
        raise BadDocument("", "The document holds a number that is too long.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in pairs:
        if key in members:
            raise BadDocument("", f"The document has {_quoted(key)} twice in one object.")
        members[key] = value
    return members


def _constant(word: str) -> Any:
    raise BadDocument("", f"The document is not JSON: {word} is no number.")


def _quoted(value: Any) -> str:
    text = "nothing" if value is None else ascii(value)
    return text if len(text) <= _MAX_QUOTED else text[:_MAX_QUOTED] + "..."
