"""Emulated time: the clock, and the scheduler of everything that falls due on it.

Start at `clock.Clock`. `scheduler` follows the clock as time passes, or steps through it; `jobs` are what it runs;
`spec` reads a clock from the command line. Used by every room that waits or stamps, so it imports none of them.
"""
