"""Errors about CIDR collections."""

from dnsemu.commands.errors.kinds import BadRequest, Conflict, NotFound


class NoSuchCidrCollectionException(NotFound):
    """A request names a CIDR collection that does not exist."""

    def __init__(self, collection_id: str) -> None:
        super().__init__(f"No CIDR collection found with ID: {collection_id}")


class NoSuchCidrLocationException(NotFound):
    """A request names a location that the collection does not have (A288)."""


class CidrCollectionAlreadyExistsException(BadRequest):
    """Another collection has this name (A280)."""


class CidrCollectionInUseException(BadRequest):
    """A collection that has locations, or that record sets refer to, cannot be deleted (A287)."""


class CidrCollectionVersionMismatchException(Conflict):
    """A change was written for another version of the collection (R200)."""


class CidrBlockInUseException(BadRequest):
    """A block is in two locations, or record sets refer to a location that would go (A287)."""
