"""Faults: what the user breaks on purpose.

`forced_statuses` overlays health checks, by rules that `force_rules` reads and `matching` resolves; `force_file`
follows a watched file of them. `api_errors` makes calls of the Route 53 API fail. May import: clock, commands, files.
"""
