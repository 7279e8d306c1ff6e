"""Packets that came before, and what answers them: a hit costs a look-up, a throw of the dice, and the id."""

from bisect import bisect_right
from collections.abc import Callable

from dnsemu.answering.dice import Dice
from dnsemu.answering.draws import Path
from dnsemu.fastpath.decision_tree import AnswerBranch, AnswerLeaf, CompiledAnswer, ReplyTemplate
from dnsemu.publication.board import Difference, Published
from dnsemu.query_log.query_log import LineTemplate
from dnsemu.wire.handlers import PendingReply
from dnsemu.wire.protocol import CLIENT_COOKIE_BYTES, HEADER
from dnsemu.wire.query import Query

ID_BYTES = 2

MAX_BYTES = 32 << 20
"""What the packets of all handlers may take, by estimate; a handler that is beyond its share forgets all of its own."""
MAX_SEEN = 1 << 16
"""Hashes of packets that came once."""
MAX_SOURCES = 4096
"""Senders remembered for one packet."""

_KNOWN_BYTES = 500
_WIRE_BYTES = 150
_SOURCE_BYTES = 100
_LINE_BYTES = 400

Unknown = Callable[[bytes, str, Path], bytes | PendingReply | None]
"""Answers a packet that is not known, or not so far: (packet, sender's address, how the dice have fallen)."""

Note = Callable[[LineTemplate, str], None]
"""Logs an answer that is about to be sent: (what to say of it, sender's address)."""


class DrawnReply:
    """A reply in which some records are still to be drawn: what stands before them but for the id, and behind them."""

    __slots__ = ("form", "head", "tail")

    def __init__(self, head: bytes, form: ReplyTemplate, tail: bytes) -> None:
        self.head = head
        self.form = form
        self.tail = tail

    def drawn(self, dice: Dice) -> bytes:
        """The reply but for the id."""
        return self.head + self.form.drawn(dice) + self.tail


Wire = bytes | DrawnReply


def wire_of(message: bytes, query: Query, form: ReplyTemplate) -> Wire:
    """What can be sent again of a message made from a form; the id is left out."""
    start = HEADER.size + len(query.question)
    if not form.groups or message[start : start + form.stop] != form.body.wire[: form.stop]:
        return message[ID_BYTES:]  # nothing to draw, or cut down to nothing
    return DrawnReply(message[ID_BYTES : start + form.start], form, message[start + form.stop :])


class KnownPacket:
    """A packet that came before: `answer`, or where that depends on who sent it one for each source.

    `lines` are what the query log says of the wires, as far as it logs them.
    """

    __slots__ = ("answer", "by_source", "lines", "octets", "wires")

    def __init__(self) -> None:
        self.answer: CompiledAnswer | None = None
        self.by_source: dict[str, CompiledAnswer] = {}
        self.wires: dict[AnswerLeaf | None, Wire] = {}
        self.lines: dict[AnswerLeaf, LineTemplate] = {}
        self.octets = 0

    def forget(self) -> int:
        """Have the next such packet looked up anew; how many bytes that frees, by estimate."""
        freed, self.octets = self.octets, 0
        self.answer = None
        self.by_source.clear()
        self.wires.clear()
        self.lines.clear()
        return freed


class SharedRoom:
    """What handlers share: room, and the marks of packets that came once, so many of them."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        """Share so much memory, by estimate."""
        self._most_octets = max_bytes
        self._doors = 0
        self._marks: set[int] = set()

    def join(self) -> None:
        """Take one more handler in; each has the same room."""
        self._doors += 1

    @property
    def max_bytes(self) -> int:
        """What one handler may take."""
        return self._most_octets // self._doors

    def came_before(self, mark: int) -> bool:
        """Whether a mark is there; it is from now on."""
        if mark in self._marks:
            return True
        if len(self._marks) >= MAX_SEEN:
            self._marks.clear()
        self._marks.add(mark)
        return False


class Packets:
    """The packets known at one handler, by all of their bytes but the id, and but a client's cookie at the end.

    Nothing is remembered of a packet that came only once, so a flood of ever new ones leaves no more than hashes.
    """

    def __init__(
        self, unknown: Unknown, dice: Dice, protocol: int, shared: SharedRoom, note: Note | None = None
    ) -> None:
        """Answer what is known, and leave the rest to `unknown`.

        Args:
            protocol: where replies are counted.
            note: logs what is answered from memory, if there is a log; `unknown` logs the rest itself.
        """
        self._unknown = unknown
        self._note = note
        shared.join()
        self._room = shared
        self._randrange = dice.randrange
        self._dice = dice
        self._protocol = protocol
        self._exact: dict[bytes, KnownPacket] = {}
        self._but_for_cookie: dict[bytes, KnownPacket] = {}
        self._shared: set[KnownPacket] = set()
        self.octets = 0

    def respond(self, packet: bytes, source: str) -> bytes | PendingReply | None:
        """The reply to a packet from an address."""
        known = self._exact.get(packet[2:]) or self._but_for_cookie.get(packet[2:-8])
        if known is None:
            return self._unknown(packet, source, ())
        answer = known.answer or known.by_source.get(source)
        if answer is None:
            return self._unknown(packet, source, ())
        node, split, index = answer.root, None, 0
        while isinstance(node, AnswerBranch):
            split, index = node, bisect_right(node.bounds, self._randrange(node.total))
            node = split.kids[index]
        wire = known.wires.get(node)
        if wire is None or node is None:
            return self._unknown(packet, source, () if split is None else (*split.path, index))
        node.count[self._protocol] += 1
        if known.lines and self._note is not None and (line := known.lines.get(node)) is not None:
            self._note(line, source)
        return packet[:2] + (wire if isinstance(wire, bytes) else wire.drawn(self._dice))

    def remember(
        self,
        packet: bytes,
        query: Query,
        source: str | None,
        answer: CompiledAnswer,
        end: AnswerLeaf,
        wire: Wire,
        line: LineTemplate | None = None,
        *,
        is_shared: bool,
    ) -> None:
        """Know a packet from now on, if it came before.

        Args:
            source: the sender, where another might get another answer.
            line: what to log when it is answered so again; None where it is not logged.
            is_shared: whether the answer is also for other names, and so does not tell when this name changes.
        """
        if query.edns is not None and query.edns.ends_in_cookie:
            key, packets = packet[ID_BYTES:-CLIENT_COOKIE_BYTES], self._but_for_cookie
        else:
            key, packets = packet[ID_BYTES:], self._exact
        known = packets.get(key)
        if known is None:
            if not self._room.came_before(hash(key)):
                return
            known = packets[key] = KnownPacket()
            self.octets += _KNOWN_BYTES + len(key)
        if is_shared:
            self._shared.add(known)
        octets = 0
        if source is None:
            if known.answer is not answer:
                self.octets -= known.forget()
            known.answer = answer
        else:
            before = known.by_source.get(source)
            is_full = before is None and len(known.by_source) >= MAX_SOURCES
            if known.answer is not None or is_full or (before is not None and before.root is None):
                self.octets -= known.forget()
            if source not in known.by_source:
                octets += _SOURCE_BYTES
            known.by_source[source] = answer
        if end not in known.wires:
            known.wires[end] = wire
            octets += _WIRE_BYTES + (len(wire) if isinstance(wire, bytes) else len(wire.head) + len(wire.tail))
            if line is not None:
                known.lines[end] = line
                octets += _LINE_BYTES
        known.octets += octets
        self.octets += octets
        if self.octets > self._room.max_bytes:
            self._forget()

    def changed(self, published: Published, change: Difference) -> None:
        """Forget what may be answered otherwise from now on, as far as its answer was not dropped."""
        if change.everything:
            self._forget()
        elif change.names or change.zones:
            for known in self._shared:
                self.octets -= known.forget()
            self._shared.clear()

    def _forget(self) -> None:
        self._exact, self._but_for_cookie, self._shared, self.octets = {}, {}, set(), 0
