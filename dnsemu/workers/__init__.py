"""Answering DNS in several processes: workers answer from a copy of what the control plane publishes.

The process that was started stays the control plane: files, store, API, health checks. It opens all sockets, keeps the
workers' copies true, and stands in for a worker that is not there. A worker decides nothing that one process would
decide otherwise, and writes nothing down.
"""

MAX_WORKERS = 64
