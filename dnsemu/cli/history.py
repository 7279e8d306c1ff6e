"""`dnsemu history` as people read it, and how the command line hears of what happens."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from rich.console import Console
from rich.text import Text

from dnsemu.cli.client import Declined, NoServer, call

SILENCE_S = 45.0
"""A stream that says nothing for so long is dead: the server says that it is alive three times as often."""

TRIES = 10
PAUSE_S = 1.0
MAX_LINE_BYTES = 1 << 20

_COLOURS = {"healthy": "green", "unhealthy": "red"}

Event = dict[str, Any]
OnEvent = Callable[[Event], None]


def run_history(server: str, check: str | None, kind: str | None, live: bool, as_json: bool) -> None:
    """Print what became of the health checks, or of one; live, go on with what happens until interrupted.

    JSON is one object; live, it is one event a line, among them those of kind `gap`.

    Raises:
        NoServer: nothing answers, or it went away and did not come back.
        Declined: the server refused a parameter, or the check is neither declared nor known from before.
    """
    found = call(server, "history", "events", query=_query(check, kind))
    if check is not None and not found["events"]:
        _see_that_there_is(check, server)
    if as_json and not live:
        print(json.dumps(found, indent=2))
        return
    lines = Lines()
    lines.make_room(found["events"])
    tell = _tell_json if as_json else lines.show
    for event in found["events"]:
        tell(event)
    if live:
        follow(server, check, kind, tell, since=found["last"])


def show(events: Sequence[Event]) -> None:
    """Print events, one line each, as `history` gives them."""
    lines = Lines()
    lines.make_room(events)
    for event in events:
        lines.show(event)


def follow(
    server: str,
    check: str | None,
    kind: str | None,
    on_event: OnEvent,
    *,
    since: str | None = None,
    pause_s: float = PAUSE_S,
) -> None:
    """Tell of every event, until interrupted; when the connection drops, take it up again where it was.

    Args:
        on_event: gets each event, and what is of kind `gap` where some are missing.
        since: the id of an event to begin after; None: from now on.
        pause_s: between two tries, real seconds.
    Raises:
        NoServer: nothing answers, or not any more after some tries.
        Declined: the call was refused.
    """
    url = f"{_base(server)}/dnsemu/v1/events?{urlencode(_query(check, kind))}"
    tries_left = 1
    try:
        while True:
            try:
                for seen, event in _events(url, since, server):
                    since, tries_left = seen, TRIES
                    if event is not None:
                        on_event(event)
            except _Dropped as dropped:
                tries_left -= 1
                if tries_left <= 0:
                    raise NoServer(
                        f"no dnsemu answers at {server} ({dropped}); start one with 'dnsemu serve', or name it with "
                        "--server URL"
                    ) from None
            time.sleep(pause_s)
    except KeyboardInterrupt:
        return


class Lines:
    """Prints events as lines whose columns stay aligned, a line with the date before the first of each day."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._date = ""
        self._check_width = 0
        self._what_width = 0

    def make_room(self, events: Iterable[Event]) -> None:
        """Let columns be as wide as the widest of these needs."""
        for event in events:
            if event["kind"] != "gap":
                self._check_width = max(self._check_width, len(_clean(event["check"])))
                self._what_width = max(self._what_width, len(_what(event)))

    def show(self, event: Event) -> None:
        """Print one more; on a terminal its end is cut where it is too wide."""
        line = Text()
        if event["kind"] == "gap":
            self._print(line.append(f"… {_clean(event['what'])}", "yellow"))
            return
        date, _, clock = event["at"].rstrip("Z").partition("T")
        if date != self._date:
            self._date = date
            self._print(Text(f"{date} UTC", style="bold"))
        self.make_room([event])
        line.append(f"{clock}  {_clean(event['check']):{self._check_width}}  ")
        line.append(f"{_what(event):{self._what_width}}", "" if event["checker"] else _COLOURS.get(event["new"], ""))
        line.append(f"  {_cause(event)}")
        line.rstrip()
        self._print(line)

    def _print(self, line: Text) -> None:
        is_cut = self._console.is_terminal
        self._console.print(line, no_wrap=True, overflow="ellipsis" if is_cut else "ignore", crop=is_cut)
        self._console.file.flush()


def event_words(event: Event) -> str:
    """An event in words, without time and check."""
    return f"{_what(event)}  {_cause(event)}".rstrip()


def _what(event: Event) -> str:
    """What happened, in few words."""
    old, new = event["old"], event["new"]
    match event["kind"]:
        case "vote":
            return f"{event['region']} {event['checker']}: {old} → {new}"
        case "forced":
            return f"forced {new}" if new else "not forced"
        case "declared":
            return f"new, {new}"
        case "removed":
            return f"gone, was {old}"
    return f"{old} → {new}"


def _cause(event: Event) -> str:
    """Why, without what the votes on both sides of the arrow say already."""
    cause = _clean(event["cause"])
    if event["kind"] == "vote":
        return cause.removeprefix("Failure: ").removeprefix("Success: ").rstrip(".")
    return cause


def _clean(text: str) -> str:
    """The text on one line, with nothing that a terminal would obey."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _tell_json(event: Event) -> None:
    print(json.dumps(event), flush=True)


def _see_that_there_is(check: str, server: str) -> None:
    checks = [declared["id"] for declared in call(server, "status", "health_checks")["health_checks"]]
    if check not in checks:
        near = get_close_matches(check, checks, 1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise Declined({"what": f"no health check {check}{hint}", "where": "check"})


def _query(check: str | None, kind: str | None) -> dict[str, str]:
    return {name: value for name, value in (("check", check), ("kind", kind)) if value is not None}


def _base(server: str) -> str:
    return (server if "://" in server else f"http://{server}").rstrip("/")


class _Dropped(Exception):
    """A connection could not be made, or ended."""


def _events(url: str, since: str | None, server: str) -> Iterator[tuple[str | None, Event | None]]:
    """What one connection brings: each time the id to resume after, and the event if there is one.

    Raises:
        Declined: the call was refused.
        NoServer: something else answers.
        _Dropped: the connection failed or ended; whatever is made of an event raises through this untouched.
    """
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": since} if since else {})
    try:
        with build_opener(ProxyHandler({})).open(Request(url, headers=headers), timeout=SILENCE_S) as response:
            if response.headers.get_content_type() != "text/event-stream":
                raise _not_ours(server)
            data = ""
            for name, value in _fields(response):
                match name:
                    case "id":
                        since = value
                    case "data":
                        data += value
                    case "":
                        yield since, json.loads(data) if data else None
                        data = ""
    except HTTPError as refusal:
        with refusal:
            raise _refused(refusal, server) from None
    except (OSError, ValueError, HTTPException) as failure:
        raise _Dropped(" ".join(str(getattr(failure, "reason", failure)).split())) from None
    raise _Dropped("it ended the stream")


def _fields(response: HTTPResponse) -> Iterator[tuple[str, str]]:
    """The lines of a stream as fields and values; an empty line ends an event and has neither."""
    while line := response.readline(MAX_LINE_BYTES):
        if not line.endswith(b"\n"):
            raise ValueError("it broke off")
        if not line.startswith(b":"):  # a comment
            name, _, value = line.decode().rstrip("\r\n").partition(":")
            yield name, value.removeprefix(" ")


def _refused(refusal: HTTPError, server: str) -> Exception:
    try:
        error = json.load(refusal)["error"]
    except (ValueError, LookupError, TypeError):
        return _not_ours(f"{server} (HTTP {refusal.code})")
    return Declined(error if isinstance(error, dict) else {"what": str(error)})


def _not_ours(server: str) -> NoServer:
    return NoServer(f"{server} answers, but not as dnsemu does; name another with --server URL")
