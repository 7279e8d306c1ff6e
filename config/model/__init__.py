"""Declared data as immutable values: record sets, hosted zones, health checks, resources, settings.

Start with `world.py`, which holds all of them, and `record_sets.py`. Imports only `config.names` and `config.rdata`.
"""
