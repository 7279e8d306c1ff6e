"""The control call `changes`: a change batch in the words of the file, run as the Route 53 API runs it."""

from typing import Any

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.api.json_bodies import BadBody, as_json, body_of
from dnsemu.commands.errors.kinds import ApiError
from dnsemu.commands.record_sets.conversion import to_api
from dnsemu.config import names
from dnsemu.config.errors import Problem, dotted
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.world import World
from dnsemu.config.shapes.base import validate
from dnsemu.config.shapes.change_batches import BatchShape
from dnsemu.config.shapes.record_sets import convert
from dnsemu.config.text.suggestions import nearest
from dnsemu.control.command_runner import CommandRunner
from dnsemu.store.store import StoreFailed

EXAMPLE = '{"zone": "shop.test", "changes": [{"action": "UPSERT", "record_set": {"name": "www", …}}]}'

_OPERATION = "ChangeResourceRecordSets"


class ChangeCalls:
    """Answers `POST changes`."""

    def __init__(self, runner: CommandRunner) -> None:
        self._runner = runner

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [web.post(f"{prefix}/changes", self._change)]

    async def _change(self, request: web.Request) -> web.Response:
        """Changes record sets, all or none."""
        try:
            body = await body_of(request, EXAMPLE, ("zone", "changes"))
            response = await self._runner.run(_OPERATION, _request(body, self._runner.state.world))
        except BadBody as bad:
            return bad.reply
        except ApiError as refused:
            return failure(400, f"{refused.code}: {refused.message}", "changes")
        except StoreFailed as failed:
            return failure(503, str(failed))
        return as_json({"change": response["ChangeInfo"]["Id"], "status": response["ChangeInfo"]["Status"]})


def _request(body: dict[str, Any], world: World) -> dict[str, Any]:
    shape, problems = validate(BatchShape, body)
    if shape is None:
        raise _refusal(problems)
    zone = _zone(shape.zone, world)
    collections = {collection.name: collection.id for collection in world.cidr_collections.values()}
    changes = []
    for number, change in enumerate(shape.changes):
        record_set, problems = convert(change.record_set, zone.name, zone.id, collections)
        if record_set is None:
            raise _refusal([problem.below("changes", number, "record_set") for problem in problems])
        changes.append({"Action": change.action, "ResourceRecordSet": to_api(record_set)})
    return {"HostedZoneId": zone.id, "ChangeBatch": {"Changes": changes}}


def _refusal(problems: list[Problem]) -> BadBody:
    """The refusal of a batch, with its first problem."""
    problem = problems[0]
    instead = f"; {problem.instead}" if problem.instead else ""
    return BadBody(f"{problem.words}{instead}", dotted(problem.path) or "body")


def _zone(text: str, world: World) -> HostedZone:
    zones = {names.display(zone.name).rstrip("."): zone for zone in world.hosted_zones.values()}
    found = zones.get(text.lower().rstrip("."))
    if found is None:
        near = nearest(text, zones)
        instead = f"did you mean '{near}'?" if near else f"there are {', '.join(sorted(zones)[:10]) or 'none'}"
        raise BadBody(f"there is no hosted zone '{text}'; {instead}", "zone")
    return found
