"""Who asks: `Client`, its class, and how far an answer for it holds."""

from functools import lru_cache
from typing import NamedTuple

from dnsemu.policies.location.place import Place

MEMO_SIZE = 32_768
"""Client networks remembered by a `Locator`, under 10 MB when full."""


CidrLocation = tuple[str, str]
"""A location of a CIDR collection: the collection's id and the location's name."""


class Client(NamedTuple):
    """Who an answer is for: the network it speaks for (R127), where that is, and which CIDR locations hold it.

    `address` is 4 or 16 bytes, truncated to `bits`; no bits stand for a client of which only the place is known.
    `cidr_locations` are those with a block that holds the whole network, longest block first (R94, R97).
    """

    address: bytes
    bits: int
    place: Place
    cidr_locations: tuple[CidrLocation, ...] = ()

    @classmethod
    def somewhere(cls, place: Place) -> "Client":
        """A client of which nothing is known but its place."""
        return cls(bytes(4), 0, place)


class ClientClass:
    """What decisions see of a client; made once for each combination, so it is compared by identity."""

    __slots__ = ()


@lru_cache(maxsize=MEMO_SIZE)
def _class(place: Place, cidr_locations: tuple[CidrLocation, ...], scope_bits: int) -> ClientClass:
    return ClientClass()


class Located(NamedTuple):
    """A client, and how many bits of its address an answer that depends on it holds for: the ECS scope.

    Clients of one `client_class` get the same answers, with the same scope.
    """

    client: Client
    scope_bits: int
    client_class: "ClientClass"

    @property
    def place(self) -> Place:
        """The client's place."""
        return self.client.place

    def moved_to(self, place: Place) -> "Located":
        """The same client somewhere else, with nothing to tell of its network."""
        return located_at(self.client._replace(place=place), 0)


def located_at(client: Client, scope_bits: int) -> Located:
    return Located(client, scope_bits, _class(client.place, client.cidr_locations, scope_bits))
