"""What control calls share: bodies that are JSON objects, and replies in JSON."""

import json
from collections.abc import Collection
from typing import Any

from aiohttp import web

from dnsemu.api.errors import failure


class BadBody(Exception):
    """A body that a call cannot take; `where` is the field, `what` says what to write."""

    def __init__(self, what: str, where: str = "body") -> None:
        super().__init__(what)
        self.what = what
        self.where = where

    @property
    def reply(self) -> web.Response:
        """The refusal."""
        return failure(400, self.what, self.where)


async def body_of(request: web.Request, example: str, fields: Collection[str]) -> dict[str, Any]:
    """The JSON object that a call was sent, which has no fields but these.

    Args:
        example: a body that could be written.
    Raises:
        BadBody: it is something else.
    """
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise BadBody(f"write a JSON object such as {example}")
    if unknown := sorted(set(map(str, body)) - set(fields)):
        raise BadBody(f"unknown field '{unknown[0]}'; write for example {example}", unknown[0])
    return body


def text_in(body: dict[str, Any], field: str, example: str) -> str:
    """A field that is text.

    Raises:
        BadBody: it is missing or something else.
    """
    value = body.get(field)
    if not isinstance(value, str):
        raise BadBody(f"write for example {example}", field)
    return value


def optional_text_in(body: dict[str, Any], field: str, example: str) -> str | None:
    """A field that is text, or None where it is missing or null.

    Raises:
        BadBody: it is something else.
    """
    return None if body.get(field) is None else text_in(body, field, example)


def as_json(data: Any) -> web.Response:
    """A reply."""
    return web.json_response(data, dumps=lambda value: json.dumps(value, ensure_ascii=False))
