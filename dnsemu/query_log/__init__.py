"""The query log: one line for each answer from a public hosted zone, in Route 53's format.

Start at `query_log`. `log_file` appends lines in a separate thread; `edge_locations` finds the edge location that a
line names. May import: wire, zone, answering, publication.
"""
