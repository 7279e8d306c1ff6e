"""The emulated clock (health-checks.md H67, H166)."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.clock.clock import MAX_SPEED, MIN_SPEED, Clock
from dnsemu.clock.spec import parse_clock

START = 1_000_000.0


class Machine:
    """Real time, set by the test."""

    def __init__(self):
        self.now = 50.0

    def __call__(self):
        return self.now


@pytest.fixture
def machine():
    return Machine()


def test_it_begins_with_the_machines_time():
    before = time.time()
    clock = Clock()
    assert before - 0.001 <= clock.now() <= time.time() + 0.001
    assert abs(clock.offset_s) < 1e-3


@pytest.mark.parametrize(("speed", "passed_s"), [(1.0, 10.0), (60.0, 600.0), (0.25, 2.5)])
def test_h67_it_runs_at_its_speed(machine, speed, passed_s):
    clock = Clock(start=START, speed=speed, monotonic=machine)
    machine.now += 10
    assert clock.now() == START + passed_s
    assert (clock.speed, clock.running_speed, clock.is_paused) == (speed, speed, False)


def test_h67_a_paused_clock_moves_only_when_it_is_moved(machine):
    clock = Clock(start=START, is_paused=True, monotonic=machine)
    machine.now += 10
    assert clock.now() == START
    assert (clock.speed, clock.running_speed, clock.is_paused) == (0.0, 1.0, True)
    clock.move_to(START + 1.5)
    assert clock.now() == START + 1.5


def test_a_pause_costs_no_emulated_time(machine):
    clock = Clock(start=START, speed=2.0, monotonic=machine)
    machine.now += 5
    clock.pause()
    machine.now += 1000
    assert (clock.now(), clock.speed, clock.running_speed) == (START + 10, 0.0, 2.0)
    clock.resume()
    machine.now += 5
    assert (clock.now(), clock.speed) == (START + 20, 2.0)


def test_another_speed_holds_from_now_on(machine):
    clock = Clock(start=START, monotonic=machine)
    machine.now += 5
    clock.set_speed(100)
    machine.now += 1
    assert clock.now() == START + 105


def test_a_speed_set_while_paused_holds_once_it_runs(machine):
    clock = Clock(start=START, is_paused=True, monotonic=machine)
    clock.set_speed(10)
    machine.now += 5
    assert (clock.now(), clock.is_paused) == (START, True)
    clock.resume()
    machine.now += 5
    assert clock.now() == START + 50


@pytest.mark.parametrize("speed", [0, -1, MIN_SPEED / 2, MAX_SPEED * 2, float("inf"), float("nan")])
def test_a_speed_out_of_range_is_refused(machine, speed):
    clock = Clock(start=START, monotonic=machine)
    with pytest.raises(ValueError, match=r"a speed is a number from 0\.001 to 10000"):
        clock.set_speed(speed)
    assert clock.speed == 1.0


def test_it_never_goes_back(machine):
    clock = Clock(start=START, monotonic=machine)
    clock.move_to(START - 100)
    assert clock.now() == START


def test_a_running_clock_runs_on_from_where_it_was_moved_to(machine):
    clock = Clock(start=START, speed=3.0, monotonic=machine)
    machine.now += 10
    clock.move_to(START + 90)
    machine.now += 10
    assert clock.now() == START + 120


@pytest.mark.parametrize(("clock", "left_s"), [
    pytest.param({}, 30.0, id="real time"),
    pytest.param({"speed": 60.0}, 0.5, id="sped up"),
    pytest.param({"is_paused": True}, None, id="paused: unknown"),
])  # fmt: skip
def test_real_seconds_until_an_instant(machine, clock, left_s):
    clock = Clock(start=START, monotonic=machine, **clock)
    assert clock.real_s_until(START + 30) == left_s


def test_no_real_seconds_are_left_until_a_past_instant(machine):
    assert Clock(start=START, monotonic=machine).real_s_until(START - 5) == 0.0


@pytest.mark.parametrize("is_paused", [False, True])
def test_after_a_pause_it_goes_on_as_before(machine, is_paused):
    clock = Clock(start=START, is_paused=is_paused, monotonic=machine)
    with clock.paused():
        machine.now += 7
        assert (clock.now(), clock.is_paused) == (START, True)
    machine.now += 1
    assert (clock.now(), clock.is_paused) == (START + (not is_paused), is_paused)


def test_after_a_failure_while_paused_it_runs_on(machine):
    clock = Clock(start=START, monotonic=machine)
    with pytest.raises(RuntimeError), clock.paused():
        raise RuntimeError("a fault meanwhile")
    assert not clock.is_paused


def test_listeners_are_called_after_every_change(machine):
    clock, speeds = Clock(start=START, monotonic=machine), []
    clock.on_change(lambda: speeds.append(clock.speed))
    clock.pause()
    clock.resume()
    clock.set_speed(5)
    assert speeds == [0.0, 1.0, 5.0]


def test_its_offset_is_its_time_minus_the_machines(machine):
    clock = Clock(speed=10.0, monotonic=machine, wall=lambda: machine.now + 1e9)
    machine.now += 6
    assert clock.offset_s == pytest.approx(54.0, abs=1e-4)


def test_its_offset_tells_when_the_machines_clock_was_set(machine):
    wall = [1e9]
    clock = Clock(monotonic=machine, wall=lambda: wall[0])
    machine.now += 6
    wall[0] += 3606
    assert (clock.now(), clock.offset_s) == (1e9 + 6, -3600.0)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("wait"), st.floats(0, 1e4)),
            st.tuples(st.just("move"), st.floats(-1e4, 1e4)),
            st.tuples(st.just("speed"), st.floats(MIN_SPEED, MAX_SPEED)),
            st.tuples(st.sampled_from(["pause", "resume"]), st.none()),
        ),
        max_size=30,
    )
)
def test_it_never_goes_back_whatever_the_steps(steps):
    machine = Machine()
    clock = Clock(start=START, monotonic=machine)
    last = clock.now()
    for step, value in steps:
        match step:
            case "wait":
                machine.now += value
            case "move":
                clock.move_to(clock.now() + value)
            case "speed":
                clock.set_speed(value)
            case "pause":
                clock.pause()
            case "resume":
                clock.resume()
        assert clock.now() >= last - 1e-6  # rounding
        last = clock.now()


def disturb(clock, machine):
    """Moves a clock, changes its speed, lets it run, and pauses or resumes it."""
    clock.move_to(clock.now() + 3600)
    clock.set_speed(100)
    clock.resume()
    machine.now += 7
    if clock.running_speed:
        clock.pause()


def test_a_restarted_clock_that_stood_still_is_at_its_first_instant(machine):
    clock, told = Clock(start=START, is_paused=True, monotonic=machine), []
    disturb(clock, machine)
    clock.on_change(lambda: told.append(clock.now()))
    assert clock.restart() == -(3600 + 700)
    assert (clock.now(), clock.speed, clock.running_speed, clock.is_paused) == (START, 0.0, 1.0, True)
    assert told == [START]


def test_a_restarted_clock_without_a_given_time_stands_still_where_it_began(machine):
    clock = Clock(is_paused=True, monotonic=machine)
    began = clock.now()
    disturb(clock, machine)
    clock.restart()
    assert clock.now() == began


@pytest.mark.parametrize("speed", [1.0, 10.0])
def test_a_restarted_clock_that_ran_has_the_machines_time(machine, speed):
    clock = Clock(speed=speed, monotonic=machine, wall=lambda: START + machine.now)
    disturb(clock, machine)
    clock.restart()
    assert clock.offset_s == pytest.approx(0, abs=1e-6)
    assert (clock.speed, clock.is_paused) == (speed, False)
    machine.now += 5
    assert clock.offset_s == pytest.approx(5 * (speed - 1), abs=1e-6)


@pytest.mark.parametrize("text", ["real", "speed=10", "virtual", "virtual=2026-01-31T12:00:00Z"])
def test_h67_a_clock_of_the_command_line_restarts_as_it_was_given(text):
    clock = parse_clock(text)
    before = clock.speed, clock.running_speed, clock.is_paused
    clock.set_speed(3)
    clock.resume()
    clock.restart()
    assert (clock.speed, clock.running_speed, clock.is_paused) == before
