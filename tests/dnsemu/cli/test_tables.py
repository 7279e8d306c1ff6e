"""Tables of `dnsemu status`, whose reasons are never cut."""

import io

import pytest
from rich.console import Console

from dnsemu.cli.tables import ReasonTable

COLUMNS = ("check", "endpoint", "status", "why")
ROWS = [
    ("web", "192.0.2.1:80/health", "healthy", "16 of 16 checkers up"),
    ("web-2", "192.0.2.2:80", "unhealthy", "0 of 16 checkers up, Connection refused"),
    ("… 3 more",),
]


def drawn(width: int, rows=ROWS) -> list[str]:
    console = Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None)
    console.print(ReasonTable(COLUMNS, rows))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_reasons_stand_on_their_rows_where_there_is_room():
    assert drawn(100) == [
        "check     endpoint             status     why",
        "web       192.0.2.1:80/health  healthy    16 of 16 checkers up",
        "web-2     192.0.2.2:80         unhealthy  0 of 16 checkers up, Connection refused",
        "… 3 more",
    ]


def test_reasons_stand_below_their_rows_on_a_narrow_terminal_and_are_wrapped_by_words():
    assert drawn(42) == [
        "check     endpoint             status",
        "web       192.0.2.1:80/health  healthy",
        "  16 of 16 checkers up",
        "web-2     192.0.2.2:80         unhealthy",
        "  0 of 16 checkers up, Connection refused",
        "… 3 more",
    ]


def test_the_widest_column_is_cut_first_and_the_status_stays():
    assert drawn(30) == [
        "check    endpoint    status",
        "web      192.0.2.1:… healthy",
        "  16 of 16 checkers up",
        "web-2    192.0.2.2:… unhealthy",
        "  0 of 16 checkers up,",
        "  Connection refused",
        "… 3 more",
    ]


@pytest.mark.parametrize("width", [5, 20, 40, 60, 80, 200])
def test_no_line_is_wider_than_the_terminal_and_no_reason_is_lost(width):
    lines = drawn(width)
    assert all(len(line) <= width for line in lines)
    words = [word for line in lines for word in line.split()]
    assert width == 5 or {"refused", "Connection"} <= set(words)
