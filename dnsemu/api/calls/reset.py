"""The control call `reset`: puts the server back to its state just after the start."""

from typing import Any

from aiohttp import web

from dnsemu.api.calls.state import state_counts
from dnsemu.api.errors import failure
from dnsemu.api.json_bodies import BadBody, as_json, body_of
from dnsemu.control.command_runner import CommandRunner
from dnsemu.control.resetting import Part, Resetter
from dnsemu.files.reading import LoadingFailed
from dnsemu.publication.publishing import CannotBeServed
from dnsemu.store.store import StoreFailed

EXAMPLE = '{"only": ["api", "health"]} or {}'


class ResetCalls:
    """Answers `POST reset`."""

    def __init__(self, resetter: Resetter, runner: CommandRunner) -> None:
        self._resetter = resetter
        self._runner = runner

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [web.post(f"{prefix}/reset", self._reset)]

    async def _reset(self, request: web.Request) -> web.Response:
        """Everything, or `only` some parts. Tells what was undone, and the numbers of things that there are now."""
        try:
            body = await body_of(request, EXAMPLE, ("only",)) if request.can_read_body else {}
            parts = _parts(body.get("only"))
            undone = await self._resetter.reset(parts)
        except BadBody as bad:
            return bad.reply
        except (StoreFailed, LoadingFailed, CannotBeServed) as failed:
            return failure(503, str(failed))
        reset = [part.value for part in Part if part in parts]
        return as_json({"reset": reset, **state_counts(self._runner.state), "undone": undone})


def _parts(only: Any) -> frozenset[Part]:
    if only is None:
        return frozenset(Part)
    if not isinstance(only, list) or not only:
        raise BadBody(f"write a list of parts, such as {EXAMPLE}", "only")
    names = [part.value for part in Part]
    for name in only:
        if name not in names:
            raise BadBody(f"{name!r} is no part of a server: write {', '.join(names)}", "only")
    return frozenset(map(Part, only))
