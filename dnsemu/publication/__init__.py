"""Publication: compiles the declared state and publishes it to the DNS side.

Start at `board.Board`, the one cell that queries read. `propagation` follows the change feed; `publishing` makes the
next published value at the cost of what changed; `freeing` frees the old one in pieces; `target_hosts` looks up
resources' host names. May import: clock, state, zone, commands (traffic).
"""
