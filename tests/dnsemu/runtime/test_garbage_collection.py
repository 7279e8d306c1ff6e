"""Start-up freezes what it makes and runs no collection meanwhile."""

import gc

import pytest

from dnsemu.runtime.garbage_collection import gc_deferred, gc_paused


@pytest.fixture(autouse=True)
def _thawed():
    """Nothing is frozen in the test; everything is afterwards, as `tests/conftest.py` left it."""
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.freeze()


def test_start_up_is_frozen_and_not_collected():
    with gc_paused():
        assert not gc.isenabled()
        made = [[] for _ in range(10)]
    assert gc.isenabled()
    assert gc.get_freeze_count() > len(made)


def test_collection_goes_on_after_a_refusal():
    with pytest.raises(ValueError), gc_paused():
        raise ValueError
    assert gc.isenabled()


def test_deferrals_overlap():
    """The first one to end does not bring full collections back, and the last one does."""
    before = gc.get_threshold()
    first, second = gc_deferred(), gc_deferred()
    first.__enter__()
    deferred = gc.get_threshold()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold() == deferred != before
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before
