"""The control call `files`: replaces what the server's files declare by files in the request."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.api.json_bodies import BadBody, as_json, body_of
from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_texts
from dnsemu.config.model.health_checks import EndpointCheck, HealthCheck, HealthCheckId
from dnsemu.config.text.addresses import Address, parse_address
from dnsemu.config.text.suggestions import nearest
from dnsemu.files.declared_files import DeclaredFiles
from dnsemu.files.loading import LoadedFiles, compile_world, record_set_count
from dnsemu.healthcheck.probes.simulated import Endpoints
from dnsemu.publication.publishing import CannotBeServed
from dnsemu.runtime.finishing import finish
from dnsemu.store.store import StoreFailed

EXAMPLE = '{"files": [{"name": "shop.yaml", "text": "hosted_zones: …"}], "endpoints": "simulated"}'

MAX_FILES_BYTES = 4 << 20
"""Bytes of a request with files. Larger files are read by `serve`, in a child process."""


class FileCalls:
    """Answers `POST files`."""

    def __init__(self, files: DeclaredFiles, endpoints: Endpoints) -> None:
        self._files = files
        self._endpoints = endpoints

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [web.post(f"{prefix}/files", self._replace)]

    async def _replace(self, request: web.Request) -> web.Response:
        """Serves the files of the request, all or nothing; those of the start are no longer watched."""
        try:
            body = await body_of(request, EXAMPLE, ("files", "endpoints"), max_bytes=MAX_FILES_BYTES)
            texts = _texts(body.get("files"))
            loaded = await asyncio.to_thread(lambda: compile_world(load_texts(texts)))
            checks = loaded.published.world.health_checks
            is_simulated, real_at = _endpoints(body.get("endpoints"), checks, self._endpoints)
            await finish(self._serve(loaded, real_at, is_simulated=is_simulated))
        except BadBody as bad:
            return bad.reply
        except FilesRefused as refused:
            return failure(400, str(refused), "files", refused.errors[0].rule)
        except (StoreFailed, CannotBeServed) as failed:
            return failure(503, str(failed))
        return as_json(_shown(loaded, is_simulated=is_simulated))

    async def _serve(self, loaded: LoadedFiles, real_at: dict[HealthCheckId, Address], *, is_simulated: bool) -> None:
        await self._files.replace(loaded)
        self._endpoints.is_simulated, self._endpoints.real_at = is_simulated, real_at


def _shown(loaded: LoadedFiles, *, is_simulated: bool) -> dict[str, Any]:
    """Counts; `observed_in_s` is the time after which every checker has probed every endpoint."""
    world = loaded.published.world
    configs = [check.config for check in world.health_checks.values() if not check.disabled]
    return {
        "hosted_zones": len(world.hosted_zones),
        "record_sets": record_set_count(world),
        "health_checks": len(world.health_checks),
        "is_simulated": is_simulated,
        "observed_in_s": max((c.request_interval_s for c in configs if isinstance(c, EndpointCheck)), default=0.0),
        "warnings": list(map(str, loaded.warnings)),
    }


def _texts(files: Any) -> Sequence[tuple[str, str]]:
    if not isinstance(files, list):
        raise BadBody(f"write a list of files, such as {EXAMPLE}", "files")
    for file in files:
        is_file = isinstance(file, dict) and file.keys() == {"name", "text"}
        if not is_file or not all(isinstance(value, str) for value in file.values()):
            raise BadBody(f"each file has a name and its text, such as {EXAMPLE}", "files")
    return [(file["name"], file["text"]) for file in files]


def _endpoints(
    choice: Any, checks: Mapping[HealthCheckId, HealthCheck], now: Endpoints
) -> tuple[bool, dict[HealthCheckId, Address]]:
    """Reads which endpoints are simulated, and those that are probed for real at another address."""
    match choice:
        case None:
            return now.is_simulated, {}
        case "simulated" | "real":
            return choice == "simulated", {}
        case dict():
            return True, {_endpoint(check_id, checks): _address(at) for check_id, at in choice.items()}
    example = '"simulated", "real", or {"web-us": "127.0.0.1:8101"}'
    raise BadBody(f"write {example}", "endpoints")


def _endpoint(text: str, checks: Mapping[HealthCheckId, HealthCheck]) -> HealthCheckId:
    check_id = HealthCheckId(text)
    named = [check.id for check in checks.values() if check.name == text]
    if check_id not in checks and len(named) == 1:
        check_id = named[0]
    if check_id not in checks or not isinstance(checks[check_id].config, EndpointCheck):
        probed = [check.id for check in checks.values() if isinstance(check.config, EndpointCheck)]
        near = nearest(text, probed)
        instead = f"; did you mean '{near}'?" if near else f": there are {', '.join(probed) or 'none'}"
        raise BadBody(f"no health check '{text}' probes an endpoint{instead}", "endpoints")
    return check_id


def _address(text: Any) -> Address:
    try:
        return parse_address(text if isinstance(text, str) else str(text), 8101)
    except ValueError as bad:
        raise BadBody(str(bad), "endpoints") from None
