"""The declared World: immutable values for record sets, hosted zones, health checks, resources and settings."""
