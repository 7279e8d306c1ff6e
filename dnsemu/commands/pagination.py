"""Lists in pages: the page's size, its items, and the marker or token of the next page (A190–A198)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Iterable
from itertools import dropwhile, islice
from json import dumps, loads
from operator import itemgetter
from typing import TypeVar

from dnsemu.commands.context import Request, Response
from dnsemu.commands.errors.requests import InvalidInput, InvalidPaginationToken

T = TypeVar("T")

MAX_ITEMS = 100
"""Items on a page of most lists: the default and the upper bound."""

_MAX_DIGITS = 18
"""A number with more digits is above every bound."""

BAD_TOKEN = "The value that you specified to get the second or subsequent page of results is invalid."


def page_size(request: Request, member: str = "MaxItems", *, default: int = MAX_ITEMS, cap: int = MAX_ITEMS) -> int:
    """Returns the number of items to show: the requested one, at most `cap` (A192).

    Raises:
        InvalidInput: the text is not a whole number above 0.
    """
    text = request.get(member)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and text.strip("0")):
        raise InvalidInput(f"{member} is '{text}': write a whole number of 1 or more.")
    digits = text.lstrip("0")
    return min(int(digits), cap) if len(digits) <= _MAX_DIGITS else cap


def page(items: Iterable[T], size: int) -> tuple[list[T], T | None]:
    """Returns the first `size` items, and the first item of the next page if there is one (A191, A198)."""
    shown = list(islice(items, size + 1))
    return shown[:size], shown[size] if len(shown) > size else None


def marker_members(request: Request, size: int, following: str | None) -> Response:
    """Returns a response's members about its page, for lists with markers (A190).

    Args:
        following: the marker of the next page's first item.
    """
    response: Response = {"MaxItems": str(size), "IsTruncated": following is not None}
    if "Marker" in request:
        response["Marker"] = request["Marker"]
    if following is not None:
        response["NextMarker"] = following
    return response


def next_token(*key: str) -> str:
    """Returns the NextToken of a page that starts at a key."""
    return urlsafe_b64encode(dumps(key).encode()).decode()


def token_key(token: str, parts: int, message: str = BAD_TOKEN) -> tuple[str, ...]:
    """Returns the key, of so many parts, that a NextToken stands for.

    Raises:
        InvalidPaginationToken: with `message`, for a token that no list returned (A196).
    """
    try:
        key = loads(urlsafe_b64decode(token.encode()))
    except (NotBase64, ValueError, RecursionError):
        key = None
    if not isinstance(key, list) or len(key) != parts or not all(isinstance(part, str) for part in key):
        raise InvalidPaginationToken(message)
    return tuple(key)


def token_page(
    member: str,
    rows: Iterable[tuple[tuple[str, ...], Response]],
    request: Request,
    *,
    key_parts: int = 1,
    bad_token: str = BAD_TOKEN,
) -> Response:
    """Returns a page of rows under `member`, in the order of their keys, and a NextToken if there are more (A190).

    Args:
        rows: (key, row) pairs of the whole list; a key has `key_parts` texts and is unique.
        request: with NextToken and MaxResults; if the token's row is gone, the page starts at the next (A191).
        bad_token: the message about a NextToken that no list returned.
    Raises:
        InvalidPaginationToken: (A196).
        InvalidInput: MaxResults is not a whole number above 0 (A192).
    """
    remaining: Iterable[tuple[tuple[str, ...], Response]] = sorted(rows, key=itemgetter(0))
    if (token := request.get("NextToken")) is not None:
        start = token_key(token, key_parts, bad_token)
        remaining = dropwhile(lambda keyed: keyed[0] < start, remaining)
    shown, following = page(remaining, page_size(request, "MaxResults"))
    response: Response = {member: [row for _, row in shown]}
    return response | ({"NextToken": next_token(*following[0])} if following is not None else {})
