"""Faults: what the user breaks on purpose.

Start at `failure_domains`, which finds everything that fails with a pattern, by `zone_search` and `unchecked`.
`forced_statuses` overlays health checks and targets by the rules that `force_rules` reads; `force_file` follows a
watched file of rules. `endpoint_faults` makes endpoints fail as
their checkers see. `api_errors` makes calls of the Route 53 API fail. May import: clock, wire, commands, publication,
files, zone.
"""
