"""The list order of a zone's record sets: compared with a naive sort, and kept through changes (A200)."""

import pickle
from contextlib import closing
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnsemu.config import names
from dnsemu.config.model import list_order
from dnsemu.config.model.list_order import ListOrder, Preparation, list_name
from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.config.rdata.rrtypes import RRType
from tests.config.model.listed import IDENTITIES, naive, record_sets


def hosts(*labels):
    return record_sets([(f"{label}.example.test", RRType.A, "a") for label in labels])


def in_order(held):
    return sorted(held.values(), key=naive)


@pytest.fixture
def prepared(monkeypatch):
    """Collects all preparations that are started."""
    begun = []

    class Counted(Preparation):
        def __init__(self, of):
            begun.append(self)
            super().__init__(of)

    monkeypatch.setattr("dnsemu.config.model.zone_contents.Preparation", Counted)
    return begun


@settings(deadline=None)
@given(IDENTITIES)
def test_a200_as_a_naive_sort(identities):
    held = record_sets(identities)
    assert list(held.listed()) == in_order(held)


@settings(deadline=None)
@given(IDENTITIES, IDENTITIES, IDENTITIES, st.booleans())
def test_an_order_that_was_carried_over_is_that_of_a_new_mapping(before, gone, put, was_listed):
    held, dropped, added = record_sets(before), record_sets(gone), record_sets(put)
    if was_listed:
        list(held.listed())
    after = held.changed([key for key in dropped if key in held], added.values())
    assert list(after.listed()) == list(RecordSets(after).listed()) == in_order(after)
    assert list(held.listed()) == in_order(held)


@settings(deadline=None)
@given(st.lists(st.sets(st.integers(0, 60), max_size=30), max_size=8))
def test_parts_are_divided_and_dropped_as_names_come_and_go(versions):
    order, present = ListOrder(), set()
    with patch.object(list_order, "MAX_PART_NAMES", 4):
        for version in versions:
            wanted = {names.parse(f"h{number}.example.test") for number in version}
            order = order.updated(wanted ^ present, wanted.__contains__)
            present = wanted
            assert list(order.names_from("")) == sorted(wanted, key=list_name)
            assert len(order.parts) == len(order.starts)
            assert all(0 < len(part) <= 4 for part in order.parts[1:])


def test_a_name_that_stays_costs_no_new_order():
    order = ListOrder().updated([names.parse("a.test")], lambda _: True)
    assert order.updated([names.parse("a.test")], lambda _: True) is order
    assert order.updated([names.parse("b.test")], lambda _: False) is order


# --- in pieces ---


def test_the_order_of_a_large_zone_is_worked_out_in_pieces(prepared):
    held = hosts(*(f"h{number}" for number in range(5 * list_order.NAMES_PER_PIECE)))
    assert sum(1 for _ in held.prepare_order()) > 10
    assert list(held.listed()) == in_order(held)
    assert list(held.prepare_order()) == []
    assert len(prepared) == 1


def test_names_that_come_and_go_while_an_order_is_worked_out_find_their_place(prepared):
    number = 3 * list_order.NAMES_PER_PIECE
    held = hosts(*(f"h{n}" for n in range(number)))
    for turn, _ in enumerate(held.prepare_order()):
        gone = [(names.parse(f"h{turn}.example.test"), RRType.A, "a")]
        held = held.changed(gone, hosts(f"new{turn}").values())
    assert turn > 5
    assert len(held) == number
    assert list(held.prepare_order()) == []
    assert list(held.listed()) == in_order(held)
    assert len(prepared) == 1


def test_those_who_wait_for_one_order_share_the_work(prepared):
    held = hosts(*(f"h{n}" for n in range(1000)))
    alone = sum(1 for _ in RecordSets(held).prepare_order())
    first = held.prepare_order()
    next(first)
    second = held.changed(put=hosts("x").values()).prepare_order()
    shared = sum(1 for _ in zip(first, second, strict=False))
    assert shared <= alone // 2 + 1
    assert len(prepared) == 2


def test_an_order_that_nobody_waits_for_any_more_is_given_up(prepared):
    held = hosts(*(f"h{n}" for n in range(1000)))
    with closing(held.prepare_order()) as left:
        next(left)
        during = held.changed(put=hosts("during").values())
    after = held.changed(put=hosts("after").values())
    assert prepared[0].is_abandoned
    for one in (held, during, after):
        assert list(one.listed()) == in_order(one)
    assert len(prepared) == 4


# --- what has none ---


def test_a_zone_that_is_never_listed_has_no_order(prepared):
    held = hosts("a", "b")
    for number in range(10):
        held = held.changed(put=hosts(f"h{number}").values())
        assert (names.parse("a.example.test"), RRType.A, "a") in held
        assert held.has_group(names.parse("b.example.test"), RRType.A)
        assert held.at(names.parse("a.example.test"))
    assert not prepared
    assert held._order is None


def test_an_order_is_not_pickled(prepared):
    held = hosts("a", "b")
    before = pickle.dumps(held)
    list(held.listed())
    assert pickle.dumps(held) == before
    assert pickle.loads(before)._order is None
