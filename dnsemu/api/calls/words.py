"""The control call `words`: known words that start as a text does, for shells that complete words."""

import asyncio

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.api.json_bodies import as_json
from dnsemu.explain.known_words import Word, WordKind, known_words
from dnsemu.publication.board import Board

SEARCH_WITHIN_S = 1.0
PARAMETERS = frozenset({"of", "prefix"})
KINDS = {kind.value: kind for kind in WordKind}


class WordCalls:
    """Answers `GET words`."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [web.get(f"{prefix}/words", self._words)]

    async def _words(self, request: web.Request) -> web.Response:
        """`GET words` with `of`, repeated at will, and `prefix`."""
        if unknown := sorted(set(request.query) - PARAMETERS):
            return failure(400, f"unknown parameter {unknown[0]}; there are {', '.join(sorted(PARAMETERS))}", "query")
        kinds = request.query.getall("of", [])
        if not kinds or not set(kinds) <= set(KINDS):
            return failure(400, f"write of={'|'.join(KINDS)}; it may be repeated", "of")
        found = await self._found([KINDS[kind] for kind in kinds], request.query.get("prefix", ""))
        return as_json({"words": [{"word": word, "about": about} for word, about in found]})

    async def _found(self, kinds: list[WordKind], prefix: str) -> list[Word]:
        """Finds the words, giving way to other tasks; none if it takes so long that the shell has given up."""
        loop = asyncio.get_running_loop()
        end = loop.time() + SEARCH_WITHIN_S
        work = known_words(self._board.current.world, dict.fromkeys(kinds), prefix)
        while loop.time() < end:
            try:
                next(work)
            except StopIteration as done:
                words: list[Word] = done.value
                return words
            await asyncio.sleep(0)
        return []
