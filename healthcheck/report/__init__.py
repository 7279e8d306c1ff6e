"""Reports on health checks: CloudWatch metrics, checker reports, histograms of durations."""
