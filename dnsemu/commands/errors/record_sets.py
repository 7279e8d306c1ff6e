"""Errors about record sets: change batches, protections, the places of geolocation routing."""

from collections.abc import Sequence

from dnsemu.commands.errors.kinds import BadRequest, Conflict, NotFound


class InvalidChangeBatch(BadRequest):
    """A change batch cannot be applied; the message lists what is wrong with all its changes (A21, A115)."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__(_listed(messages))
        self.sentences = messages


class NoSuchChange(NotFound):
    """A request names a change that does not exist, or that was forgotten (A213)."""

    def __init__(self, change_id: str) -> None:
        super().__init__(f"Could not find resource with ID: {change_id}")


class InvalidResourceRecordSetProtectionBatch(BadRequest):
    """Some entries of a protection request cannot be processed (A435)."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__(_listed(messages))
        self.sentences = messages


class ProtectionAlreadyExists(Conflict):
    """Every entry of a protection request is protected already (A435)."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__(_listed(messages))
        self.sentences = messages


class NoSuchGeoLocation(NotFound):
    """Geolocation routing does not know the place (A333)."""


def _listed(messages: Sequence[str]) -> str:
    return f"[{', '.join(messages)}]"
