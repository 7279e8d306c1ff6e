"""Control: runs API commands one at a time, and reconciles the state with the files.

Start at `command_runner`. `reconciling` makes the state match what files declare; `ids` makes new ids; `live_world` is
what commands may read of the running server. May import: commands, state, store, publication, answering.
"""
