"""Signals: CloudWatch alarms and routing controls (health-checks.md §8, §9, §16)."""

import pytest

from dnsemu.config.model.health_checks import HealthCheck, InsufficientData, MetricCheck, RecoveryCheck
from dnsemu.healthcheck.verdict.check_state import Overlay
from dnsemu.healthcheck.verdict.history import EventKind
from dnsemu.healthcheck.verdict.signals import Alarm, AlarmState, ControlState, NoSuchSource, RoutingControl, source_of
from tests.healthcheck.stage import DOWN, UP, Stage, calculated, endpoint

OK, ALARM, LACKING = AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA
ON, OFF = ControlState.ON, ControlState.OFF
ARN = "arn:aws:route53-recovery-control::1:controlpanel/a/routingcontrol/b"
CPU, CONTROL = Alarm("us-east-1", "cpu"), RoutingControl(ARN)


def metric(id="m", insufficient=InsufficientData.LAST_KNOWN, *, alarm=CPU, **flags):
    return HealthCheck(id, MetricCheck(alarm.region, alarm.name, insufficient), **flags)


def recovery(id="r", **flags):
    return HealthCheck(id, RecoveryCheck(ARN), **flags)


def staged(*checks):
    stage = Stage(is_stepped=True)
    stage.apply(*checks)
    return stage


@pytest.mark.parametrize(("insufficient", "states", "status"), [
    pytest.param(InsufficientData.HEALTHY, [], UP, id="H88 Healthy without any data"),
    pytest.param(InsufficientData.UNHEALTHY, [], DOWN, id="H88 Unhealthy without any data"),
    pytest.param(InsufficientData.LAST_KNOWN, [], UP, id="H88 LastKnownStatus without any is healthy (H71)"),
    pytest.param(InsufficientData.UNHEALTHY, [OK], UP, id="H87 OK is healthy"),
    pytest.param(InsufficientData.HEALTHY, [ALARM], DOWN, id="H87 ALARM is unhealthy"),
    pytest.param(InsufficientData.LAST_KNOWN, [ALARM, OK], UP, id="H87 the latest counts"),
    pytest.param(InsufficientData.HEALTHY, [ALARM, LACKING], UP, id="H88 Healthy when data ends"),
    pytest.param(InsufficientData.UNHEALTHY, [OK, LACKING], DOWN, id="H88 Unhealthy when data ends"),
    pytest.param(InsufficientData.LAST_KNOWN, [LACKING], UP, id="H88 LastKnownStatus, and there never was one"),
    pytest.param(InsufficientData.LAST_KNOWN, [OK, LACKING], UP, id="H88 LastKnownStatus was healthy"),
    pytest.param(InsufficientData.LAST_KNOWN, [ALARM, LACKING], DOWN, id="H88 H190 ALARM then too little data stays unhealthy"),
    pytest.param(InsufficientData.LAST_KNOWN, [ALARM, LACKING, LACKING], DOWN, id="H190 however often"),
    pytest.param(InsufficientData.LAST_KNOWN, [ALARM, LACKING, OK, LACKING], UP, id="H190 the last sufficient data counts"),
])  # fmt: skip
def test_alarms(insufficient, states, status):
    stage = staged(metric("m", insufficient))
    for state in states:
        stage.monitor.set_signal(CPU, state)
    assert stage.status("m") is status


@pytest.mark.parametrize(("states", "status"), [
    pytest.param([], UP, id="H93 healthy until first set"),
    pytest.param([ON], UP, id="H93 On"),
    pytest.param([OFF], DOWN, id="H93 Off"),
    pytest.param([OFF, ON], UP, id="H93 the latest counts"),
])  # fmt: skip
def test_routing_controls(states, status):
    stage = staged(recovery())
    for state in states:
        stage.monitor.set_signal(CONTROL, state)
    assert stage.status("r") is status


@pytest.mark.parametrize(("flags", "in_alarm", "on_ok"), [
    pytest.param({"inverted": True}, UP, DOWN, id="H72 H87 inverted"),
    pytest.param({"disabled": True}, UP, UP, id="H73 H87 disabled"),
    pytest.param({"disabled": True, "inverted": True}, DOWN, DOWN, id="H74 H87 both"),
])  # fmt: skip
def test_flags_apply_on_top(flags, in_alarm, on_ok):
    stage = staged(metric("m", **flags), recovery("r", **flags))
    stage.monitor.set_signal(CPU, ALARM)
    stage.monitor.set_signal(CONTROL, OFF)
    assert (stage.status("m"), stage.status("r")) == (in_alarm, in_alarm)
    stage.monitor.set_signal(CPU, OK)
    stage.monitor.set_signal(CONTROL, ON)
    assert (stage.status("m"), stage.status("r")) == (on_ok, on_ok)


def test_h71_an_inverted_metric_check_is_unhealthy_from_the_start():
    assert staged(metric("m", inverted=True)).status("m") is DOWN


def test_h87_two_checks_may_follow_one_alarm():
    stage = staged(metric("one"), metric("other", inverted=True), metric("else", alarm=Alarm("eu-west-1", "cpu")))
    stage.monitor.set_signal(CPU, ALARM)
    assert [stage.status(id) for id in ("one", "other", "else")] == [DOWN, UP, UP]
    assert [(event.check_id, event.at) for event in stage.changes] == [
        ("one", stage.clock.now()),
        ("other", stage.clock.now()),
    ]


@pytest.mark.parametrize(("signal", "state"), [(CPU, ALARM), (CONTROL, OFF)], ids=["H87", "H93"])
def test_a_signal_survives_a_declaration(signal, state):
    check = metric("c") if signal is CPU else recovery("c")
    stage = staged(check)
    stage.monitor.set_signal(signal, state)
    stage.apply(check, endpoint("another"))
    assert (stage.status("c"), stage.monitor.state("c").signal) == (DOWN, state)
    stage.apply(metric("c", inverted=True) if signal is CPU else recovery("c", inverted=True), endpoint("another"))
    assert stage.status("c") is UP
    assert stage.monitor.signals() == {signal: state}


def test_h88_h190_the_last_known_status_survives_a_declaration():
    stage = staged(metric())
    stage.monitor.set_signal(CPU, ALARM)
    stage.monitor.set_signal(CPU, LACKING)
    stage.apply(metric(), endpoint("another"))
    assert stage.status("m") is DOWN


def test_h102_a_later_check_follows_an_earlier_signal():
    stage = staged(metric("first"))
    stage.monitor.set_signal(CPU, ALARM)
    stage.apply(metric("first"), metric("later"))
    assert stage.status("later") is DOWN


def test_h87_another_alarm_is_followed_once_it_is_named():
    other = Alarm("us-east-1", "memory")
    stage = staged(metric(insufficient=InsufficientData.HEALTHY))
    stage.monitor.set_signal(CPU, ALARM)
    stage.apply(metric(insufficient=InsufficientData.HEALTHY, alarm=other))
    assert (stage.status("m"), stage.monitor.signals()) == (UP, {other: None})
    with pytest.raises(NoSuchSource):
        stage.monitor.set_signal(CPU, OK)


def test_h104_a_signal_is_forgotten_with_the_last_check_that_follows_it():
    stage = staged(metric())
    stage.monitor.set_signal(CPU, ALARM)
    stage.apply()
    stage.apply(metric())
    assert (stage.status("m"), stage.monitor.signals()) == (UP, {CPU: None})


@pytest.mark.parametrize(("source", "message"), [
    pytest.param(Alarm("eu-west-1", "cpu"), "no health check follows the alarm eu-west-1/cpu", id="H87 the Region counts"),
    pytest.param(RoutingControl("arn:none"), "no health check follows the routing control arn:none", id="H93 unknown"),
])  # fmt: skip
def test_signals_without_a_follower_are_refused(source, message):
    stage = staged(metric(), recovery())
    with pytest.raises(NoSuchSource, match=message) as caught:
        stage.monitor.set_signal(source, ALARM)
    assert caught.value.source == source
    assert stage.monitor.signals() == {CPU: None, CONTROL: None}


def test_h85_a_parent_follows_a_signal_at_once():
    stage = staged(calculated("sum", ["m", "r"], 2), metric(), recovery())
    stage.monitor.set_signal(CPU, ALARM)
    assert [(event.check_id, event.new) for event in stage.changes] == [("m", DOWN), ("sum", DOWN)]
    assert stage.changes[1].cause == "1 of 2 children healthy (m down), needs 2"


def test_h85_one_signal_may_move_several_children_in_one_step():
    stage = staged(calculated("either", ["m", "n"], 1), metric("m"), metric("n", inverted=True))
    assert stage.status("either") is UP
    stage.monitor.set_signal(CPU, ALARM)
    assert [event.check_id for event in stage.changes] == ["m", "n"]  # one of them is up at any time


def test_h161_h162_an_overlay_replaces_a_signal():
    stage = staged(metric(inverted=True))
    stage.monitor.set_overlays({"m": Overlay(UP, "m")})
    stage.monitor.set_signal(CPU, ALARM)
    assert (stage.status("m"), stage.monitor.state("m").observed) == (DOWN, UP)
    stage.monitor.set_overlays({})
    assert stage.status("m") is UP


@pytest.mark.parametrize(("check", "signals", "summary"), [
    pytest.param(metric(), [], "no alarm data, which counts as LastKnownStatus", id="H88 none yet"),
    pytest.param(metric(), [(CPU, ALARM)], "alarm ALARM", id="H87"),
    pytest.param(metric(insufficient=InsufficientData.UNHEALTHY), [(CPU, LACKING)],
                 "alarm INSUFFICIENT_DATA, which counts as Unhealthy", id="H88"),
    pytest.param(recovery(), [], "no routing control state, counts as On", id="H93 none yet"),
    pytest.param(recovery(), [(CONTROL, OFF)], "routing control Off", id="H93"),
])  # fmt: skip
def test_summaries(check, signals, summary):
    stage = staged(check)
    for signal in signals:
        stage.monitor.set_signal(*signal)
    assert stage.monitor.state(check.id).summary == summary


def test_a_signal_that_changes_no_status_is_not_recorded():
    stage = staged(metric())
    stage.monitor.set_signal(CPU, OK)
    stage.monitor.set_signal(CPU, LACKING)
    assert stage.history.since(0) == ()
    stage.monitor.set_signal(CPU, ALARM)
    assert [event.kind for event in stage.history.since(0)] == [EventKind.STATUS]


def test_only_checks_without_probes_follow_something():
    assert source_of(metric().config) == CPU
    assert source_of(recovery().config) == CONTROL
    assert source_of(endpoint("a").config) is source_of(calculated("sum", "a", 1).config) is None
