"""The HTTP port: control API, metrics, readiness.

Start at `server.HttpPort`; `calls/` has one module a subject, each given the few objects that it reads, and `control`
joins them. `guard` refuses foreign hosts and origins. May import: control, explain, what_if, faults and below.
"""
