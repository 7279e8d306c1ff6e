"""The meter of the event loop's lateness."""

import asyncio

import pytest

from dnsemu.runtime.lateness import BOUNDS_S, WINDOW_S, Lateness, LatenessMeter, LatenessReader


@pytest.mark.parametrize(
    ("late_s", "bucket"),
    [(0.0, 0), (0.001, 0), (0.0011, 1), (0.02, 3), (3.0, 9), (9.0, 10)],
)
def test_a_delay_counts_in_the_bucket_with_the_next_bound(late_s, bucket):
    lateness = Lateness()
    lateness.add(late_s)
    assert lateness.counts == [int(index == bucket) for index in range(len(BOUNDS_S) + 1)]
    assert (lateness.sum_s, lateness.max_s) == (late_s, late_s)


def test_the_recent_maximum_is_forgotten_after_two_windows():
    meter = LatenessMeter()
    found = []
    for late_s, now in [(0.5, 0), (0.1, WINDOW_S - 1), (0.2, WINDOW_S), (0.1, 2 * WINDOW_S), (0.0, 3 * WINDOW_S)]:
        meter.note(late_s, now)
        found.append(meter.recent_max_s)
    assert found == [0.5, 0.5, 0.5, 0.2, 0.1]
    assert meter.total.max_s == 0.5


def test_a_reader_reports_each_delay_once_and_the_sum_of_reports_is_the_total():
    meter, total = LatenessMeter(), Lateness()
    reader = LatenessReader(meter)
    reports = []
    for late_s in (0.004, 0.3):
        meter.note(late_s, 1.0)
        reports.append(reader.read())
        total.merge(reports[-1])
    assert [sum(report.counts) for report in [*reports, reader.read()]] == [1, 1, 0]
    assert (total.counts, total.sum_s, total.max_s) == (meter.total.counts, meter.total.sum_s, 0.3)


def test_a_running_meter_notes_how_much_later_than_planned_its_timer_runs():
    """By the clock, the loop is held for 0.3 s after the start, and not at all later."""

    async def noted():
        times = iter([0.0, 0.31, 0.32, 0.33])
        meter = LatenessMeter(lambda: next(times, 1.0))
        found, is_done = [], asyncio.Event()

        def note(late_s, now):
            found.append(round(late_s, 6))
            if len(found) == 3:
                is_done.set()

        meter.note = note
        running = asyncio.create_task(meter.run())
        await is_done.wait()
        running.cancel()
        return found[:3]

    assert asyncio.run(noted()) == [0.3, 0.0, 0.0]
