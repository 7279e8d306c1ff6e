"""HTTP client of a running server's control API."""

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

from dnsemu.cli.token import authorization
from dnsemu.config.text.suggestions import nearest

TIMEOUT_S = 30.0

Query = dict[str, str] | list[tuple[str, str]]
"""Parameters of a call; a list of pairs if a parameter is repeated."""


class NoServer(Exception):
    """No dnsemu answers at the address; the message says what to do."""


class ConnectionLost(NoServer):
    """A connection could not be made, or it ended early."""

    def __init__(self, server: str, reason: object) -> None:
        super().__init__(
            f"no dnsemu answers at {server} ({reason}); start one with 'dnsemu serve', or give its address with "
            "--server URL"
        )


class NotDnsemu(NoServer):
    """Another program answers at the address."""

    def __init__(self, server: str) -> None:
        super().__init__(f"{server} answers, but it is not dnsemu; give another address with --server URL")


class Declined(Exception):
    """The server refused the call; `error` is its `{"what", "where", "rule"}`."""

    def __init__(self, error: dict[str, str]) -> None:
        where = error.get("where", "")
        where = f" ({where})" if where and not where.isidentifier() else ""  # fields of calls are no words of commands
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
    """Make one control call: a POST if there is a body, else a GET; proxies are not used.

    Args:
        server: base URL; `http://` may be left out.
        path: below `/dnsemu/v1/`.
        field: a field that dnsemu's reply has; a reply without it comes from another program.
        timeout_s: longest silence of the server; None for no limit.
    Raises:
        ConnectionLost: no connection, or no complete reply.
        NotDnsemu: another program answers.
        Declined: the call was refused.
    """
    data = None if body is None else json.dumps(body).encode()
    with open_call(server, path, query=query, data=data, timeout_s=timeout_s) as response:
        return _fields(response, field, server)


def fetch(server: str, path: str, to: Path) -> int:
    """Write the reply of a GET to a file, all of it or nothing; returns its size in bytes.

    Raises:
        NoServer, Declined: as `call` does.
        OSError: the file cannot be written.
    """
    partial = to.with_name(f".{to.name}.partial")
    try:
        with open_call(server, path, timeout_s=None) as response, partial.open("wb") as file:
            shutil.copyfileobj(response, file)
            size_bytes = file.tell()
        partial.replace(to)
    finally:
        partial.unlink(missing_ok=True)
    return size_bytes


def send(server: str, path: str, field: str, file: Path) -> Any:
    """Make a POST whose body is a file's content.

    Raises:
        NoServer, Declined: as `call` does.
        OSError: the file cannot be read.
    """
    with open_call(server, path, data=file.read_bytes(), timeout_s=None) as response:
        return _fields(response, field, server)


@contextmanager
def open_call(
    server: str,
    path: str,
    *,
    query: Query | None = None,
    data: bytes | None = None,
    headers: dict[str, str] | None = None,
    timeout_s: float | None = TIMEOUT_S,
) -> Iterator[HTTPResponse]:
    """Open the reply of a control call for reading; parameters and errors are those of `call`."""
    base = server if "://" in server else f"http://{server}"
    url = f"{base.rstrip('/')}/dnsemu/v1/{path}" + (f"?{urlencode(query)}" if query else "")
    try:
        request = Request(url, data=data, headers=(headers or {"Content-Type": "application/json"}) | authorization())
        response = build_opener(ProxyHandler({})).open(request, timeout=timeout_s)
    except HTTPError as refusal:
        with refusal:
            error = _fields(refusal, "error", f"{server} (HTTP {refusal.code})")["error"]
        raise Declined(error if isinstance(error, dict) else {"what": str(error)}) from None
    except (OSError, ValueError, HTTPException) as failure:
        raise connection_lost(server, failure) from None
    with response:
        try:
            yield response
        except (TimeoutError, ConnectionError, HTTPException) as failure:
            raise connection_lost(server, failure) from None


def connection_lost(server: str, failure: Exception) -> ConnectionLost:
    """The error to raise for a failure of a socket or of HTTP, its reason on one line."""
    reason = getattr(failure, "reason", failure)
    text = str(getattr(reason, "strerror", None) or reason)
    return ConnectionLost(server, " ".join(text.split()))


def check_path(check_id: str) -> str:
    """The path of a health check's calls."""
    return f"health-checks/{quote(check_id, safe='')}"


def force_check(server: str, check_id: str, body: dict[str, str]) -> Any:
    """Override a health check's status: `healthy`, `unhealthy`, or `auto` to end that.

    Args:
        body: the `status`, and its duration if there is one.
    Raises:
        NoServer: as `call` does.
        Declined: there is no such check; the message suggests the nearest id.
    """
    try:
        return call(server, f"{check_path(check_id)}/force", "forced", body=body)
    except Declined as declined:
        if declined.error.get("rule") != "H103":
            raise
        hint = did_you_mean(check_id, declared_checks(server))
        raise Declined(declined.error | {"what": f"{declined.error['what']}{hint}"}) from None


def status_of(server: str, what: str | None) -> Any:
    """The status of the server, of a health check, or of what stands behind a name.

    Raises:
        NoServer: as `call` does.
        Declined: neither a health check nor a record set is named so; the message suggests the nearest.
    """
    if what is None:
        return call(server, "status", "serving")
    try:
        return call(server, check_path(what), "history")
    except Declined as declined:
        if declined.error.get("rule") != "H103":
            raise
    with suppress(Declined):
        found = call(server, "status", "serving", query={"name": what})
        if found["serving"]:
            return found
    known = call(server, "status", "serving")
    checks = [text for check in known["health_checks"] for text in (check["id"], check.get("name")) if text]
    names = checks + [group["name"] for group in known["serving"]]
    near = did_you_mean(what, [*names, *(name.rstrip(".") for name in names)])
    raise Declined({"what": f"no health check and no record set is named {what}{near}"})


def declared_checks(server: str) -> list[str]:
    """The ids and names of all health checks of the server; raises as `call` does."""
    checks = call(server, "status", "health_checks")["health_checks"]
    return [text for check in checks for text in (check["id"], check.get("name")) if text]


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """The end of an error message that suggests the nearest known word; empty if none is near."""
    near = nearest(text, known)
    return f"; did you mean '{near}'?" if near else ""


def _fields(response: Any, field: str, server: str) -> dict[str, Any]:
    """The JSON object of a reply, which must have the field."""
    try:
        found = json.load(response)
    except ValueError:
        found = None
    if not isinstance(found, dict) or field not in found:
        raise NotDnsemu(server)
    return found
