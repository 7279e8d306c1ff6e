"""Faults: what the user breaks on purpose.

`forced_statuses` overlays health checks, by rules that `force_rules` reads and `matching` resolves; `force_file`
follows a watched file of them. May import: files, publication.
"""
