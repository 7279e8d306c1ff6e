"""Logs under a flood: lines of each event are limited, the others are counted."""

import asyncio
import io
import json
import logging

import pytest
import structlog

from dnsemu.runtime import log_limit
from dnsemu.runtime.limits import Limit, Reached
from dnsemu.runtime.log_limit import MAX_EVENTS, MAX_LINES, MAX_TRACEBACKS, MAX_VALUE_CHARACTERS, LogLimiter
from dnsemu.runtime.logs import MAX_LINES_AT_ONCE, LibraryLogs, configure_logs, log_first
from tests.dnsemu.clock.virtual_time import virtual_time


class Time:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


class Limited:
    """A limiter whose time stands still."""

    def __init__(self):
        self.reached, self.time = Reached(), Time()
        self.limiter = LogLimiter(self.reached, self.time)

    def passes(self, event, **more):
        try:
            return self.limiter(None, "warning", {"event": event, **more})
        except structlog.DropEvent:
            return None

    def count(self, events, **more):
        return sum(self.passes(event, **more) is not None for event in events)


def test_one_event_is_limited_and_others_are_not():
    limited = Limited()
    assert limited.count(["upstream failed"] * 5000) == MAX_LINES.requests
    assert limited.count(["query failed"] * 5) == 5
    assert limited.reached[Limit.LOG_LINES] == 5000 - MAX_LINES.requests


def test_lines_come_back_with_time():
    limited = Limited()
    limited.count(["x"] * 5000)
    limited.time.now_s = 10.0
    assert limited.count(["x"] * 5000) == 10 * MAX_LINES.requests / MAX_LINES.interval_s


def test_tracebacks_are_rarer():
    assert Limited().count(["x"] * 5000, exc_info=True) == MAX_TRACEBACKS.requests


def test_events_that_all_differ_share_a_rate():
    limited = Limited()
    assert limited.count(f"event {number}" for number in range(5000)) == MAX_EVENTS + MAX_LINES.requests
    assert len(limited.limiter._buckets) <= MAX_EVENTS + 1


def test_long_values_are_cut():
    line = Limited().passes("x", path="/" * 100_000, number=7)
    assert len(line["path"]) < MAX_VALUE_CHARACTERS + 50
    assert line["path"].endswith("… (100,000 characters)")
    assert line["number"] == 7


@pytest.fixture
def written():
    """Configures logs as JSON; returns a function that reads the lines since the last call."""
    before, stream = structlog.get_config(), io.StringIO()
    root = logging.getLogger()
    handlers = root.handlers
    configure_logs(lambda: 0.0, as_json=True, monotonic=lambda: 0.0)
    into_stream = {"logger_factory": structlog.PrintLoggerFactory(stream), "cache_logger_on_first_use": False}
    structlog.configure(**(structlog.get_config() | into_stream))

    def read():
        lines = stream.getvalue().splitlines()
        stream.seek(0)
        stream.truncate()
        return [json.loads(line) for line in lines]

    yield read
    structlog.configure(**before)
    root.handlers = handlers


@virtual_time
async def check_summary(written, event):
    log = structlog.get_logger()
    for _ in range(5000):
        log.warning(event)
    lines = written()
    assert len(lines) == MAX_LINES.requests
    await asyncio.sleep(log_limit.SUMMARY_AFTER_S + 1)
    (summary,) = written()
    assert (summary["event"], summary["level"], summary["and_more"]) == (event, "warning", "… and 4,900 more")
    await asyncio.sleep(log_limit.SUMMARY_AFTER_S + 1)
    assert not written()


def test_lines_that_were_left_out_are_counted_in_the_log(written):
    check_summary(written, "upstream failed")


def test_a_reload_with_many_errors_logs_the_first_and_the_number_of_the_others(written):
    log_first(structlog.get_logger().error, "reload refused", "fault", range(100_000))
    lines = written()
    assert [line.get("fault") for line in lines[:-1]] == [str(number) for number in range(MAX_LINES_AT_ONCE)]
    assert lines[-1]["and_more"] == "… and 99,980 more"


def test_a_few_errors_are_all_logged(written):
    log_first(structlog.get_logger().error, "reload refused", "fault", ["a", "b"])
    assert [line["fault"] for line in written()] == ["a", "b"]


def test_errors_of_libraries_are_limited_too(written):
    for number in range(5000):
        logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: %s", number)
        logging.getLogger("asyncio").info("no line")
    lines = written()
    assert len(lines) == MAX_LINES.requests
    expected = {"event": "asyncio", "level": "error", "message": "Task exception was never retrieved\nfuture: 0"}
    assert {key: lines[0][key] for key in expected} == expected


def test_an_exception_of_a_library_has_its_traceback(written):
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        logging.getLogger("aiohttp.server").exception("Error handling request")
    (line,) = written()
    assert "ZeroDivisionError" in line["exception"]


def test_logs_that_are_configured_twice_write_once(written):
    configure_logs(lambda: 0.0, as_json=True, monotonic=lambda: 0.0)
    assert sum(isinstance(handler, LibraryLogs) for handler in logging.getLogger().handlers) == 1
