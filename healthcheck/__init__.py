"""Health checks: live probes, the arithmetic that makes verdicts of them, and the snapshot queries read.

It never answers a query and never looks at record sets.
"""
