"""What-if: simulates endpoint failures and reports the answers each client population would get.

Start at `plan.what_if`. `failures` lists what can fail, `clients` the populations, `tree` the answers within reach,
`findings` and `defects` what is wrong, `report` the result as plain data. May import: zone, answering, publication,
explain, and failure domains from faults.
"""
