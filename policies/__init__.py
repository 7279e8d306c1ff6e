"""Route 53's routing policies as pure functions: which record sets may answer a client, and with which shares.

Each policy is one module: `weighted`, `failover`, `latency`, `geolocation`, `geoproximity`, `ip_based`, `multivalue`,
`simple`. Its `candidates` orders the record sets of a group for a client, its `shares` divides the answers among them:
weighted routing is decided in `weighted.shares`.

Start at `decide.decide`, the walk that all policies share: it adds health, failing open and aliases. `model` holds the
values, `location` turns a client's address into a place, `geodata` holds coordinates and latencies.

Imports only `config`. Nothing here draws random numbers, reads a clock or opens a socket. What a decision needs to know
of the server and of health checks comes through the `model.Surroundings` protocol.
"""
