"""Declared data: names, record sets, hosted zones, health checks; files are read, checked and merged into one `World`.

Start with `model/world.py`, the result, and `file/load.py`, which makes it from files. Every other area imports this
one; it imports only itself. It never answers a query, probes an endpoint or opens a socket.
"""
