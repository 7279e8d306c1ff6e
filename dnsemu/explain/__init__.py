"""Explanations: the reasons for an answer, as plain data and as text.

Start at `tree.explain`. `text` renders a tree for people, `over_dns` answers `TXT NAME._explain`, `questions` reads
questions, `shares` sums the exact shares of one client, `status` lists groups with their shares. May import: wire,
zone, answering, publication.
"""
