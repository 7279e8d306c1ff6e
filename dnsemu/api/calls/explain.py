"""The control call `explain`: why a name is answered as it is, for one client."""

import asyncio
import json
from collections.abc import Callable

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.config.model.batches import batches
from dnsemu.explain.questions import BadQuestion, explaining
from dnsemu.explain.text import explanation_lines
from dnsemu.explain.tree import CheckDetail, Explanation
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.publication.board import Board

PARAMETERS = frozenset({"name", "type", "client", "place", "as"})


MAX_ANSWERS_AT_ONCE = 500
"""Answers of an explanation that is encoded in one step; Python encodes more slowly in many steps."""

TEXTS_PER_STEP = 1000


class ExplainCalls:
    """Answers `GET explain`."""

    def __init__(
        self, board: Board, health: HealthBoard, check_detail: CheckDetail, forward_to: tuple[str, ...]
    ) -> None:
        """Answer from what is published and healthy now.

        Args:
            check_detail: describes a health check in one line.
            forward_to: upstream resolvers that are asked for names outside the hosted zones.
        """
        self._board = board
        self._health = health
        self._check_detail = check_detail
        self._forward_to = forward_to
        self._turn = asyncio.Lock()
        """One explanation at a time: each may take a second of the processor."""

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [web.get(f"{prefix}/explain", self._explain)]

    async def _explain(self, request: web.Request) -> web.Response:
        unknown = set(request.query) - PARAMETERS
        if unknown:
            known = ", ".join(sorted(PARAMETERS))
            return failure(400, f"unknown parameter {sorted(unknown)[0]}; there are {known}", "query")
        if "client" in request.query and "place" in request.query:
            return failure(400, "client and place exclude each other: an address already has a place", "query")
        published, health = self._board.current, self._health.current
        try:
            explained = explaining(published, health, request.query, self._check_detail, self._forward_to)
        except BadQuestion as bad:
            return failure(400, str(bad), bad.field)
        form = request.query.get("as", "json")
        if form not in _FORMS:
            return failure(400, f"'{form}' is no form of an explanation: write json or text", "as")
        async with self._turn:
            body = await asyncio.to_thread(_FORMS[form], explained)
        return web.Response(body=body, content_type="application/json", charset="utf-8")


def _as_data(explained: Callable[[], Explanation]) -> bytes:
    """Explains an answer as JSON; in a thread, so in short steps between which the event loop's thread can run."""
    explanation = explained()
    if len(explanation["answers"]) <= MAX_ANSWERS_AT_ONCE:
        return json.dumps(explanation, ensure_ascii=False).encode()
    encoder = json.JSONEncoder(ensure_ascii=False)
    return b"".join("".join(texts).encode() for texts in batches(encoder.iterencode(explanation), TEXTS_PER_STEP))


def _as_lines(explained: Callable[[], Explanation]) -> bytes:
    lines = [line.text for line in explanation_lines(explained())]
    return json.dumps({"lines": lines}, ensure_ascii=False).encode()


_FORMS = {"json": _as_data, "text": _as_lines}
