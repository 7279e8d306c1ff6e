"""The history of health checks over HTTP, as a list and as a stream, and the commands that read both."""

import asyncio
import contextlib
import io
import json
import socket
from collections import Counter

import aiohttp
import pytest
from aiohttp import web
from rich.console import Console

from dnsemu.api.calls import events as calls
from dnsemu.api.calls.events import EventCalls
from dnsemu.api.errors import errors_as_replies, in_the_apis_form
from dnsemu.api.limits import HttpLimits
from dnsemu.cli import event_stream
from dnsemu.cli import history as command_line
from dnsemu.cli.client import Declined, NoServer
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.verdict.history import EventKind, History
from dnsemu.healthcheck.verdict.snapshot import Status
from dnsemu.runtime.limits import Limit

UP, DOWN = Status.HEALTHY, Status.UNHEALTHY
PREFIX = "/dnsemu/v1"
WITHIN_S = 20
NEVER_S = 3600.0


async def until(condition):
    """Yields to the event loop until a condition is true."""
    async with asyncio.timeout(WITHIN_S):
        while not condition():  # noqa: ASYNC110 (there is no event to wait for)
            await asyncio.sleep(0)


def no_xml(request, status, message):
    raise AssertionError(f"{request.path} is no path of the Route 53 API")


class Server:
    """A server of the two calls on loopback, and its history."""

    def __init__(self, capacity=100, run="run", max_streams=100, **options):
        self.history = History(run, capacity)
        self.limits = HttpLimits()
        self.limits.max_streams = max_streams
        self.events = EventCalls(
            self.history, self.limits, **{"alive_every_s": NEVER_S, "patience_s": NEVER_S} | options
        )
        app = web.Application(middlewares=[errors_as_replies(in_the_apis_form(no_xml, ()), Counter())])
        app.add_routes([
            web.get(f"{PREFIX}/history", self.events.list_events),
            web.get(f"{PREFIX}/events", self.events.stream),
            web.get(f"{PREFIX}/status", self._status),
        ])  # fmt: skip
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=NEVER_S)
        self.declared = ["web"]

    async def _status(self, _request):
        return web.json_response({"health_checks": [{"id": check} for check in self.declared]})

    async def __aenter__(self):
        await self._runner.setup()
        sock = socket.create_server(("127.0.0.1", 0))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # so that writes to a stalled reader block soon
        await web.SockSite(self._runner, sock).start()
        self.port = sock.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.session = aiohttp.ClientSession(self.url)
        return self

    async def __aexit__(self, *_):
        async with asyncio.timeout(WITHIN_S):
            await self.session.close()
            await self.stop()

    async def stop(self):
        self.events.close()
        await self._runner.cleanup()

    def add(self, check="web", kind=EventKind.STATUS, times=1, cause="broken"):
        for _ in range(times):
            checker = Checker("eu-west-1", 0) if kind is EventKind.VOTE else None
            self.history.add(at=0.123, kind=kind, check_id=check, checker=checker, old=UP, new=DOWN, cause=cause)

    async def list(self, **query):
        async with self.session.get(f"{PREFIX}/history", params=query) as response:
            assert response.content_type == "application/json"
            return response.status, await response.json()

    @contextlib.asynccontextmanager
    async def stream(self, headers=None, **query):
        """Opens a stream; events that are added from then on are live."""
        async with (
            asyncio.timeout(WITHIN_S),
            self.session.get(f"{PREFIX}/events", params=query, headers=headers) as response,
        ):
            assert response.status == 200, await response.text()
            yield Reader(response)

    async def idle(self, streams=1):
        """Waits until a number of streams are open and all of them wait for events."""
        await until(lambda: len(self.limits.streams) == len(self.events._news._waiters) == streams)


class Reader:
    """Reads server-sent events."""

    def __init__(self, response):
        self.response = response
        self.comments = []

    async def block(self):
        """Returns the fields of the next block; None at the end."""
        fields = {}
        while line := (await self.response.content.readline()).decode():
            assert line.endswith("\n")
            if line == "\n":
                return fields
            name, _, value = line.rstrip("\n").partition(": ")
            if line.startswith(":"):
                self.comments.append(line)
            else:
                assert name not in fields
                fields[name] = value
        return None

    async def event(self):
        """Returns the next event; blocks with only an id are skipped."""
        while (block := await self.block()) is not None:
            if "data" in block:
                return block["event"], block["id"], json.loads(block["data"])
        return None

    async def ids(self, count):
        return [(await self.event())[1] for _ in range(count)]


def ids(*numbers, run="run"):
    return [f"{run}-{number}" for number in numbers]


# --- the list ---


async def test_the_fields_of_an_event():
    async with Server() as server:
        server.add()
        server.add(kind=EventKind.VOTE)
        server.history.add(at=0, kind=EventKind.DECLARED, check_id="b", old=None, new=UP, cause="declared")
        status, found = await server.list()
    assert status == 200
    plain = {
        "id": "run-1",
        "at": "1970-01-01T00:00:00.123Z",
        "kind": "status",
        "check": "web",
        "name": None,
        "region": None,
        "checker": None,
        "old": "healthy",
        "new": "unhealthy",
        "cause": "broken",
    }
    assert found["events"][0] == plain
    assert found["events"][1] == plain | {
        "id": "run-2",
        "kind": "vote",
        "region": "eu-west-1",
        "checker": "15.177.14.133",
    }
    assert (found["events"][2]["old"], found["events"][2]["new"]) == (None, "healthy")
    assert (found["first"], found["last"]) == ("run-1", "run-3")


async def test_an_empty_history():
    async with Server() as server:
        assert await server.list() == (200, {"events": [], "first": None, "last": "run-0"})


@pytest.mark.parametrize(("query", "found"), [
    pytest.param({}, range(101, 201), id="the newest hundred"),
    pytest.param({"limit": "3"}, [198, 199, 200], id="the newest"),
    pytest.param({"limit": "10000"}, range(51, 201), id="all that are kept"),
    pytest.param({"check": "b"}, range(150, 201, 2), id="of a check"),
    pytest.param({"kind": "vote"}, range(150, 201, 3), id="of a kind"),
    pytest.param({"check": "b", "kind": "vote", "limit": "2"}, [192, 198], id="of both"),
    pytest.param({"check": "never declared"}, [], id="an unknown check, which may have been removed"),
    pytest.param({"since": "run-197"}, [198, 199, 200], id="after an event"),
    pytest.param({"since": "run-100", "limit": "2"}, [101, 102], id="page by page"),
    pytest.param({"since": "run-2", "limit": "2"}, [51, 52], id="after one that has left"),
    pytest.param({"since": "other-199", "limit": "2"}, [51, 52], id="after one of another run"),
    pytest.param({"since": "run-200"}, [], id="after the newest"),
])  # fmt: skip
async def test_the_list(query, found):
    async with Server(capacity=150) as server:
        for number in range(1, 201):
            server.add(
                "web" if number % 2 or number < 150 else "b",
                EventKind.STATUS if number % 3 or number < 150 else EventKind.VOTE,
            )
        status, answer = await server.list(**query)
    assert status == 200
    assert [event["id"] for event in answer["events"]] == ids(*found)
    assert (answer["first"], answer["last"]) == ("run-51", "run-200")


class OtherTask:
    """A task that counts its turns on the event loop."""

    def __init__(self):
        self.turns = 0

    async def __aenter__(self):
        self._task = asyncio.create_task(self._take_turns())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()

    async def _take_turns(self):
        while True:
            self.turns += 1
            await asyncio.sleep(0)


async def test_a_long_list_yields_to_other_tasks():
    server = Server(capacity=10_000)
    server.add(times=10_000)
    async with OtherTask() as other:
        text = await server.events._encode(server.history.since(0))
    assert json.loads(f"[{text}]")[-1]["id"] == "run-10000"
    assert other.turns >= 100


class FakeResponse:
    """A response whose reader takes everything at once, or nothing."""

    def __init__(self, takes_all=True):
        self.text = b""
        self._takes_all = takes_all

    async def write(self, text):
        if not self._takes_all:
            await asyncio.Event().wait()
        self.text += text


async def test_a_long_catch_up_yields_to_other_tasks():
    server = Server(capacity=10_000)
    server.add(times=10_000)
    server.events.close()
    response = FakeResponse()
    async with OtherTask() as other:
        await server.events._send_events(None, response, calls.Filter(None, None), 0)
    assert response.text.count(b"event: ") == 10_000
    assert other.turns >= 100


async def test_a_stopping_server_does_not_wait_for_a_stalled_reader():
    server = Server()
    server.add()
    server.events.close()
    async with asyncio.timeout(WITHIN_S):
        with pytest.raises(TimeoutError):
            await server.events._send_events(None, FakeResponse(takes_all=False), calls.Filter(None, None), 0)


HOSTILE = [
    pytest.param("kind=alive", "kind", "status, vote, forced, declared, removed", id="no such kind"),
    pytest.param("kind=", "kind", "status, vote", id="an empty kind"),
    pytest.param("kind=STATUS", "kind", "status, vote", id="a kind in capitals"),
    pytest.param("since=", "since", "run-5", id="an empty id"),
    pytest.param("since=5", "since", "run-5", id="a number alone"),
    pytest.param("since=run-6", "since", "not happened yet", id="a future event"),
    pytest.param("since=run-" + "9" * 5000, "since", "run-5", id="a huge number"),
    pytest.param("since=run--1", "since", "run-5", id="a negative number"),
    pytest.param("since=run-%D9%A2", "since", "run-5", id="digits of another script"),
    pytest.param("since=run-1%0Adata:%20x", "since", "run-5", id="a line break"),
    pytest.param("since=%00%FF", "since", "run-5", id="no text"),
    pytest.param("since=run-1&since=run-2", "since", "once", id="two ids"),
    pytest.param("check=a&check=b", "check", "once", id="two checks"),
    pytest.param("name=www", "query", "unknown parameter name; there are check, kind,", id="an unknown parameter"),
]


@pytest.mark.parametrize("call", ["history", "events"])
@pytest.mark.parametrize(("query", "where", "what"), HOSTILE)
async def test_invalid_parameters_are_refused(call, query, where, what):
    async with Server() as server:
        server.add(times=5)
        async with server.session.get(f"{PREFIX}/{call}?{query}") as response:
            error = (await response.json())["error"]
        assert (response.status, error["where"]) == (400, where)
        assert what in error["what"]
        assert not server.limits.streams


@pytest.mark.parametrize(
    "limit", ["", "0", "-1", "10001", "1e3", "ten", " 5", "%D9%A2", "1.5", "9" * 5000, "5&limit=6"]
)
async def test_invalid_limits_are_refused(limit):
    async with Server() as server, server.session.get(f"{PREFIX}/history?limit={limit}") as response:
        assert (response.status, (await response.json())["error"]["where"]) == (400, "limit")


async def test_a_stream_refuses_a_limit():
    async with Server() as server, server.session.get(f"{PREFIX}/events?limit=5") as response:
        assert response.status == 400


async def test_invalid_characters_in_a_cause_are_sent():
    async with Server() as server:
        server.add(cause="\ud800\n\u2028\0")
        assert (await server.list())[1]["events"][0]["cause"] == "\ud800\n\u2028\0"
        async with server.stream(since="run-0") as stream:
            assert (await stream.event())[2]["cause"] == "\ud800\n\u2028\0"


# --- the stream ---


async def test_a_stream_sends_new_events():
    async with Server() as server:
        server.add(times=3)
        async with server.stream() as stream:
            headers = stream.response.headers
            assert headers["Content-Type"] == "text/event-stream"
            assert headers["Cache-Control"] == "no-store"
            assert headers["X-Accel-Buffering"] == "no"
            assert await stream.block() == {"retry": "1000", "id": "run-3"}
            server.add(kind=EventKind.FORCED)
            kind, id_, data = await stream.event()
            assert (kind, id_, data["id"], data["kind"], data["check"]) == ("forced", "run-4", "run-4", "forced", "web")
            server.add(times=2)
            assert await stream.ids(2) == ids(5, 6)


@pytest.mark.parametrize(("headers", "query"), [
    pytest.param({"Last-Event-ID": "run-3"}, {}, id="by header"),
    pytest.param({}, {"since": "run-3"}, id="by parameter"),
    pytest.param({"Last-Event-ID": "run-3"}, {"since": "run-1"}, id="the header is newer"),
    pytest.param({"Last-Event-ID": ""}, {"since": "run-3"}, id="an empty header is none"),
])  # fmt: skip
async def test_a_stream_is_resumed(headers, query):
    async with Server() as server:
        server.add(times=5)
        async with server.stream(headers, **query) as stream:
            assert await stream.ids(2) == ids(4, 5)
            server.add()
            assert await stream.ids(1) == ids(6)


async def test_a_catch_up_is_complete_and_in_order():
    async with Server(capacity=1000) as server:
        server.add(times=1000)
        async with server.stream(since="run-0") as stream:
            assert await stream.ids(1000) == ids(*range(1, 1001))


async def test_a_gap_if_missed_events_have_left_the_history():
    async with Server(capacity=4) as server:
        server.add(times=10)
        async with server.stream({"Last-Event-ID": "run-2"}) as stream:
            kind, id_, data = await stream.event()
            assert (kind, id_) == ("gap", "run-6")
            assert data == {"kind": "gap", "missed": 4, "restarted": False, "what": "4 events have left the history"}
            assert await stream.ids(4) == ids(7, 8, 9, 10)


async def test_no_gap_if_no_missed_event_has_left_the_history():
    async with Server(capacity=4) as server:
        server.add(times=10)
        async with server.stream({"Last-Event-ID": "run-6"}) as stream:
            assert await stream.ids(4) == ids(7, 8, 9, 10)


@pytest.mark.parametrize("filters", [{}, {"kind": "vote"}, {"check": "other"}], ids=["all", "kind", "check"])
async def test_a_stream_goes_on_after_the_history_is_cleared(filters):
    async with Server() as server:
        server.add(times=3)
        async with server.stream(**filters) as stream:
            assert (await stream.block())["id"] == "run-3"
            await server.idle()
            server.history.clear(0.5, "reset of history")
            kind, id_, data = await stream.event()
            assert (kind, id_) == ("reset", "run-4")
            what = "the history was cleared (reset of history)"
            expected = {"id": "run-4", "at": "1970-01-01T00:00:00.500Z", "kind": "reset", "missed": 0, "what": what}
            assert data == expected
            check = filters.get("check", "web")
            server.add(check, kind=EventKind.VOTE)
            assert await stream.ids(1) == ids(5)


@pytest.mark.parametrize(("seen", "missed"), [("run-1", 2), ("run-3", 0), ("run-4", None), ("run-5", None)])
async def test_a_reader_that_reconnects_after_a_clearing_is_told_of_it(seen, missed):
    async with Server() as server:
        server.add(times=3)
        server.history.clear(0.5, "reset of history")
        server.add(times=2)
        async with server.stream({"Last-Event-ID": seen}) as stream:
            kind, id_, data = await stream.event()
            if missed is None:
                assert (kind, id_) == ("status", f"run-{int(seen[-1]) + 1}")
            else:
                assert (kind, id_, data["missed"]) == ("reset", "run-4", missed)
                assert await stream.ids(2) == ids(5, 6)


async def test_a_gap_after_a_clearing():
    async with Server(capacity=4) as server:
        server.add(times=3)
        server.history.clear(0.5, "reset of history")
        server.add(times=6)
        async with server.stream({"Last-Event-ID": "run-2"}) as stream:
            assert [(await stream.event())[:2] for _ in range(2)] == [("reset", "run-4"), ("gap", "run-6")]
            assert await stream.ids(4) == ids(7, 8, 9, 10)


async def test_the_history_lists_no_clearing():
    async with Server() as server:
        server.add(times=3)
        server.history.clear(0.5, "reset of history")
        assert (await server.list())[1] == {"events": [], "first": None, "last": "run-4"}
        server.add()
        assert [event["id"] for event in (await server.list(since="run-1"))[1]["events"]] == ids(5)


@pytest.mark.parametrize("events", [0, 3, 10])
async def test_a_gap_after_a_restart(events):
    async with Server(capacity=4) as server:
        server.add(times=events)
        async with server.stream({"Last-Event-ID": "other-2"}) as stream:
            kind, id_, data = await stream.event()
            assert (kind, id_) == ("gap", f"run-{max(events - 4, 0)}")
            assert data == {"kind": "gap", "missed": None, "restarted": True, "what": "the server was restarted"}
            server.add()
            assert await stream.ids(1) == ids(max(events - 4, 0) + 1)


async def test_a_filtered_stream():
    async with Server() as server:
        server.add("a", EventKind.VOTE)
        server.add("b")
        async with server.stream(check="a", kind="status", since="run-0") as stream:
            server.add("a")
            server.add("a", EventKind.VOTE)
            server.add("b")
            assert await stream.ids(1) == ids(3)
            server.add("a")
            assert await stream.ids(1) == ids(6)


async def test_filtered_events_are_no_gap_on_resuming():
    async with Server(capacity=4, alive_every_s=0.001) as server:
        async with server.stream(check="a") as stream:
            for filtered in ids(*range(1, 11)):
                server.add("b")
                while (block := await stream.block())["id"] != filtered:
                    assert block.keys() <= {"id", "retry"}
        async with server.stream({"Last-Event-ID": block["id"]}, check="a") as stream:
            server.add("a")
            assert await stream.ids(1) == ids(11)


async def test_filtered_events_after_a_sent_one_are_no_gap():
    async with Server(alive_every_s=0.001) as server, server.stream(check="a") as stream:
        server.add("a")
        server.add("b", times=2)
        assert await stream.ids(1) == ids(1)
        assert await stream.block() == {"id": "run-3"}


async def test_an_idle_stream_sends_comments():
    async with Server(alive_every_s=0.001) as server, server.stream() as stream:
        for _ in range(4):
            assert (await stream.block())["id"] == "run-0"
        assert stream.comments == [": alive\n"] * 3


async def test_events_reach_every_stream():
    async with Server() as server, contextlib.AsyncExitStack() as opened:
        streams = [await opened.enter_async_context(server.stream()) for _ in range(5)]
        await server.idle(5)
        server.add(times=2)
        for stream in streams:
            assert await stream.ids(2) == ids(1, 2)


async def test_too_many_streams():
    async with Server(max_streams=2) as server, server.stream(), server.stream():
        async with server.session.get(f"{PREFIX}/events") as response:
            assert response.status == 503
            assert "2 streams are open already" in (await response.json())["error"]["what"]
        assert server.limits.reached == {Limit.EVENT_STREAMS: 1}
        assert server.limits.open_streams() == 2
        status, _ = await server.list()
        assert status == 200


async def test_a_closed_stream_makes_room_for_another():
    async with Server(max_streams=1) as server:
        async with server.stream():
            await server.idle()
        await until(lambda: all(stream.is_closing() for stream in server.limits.streams))
        async with server.stream() as stream:
            server.add()
            assert await stream.ids(1) == ids(1)
        assert len(server.limits.streams) <= 1


async def test_head_ends_at_once():
    async with Server() as server, asyncio.timeout(WITHIN_S):
        async with server.session.head(f"{PREFIX}/events") as response:
            assert response.headers["Content-Type"] == "text/event-stream"
        assert not server.limits.streams


class Stalled:
    """A reader with a small buffer that opens a stream and reads only its beginning."""

    def __init__(self, server, query=""):
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.settimeout(0)
        self._server = server
        self._query = query

    async def __aenter__(self):
        loop, server = asyncio.get_running_loop(), self._server
        await loop.sock_connect(self._socket, ("127.0.0.1", server.port))
        request = f"GET {PREFIX}/events{self._query} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n"
        await loop.sock_sendall(self._socket, request.encode())
        self.text = (await loop.sock_recv(self._socket, 1000)).decode()
        async with asyncio.timeout(WITHIN_S):
            while not server.events._writing:  # until writes to it block
                server.add(times=10)
                for _ in range(4):
                    await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_):
        self._socket.close()

    async def read_until(self, text):
        """Reads on until a text has come, or until the connection ends in any way."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):
            while text not in self.text and (more := await loop.sock_recv(self._socket, 65536)):
                self.text += more.decode()


async def test_a_slow_reader_costs_no_memory_and_gets_a_gap():
    async with asyncio.timeout(WITHIN_S), Server(capacity=200) as server, Stalled(server) as reader:
        (transport,) = server.limits.streams
        held = transport.get_write_buffer_size()
        for _ in range(100):
            server.add(times=100)
            await asyncio.sleep(0)
        assert transport.get_write_buffer_size() <= held <= 300_000
        last = f"run-{server.history.last}"
        await reader.read_until(f"id: {last}\n")
        blocks = [block for block in reader.text.split("\n\n") if "event: " in block]
        (gap,) = [number for number, block in enumerate(blocks) if "event: gap" in block]
        before, after = (int(blocks[n].split("\n")[0].removeprefix("id: run-")) for n in (gap - 1, gap + 1))
        assert json.loads(blocks[gap].partition("data: ")[2])["missed"] == after - before - 1
        assert server.history.last - after < 200


async def test_a_reader_that_takes_nothing_is_disconnected():
    async with asyncio.timeout(WITHIN_S), Server(patience_s=0.05) as server, Stalled(server) as reader:
        (transport,) = server.limits.streams
        await until(lambda: not server.limits.streams)
        assert transport.is_closing()
        await reader.read_until("never")


async def test_a_reader_that_disconnects_during_a_write():
    async with asyncio.timeout(WITHIN_S), Server() as server:
        async with Stalled(server):
            assert server.limits.streams
        await until(lambda: not server.limits.streams)


# --- the end ---


async def test_streams_end_when_the_server_stops():
    async with asyncio.timeout(WITHIN_S), Server() as server, contextlib.AsyncExitStack() as opened:
        streams = [await opened.enter_async_context(server.stream()) for _ in range(3)]
        await server.idle(3)
        async with Stalled(server) as stalled:
            await server.stop()
            for stream in streams:
                received = [await stream.event()]
                while received[-1] is not None:
                    received.append(await stream.event())
                assert received[-2][1] == f"run-{server.history.last}"
            await stalled.read_until("never")
        assert not server.limits.streams
        server.add()  # there is no stream, and nothing fails


async def test_no_stream_begins_while_the_server_stops():
    async with Server() as server:
        server.events.close()
        async with server.session.get(f"{PREFIX}/events") as response:
            assert (response.status, (await response.json())["error"]["what"]) == (503, "the server is stopping")
        server.events.close()


# --- the command line ---


def run_history(server, check=None, kind=None, live=False, as_json=False):
    return asyncio.to_thread(command_line.run_history, server.url, check, kind, live=live, as_json=as_json)


def collecting(count, received):
    def receive(event):
        received.append(event)
        if len(received) == count:
            raise KeyboardInterrupt

    return receive


def follow(server, receive, **more):
    return asyncio.to_thread(event_stream.follow, server.url, {}, receive, pause_s=0.0, **more)


async def test_follow_receives_events_until_interrupted():
    async with asyncio.timeout(WITHIN_S), Server(alive_every_s=0.01) as server:
        received = []
        following = asyncio.create_task(follow(server, collecting(2, received)))
        await until(lambda: server.limits.streams)
        server.add()
        server.add("b", EventKind.VOTE)
        await following
    assert [event["id"] for event in received] == ids(1, 2)


async def test_follow_resumes_after_a_dropped_connection():
    async with asyncio.timeout(WITHIN_S), Server() as server:
        server.add(times=2)
        received = []
        following = asyncio.create_task(follow(server, collecting(5, received), since="run-0"))
        for _ in range(2):
            await server.idle()
            (transport,) = server.limits.streams
            transport.abort()
            while transport in server.limits.streams:
                server.add()
                await asyncio.sleep(0.001)
        server.add(times=5)
        await following
    assert [event["id"] for event in received] == ids(1, 2, 3, 4, 5)


async def test_follow_reports_a_restart():
    async with asyncio.timeout(WITHIN_S), Server(run="second") as server:
        server.add()
        received = []
        await follow(server, collecting(2, received), since="first-7")
    assert received[0]["kind"] == "gap"
    assert received[0]["restarted"]
    assert received[1]["id"] == "second-1"


async def test_follow_gives_up_when_the_server_is_gone(monkeypatch):
    monkeypatch.setattr(event_stream, "MAX_TRIES", 2)
    async with asyncio.timeout(WITHIN_S), Server() as server:
        following = asyncio.create_task(follow(server, [].append))
        await server.idle()
        await server.stop()
        with pytest.raises(NoServer, match="no dnsemu answers at http:"):
            await following
        with pytest.raises(NoServer):
            await follow(server, [].append)


async def test_an_error_of_the_callback_is_no_dropped_connection():
    def receive(_event):
        raise BrokenPipeError

    async with asyncio.timeout(WITHIN_S), Server() as server:
        server.add()
        with pytest.raises(BrokenPipeError):
            await follow(server, receive, since="run-0")


async def test_follow_is_refused():
    async with asyncio.timeout(WITHIN_S), Server() as server:
        with pytest.raises(Declined, match="not happened yet"):
            await follow(server, [].append, since="run-9")


@pytest.mark.parametrize("answer", [
    pytest.param(lambda: web.Response(text="hello"), id="text"),
    pytest.param(lambda: web.Response(status=404, text="not found"), id="no JSON"),
    pytest.param(lambda: web.json_response(["error"], status=500), id="other JSON"),
])  # fmt: skip
async def test_another_server(answer):
    async def handle(_request):
        return answer()

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    sock = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, sock).start()
    try:
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        with pytest.raises(NoServer, match="it is not dnsemu"):
            await asyncio.to_thread(event_stream.follow, url, {}, [].append)
    finally:
        await runner.cleanup()


async def test_the_command_prints_lines(capsys):
    async with Server() as server:
        server.add(cause="2 of 16 checkers up")
        server.add(kind=EventKind.VOTE, cause="Failure: Connection refused.")
        await run_history(server)
    assert capsys.readouterr().out.splitlines() == [
        "1970-01-01 UTC",
        "00:00:00.123  web  healthy → unhealthy                           2 of 16 checkers up",
        "00:00:00.123  web  eu-west-1 15.177.14.133: healthy → unhealthy  Connection refused",
    ]


async def test_the_command_prints_json(capsys):
    async with Server() as server:
        server.add()
        await run_history(server, "web", "status", as_json=True)
        assert json.loads(capsys.readouterr().out) == (await server.list())[1]


@pytest.mark.parametrize("as_json", [False, True])
async def test_the_command_prints_new_events(capsys, monkeypatch, as_json):
    def pause(_seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr(event_stream.time, "sleep", pause)
    async with asyncio.timeout(WITHIN_S), Server() as server:
        server.add(cause="before")
        running = asyncio.create_task(run_history(server, live=True, as_json=as_json))
        await server.idle()
        server.add(cause="meanwhile")
        await server.stop()
        await running
    lines = capsys.readouterr().out.splitlines()
    if as_json:
        assert [json.loads(line)["cause"] for line in lines] == ["before", "meanwhile"]
    else:
        assert [line.rpartition("  ")[2] for line in lines] == ["1970-01-01 UTC", "before", "meanwhile"]


async def test_no_event_is_lost_between_list_and_stream(capsys, monkeypatch):
    def pause(_seconds):
        raise KeyboardInterrupt

    async def add():
        server.add(cause="in between")

    def call(*arguments, **more):
        found = real_call(*arguments, **more)
        asyncio.run_coroutine_threadsafe(add(), loop).result(WITHIN_S)
        return found

    real_call, loop = command_line.call, asyncio.get_running_loop()
    monkeypatch.setattr(command_line, "call", call)
    monkeypatch.setattr(event_stream.time, "sleep", pause)
    async with asyncio.timeout(WITHIN_S), Server() as server:
        running = asyncio.create_task(run_history(server, live=True))
        await server.idle()
        await server.stop()
        await running
    assert "in between" in capsys.readouterr().out


def test_a_stream_is_read_by_fields():
    lines = b": alive\n:\nid: run-1\r\ndata:x: y\nretry\n\n"
    assert list(event_stream.fields_of(io.BytesIO(lines))) == [
        ("id", "run-1"),
        ("data", "x: y"),
        ("retry", ""),
        ("", ""),
    ]
    with pytest.raises(ValueError, match="broke off"):
        list(event_stream.fields_of(io.BytesIO(b"id: run-1\nid: run-")))


async def test_the_command_refuses_unknown_checks(capsys):
    async with Server() as server:
        await run_history(server, "web")
        assert capsys.readouterr().out == ""
        with pytest.raises(Declined, match="no health check wbe; did you mean 'web'"):
            await run_history(server, "wbe")
        with pytest.raises(Declined, match="one of status, vote"):
            await run_history(server, kind="any")
        server.add("gone", EventKind.REMOVED)
        await run_history(server, "gone")
        assert "removed, was healthy" in capsys.readouterr().out


def event(kind="status", at="2026-11-21T10:15:30.123Z", **more):
    plain = {
        "id": "r-1",
        "at": at,
        "kind": kind,
        "check": "web",
        "region": None,
        "checker": None,
        "old": "healthy",
        "new": "unhealthy",
        "cause": "why",
    }
    return plain | more


def printed(*events, **options):
    console = Console(file=io.StringIO(), highlight=False, **options)
    lines = command_line.EventLines(console)
    for one in events:
        lines.print(one)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(("event", "line"), [
    pytest.param(event(), "web  healthy → unhealthy  why", id="status"),
    pytest.param(event("forced", old=None, cause="forced by w*"), "web  forced unhealthy  forced by w*", id="forced"),
    pytest.param(event("forced", new=None), "web  not forced  why", id="not forced any more"),
    pytest.param(event("declared", old=None, new="healthy", cause="declared"), "web  new, healthy  declared", id="declared"),
    pytest.param(event("removed", new=None, cause=""), "web  removed, was healthy", id="removed"),
    pytest.param(event(cause="a\x1b[2J\nb"), "web  healthy → unhealthy  a�[2J�b", id="no control characters"),
    pytest.param(event(cause="x" * 500), f"web  healthy → unhealthy  {'x' * 500}", id="not wrapped"),
    pytest.param(event(cause="[red]a[/] :smile:"), "web  healthy → unhealthy  [red]a[/] :smile:", id="no markup"),
])  # fmt: skip
def test_lines(event, line):
    assert printed(event) == ["2026-11-21 UTC", f"10:15:30.123  {line}"]


def test_the_first_event_of_each_day_has_a_line_with_the_date_above():
    lines = printed(event(), event(at="2026-11-21T23:59:59.999Z"), event(at="2026-11-22T00:00:00.000Z"))
    assert [line.split()[0] for line in lines] == [
        "2026-11-21",
        "10:15:30.123",
        "23:59:59.999",
        "2026-11-22",
        "00:00:00.000",
    ]


def test_a_gap_is_shown():
    assert printed({"kind": "gap", "what": "4 events have left the history"}) == ["… 4 events have left the history"]


def test_on_a_narrow_terminal_the_cause_goes_on_below_by_words():
    cause = "0 of 3 children healthy (app-ap, app-eu, app-us down), needs 2"
    terminal = {"force_terminal": True, "color_system": None}
    assert printed(event(cause=cause), width=60, **terminal) == [
        "2026-11-21 UTC",
        "10:15:30.123  web  healthy → unhealthy",
        "              0 of 3 children healthy (app-ap, app-eu,",
        "              app-us down), needs 2",
    ]
    assert printed(event(cause=cause), width=110, **terminal)[1:] == [
        f"10:15:30.123  web  healthy → unhealthy  {cause}"
    ]
    assert printed(event(cause=""), width=40, **terminal)[1:] == ["10:15:30.123  web  healthy → unhealthy"]
    assert all(len(line) <= 60 for line in printed(event(cause="x" * 500), width=60, **terminal))
