"""Errors about traffic policies and their instances."""

from dnsemu.commands.errors.kinds import BadRequest, Conflict, NotFound


class NoSuchTrafficPolicy(NotFound):
    """A request names a traffic policy, or a version of one, that does not exist."""

    def __init__(self, policy_id: str, version: int | None = None) -> None:
        of_version = f" and version {version}" if version is not None else ""
        super().__init__(f"No traffic policy exists with the specified ID {policy_id}{of_version}.")


class InvalidTrafficPolicyDocument(BadRequest):
    """The document is not valid; the message says where (R191)."""


class TrafficPolicyAlreadyExists(Conflict):
    """Another traffic policy has this name (A300)."""


class TooManyTrafficPolicies(BadRequest):
    """The account has no room for another traffic policy (R209.12)."""


class TooManyTrafficPolicyVersionsForCurrentPolicy(BadRequest):
    """The traffic policy has had all the versions that it may have (A301)."""


class TrafficPolicyInUse(BadRequest):
    """A version that an instance uses cannot be deleted (R198)."""


# --- instances ---


class NoSuchTrafficPolicyInstance(NotFound):
    """A request names a traffic policy instance that does not exist."""

    def __init__(self, instance_id: str) -> None:
        super().__init__(f"No traffic policy instance exists with the specified ID {instance_id}.")


class TrafficPolicyInstanceAlreadyExists(Conflict):
    """The zone has an instance or a record set of this name and type (A310)."""


class TooManyTrafficPolicyInstances(BadRequest):
    """The account has no room for another instance (R209.12)."""


class ConflictingTypes(BadRequest):
    """The instance and the policy version are for different DNS types (A312)."""
