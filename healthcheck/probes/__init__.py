"""Probes: one attempt at an endpoint resolves its name, connects, sends a request and evaluates the response.

Start at `prober.Prober`. `http` and `tcp` are the two kinds of probes, `budgets` their time limits, which are in real
time; `closing` ends their connections; `partitions` lists the checkers that are cut off from networks,
`simulated` are endpoints that are up unless they fail on purpose. Imports
`config`, `healthcheck.checkers`, `healthcheck.http` and `healthcheck.verdict`.
"""
