"""Control calls about the health checkers: where they stand, and which networks they are cut off from."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.api.health_json import blocked_json
from dnsemu.api.json_bodies import BadBody, as_json, body_of, optional_text_in, text_in
from dnsemu.config.model.health_checkers import HealthCheckers
from dnsemu.config.shapes.health_checkers import parse_blocked_path
from dnsemu.healthcheck.probes.partitions import Partitions, TooManyPaths

_BLOCK = '{"from": "sa-east-1", "to": "10.1.0.0/16"}'


class CheckerCalls:
    """Answers `GET health-checkers`, and `POST` of `block` and `unblock` below it."""

    def __init__(self, partitions: Partitions, checkers: Callable[[], HealthCheckers]) -> None:
        """Answer from the partitions and from the health checkers as they work now.

        Args:
            checkers: returns the health checkers; called at each request, since a reload may change them.
        """
        self._partitions = partitions
        self._declared = checkers

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [
            web.get(f"{prefix}/health-checkers", self._checkers),
            web.post(f"{prefix}/health-checkers/block", self._block),
            web.post(f"{prefix}/health-checkers/unblock", self._unblock),
        ]

    async def _checkers(self, _request: web.Request) -> web.Response:
        return as_json(self._shown())

    async def _block(self, request: web.Request) -> web.Response:
        try:
            self._partitions.block(await _blocked(request))
        except BadBody as bad:
            return bad.reply
        except TooManyPaths as many:
            return failure(409, str(many), "from")
        return as_json(self._shown())

    async def _unblock(self, request: web.Request) -> web.Response:
        try:
            blocked = await _blocked(request)
        except BadBody as bad:
            return bad.reply
        if not self._partitions.unblock(blocked):
            declared = blocked in self._partitions.declared
            what = "the file says so; change it there" if declared else "no call blocks that path"
            return failure(404, what, "from")
        return as_json(self._shown())

    def _shown(self) -> dict[str, Any]:
        declared, partitions = self._declared(), self._partitions
        return {
            "regions": list(declared.regions),
            "per_region": declared.per_region,
            "probes": declared.probes.value,
            "strict_addresses": declared.strict_addresses,
            "blocked": [
                *(blocked_json(blocked, "file") for blocked in partitions.declared),
                *(blocked_json(blocked, "call") for blocked in partitions.added),
            ],
        }


async def _blocked(request: web.Request) -> Any:
    body = await body_of(request, _BLOCK, ("from", "to"))
    try:
        return parse_blocked_path(text_in(body, "from", _BLOCK), optional_text_in(body, "to", _BLOCK))
    except ValueError as bad:
        raise BadBody(str(bad), "from") from None
