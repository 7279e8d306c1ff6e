"""Rounding of prices."""


def rounded(cents):
    return round(cents / 100, 2)
