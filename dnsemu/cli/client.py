"""Talking to a running server's control API."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

TIMEOUT_S = 30.0

Query = dict[str, str] | list[tuple[str, str]]
"""Parameters of a call; pairs where one comes more than once."""


class NoServer(Exception):
    """Nothing answers there; the message says what to do."""


class Declined(Exception):
    """The server refused the call; `error` is its `{"what", "where", "rule"}`."""

    def __init__(self, error: dict[str, str]) -> None:
        where = f" ({error['where']})" if error.get("where") else ""
        rule = f" [{error['rule']}]" if error.get("rule") else ""
        super().__init__(f"{error.get('what', 'the server gave no reason')}{where}{rule}")
        self.error = error


def call(
    server: str,
    path: str,
    field: str,
    *,
    query: Query | None = None,
    body: Any = None,
    timeout_s: float | None = TIMEOUT_S,
) -> Any:
    """Make one control call: a GET, or with a body a POST; proxies are not used.

    Args:
        server: base URL; `http://` may be left out.
        path: below `/dnsemu/v1/`.
        field: one that the reply has if it is dnsemu's.
        timeout_s: how long the server may say nothing; None for as long as it takes.
    Raises:
        NoServer: nothing answers, or it is not dnsemu.
        Declined: the call was refused.
    """
    data = None if body is None else json.dumps(body).encode()
    with _opened(server, path, query, data, timeout_s) as response:
        return _fields(response, field, server)


def fetch(server: str, path: str, to: Path) -> int:
    """Write what a call gives to a file, which is replaced as a whole or not at all; returns how many bytes it has.

    Raises:
        NoServer, Declined: as `call` does.
        OSError: the file cannot be written.
    """
    partial = to.with_name(f".{to.name}.partial")
    try:
        with _opened(server, path, None, None, None) as response, partial.open("wb") as file:
            shutil.copyfileobj(response, file)
            octets = file.tell()
        partial.replace(to)
    finally:
        partial.unlink(missing_ok=True)
    return octets


def send(server: str, path: str, field: str, file: Path) -> Any:
    """Make a call with a file's content as its body.

    Raises:
        NoServer, Declined: as `call` does.
        OSError: the file cannot be read.
    """
    with _opened(server, path, None, file.read_bytes(), None) as response:
        return _fields(response, field, server)


@contextmanager
def _opened(
    server: str, path: str, query: Query | None, data: bytes | None, timeout_s: float | None
) -> Iterator[HTTPResponse]:
    base = server if "://" in server else f"http://{server}"
    url = f"{base.rstrip('/')}/dnsemu/v1/{path}" + (f"?{urlencode(query)}" if query else "")
    request = Request(url, data=data, headers={"Content-Type": "application/json"})
    try:
        response = build_opener(ProxyHandler({})).open(request, timeout=timeout_s)
    except HTTPError as refusal:
        with refusal:
            error = _fields(refusal, "error", f"{server} (HTTP {refusal.code})")["error"]
        raise Declined(error if isinstance(error, dict) else {"what": str(error)}) from None
    except (OSError, ValueError, HTTPException) as failure:
        raise _absent(server, failure) from None
    with response:
        try:
            yield response
        except (TimeoutError, ConnectionError, HTTPException) as failure:
            raise _absent(server, failure) from None


def _absent(server: str, failure: Exception) -> NoServer:
    reason = " ".join(str(getattr(failure, "reason", failure)).split())
    return NoServer(
        f"no dnsemu answers at {server} ({reason}); start one with 'dnsemu serve', or name it with --server URL"
    )


def force_check(server: str, check_id: str, body: dict[str, str]) -> Any:
    """Overlay a health check's status: `healthy`, `unhealthy`, or `auto` for none.

    Args:
        body: the `status`, and how long it lasts if that is given.
    Raises:
        NoServer: as `call` does.
        Declined: there is no such check; the nearest id is told.
    """
    try:
        return call(server, f"health-checks/{quote(check_id, safe='')}/force", "forced", body=body)
    except Declined as declined:
        if declined.error.get("rule") != "H103":
            raise
        checks = call(server, "status", "health_checks")["health_checks"]
        near = get_close_matches(check_id, [check["id"] for check in checks], 1)
        if not near:
            raise
        raise Declined(declined.error | {"what": f"{declined.error['what']}; did you mean '{near[0]}'?"}) from None


def _fields(response: Any, field: str, server: str) -> dict[str, Any]:
    """The JSON object of a reply, which has to hold a field."""
    try:
        found = json.load(response)
    except ValueError:
        found = None
    if not isinstance(found, dict) or field not in found:
        raise NoServer(f"{server} answers, but not as dnsemu does; name another with --server URL")
    return found
