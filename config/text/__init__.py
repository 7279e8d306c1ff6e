"""Notations that users write: durations, times, socket addresses; one module each, to be read in any order.

Imports only `config.errors`.
"""
