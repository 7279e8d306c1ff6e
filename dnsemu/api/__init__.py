"""The HTTP port: control API, metrics, readiness. It spells commands and reads what is published."""
