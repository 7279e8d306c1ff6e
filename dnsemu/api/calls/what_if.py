"""The control call `what-if`: a long computation in short steps, between which DNS answers."""

import asyncio
import json
from typing import Any

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.explain.questions import BadQuestion
from dnsemu.publication.board import Board
from dnsemu.what_if.plan import TooMuchWork, what_if
from dnsemu.what_if.work import Work

MAX_EVALUATIONS = 100_000
"""Record sets evaluated for one call; larger studies belong into `dnsemu what-if --file`, outside the server."""

MOMENT_S = 0.001
TOKENS_PER_MOMENT = 1000
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
                text = await _as_json_text(await _finished(work))
            except BadQuestion as bad:
                return failure(400, str(bad), bad.field)
            except TooMuchWork as refusal:
                return failure(400, f"{refusal}; or give --file, which needs no server", "fail")
        return web.Response(text=text, content_type="application/json")


async def _finished(work: Work[dict[str, Any]]) -> dict[str, Any]:
    """Run work to its result, giving way to other tasks after every millisecond."""
    loop = asyncio.get_running_loop()
    pause_at = loop.time() + MOMENT_S
    while True:
        try:
            next(work)
        except StopIteration as done:
            report: dict[str, Any] = done.value
            return report
        if loop.time() >= pause_at:
            await asyncio.sleep(0)
            pause_at = loop.time() + MOMENT_S


async def _as_json_text(report: dict[str, Any]) -> str:
    """Encode a report, giving way to other tasks."""
    parts = []
    for number, part in enumerate(json.JSONEncoder(ensure_ascii=False).iterencode(report), 1):
        parts.append(part)
        if number % TOKENS_PER_MOMENT == 0:
            await asyncio.sleep(0)
    return "".join(parts)
