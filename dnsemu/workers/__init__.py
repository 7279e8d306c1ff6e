"""Workers: several processes that answer DNS from a replica of what the control plane publishes.

The process that was started is the control plane: files, store, API, health checks. It opens all sockets, replicates to
the workers, and answers on the sockets of a worker that is not running. A worker decides as one process would, and
keeps nothing on disk but its lines of the query log.

Start at `pool`: it keeps a process in each `slot`, through a `handle`. `backlog` holds what a worker has not received,
`replication` cuts it into messages, `channel` carries them to the `program` in the child, whose `replica` applies them.
Without workers, `in_process` answers; `starting` chooses. May import: clock, runtime, wire, zone,
answering, publication, upstream, query_log, server.
"""

MAX_WORKERS = 64
