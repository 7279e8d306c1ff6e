"""The control call `clock`: reads and moves the emulator's clock."""

import math
from typing import Any

from aiohttp import web

from dnsemu.api.calls.events import event_json
from dnsemu.api.json_bodies import BadBody, as_json, body_of, optional_text_in, text_in
from dnsemu.clock.clock import Clock
from dnsemu.clock.scheduler import Scheduler
from dnsemu.config.text.durations import parse_duration
from dnsemu.config.text.times import END_S
from dnsemu.healthcheck.verdict.history import Event, EventKind, History
from dnsemu.runtime.logs import timestamp
from dnsemu.runtime.turns import in_turns

MAX_ADVANCE_S = 31 * 86_400.0
MAX_EVENTS = 1000
"""Status changes in the reply to an advance; the history has the rest."""

UNTIL_CHANGE = "change"
"""Ends an advance at the first change of a status."""

EXAMPLE = '{"do": "advance", "by": "90s"}, {"do": "speed", "by": 10}, {"do": "pause"} or {"do": "resume"}'


class ClockCalls:
    """Answers `GET clock` and `POST clock`."""

    def __init__(self, scheduler: Scheduler, history: History) -> None:
        self._scheduler = scheduler
        self._history = history

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [web.get(f"{prefix}/clock", self._read), web.post(f"{prefix}/clock", self._change)]

    async def _read(self, _request: web.Request) -> web.Response:
        return as_json(clock_json(self._scheduler))

    async def _change(self, request: web.Request) -> web.Response:
        """An advance returns when everything that fell due is done, with the statuses that changed."""
        scheduler, clock = self._scheduler, self._scheduler.clock
        try:
            body = await body_of(request, EXAMPLE, ("do", "by", "until"))
            match text_in(body, "do", EXAMPLE):
                case "pause":
                    _nothing_by(body)
                    async with scheduler.interrupted():
                        clock.pause()
                case "resume":
                    _nothing_by(body)
                    await scheduler.change_clock(clock.resume)
                case "speed":
                    speed = _speed(body.get("by"))
                    await scheduler.change_clock(lambda: clock.set_speed(speed))
                case "advance":
                    return await self._advance(_duration(body.get("by")), stops_at_change=_stops_at_change(body))
                case other:
                    raise BadBody(f"the clock cannot '{other}'; write {EXAMPLE}", "do")
        except BadBody as bad:
            return bad.reply
        return as_json(clock_json(scheduler))

    async def _advance(self, by_s: float, *, stops_at_change: bool) -> web.Response:
        if self._scheduler.clock.now() + by_s >= END_S:
            raise BadBody("the clock does not go beyond the year 9998: write a shorter duration", "by")
        before = self._history.last
        unsubscribe = self._history.subscribe(self._stop_at_change) if stops_at_change else None
        try:
            await self._scheduler.advance(by_s)
        finally:
            if unsubscribe is not None:
                unsubscribe()
        await in_turns(self._history.record_planned())
        changes = self._history.since(before, kind=EventKind.STATUS, limit=MAX_EVENTS)
        return as_json(
            clock_json(self._scheduler) | {"changes": [event_json(self._history, event) for event in changes]}
        )

    def _stop_at_change(self, event: Event) -> None:
        if event.kind is EventKind.STATUS:
            self._scheduler.stop_step()


def _stops_at_change(body: dict[str, Any]) -> bool:
    until = optional_text_in(body, "until", EXAMPLE)
    if until not in (None, UNTIL_CHANGE):
        raise BadBody(f"an advance ends after its duration, or before, with 'until': write {UNTIL_CHANGE}", "until")
    return until is not None


def clock_json(scheduler: Scheduler) -> dict[str, Any]:
    """The clock as plain data; `speed` is 0 while it stands still, `pace` is the speed at which it resumes."""
    clock, to = scheduler.clock, scheduler.advancing_to
    return {
        "now": timestamp(clock.now()),
        "now_s": round(clock.now(), 6),
        "speed": clock.speed,
        "pace": clock.running_speed,
        "stands_still": clock.is_paused,
        "advancing_to": None if to is None else timestamp(to),
        "ahead_s": round(clock.offset_s, 3),
    }


def _nothing_by(body: dict[str, Any]) -> None:
    if "by" in body:
        raise BadBody(f"leave it out: '{body['do']}' takes nothing more", "by")


def _speed(by: Any) -> float:
    try:
        speed = float(by)
        Clock().set_speed(speed)  # refuses what no clock can
    except (TypeError, ValueError, OverflowError) as bad:
        wanted = "write a number from 0.001 to 10000, such as 10"
        raise BadBody(f"{by!r} is no speed: {wanted}" if by is not None else wanted, "by") from bad
    return speed


def _duration(by: Any) -> float:
    try:
        if isinstance(by, bool):
            raise TypeError
        by_s = parse_duration(by) if isinstance(by, str) else float(by)
    except (TypeError, ValueError, OverflowError) as bad:
        raise BadBody(str(bad) if isinstance(by, str) else 'write a duration such as "90s"', "by") from None
    if not math.isfinite(by_s) or not 0 < by_s <= MAX_ADVANCE_S:
        raise BadBody('time only goes forward, at most 31 days at once: write a duration such as "90s"', "by")
    return by_s
