"""Values that the methods return: plain lists, dictionaries and numbers that can also say why they are as they are."""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

Explain = Callable[[], str]
"""Returns the explanation of an answer, as text."""


class Answer(list[str]):
    """The values of an answer; empty without one. `rcode` and `ttl` (in seconds, None without records) say more."""

    def __init__(self, values: Iterable[str], rcode: str, ttl: int | None, explain: Explain) -> None:
        super().__init__(values)
        self.rcode = rcode
        self.ttl = ttl
        self.explain = explain


class Share(Fraction):
    """An exact share. It equals a float if that is the float nearest to it, so that 9/10 equals 0.9."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return float(self) == other if isinstance(other, float) else Fraction.__eq__(self, other)

    __hash__ = Fraction.__hash__

    def __repr__(self) -> str:
        return str(self)


class SharesByValue(dict[str, Share]):
    """By value, the share of replies that contain it. `explain` returns the explanation."""

    def __init__(self, shares: Mapping[str, Share], explain: Explain) -> None:
        super().__init__(shares)
        self.explain = explain


def shares_of(explanation: Mapping[str, Any]) -> dict[str, Share]:
    """The shares in a reply of `GET explain`, most frequent first."""
    found: dict[str, Fraction] = {}
    for answer in explanation["answers"]:
        for value in dict.fromkeys(answer["values"]):
            found[value] = found.get(value, Fraction(0)) + Fraction(answer["share"])
    return {value: Share(share) for value, share in sorted(found.items(), key=lambda item: (-item[1], item[0]))}


def exact(share: float | Fraction | str) -> Fraction:
    """A share as a test writes it: 0.9 and "9/10" are both nine tenths.

    Raises:
        ValueError: it is no number.
    """
    return Fraction(str(share)) if isinstance(share, float) else Fraction(share)


def split_text(shares: Mapping[str, Fraction]) -> str:
    """Writes shares on one line: `192.0.2.1 90 %, 192.0.2.2 10 %`."""
    return ", ".join(f"{value} {float(100 * share):.6g} %" for value, share in shares.items()) or "no answer"
