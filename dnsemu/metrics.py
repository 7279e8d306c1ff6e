"""Every metric, in one place: plain counters that others keep, read when Prometheus asks.

Labels come from closed sets: hosted zones, record types, rcodes, policies, health checks, Regions. Never a query name or
an address.
"""
