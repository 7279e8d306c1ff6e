"""Some seeds of `fuzzing`, and those that found something."""

import random

import pytest

from tests.hostile.fuzzing import PURE, cases

EVERY_DAY = range(15)
FOUND = [("snapshots", 100207), ("snapshots", 100226), ("snapshots", 101081)]
"""Case and seed, as `make fuzz` prints them."""


@pytest.fixture(scope="module")
def known():
    with cases() as found:
        yield found


@pytest.mark.parametrize("case", [*PURE, "requests"])
def test_seeds(case, known):
    for seed in EVERY_DAY:
        known[case](random.Random(seed))


@pytest.mark.parametrize(("case", "seed"), FOUND)
def test_seeds_that_found_something(case, seed, known):
    known[case](random.Random(seed))
