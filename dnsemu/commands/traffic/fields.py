"""The JSON of a traffic policy document, field by field: what a field is not, is said with its place."""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

_WHOLE = re.compile(r"[-+]?[0-9]{1,9}")
_DEGREES = re.compile(r"[-+]?[0-9]{1,3}(?:\.([0-9]+))?")
_MAX_DECIMALS = 2
_FLAGS = {"true": True, "false": False}
_SHOWN_CHARACTERS = 60


class BadDocument(ValueError):
    """What is wrong with a traffic policy document, and where (R191)."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}" if place else message)


class Fields:
    """One JSON object of a document. A field that is null or an empty text is as good as absent.

    Scalars may be texts, JSON numbers or booleans alike (R188). Every method raises `BadDocument`.

    Args:
        place: where it is, `Rules.r1.Items[0]`; empty for the document itself.
        known: what it may hold; None for an object whose keys are ids.
    """

    def __init__(self, value: Any, place: str, known: Collection[str] | None = None) -> None:
        if not isinstance(value, dict):
            raise BadDocument(place, f"an object is wanted, not {_shown(value)}")
        self.place = place
        self._values: dict[str, Any] = {key: item for key, item in value.items() if item not in (None, "")}
        for key in value:
            if known is not None and key not in known:
                raise BadDocument(self.at(key), f"this is not known; write one of {', '.join(known)}")

    def at(self, key: str) -> str:
        """Where a field is."""
        return f"{self.place}.{key}" if self.place else key

    def fault(self, key: str, message: str) -> BadDocument:
        """What is wrong with a field, to be raised."""
        return BadDocument(self.at(key), message)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str) -> str | None:
        """A scalar as text, None where there is none."""
        value = self._values.get(key)
        if isinstance(value, bool):
            return str(value).lower()
        if value is not None and not isinstance(value, str | int | float):
            raise self.fault(key, f"a text is wanted, not {_shown(value)}")
        return None if value is None else str(value)

    def needed(self, key: str, instead: str) -> str:
        """A scalar as text that has to be there; `instead` tells what to write."""
        text = self.text(key)
        if text is None:
            raise self.fault(key, f"this is missing; write {instead}")
        return text

    def one_of(self, key: str, choices: Collection[str]) -> str:
        """One of some words."""
        text = self.needed(key, f"one of {', '.join(choices)}")
        if text not in choices:
            raise self.fault(key, f"{_shown(text)} is not known; write one of {', '.join(choices)}")
        return text

    def flag(self, key: str) -> bool:
        """True or false, which is what it is when it is absent (R190)."""
        text = self.text(key)
        if text is not None and text.lower() not in _FLAGS:
            raise self.fault(key, f"true or false is wanted, not {_shown(text)}")
        return text is not None and _FLAGS[text.lower()]

    def whole(self, key: str, low: int, high: int) -> int | None:
        """A whole number within bounds, None where there is none."""
        text = self.text(key)
        if text is None:
            return None
        if not _WHOLE.fullmatch(text) or not low <= int(text) <= high:
            raise self.fault(key, f"a whole number from {low} to {high} is wanted, not {_shown(text)}")
        return int(text)

    def degrees(self, key: str, most: int) -> float:
        """A coordinate in degrees from -`most` to `most`, with two decimals at most (R189)."""
        text = self.needed(key, f"degrees from -{most} to {most}")
        match = _DEGREES.fullmatch(text)
        if match is None or abs(float(text)) > most:
            raise self.fault(key, f"degrees from -{most} to {most} are wanted, not {_shown(text)}")
        if match[1] is not None and len(match[1]) > _MAX_DECIMALS:
            raise self.fault(key, f"{text} has more than two decimals; write {float(text):.2f}")
        return float(text)

    def fields(self, key: str, known: Collection[str] | None = None) -> "Fields":
        """The object in a field, empty where there is none."""
        return Fields(self._values.get(key, {}), self.at(key), known)

    def items(self, key: str, known: Collection[str]) -> "Iterator[Fields]":
        """The objects of a list, which has to hold at least one."""
        values = self._values.get(key)
        if not isinstance(values, list) or not values:
            raise self.fault(key, f"a list of one object or more is wanted, not {_shown(values)}")
        return (Fields(value, f"{self.at(key)}[{index}]", known) for index, value in enumerate(values))

    def ids(self) -> Iterator[str]:
        """The keys, of an object whose keys are ids."""
        return iter(self._values)


def read_json(text: str) -> Any:
    """A JSON value, in which no object has a key twice.

    Raises:
        BadDocument: it is no JSON.
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
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise BadDocument("", f"The document has {_shown(key)} twice in one object.")
        found[key] = value
    return found


def _constant(word: str) -> Any:
    raise BadDocument("", f"The document is not JSON: {word} is no number.")


def _shown(value: Any) -> str:
    text = "nothing" if value is None else ascii(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."
