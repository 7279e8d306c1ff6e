"""The control calls `history` and `events`: health check events as a list, and as a stream of server-sent events."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.api.limits import HttpLimits
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.healthcheck.verdict.history import Event, EventKind, History, HistoryCleared, NotAnEventId
from dnsemu.runtime.limits import Limit
from dnsemu.runtime.logs import timestamp
from dnsemu.runtime.turns import in_turns

DEFAULT_LIMIT, MAX_EVENTS = 100, 10_000
ALIVE_EVERY_S = 15.0
"""Real seconds of silence after which a stream sends a keep-alive comment, so that proxies do not close it."""

PATIENCE_S = 60.0
"""Real seconds that a stream waits for a reader that reads nothing; a reader that reconnects resumes where it was."""

RECONNECT_AFTER_MS = 1000
BATCH = 100
"""Events encoded at a time; DNS answers in between."""

FILTERS = frozenset({"check", "kind", "since"})
HEADERS = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class BadParameter(Exception):
    """A query parameter was refused; `field` names it."""

    def __init__(self, what: str, field: str) -> None:
        super().__init__(what)
        self.field = field


@dataclass(frozen=True, slots=True)
class Filter:
    """The events a call asks for; None matches all."""

    check_id: HealthCheckId | None
    kind: EventKind | None

    @classmethod
    def of(cls, request: web.Request, known: frozenset[str]) -> "Filter":
        """Read a request's query parameters.

        Raises:
            BadParameter: an unknown or repeated parameter, or an unknown kind.
        """
        for name in request.query:
            if name not in known:
                raise BadParameter(f"unknown parameter {name}; there are {', '.join(sorted(known))}", "query")
            if len(request.query.getall(name)) > 1:
                raise BadParameter(f"write {name} once", name)
        check, kind = request.query.get("check"), request.query.get("kind")
        try:
            return cls(
                HealthCheckId(check) if check is not None else None, EventKind(kind) if kind is not None else None
            )
        except ValueError:
            kinds = ", ".join(kind.value for kind in EventKind)
            raise BadParameter(f"there is no such kind of event; write one of {kinds}", "kind") from None


class EventCalls:
    """Answers `GET history` and `GET events`. A stream keeps only its position, so a slow reader costs no memory."""

    def __init__(
        self,
        history: History,
        limits: HttpLimits,
        *,
        alive_every_s: float = ALIVE_EVERY_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._history = history
        self._limits = limits
        self._alive_every_s = alive_every_s
        self._patience_s = patience_s
        self._news = asyncio.Event()
        self._writing: set[asyncio.Transport] = set()
        self._is_closed = False
        self._unsubscribe = history.subscribe(lambda _event: self._wake())
        history.on_clear(self._wake)

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [web.get(f"{prefix}/history", self.list_events), web.get(f"{prefix}/events", self.stream)]

    def close(self) -> None:
        """End all streams, for good.

        Readers that keep up get the events up to now first; slow ones are disconnected.
        """
        self._is_closed = True
        self._unsubscribe()
        self._wake()
        for transport in self._writing:
            transport.abort()

    # --- a list ---

    async def list_events(self, request: web.Request) -> web.Response:
        """`GET history[?check=ID][&kind=KIND][&since=EVENT][&limit=N]`, oldest first.

        Without `since` these are the newest N; with it the first N after that event, or the first N kept if the event
        is of another run. `first` and `last` are the oldest and newest event kept, whatever the filter.
        """
        history = self._history
        await in_turns(history.record_planned())
        try:
            wanted = Filter.of(request, FILTERS | {"limit"})
            limit = _limit(request.query.get("limit", str(DEFAULT_LIMIT)))
            since = request.query.get("since")
            after = None if since is None else self._resumed(since, "since")
        except BadParameter as bad:
            return failure(400, str(bad), bad.field)
        if since is None:
            found = history.newest(limit, check_id=wanted.check_id, kind=wanted.kind)
        else:
            found = history.since(after or 0, check_id=wanted.check_id, kind=wanted.kind, limit=limit)
        first = history.id_at(history.first) if history.first <= history.last else None
        ends = json.dumps({"first": first, "last": history.id_at(history.last)})
        return web.Response(
            text=f'{{"events": [{await self._encode(found)}], {ends[1:]}', content_type="application/json"
        )

    async def _encode(self, events: tuple[Event, ...]) -> str:
        parts = []
        for start in range(0, len(events), BATCH):
            parts.append(", ".join(json.dumps(event_json(self._history, e)) for e in events[start : start + BATCH]))
            await asyncio.sleep(0)
        return ", ".join(parts)

    # --- a stream ---

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """`GET events[?check=ID][&kind=KIND][&since=EVENT]`: server-sent events, from now on or after that event.

        The header `Last-Event-ID` of a reader that reconnects overrides `since`. An event of kind `gap` counts the
        events that are no longer kept; one of kind `reset` says that the history was cleared, whatever the filter.
        """
        last_seen = request.headers.get("Last-Event-ID", "")
        try:
            wanted = Filter.of(request, FILTERS)
            resume, field = (last_seen, "header Last-Event-ID") if last_seen else (request.query.get("since"), "since")
            after = self._history.last if resume is None else self._resumed(resume, field)
        except BadParameter as bad:
            return failure(400, str(bad), bad.field)
        if self._is_closed:
            return failure(503, "the server is stopping")
        transport = request.transport
        if transport is None:
            raise ConnectionResetError("the reader disconnected")
        if self._limits.open_streams() >= (limit := self._limits.max_streams):
            self._limits.reached[Limit.EVENT_STREAMS] += 1
            return failure(503, f"{limit} streams are open already; close one, or ask for history instead")
        response = web.StreamResponse(headers=HEADERS)
        self._limits.streams.add(transport)
        try:
            await response.prepare(request)
            if request.method != "HEAD":
                await self._send_events(transport, response, wanted, after)
        except TimeoutError:
            transport.abort()
        except ConnectionError:  # the reader disconnected
            pass
        finally:
            self._limits.streams.discard(transport)
        return response

    async def _send_events(
        self, transport: asyncio.Transport, response: web.StreamResponse, wanted: Filter, after: int | None
    ) -> None:
        """Send the events after one, then new ones as they happen, until the server stops.

        Raises:
            ConnectionError: the reader disconnected.
            TimeoutError: the reader stopped reading.
        """
        history = self._history
        text = f"retry: {RECONNECT_AFTER_MS}\n"
        if after is None:
            after = history.first - 1
            text += self._gap(after, None)
        else:
            text += self._mark(after)
        while True:
            cleared = history.cleared
            if cleared is not None and after < cleared.number:
                text += self._cleared(cleared, cleared.number - 1 - after)
                after = cleared.number
            if missed := max(history.first - 1 - after, 0):
                after += missed
                text += self._gap(after, missed)
            found = history.since(after, check_id=wanted.check_id, kind=wanted.kind, limit=BATCH)
            after = found[-1].number if len(found) == BATCH else history.last
            text += "".join(map(self._block, found))
            if text:
                await self._write(transport, response, text)
                await asyncio.sleep(0)  # `write` does not yield while the reader keeps up
                text = ""
            elif self._is_closed:
                return
            elif not await self._has_news():
                text = f": alive\n{self._mark(after)}"

    async def _write(self, transport: asyncio.Transport, response: web.StreamResponse, text: str) -> None:
        self._writing.add(transport)
        try:
            async with asyncio.timeout(0 if self._is_closed else self._patience_s):
                await response.write(text.encode())
        finally:
            self._writing.discard(transport)

    async def _has_news(self) -> bool:
        try:
            async with asyncio.timeout(self._alive_every_s):
                await self._news.wait()
        except TimeoutError:
            return False
        return True

    def _wake(self) -> None:
        """Resume every waiting stream."""
        self._news.set()
        self._news.clear()

    def _resumed(self, text: str, field: str) -> int | None:
        try:
            return self._history.parse_event_id(text)
        except NotAnEventId as bad:
            raise BadParameter(str(bad), field) from None

    def _block(self, event: Event) -> str:
        data = json.dumps(event_json(self._history, event))
        return f"id: {self._history.event_id(event)}\nevent: {event.kind.value}\ndata: {data}\n\n"

    def _gap(self, after: int, missed: int | None) -> str:
        """Encode a gap; `missed` counts events of any check and kind, None after a restart."""
        what = "the server was restarted" if missed is None else f"{missed} events have left the history"
        data = {"kind": "gap", "missed": missed, "restarted": missed is None, "what": what}
        return f"id: {self._history.id_at(after)}\nevent: gap\ndata: {json.dumps(data)}\n\n"

    def _cleared(self, cleared: HistoryCleared, missed: int) -> str:
        """Encode the clearing of the history; `missed` counts earlier events that the reader did not get."""
        id_ = self._history.id_at(cleared.number)
        what = f"the history was cleared ({cleared.cause})"
        data = {"id": id_, "at": timestamp(cleared.at), "kind": "reset", "missed": missed, "what": what}
        return f"id: {id_}\nevent: reset\ndata: {json.dumps(data)}\n\n"

    def _mark(self, after: int) -> str:
        """Encode an id without an event: the position at which a reader resumes."""
        return f"id: {self._history.id_at(after)}\n\n"


def event_json(history: History, event: Event) -> dict[str, Any]:
    """An event as plain data, the same for both calls."""
    return {
        "id": history.event_id(event),
        "at": timestamp(event.at),
        "kind": event.kind.value,
        "check": event.check_id,
        "name": event.name,
        "region": event.checker.region if event.checker else None,
        "checker": event.checker.address if event.checker else None,
        "old": event.old.value if event.old else None,
        "new": event.new.value if event.new else None,
        "cause": event.cause,
    }


def _limit(text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_EVENTS)) and 1 <= int(text) <= MAX_EVENTS:
        return int(text)
    raise BadParameter(f"write how many events at most, 1 to {MAX_EVENTS}", "limit")
