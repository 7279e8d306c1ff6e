"""Logs each answer from a public hosted zone as one line, in Route 53's format (routing.md §11)."""

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
MAX_SOURCES = 1 << 16
"""Bound on source addresses whose edge location is cached."""

CallSoon = Callable[[Callable[[], None]], Any]
"""Calls a function after the present callback, as `call_soon` of an event loop does."""


class LineTemplate(NamedTuple):
    """The parts of a line that are the same for every answer to one packet: before the edge location, after the source.

    `edge` is the edge location, or None if the source address decides it.
    """

    before: str
    edge: str | None
    after: str


class QueryLog:
    """Collects answers as they are sent, and formats their lines once in each turn of the event loop.

    Collecting costs one list entry. The lines are formatted here and not in the thread of the file, which would hold
    the interpreter for milliseconds at a time.
    """

    def __init__(self, file: LogFile, board: Board, now: Callable[[], float], call_soon: CallSoon) -> None:
        """Logs to a file.

        Args:
            board: locates source addresses.
            now: the emulator's time, in seconds since the epoch.
        """
        self._file = file
        self._board = board
        self._now = now
        self._call_soon = call_soon
        self._entries: list[tuple[float, LineTemplate, str]] = []
        self._sources: dict[str, tuple[str, str]] = {}
        """The edge location and the address of each source, as in a line."""
        self._locator: Locator | None = None
        """The locator behind `_sources`; another one empties them."""
        self._second = -1
        self._stamp = ""

    @property
    def path(self) -> str:
        """The path of the file."""
        return self._file.path

    @property
    def dropped(self) -> int:
        """Lines that will never be written."""
        return self._file.dropped

    def start(self) -> None:
        """Starts to write."""
        nearest_edge(self._board.current.locator.unlocated)  # reads its file before clients can use up the descriptors
        self._file.start()

    def reopen(self) -> None:
        """Reopens a rotated file."""
        self._file.reopen()

    def close(self) -> None:
        """Writes the collected answers and closes the file."""
        self.flush()
        self._file.close()

    def template(
        self, zone: Zone, query: Query, message: bytes, protocol: int, place: Place | None
    ) -> LineTemplate | None:
        """The line of a query without its time and source; None if the answer is not from a hosted zone of the user.

        Args:
            zone: the zone that answers.
            message: the answer.
            protocol: as in `dnsemu.answering.counters`.
            place: the place of all clients of the listener, if it has one.
        """
        resource = self._board.current.catalog.resources.get(zone.name)
        if resource is not None and resource.zone == zone:
            return None  # the zone of an AWS service
        rcode, subnet = RCode(message[3] & RCODE_MASK), query.edns.client_subnet if query.edns else None
        return LineTemplate(
            f"{zone.id} {name_text(query.name)} {registered_type_text(query.type)} {rcode.name} {PROTOCOLS[protocol]}",
            nearest_edge(place) if place is not None else None,
            subnet_text(subnet),
        )

    def log(self, template: LineTemplate, source: str) -> None:
        """Logs an answer that is about to be sent to a source address."""
        if not self._entries:
            self._call_soon(self.flush)
        self._entries.append((self._now(), template, source))

    def flush(self) -> None:
        """Formats the collected answers and passes them to the file."""
        entries, self._entries = self._entries, []
        if not entries:
            return
        if self._locator is not self._board.current.locator or len(self._sources) > MAX_SOURCES:
            self._locator = self._board.current.locator
            self._sources.clear()
        sources, lines, last, stamp = self._sources, [], -1, ""
        for at, (before, edge, after), source in entries:
            if (millisecond := int(at * 1000 + 0.0005)) != last:  # the float may be slightly below the millisecond
                last, stamp = millisecond, self._stamp_of(millisecond)
            nearest, address = sources.get(source) or self._source(source)
            lines.append(f"{stamp}{before} {edge or nearest} {address} {after}\n")
        self._file.append("".join(lines).encode())

    def _stamp_of(self, millisecond: int) -> str:
        second = millisecond // 1000
        if second != self._second:
            self._second = second
            self._stamp = f"{VERSION} {time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(second))}"
        return f"{self._stamp}.{millisecond % 1000:03}Z "

    def _source(self, source: str) -> tuple[str, str]:
        packed = packed_address(source)
        edge = nearest_edge(self._board.current.locator.locate_sender(packed).place)
        found = self._sources[source] = edge, str(ip_address(packed))
        return found


def name_text(name: DName) -> str:
    r"""A name as in query logs: as the API writes it (R5), but with a raw `*` and without the trailing dot (R206)."""
    return names.to_text(name)[:-1].replace(r"\052", "*") if name != ROOT else "."


def subnet_text(subnet: ClientSubnet | None) -> str:
    """An EDNS Client Subnet as it was received, `203.0.113.0/24`; `-` if there is none, or its family is 0."""
    if subnet is None or not subnet.family:
        return "-"
    return f"{ip_address(subnet.padded_address)}/{subnet.source_bits}"
