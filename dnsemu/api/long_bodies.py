"""Long replies, written in turns of the event loop."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aiohttp import web

from dnsemu.runtime.turns import Turns

PIECE_CHARACTERS = 1 << 15
"""Characters that are gathered before they are written."""


async def write_in_turns(response: web.StreamResponse, pieces: Iterable[str]) -> None:
    """Writes a text whose pieces take a millisecond each to make at most; an empty one is only a pause."""
    turns = Turns()
    gathered: list[str] = []
    characters = 0
    for piece in pieces:
        gathered.append(piece)
        characters += len(piece)
        if characters >= PIECE_CHARACTERS:
            await response.write("".join(gathered).encode())
            gathered, characters = [], 0
        await turns.pause_if_over()
    if characters:
        await response.write("".join(gathered).encode())


async def as_long_json(request: web.Request, data: Mapping[str, Any]) -> web.StreamResponse:
    """Writes a JSON reply; values that are iterators become arrays, and their items are made in turns of the loop."""
    response = web.StreamResponse(headers={"Content-Type": "application/json; charset=utf-8"})
    await response.prepare(request)
    await write_in_turns(response, json_pieces(data))
    return response


def json_pieces(data: Mapping[str, Any]) -> Iterator[str]:
    """The JSON text of an object, in which each item of an iterator is one piece."""
    opening = "{"
    for key, value in data.items():
        yield f"{opening}{_dumps(key)}: "
        if isinstance(value, Iterator):
            yield from _array(value)
        else:
            yield _dumps(value)
        opening = ", "
    yield "{}" if opening == "{" else "}"


def _array(items: Iterator[Any]) -> Iterator[str]:
    opening = "["
    for item in items:
        yield opening + _dumps(item)
        opening = ", "
    yield "[]" if opening == "[" else "]"


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
