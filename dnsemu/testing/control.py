"""Control calls of a server, over one connection that is kept open."""

import json
import threading
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_S = 60.0
"""Longest silence of the server, in real seconds: a long step of the clock takes a while."""


class Refused(Exception):
    """The server refused a call, because of what the test wrote; the message says what to write instead."""


class ServerLost(Exception):
    """No server answers at the address; the message holds the last lines of its log, if it was started here."""


class ControlClient:
    """Makes control calls; threads take turns."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        self.url = f"http://{parts.netloc}"
        self._connection = HTTPConnection(parts.hostname or "", parts.port or 8053, timeout=TIMEOUT_S)
        self._headers = {"Content-Type": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._turn = threading.Lock()

    def get(self, path: str, query: Mapping[str, str | None] | None = None) -> Any:
        """Makes a GET; parameters that are None are left out.

        Raises:
            Refused, ServerLost.
        """
        return self._call("GET", path, query, None)

    def post(self, path: str, body: Any) -> Any:
        """Makes a POST with a JSON body; raises as `get` does."""
        return self._call("POST", path, None, json.dumps(body).encode())

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def _call(self, method: str, path: str, query: Mapping[str, str | None] | None, body: bytes | None) -> Any:
        given = urlencode({key: value for key, value in (query or {}).items() if value is not None})
        target = f"/dnsemu/v1/{path}" + (f"?{given}" if given else "")
        with self._turn:
            status, data = self._exchange(method, target, body)
        try:
            found = json.loads(data)
        except ValueError:
            raise ServerLost(f"{self.url} answers, but it is not dnsemu (HTTP {status})") from None
        if status >= 400:
            raise Refused(_text(found, status))
        return found

    def _exchange(self, method: str, target: str, body: bytes | None) -> tuple[int, bytes]:
        """Sends a request; one that finds the kept connection closed is sent again on another."""
        is_fresh = self._connection.sock is None
        try:
            self._connection.request(method, target, body, self._headers)
            response = self._connection.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException) as failure:
            self._connection.close()
            if not is_fresh and isinstance(failure, ConnectionError | HTTPException):
                return self._exchange(method, target, body)
            raise ServerLost(f"no dnsemu answers at {self.url}: {failure!r}") from failure


def _text(found: Any, status: int) -> str:
    error = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict):
        return f"the server answers HTTP {status}"
    where = f" ({error['where']})" if error.get("where") else ""
    return f"{error.get('what')}{where}"
