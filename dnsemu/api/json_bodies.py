"""JSON bodies of control calls: requests read field by field, replies written."""

import json
from collections.abc import Collection
from typing import Any

from aiohttp import web

from dnsemu.api.errors import failure

MAX_JSON_BYTES = 256 << 10
"""Bytes of a body. Calls have a few short fields."""


class BadBody(Exception):
    """A request body was refused; `where` is the field, `what` says what to write instead."""

    def __init__(self, what: str, where: str = "body") -> None:
        super().__init__(what)
        self.what = what
        self.where = where

    @property
    def reply(self) -> web.Response:
        """The HTTP response that tells the client."""
        return failure(400, self.what, self.where)


async def body_of(
    request: web.Request, example: str, fields: Collection[str], *, max_bytes: int = MAX_JSON_BYTES
) -> dict[str, Any]:
    """Read a request body: a JSON object with no fields but these.

    Args:
        example: a valid body, for the error message.
    Raises:
        BadBody: the body is anything else, or holds text that is no Unicode.
    """
    try:
        body = json.loads(await _read(request, max_bytes))
        json.dumps(body, ensure_ascii=False).encode()  # refuses a surrogate that is not in a pair
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise BadBody(f"write a JSON object such as {example}")
    if unknown := sorted(set(map(str, body)) - set(fields)):
        raise BadBody(f"unknown field '{unknown[0]}'; write for example {example}", unknown[0])
    return body


async def _read(request: web.Request, max_bytes: int) -> bytes:
    """Reads a body up to its bound.

    Raises:
        HTTPRequestEntityTooLarge: it has more bytes.
    """
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > max_bytes:
            raise web.HTTPRequestEntityTooLarge(max_bytes, len(body))
    return bytes(body)


def text_in(body: dict[str, Any], field: str, example: str) -> str:
    """Read a required text field.

    Raises:
        BadBody: the field is missing or not text.
    """
    value = body.get(field)
    if not isinstance(value, str):
        raise BadBody(f"write for example {example}", field)
    return value


def optional_text_in(body: dict[str, Any], field: str, example: str) -> str | None:
    """Read an optional text field; None if it is missing or null.

    Raises:
        BadBody: the field is not text.
    """
    return None if body.get(field) is None else text_in(body, field, example)


def as_json(data: Any) -> web.Response:
    """Write a JSON reply."""
    return web.json_response(data, dumps=lambda value: json.dumps(value, ensure_ascii=False))
