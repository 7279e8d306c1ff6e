"""Reads the server's stream of events, and reconnects when the connection ends."""

import json
import time
from collections.abc import Callable, Iterator
from http.client import HTTPException, HTTPResponse
from typing import Any

from dnsemu.cli.client import ConnectionLost, NotDnsemu, Query, connection_lost, open_call

MAX_SILENCE_S = 45.0
"""A stream that is silent for so long is dead: the server sends a comment three times as often."""

MAX_TRIES = 10
PAUSE_S = 1.0
MAX_LINE_BYTES = 1 << 20

Event = dict[str, Any]
OnEvent = Callable[[Event], None]


def follow(server: str, query: Query, on_event: OnEvent, *, since: str | None = None, pause_s: float = PAUSE_S) -> None:
    """Pass every event to a function until interrupted; after a lost connection, resume after the last event.

    Args:
        query: parameters of the call: `check`, `kind`.
        on_event: called with each event; an event of kind `gap` says that some are missing.
        since: id of the event to start after; None: from now on.
        pause_s: real seconds between two connections.
    Raises:
        ConnectionLost: the first connection failed, or ten in a row did later.
        NotDnsemu: another program answers.
        Declined: the call was refused.
    """
    tries_left = 1
    try:
        while True:
            try:
                for last_id, event in _connection(server, query, since):
                    since, tries_left = last_id, MAX_TRIES
                    if event is not None:
                        on_event(event)
            except ConnectionLost:
                tries_left -= 1
                if tries_left <= 0:
                    raise
            time.sleep(pause_s)
    except KeyboardInterrupt:
        return


def _connection(server: str, query: Query, since: str | None) -> Iterator[tuple[str | None, Event | None]]:
    """Yields the id to resume after, and the event if there is one; ends by raising, since the stream has no end.

    Raises:
        ConnectionLost: the connection failed or ended.
        NotDnsemu, Declined: as `follow` does.
    """
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": since} if since else {})
    with open_call(server, "events", query=query, headers=headers, timeout_s=MAX_SILENCE_S) as response:
        if response.headers.get_content_type() != "text/event-stream":
            raise NotDnsemu(server)
        data = ""
        try:
            for name, value in fields_of(response):
                match name:
                    case "id":
                        since = value
                    case "data":
                        data += value
                    case "":
                        yield since, json.loads(data) if data else None
                        data = ""
        except (OSError, ValueError, HTTPException) as failure:
            raise connection_lost(server, failure) from None
    raise ConnectionLost(server, "the server ended the stream")


def fields_of(stream: HTTPResponse) -> Iterator[tuple[str, str]]:
    """Parse the lines of a server-sent event stream into fields and values.

    The empty line after an event gives an empty field and value.

    Raises:
        ValueError: the last line is incomplete.
    """
    while line := stream.readline(MAX_LINE_BYTES):
        if not line.endswith(b"\n"):
            raise ValueError("the stream broke off")
        if not line.startswith(b":"):  # a comment
            name, _, value = line.decode().rstrip("\r\n").partition(":")
            yield name, value.removeprefix(" ")
