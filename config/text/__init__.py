"""Notations that users write: durations, times, socket addresses, ids; and suggestions for misspelled words.

The modules are independent of each other. Imports only `config.errors`.
"""
