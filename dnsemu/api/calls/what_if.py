"""The control call `what-if`: a long computation in a thread, beside which DNS answers."""

import asyncio
import json
from typing import Any

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.config.model.batches import batches
from dnsemu.explain.questions import BadQuestion
from dnsemu.publication.board import Board
from dnsemu.what_if.plan import TooMuchWork, what_if
from dnsemu.what_if.work import Work

MAX_EVALUATIONS = 100_000
"""Record sets evaluated for one call; larger studies belong into `dnsemu what-if --file`, outside the server."""

TEXTS_PER_STEP = 1000
MAX_DIGITS = 9
PARAMETERS = frozenset({"name", "type", "fail", "down", "place"})


class WhatIfCalls:
    """Answers `GET what-if`; calls wait for each other."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._turn = asyncio.Lock()

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [web.get(f"{prefix}/what-if", self._handle)]

    async def _handle(self, request: web.Request) -> web.Response:
        """`GET what-if` with `name`, `down`, `place`, each repeated at will; with `type`, and `fail` or `down`."""
        if unknown := sorted(set(request.query) - PARAMETERS):
            return failure(400, f"unknown parameter {unknown[0]}; there are {', '.join(sorted(PARAMETERS))}", "query")
        fail = request.query.get("fail", "1")
        if not fail.isascii() or not fail.isdecimal() or len(fail) > MAX_DIGITS:
            return failure(400, "write how many endpoints fail together at most, such as 2", "fail")
        names, down, places = (request.query.getall(parameter, []) for parameter in ("name", "down", "place"))
        if down and "fail" in request.query:
            return failure(400, "down and fail exclude each other: all that is down fails together", "fail")
        type_ = request.query.get("type")
        async with self._turn:
            work = what_if(self._board.current, names, type_, int(fail), MAX_EVALUATIONS, down=down, places=places)
            try:
                body = await asyncio.to_thread(_as_json, work)
            except BadQuestion as bad:
                return failure(400, str(bad), bad.field)
            except TooMuchWork as refusal:
                return failure(400, f"{refusal}; or give --file, which needs no server", "fail")
        return web.Response(body=body, content_type="application/json", charset="utf-8")


def _as_json(work: Work[dict[str, Any]]) -> bytes:
    """Does work to its end, and writes the report; in a thread, so in steps between which the event loop can run."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            texts = json.JSONEncoder(ensure_ascii=False).iterencode(done.value)
            return b"".join("".join(piece).encode() for piece in batches(texts, TEXTS_PER_STEP))
