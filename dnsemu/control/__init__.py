"""Control: runs API commands one at a time, and reconciles the state with the files.

Start at `command_runner`. `replacement` replaces the whole state, `reconciling` makes it match what files declare;
`publisher` compiles and publishes it;
`live_world` reads the running server for commands; `ids` makes new ids. May import: clock, state, store, commands,
zone, answering, publication, faults.
"""
