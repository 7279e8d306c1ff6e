"""What-if: simulates endpoint failures and reports the answers each client population would get.

Start at `plan.what_if`. `tree` holds all possible answers, `failures` the scenarios, `clients` the audiences;
`findings` and `defects` describe problems, `rules` forbids them, `report` is the result as plain data. May import:
zone, answering, publication, explain, and failure domains from faults.
"""
