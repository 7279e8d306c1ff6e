"""Explanations: why an answer is given, as plain data and as text.

Start at `tree.explain`. `text` renders a tree for people, `over_dns` answers `TXT NAME._explain`; `questions` reads
what was asked, `shares` sums the exact shares of one client, `status` says who serves what. May import: answering,
publication's values.
"""
