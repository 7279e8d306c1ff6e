"""The churn benchmark finds gaps, differences and impossible changes in its events."""

from importlib import import_module
from pathlib import Path

import pytest


@pytest.fixture
def accounts(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return import_module("accounts")


def change(number, old, new, check="c"):
    return {"id": f"run-{number}", "kind": "status", "check": check, "old": old, "new": new}


DOWN, UP = change(1, "healthy", "unhealthy"), change(2, "unhealthy", "healthy")


@pytest.mark.parametrize(
    ("events", "last", "said"),
    [
        pytest.param([DOWN, UP], 2, [], id="all are there"),
        pytest.param([UP], 2, ["event 2 follows 0"], id="the first is missing"),
        pytest.param([DOWN], 2, ["event 3 follows 1"], id="the last is missing"),
        pytest.param([DOWN, DOWN, UP], 2, ["event 1 follows 1"], id="one comes twice"),
    ],
)
def test_gaps(accounts, events, last, said):
    assert list(accounts.gaps(events, last)) == said


@pytest.mark.parametrize(
    ("chosen", "is_the_same"),
    [
        pytest.param([DOWN, UP], True, id="the same"),
        pytest.param([DOWN], False, id="one is missing"),
        pytest.param([DOWN, UP, UP], False, id="one comes twice"),
        pytest.param([DOWN, {**UP, "check": "d"}], False, id="one differs"),
    ],
)
def test_differences(accounts, chosen, is_the_same):
    everything = [DOWN, UP, {**UP, "id": "run-3", "kind": "vote"}]
    assert (not list(accounts.differences(everything, chosen, "status"))) is is_the_same


@pytest.mark.parametrize(
    ("changes", "status", "fits"),
    [
        pytest.param([DOWN, UP], "healthy", True, id="down and up again"),
        pytest.param([], "healthy", True, id="nothing happened"),
        pytest.param([DOWN], "healthy", False, id="the final status differs"),
        pytest.param([UP], "healthy", False, id="it was up already"),
        pytest.param([DOWN, DOWN], "unhealthy", False, id="it was down already"),
        pytest.param([change(1, "healthy", "healthy")], "healthy", False, id="no change at all"),
    ],
)
def test_breaks(accounts, changes, status, fits):
    assert (not list(accounts.breaks(changes, {"c": status}))) is fits


@pytest.mark.parametrize(
    ("told", "most", "said"),
    [
        pytest.param({"c": 2}, {"c": 2}, 0, id="as often as told"),
        pytest.param({"c": 3}, {"c": 3}, 1, id="one was missed"),
        pytest.param({"c": 1}, {"c": 3}, 1, id="one too many"),
        pytest.param({"c": 2}, {"c": 1}, 1, id="more often than the endpoint"),
        pytest.param({"c": 2, "d": 1}, {"c": 2, "d": 1}, 1, id="another never changed"),
        pytest.param({}, {}, 2, id="it should never have changed"),
    ],
)
def test_astray(accounts, told, most, said):
    assert len(list(accounts.astray([DOWN, UP], told, most))) == said
