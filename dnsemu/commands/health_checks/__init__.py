"""Health check operations (H95–H124).

Start at `health_checks`, which creates, shows, changes and deletes. `status` returns observations. `conversion`
converts between the API's HealthCheckConfig and the declared health check.
"""
