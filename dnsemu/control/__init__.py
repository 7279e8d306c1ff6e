"""Control: runs API commands one at a time, and reconciles the state with the files.

Start at `command_runner`. `reconciling` makes the state match what files declare; `publisher` publishes the state;
`live_world` reads the running server for commands; `ids` makes new ids. May import: clock, state, store, commands,
zone, answering, publication, faults.
"""
