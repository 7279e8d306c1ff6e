"""Drills: rehearsals of outages in virtual time, with expectations that pass or fail.

Start with `outcome.carry_out`. `file.reading` reads a drill file into the values of `model.py`. `running.py` lets the
product's own checkers, commands and scheduler live through the timeline, and records every change of answers and
endpoints. `answers.py` and `clients.py` are the client model: from the recorded answers to the exact expected use of
each, in closed form for all clients of a population. `measures.py` finds recovery times, `judging.py` gives verdicts,
`report.py` makes plain data. Imports everything below `app`, and `app` itself.
"""
