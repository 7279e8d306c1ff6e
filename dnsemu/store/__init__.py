"""Durability: where the API's state is kept, and the files that carry it from one emulator to another.

A store takes the writes of a step and gives back the state. It decides nothing: what a row means is up to the commands.
"""
