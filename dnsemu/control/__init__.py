"""Control: runs API commands one at a time, reconciles the state with the files, and resets the server.

Start at `command_runner`. `replacement` replaces the whole state, `reconciling` makes it match what files declare;
`publisher` compiles and publishes it; `resetting` puts the server back to its state just after the start;
`live_world` reads the running server for commands; `ids` makes new ids. May import: clock, runtime, state, store,
commands, zone, answering, publication, faults.
"""
