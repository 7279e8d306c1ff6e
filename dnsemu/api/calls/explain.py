"""The control call `explain`: why a name is answered as it is, for one client."""

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.api.json_bodies import as_json
from dnsemu.explain.questions import BadQuestion, explain_question
from dnsemu.explain.text import explanation_lines
from dnsemu.explain.tree import CheckDetail
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.publication.board import Board

PARAMETERS = frozenset({"name", "type", "client", "place", "as"})


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
            explanation = explain_question(published, health, request.query, self._check_detail, self._forward_to)
        except BadQuestion as bad:
            return failure(400, str(bad), bad.field)
        match request.query.get("as", "json"):
            case "json":
                return as_json(explanation)
            case "text":
                return as_json({"lines": [line.text for line in explanation_lines(explanation)]})
            case other:
                return failure(400, f"'{other}' is no form of an explanation: write json or text", "as")
