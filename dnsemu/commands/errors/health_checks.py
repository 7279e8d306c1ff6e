"""Errors about health checks."""

from dnsemu.commands.errors.kinds import BadRequest, Conflict, NotFound


class NoSuchHealthCheck(NotFound):
    """A request or a record set names a health check that does not exist (A120, H103)."""

    def __init__(self, check_id: str) -> None:
        super().__init__(f"No health check exists with the specified ID {check_id}")


class HealthCheckAlreadyExists(Conflict):
    """The caller reference is taken by a health check with another configuration (H96)."""


class HealthCheckVersionMismatch(Conflict):
    """An update was written for another version of the health check (H99)."""


class TooManyHealthChecks(BadRequest):
    """The account has no room for another health check (H107)."""


class HealthCheckInUse(BadRequest):
    """Calculated health checks have the health check as a child (H106)."""


class IncompatibleVersion(BadRequest):
    """The health check was made with a newer version of the API."""


# --- health check sources ---


class NoSuchHealthCheckSource(NotFound):
    """A request names a health check source that does not exist; dnsemu has none (A451)."""

    def __init__(self, source_id: str) -> None:
        super().__init__(f"No health check source exists with the specified ID {source_id}")


class HealthCheckSourceAlreadyExists(Conflict):
    """The caller reference is taken by a health check source with another configuration."""


class TooManyHealthCheckSources(BadRequest):
    """The account has no room for another health check source."""
