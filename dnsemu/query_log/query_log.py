"""The query log: a line for each answer out of a public hosted zone, in Route 53's format (routing.md §11)."""

import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, NamedTuple

from dnsemu.answering.counters import PROTOCOLS
from dnsemu.config import names
from dnsemu.config.names import ROOT, DName
from dnsemu.policies.location.locator import Locator
from dnsemu.policies.location.place import Place
from dnsemu.publication.board import Board
from dnsemu.query_log.edge_locations import nearest_edge
from dnsemu.query_log.log_file import LogFile
from dnsemu.wire.addresses import packed_address
from dnsemu.wire.edns import ClientSubnet
from dnsemu.wire.protocol import RCODE_MASK, RCode
from dnsemu.wire.qtypes import registered_type_text
from dnsemu.wire.query import Query
from dnsemu.zone.compiled import Zone

VERSION = "1.0"
MAX_SENDERS = 1 << 16
"""Senders whose place is remembered."""

CallSoon = Callable[[Callable[[], None]], Any]
"""Has something called after what is being done just now, as `call_soon` of an event loop."""


class Line(NamedTuple):
    """What a line says of every answer to one packet: what goes before the edge location and behind the sender.

    `edge` is the edge location where that does not follow from the sender.
    """

    before: str
    edge: str | None
    after: str


class QueryLog:
    """Notes answers as they are sent, and writes them down between two turns of the event loop.

    To note one costs an entry in a list. The text is made afterwards here, in batches as small as what came in one
    turn, and not by the thread that writes it, which would hold the interpreter for milliseconds at a time.
    """

    def __init__(self, file: LogFile, board: Board, now: Callable[[], float], call_soon: CallSoon) -> None:
        """Log to a file.

        Args:
            board: says where senders are.
            now: the emulator's time, in seconds since the epoch.
        """
        self._file = file
        self._board = board
        self._now = now
        self._call_soon = call_soon
        self._entries: list[tuple[float, Line, str]] = []
        self._senders: dict[str, tuple[str, str]] = {}
        """Each sender's edge location and address, as they are written."""
        self._locator: Locator | None = None
        """What said where they are."""
        self._second = -1
        self._stamp = ""

    @property
    def path(self) -> str:
        """Where the file is."""
        return self._file.path

    @property
    def dropped(self) -> int:
        """Lines that will never be written."""
        return self._file.dropped

    def start(self) -> None:
        """Begin to write."""
        self._file.start()

    def reopen(self) -> None:
        """Make the file anew if it was moved away."""
        self._file.reopen()

    def close(self) -> None:
        """Write what was noted, and end."""
        self.write()
        self._file.close()

    def line(self, zone: Zone, query: Query, message: bytes, protocol: int, place: Place | None) -> Line | None:
        """What to note of a query; None if its answer is not out of a hosted zone.

        Args:
            zone: the zone that answers.
            message: the answer.
            protocol: as in `dnsemu.counters`.
            place: where the sender is taken to be, if its listener says so.
        """
        resource = self._board.current.catalog.resources.get(zone.name)
        if resource is not None and resource.zone == zone:
            return None  # it is the AWS service's own zone, not one of the user's
        rcode, subnet = RCode(message[3] & RCODE_MASK), query.edns.client_subnet if query.edns else None
        return Line(
            f"{zone.id} {name_text(query.name)} {registered_type_text(query.type)} {rcode.name} {PROTOCOLS[protocol]}",
            nearest_edge(place) if place is not None else None,
            subnet_text(subnet),
        )

    def note(self, line: Line, source: str) -> None:
        """Log an answer that is about to be sent.

        Args:
            source: the sender's address.
        """
        if not self._entries:
            self._call_soon(self.write)
        self._entries.append((self._now(), line, source))

    def write(self) -> None:
        """Have what was noted written."""
        entries, self._entries = self._entries, []
        if not entries:
            return
        if self._locator is not self._board.current.locator or len(self._senders) > MAX_SENDERS:
            self._locator = self._board.current.locator
            self._senders.clear()
        known, lines, last, stamp = self._senders, [], -1, ""
        for at, (before, edge, after), source in entries:
            if (millisecond := int(at * 1000 + 0.0005)) != last:  # a float may be a little less
                last, stamp = millisecond, self._stamp_of(millisecond)
            nearest, address = known.get(source) or self._sender(source)
            lines.append(f"{stamp}{before} {edge or nearest} {address} {after}\n")
        self._file.append("".join(lines).encode())

    def _stamp_of(self, millisecond: int) -> str:
        second = millisecond // 1000
        if second != self._second:
            self._second = second
            self._stamp = f"{VERSION} {time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(second))}"
        return f"{self._stamp}.{millisecond % 1000:03}Z "

    def _sender(self, source: str) -> tuple[str, str]:
        packed = packed_address(source)
        edge = nearest_edge(self._board.current.locator.locate_sender(packed).place)
        sender = self._senders[source] = edge, str(ip_address(packed))
        return sender


def name_text(name: DName) -> str:
    r"""A name as query logs spell it: as the API does (R5), but with `*` raw and without the trailing dot (R206)."""
    return names.to_text(name)[:-1].replace(r"\052", "*") if name != ROOT else "."


def subnet_text(subnet: ClientSubnet | None) -> str:
    """An EDNS Client Subnet as it was received, `203.0.113.0/24`; `-` for none, or one of no address family."""
    if subnet is None or not subnet.family:
        return "-"
    return f"{ip_address(subnet.padded_address)}/{subnet.source_bits}"
