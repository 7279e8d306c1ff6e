"""Drill files: YAML to the values of `drill.model`, with every error at its `file:line`.

Start with `reading.read_drill`. `shapes` has the fields, `events` reads the timeline, `expectations` reads what is
expected.
"""
