"""Errors about record sets: change batches, protections, the places of geolocation routing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class ProtectionFailure:
    """An entry of a protection request that cannot be processed; `code` is one of the service model's (A436)."""

    name: str
    type: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.code}: '{self.type} {self.name}': {self.message}"

    @property
    def member(self) -> Mapping[str, str]:
        """The entry as a ProtectionError of the service model."""
        return {"RecordName": self.name, "RecordType": self.type, "Code": self.code, "Message": self.message}


class InvalidResourceRecordSetProtectionBatch(BadRequest):
    """Some entries of a protection request cannot be processed (A435, A436)."""

    def __init__(self, failures: Sequence[ProtectionFailure]) -> None:
        sentences = [str(failure) for failure in failures]
        super().__init__(_listed(sentences))
        self.sentences = sentences
        self.members = {"Errors": [failure.member for failure in failures]}


class ProtectionAlreadyExists(Conflict):
    """Every entry of a protection request is protected already (A435, A436)."""

    def __init__(self, failures: Sequence[ProtectionFailure]) -> None:
        sentences = [str(failure) for failure in failures]
        super().__init__(_listed(sentences))
        self.sentences = sentences
        self.members = {"Errors": [failure.member for failure in failures]}


class NoSuchGeoLocation(NotFound):
    """Geolocation routing does not know the place (A333)."""


def _listed(messages: Sequence[str]) -> str:
    return f"[{', '.join(messages)}]"
