"""Lists, a page at a time: how many items, and where the next page starts."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable
from itertools import islice
from json import dumps, loads
from typing import TypeVar

from dnsemu.commands.context import Request, Response
from dnsemu.commands.errors.requests import InvalidInput, InvalidPaginationToken

T = TypeVar("T")

MAX_ITEMS = 100
"""What most lists show on a page when they are not told, and at most."""

_LONGEST_NUMBER = 18
"""Digits; a larger number is above every cap."""

BAD_TOKEN = "The value that you specified to get the second or subsequent page of results is invalid."


def page_size(request: Request, member: str = "MaxItems", *, default: int = MAX_ITEMS, cap: int = MAX_ITEMS) -> int:
    """How many items to show: what was asked for, at most `cap` (A192).

    Raises:
        InvalidInput: the text is not a whole number above 0.
    """
    text = request.get(member)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and text.strip("0")):
        raise InvalidInput(f"{member} is '{text}': write a whole number of 1 or more.")
    digits = text.lstrip("0")
    return min(int(digits), cap) if len(digits) <= _LONGEST_NUMBER else cap


def page(items: Iterable[T], size: int) -> tuple[list[T], T | None]:
    """The first `size` items, and the one that the next page starts with, None where nothing is left (A191, A198)."""
    shown = list(islice(items, size + 1))
    return shown[:size], shown[size] if len(shown) > size else None


def marked(request: Request, size: int, following: str | None) -> Response:
    """What a list with markers says of its page: `following` is the marker of the next page's first item (A190)."""
    said: Response = {"MaxItems": str(size), "IsTruncated": following is not None}
    if "Marker" in request:
        said["Marker"] = request["Marker"]
    if following is not None:
        said["NextMarker"] = following
    return said


def token(*key: str) -> str:
    """A NextToken that stands for where the next page starts."""
    return urlsafe_b64encode(dumps(key).encode()).decode()


def token_key(text: str, parts: int, message: str = BAD_TOKEN) -> tuple[str, ...]:
    """The key of so many parts that a NextToken stands for.

    Raises:
        InvalidPaginationToken: with `message`, for a token that no list returned (A196).
    """
    try:
        key = loads(urlsafe_b64decode(text.encode()))
    except (NotBase64, ValueError, RecursionError):
        key = None
    if not isinstance(key, list) or len(key) != parts or not all(isinstance(part, str) for part in key):
        raise InvalidPaginationToken(message)
    return tuple(key)
