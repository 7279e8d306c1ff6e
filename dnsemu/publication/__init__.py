"""Publication: what is declared, compiled and published for those who answer.

Start at `board.Board`, the one cell that queries read. `publishing` makes the next value of it at the cost of what
changed; `freeing` frees the old one in pieces; `target_hosts` looks up resources' host names. May import: state, zone,
commands' traffic.
"""
