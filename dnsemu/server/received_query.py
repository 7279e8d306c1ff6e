"""A query as the server received it, and the client that it counts for."""

from typing import NamedTuple

from dnsemu.answering.counters import UDP
from dnsemu.policies.location.client import Located
from dnsemu.policies.location.locator import Locator
from dnsemu.policies.location.place import Place
from dnsemu.wire.addresses import packed_address
from dnsemu.wire.query import Query
from dnsemu.wire.rendering import size_limit
from dnsemu.zone.view import View


class ReceivedQuery(NamedTuple):
    """A query, the packet that it came in, and its origin.

    `source` is the sender's IP address as text. `protocol` is an index in a `ReplyCount`. `place` is the place of all
    clients of the listener, if it has one.
    """

    query: Query
    packet: bytes
    source: str
    protocol: int
    place: Place | None
    view: View

    @property
    def max_reply_bytes(self) -> int:
        """The longest reply that the sender takes."""
        return size_limit(self.query.edns, over_udp=self.protocol == UDP)

    @property
    def is_located_by_subnet(self) -> bool:
        """True if the EDNS client subnet decides the client, and not the sender (R127, R130)."""
        edns = self.query.edns
        return edns is not None and edns.client_subnet is not None and edns.client_subnet.is_usable

    def located(self, locator: Locator) -> Located:
        """Locates the client: by the EDNS client subnet if it is usable, else by the sender (R127, R130)."""
        subnet = self.query.edns.client_subnet if self.query.edns else None
        if subnet is not None and subnet.is_usable:
            return locator.locate(subnet.padded_address, subnet.source_bits)
        located = locator.locate_sender(packed_address(self.source))
        return located if self.place is None else located.moved_to(locator.with_latencies(self.place))
