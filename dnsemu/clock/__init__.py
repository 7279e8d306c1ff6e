"""Emulated time: the clock, and the scheduler of timers and jobs on it.

Start at `clock.Clock`. `scheduler.Scheduler` runs what is due, as time passes or when the clock is advanced; `jobs`
holds timers, jobs and their queue; `spec` parses the clock given on the command line. Imports only `config`: every room
that waits or stamps imports this one.
"""
