"""Reports on health checks: CloudWatch metrics, checker reports, histograms of durations.

Start at `cloudwatch`, the metrics of a check, or `checker_reports`, the answers of Route 53's two status calls;
`durations` is a Prometheus histogram. Imports `config`, `healthcheck.checkers` and `healthcheck.verdict`.
"""
