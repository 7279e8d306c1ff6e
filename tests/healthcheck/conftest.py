"""Leaked sockets fail the tests."""

import gc

import pytest


@pytest.fixture(scope="module", autouse=True)
def _leaked_sockets_are_found():
    """Collects garbage after each module: a socket that was not closed then raises its ResourceWarning, an error here.

    Collecting after each probe would find the test too, but takes most of the tests' time.
    """
    yield
    gc.collect()
