"""Scales the rounds of random tests by the environment variable DNSEMU_TEST_ROUNDS."""

import os

ROUNDS = float(os.environ.get("DNSEMU_TEST_ROUNDS", "1"))
"""Multiplier of all random rounds: 1 for every day, 10 or 100 for a night, 0.1 for a first look."""


def rounds(number):
    """Returns a number of rounds, scaled; at least 1."""
    return max(1, round(number * ROUNDS))
