"""CIDR collections: named sets of client networks for IP-based routing (A280–A288).

Start at `collections`, which has the operations; `blocks` applies changes to the blocks of one collection.
"""
