"""Verdicts: from probe results to statuses. Pure: time is an argument, and nothing waits.

Start at `tracker.StatusTracker`, which holds a `check_state.HealthCheckState` for each health check. `streak` turns
results into a checker's vote, `quorum` votes into a status, `calculated` children's statuses into a parent's, `signals`
alarms and routing controls into a status. `snapshot` is what queries read, `history` the record of changes. Imports
`config` and `healthcheck.checkers`.
"""
