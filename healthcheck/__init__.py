"""Health checks: probes of endpoints, the verdicts that follow from them, and the snapshot that queries read.

Start at `monitor.HealthMonitor`: it schedules probes (`probes`), and passes results to `verdict`, which computes
statuses and publishes them on the `HealthBoard`. `report` turns them into CloudWatch metrics and checker reports;
`checkers` are the simulated checkers in their Regions. Imports `config` and, in `monitor`, the clock. It answers no
query and knows no record sets.
"""
