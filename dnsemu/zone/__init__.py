"""Hosted zones compiled for look-up, and the look-up itself (routing.md §2).

Start at `lookup.lookup`, which finds what answers a question. It reads a `catalog.Catalog` of `compiled.Zone` values
through the protocol in `reader`. `compiled` compiles and recompiles zones, `resources` compiles AWS resources, `view`
says where queries come from. May import: wire. No sockets, no statuses of health checks.
"""
