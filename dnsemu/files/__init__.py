"""Declared files: read in a child process, watched, and read again when they change.

Start at `declared_files`. `reading` streams what a child process read and compiled; `watch` notices changes,
and `pipes` gives up a pipe that is not closed.
`snapshots` reads a snapshot in a child process, as a client sends it.
May import: state, store, commands, publication, zone.
"""
