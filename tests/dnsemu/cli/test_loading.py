"""Progress while files are read: a bar on a terminal, otherwise lines of text or of JSON."""

import json

import pytest

from dnsemu.cli import loading
from dnsemu.config.file.progress import SHOWN_AFTER_S


@pytest.fixture
def steady(monkeypatch):
    """The time of `time.monotonic`, which the test sets."""
    at = [0.0]
    monkeypatch.setattr(loading.time, "monotonic", lambda: at[0])
    return at


def test_quick_work_shows_nothing(steady, capsys):
    for as_json in (False, True):
        with loading.shown_progress(as_json=as_json) as progress:
            progress("reading", 0, 0)
            steady[0] += SHOWN_AFTER_S - 0.01
            progress("checking", 999, 1000)
    assert capsys.readouterr() == ("", "")


def test_lines_without_a_terminal(steady, capsys):
    with loading.shown_progress(as_json=False) as progress:
        steady[0] = SHOWN_AFTER_S
        progress("reading", 0, 0)
        progress("checking", 0, 2_000_000)
        progress("checking", 1000, 2_000_000)
        steady[0] += loading.LINE_INTERVAL_S
        progress("checking", 1_234_000, 2_000_000)
    lines = ["reading", "checking: 0 of 2,000,000 record sets", "checking: 1,234,000 of 2,000,000 record sets", ""]
    assert capsys.readouterr() == ("", "\n".join(lines))


def test_lines_of_json(steady, capsys):
    with loading.shown_progress(as_json=True, now=lambda: 0.0) as progress:
        steady[0] = SHOWN_AFTER_S
        progress("checking", 5, 10)
    out, err = capsys.readouterr()
    assert (out, json.loads(err)) == (
        "",
        {"event": "checking", "record_sets": 5, "of": 10, "level": "info", "timestamp": "1970-01-01T00:00:00.000Z"},
    )


def test_a_bar_on_a_terminal(steady, capsys, monkeypatch):
    monkeypatch.setattr(loading.sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    with loading.shown_progress(as_json=False) as progress:
        steady[0] = SHOWN_AFTER_S
        progress("checking", 250, 1000)
    out, err = capsys.readouterr()
    assert out == ""
    assert "checking" in err
    assert "250/1000" in err
