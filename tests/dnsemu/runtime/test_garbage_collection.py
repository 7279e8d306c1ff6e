"""The garbage collector leaves alone what is no garbage, and goes on afterwards."""

import gc

import pytest

from dnsemu.runtime.garbage_collection import starting_up


@pytest.fixture
def _thawed():
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("_thawed")
def test_start_up_is_not_looked_through():
    with starting_up():
        assert not gc.isenabled()
        made = [[] for _ in range(10)]
    assert gc.isenabled()
    assert gc.get_freeze_count() > len(made)


@pytest.mark.usefixtures("_thawed")
def test_it_goes_on_after_a_refusal():
    with pytest.raises(ValueError), starting_up():
        raise ValueError
    assert gc.isenabled()
