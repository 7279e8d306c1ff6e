"""Hosted zone operations, with delegation sets and query logging.

Start at `hosted_zones`: the rows of zones, and the lookup that all operations share. `creation`, `deletion` and `lists`
have the larger operations.
"""
