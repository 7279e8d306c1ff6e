"""Verdicts: from observations to statuses. Pure arithmetic and bookkeeping.

Start at `ledger.Ledger`: `streak` makes votes of observations, `quorum` a status of votes, `calculated` a parent's
status; `snapshot` is what queries read, `history` what happened.
"""
