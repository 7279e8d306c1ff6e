"""Talking to a running server's control API."""

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

TIMEOUT_S = 30.0


class NoServer(Exception):
    """Nothing answers there; the message says what to do."""


class Declined(Exception):
    """The server refused the call; `error` is its `{"what", "where", "rule"}`."""

    def __init__(self, error: dict[str, str]) -> None:
        where = f" ({error['where']})" if error.get("where") else ""
        rule = f" [{error['rule']}]" if error.get("rule") else ""
        super().__init__(f"{error.get('what', 'the server gave no reason')}{where}{rule}")
        self.error = error


def call(server: str, path: str, *, query: dict[str, str] | None = None, body: Any = None) -> Any:
    """Make one control call: a GET, or with a body a POST; proxies are not used.

    Args:
        server: base URL, `http://127.0.0.1:8053`.
        path: below `/dnsemu/v1/`.
    Raises:
        NoServer: nothing answers, or it is not dnsemu.
        Declined: the call was refused.
    """
    url = f"{server.rstrip('/')}/dnsemu/v1/{path}" + (f"?{urlencode(query)}" if query else "")
    data = None if body is None else json.dumps(body).encode()
    try:
        request = Request(url, data=data, headers={"Content-Type": "application/json"})
        with build_opener(ProxyHandler({})).open(request, timeout=TIMEOUT_S) as response:
            return json.load(response)
    except HTTPError as refusal:
        try:
            error = json.load(refusal)["error"]
        except (ValueError, KeyError, TypeError):
            raise NoServer(f"{server} answers, but not as dnsemu does (HTTP {refusal.code})") from None
        raise Declined(error) from None
    except (URLError, OSError, ValueError) as failure:
        reason = getattr(failure, "reason", failure)
        raise NoServer(
            f"no dnsemu answers at {server} ({reason}); start one with 'dnsemu serve', or name it with --server URL"
        ) from None
