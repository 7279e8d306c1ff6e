"""What the user declared: names, record sets, hosted zones, health checks, and how files become a World.

Everything above imports this package; it imports none of the others. It never answers a query,
probes an endpoint or opens a socket.
"""
