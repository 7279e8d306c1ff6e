"""Clients: the network that an answer is for, and the class of clients that get the same answers."""

from functools import lru_cache
from typing import NamedTuple

from dnsemu.policies.location.place import Place

MAX_CLIENT_CLASSES = 32_768

CidrLocation = tuple[str, str]
"""A location of a CIDR collection: the collection's id and the location's name."""


class Client(NamedTuple):
    """The network that an answer is for (R127), its place, and the CIDR locations that contain it.

    `address` is 4 or 16 bytes, truncated to `bits`; with 0 bits only the place is known. `cidr_locations` are those
    with a block that contains the whole network, longest block first (R94, R97).
    """

    address: bytes
    bits: int
    place: Place
    cidr_locations: tuple[CidrLocation, ...] = ()

    @classmethod
    def at_place(cls, place: Place) -> "Client":
        """A client of which only the place is known."""
        return cls(bytes(4), 0, place)


class ClientClass:
    """Identity of the clients that decisions cannot tell apart: one object for each combination, compared with `is`."""

    __slots__ = ()


@lru_cache(maxsize=MAX_CLIENT_CLASSES)
def _client_class(place: Place, cidr_locations: tuple[CidrLocation, ...], scope_bits: int) -> ClientClass:
    return ClientClass()


class Located(NamedTuple):
    """A located client, with the ECS scope: the bits of its address for which a client-dependent answer holds.

    Clients of one `client_class` get the same answers, with the same scope.
    """

    client: Client
    scope_bits: int
    client_class: ClientClass

    @classmethod
    def of(cls, client: Client, scope_bits: int) -> "Located":
        """The client with this scope and its class."""
        return cls(client, scope_bits, _client_class(client.place, client.cidr_locations, scope_bits))

    @property
    def place(self) -> Place:
        """The client's place."""
        return self.client.place

    def moved_to(self, place: Place) -> "Located":
        """The same client at another place; scope 0, because the place does not follow from its address."""
        return Located.of(self.client._replace(place=place), 0)
