"""The packet cache: packets that came before, with their replies. A hit costs a look-up, a draw and the id."""

from bisect import bisect_right
from collections.abc import Callable

from dnsemu.answering.dice import Dice
from dnsemu.answering.draws import Path
from dnsemu.fastpath.decision_tree import AnswerBranch, AnswerLeaf, CompiledAnswer
from dnsemu.fastpath.reply_template import ReplyTemplate
from dnsemu.publication.board import Difference, Published
from dnsemu.query_log.query_log import LineTemplate
from dnsemu.wire.handlers import PendingReply
from dnsemu.wire.protocol import CLIENT_COOKIE_BYTES, HEADER
from dnsemu.wire.query import Query

ID_BYTES = 2

MAX_BYTES = 32 << 20
"""Estimated memory of all packet caches; one that exceeds its share is emptied."""
MAX_SEEN = 1 << 16
"""Hashes of packets that came once."""
MAX_SOURCES = 4096
"""Senders that are cached for one packet."""

_PACKET_BYTES, _REPLY_BYTES, _SOURCE_BYTES, _LINE_BYTES = 700, 400, 600, 400
"""Estimates, with what remains of an answer that was dropped; tests/dnsemu/fastpath/test_bounds.py compares their sums
with tracemalloc."""

OnMiss = Callable[[bytes, str, Path], bytes | PendingReply | None]
"""Answers a packet that is not cached: (packet, sender's address, choices drawn so far)."""

LogAnswer = Callable[[LineTemplate, str], None]
"""Logs an answer that is about to be sent: (line, sender's address)."""


class DrawnReply:
    """A cached reply with records that are drawn each time it is sent: the bytes before them, a template, the rest."""

    __slots__ = ("head", "tail", "template")

    def __init__(self, head: bytes, template: ReplyTemplate, tail: bytes) -> None:
        self.head = head
        self.template = template
        self.tail = tail

    def draw(self, dice: Dice) -> bytes:
        """Returns a reply without its id."""
        return self.head + self.template.draw(dice) + self.tail


CachedReply = bytes | DrawnReply
"""A reply without its id."""


def cacheable(message: bytes, query: Query, template: ReplyTemplate) -> CachedReply:
    """Returns the reply to cache for a message that was made from a template."""
    start = HEADER.size + len(query.question)
    if not template.groups or message[start : start + template.stop] != template.body.wire[: template.stop]:
        return message[ID_BYTES:]  # nothing to draw, or truncated
    return DrawnReply(message[ID_BYTES : start + template.start], template, message[start + template.stop :])


class KnownPacket:
    """A packet that came before, and its answer: one for all senders, or one for each.

    `replies` and `lines` are by leaf; `lines` are the query log's, for those that it logs.
    """

    __slots__ = ("answer", "answers_by_source", "estimated_bytes", "lines", "replies")

    def __init__(self) -> None:
        self.answer: CompiledAnswer | None = None
        self.answers_by_source: dict[str, CompiledAnswer] = {}
        self.replies: dict[AnswerLeaf | None, CachedReply] = {}
        self.lines: dict[AnswerLeaf, LineTemplate] = {}
        self.estimated_bytes = 0

    def clear(self) -> int:
        """Forgets the answer; returns the estimated memory that this frees, in bytes."""
        freed_bytes, self.estimated_bytes = self.estimated_bytes, 0
        self.answer = None
        self.answers_by_source.clear()
        self.replies.clear()
        self.lines.clear()
        return freed_bytes


class PacketBudget:
    """The memory limit that all packet caches share, and the hashes of packets that came once."""

    def __init__(self, max_bytes: int = MAX_BYTES, *, on_full: Callable[[], None] = lambda: None) -> None:
        """Begins without a cache.

        Args:
            on_full: called when a cache exceeds its share.
        """
        self._max_bytes = max_bytes
        self.on_full = on_full
        self._cache_count = 0
        self._seen: set[int] = set()

    def join(self) -> None:
        """Adds a cache; all get an equal share."""
        self._cache_count += 1

    @property
    def max_bytes(self) -> int:
        """The limit of one cache's estimated memory."""
        return self._max_bytes // self._cache_count

    def has_seen(self, packet_hash: int) -> bool:
        """True if the hash was passed before; remembers it."""
        if packet_hash in self._seen:
            return True
        if len(self._seen) >= MAX_SEEN:
            self._seen.clear()
        self._seen.add(packet_hash)
        return False


class PacketCache:
    """The cached packets of one handler, by their bytes without the id and without a client cookie at the end.

    A packet is cached when it comes a second time, so a flood of different packets leaves only hashes.
    """

    def __init__(
        self, on_miss: OnMiss, dice: Dice, protocol: int, budget: PacketBudget, log_answer: LogAnswer | None = None
    ) -> None:
        """Answers cached packets, and passes others to `on_miss`.

        Args:
            protocol: index of the transport protocol in a `ReplyCount`.
            log_answer: logs replies from the cache, if there is a query log; `on_miss` logs its own replies.
        """
        self._on_miss = on_miss
        self._log_answer = log_answer
        budget.join()
        self._budget = budget
        self._randrange = dice.randrange
        self._dice = dice
        self._protocol = protocol
        self._exact: dict[bytes, KnownPacket] = {}
        self._without_cookie: dict[bytes, KnownPacket] = {}
        self._shared: set[KnownPacket] = set()
        self.estimated_bytes = 0

    def respond(self, packet: bytes, source: str) -> bytes | PendingReply | None:
        """Returns the reply to a packet from an address."""
        known = self._exact.get(packet[2:]) or self._without_cookie.get(packet[2:-8])
        if known is None:
            return self._on_miss(packet, source, ())
        answer = known.answer or known.answers_by_source.get(source)
        if answer is None:
            return self._on_miss(packet, source, ())
        node, branch, index = answer.root, None, 0
        while isinstance(node, AnswerBranch):
            branch, index = node, bisect_right(node.bounds, self._randrange(node.total))
            node = branch.children[index]
        reply = known.replies.get(node)
        if reply is None or node is None:
            return self._on_miss(packet, source, () if branch is None else (*branch.path, index))
        node.count[self._protocol] += 1
        if known.lines and self._log_answer is not None and (line := known.lines.get(node)) is not None:
            self._log_answer(line, source)
        return packet[:2] + (reply if isinstance(reply, bytes) else reply.draw(self._dice))

    def remember(
        self,
        packet: bytes,
        query: Query,
        source: str | None,
        answer: CompiledAnswer,
        leaf: AnswerLeaf,
        reply: CachedReply,
        line: LineTemplate | None = None,
        *,
        is_shared: bool,
    ) -> None:
        """Caches a packet if it came before.

        Args:
            source: the sender if the answer depends on it, else None.
            line: the line to log with the reply; None if the query log skips it.
            is_shared: True if other names have the same answer. A change of this name alone does not drop it.
        """
        if answer.root is None:
            return  # dropped at once, because the answer cache is full: what it holds is counted nowhere
        if query.edns is not None and query.edns.ends_in_cookie:
            key, packets = packet[ID_BYTES:-CLIENT_COOKIE_BYTES], self._without_cookie
        else:
            key, packets = packet[ID_BYTES:], self._exact
        known = packets.get(key)
        if known is None:
            if not self._budget.has_seen(hash(key)):
                return
            known = packets[key] = KnownPacket()
            self.estimated_bytes += _PACKET_BYTES + len(key)
        if is_shared:
            self._shared.add(known)
        added_bytes = self._set_answer(known, source, answer)
        if leaf not in known.replies:
            known.replies[leaf] = reply
            added_bytes += _REPLY_BYTES
            added_bytes += len(reply) if isinstance(reply, bytes) else len(reply.head) + len(reply.tail)
            if line is not None:
                known.lines[leaf] = line
                added_bytes += _LINE_BYTES
        known.estimated_bytes += added_bytes
        self.estimated_bytes += added_bytes
        if self.estimated_bytes > self._budget.max_bytes:
            self._budget.on_full()
            self._empty()

    def _set_answer(self, known: KnownPacket, source: str | None, answer: CompiledAnswer) -> int:
        """Sets the answer of a packet, for one source or for all; returns the estimated memory added, in bytes."""
        if source is None:
            if known.answer is not answer:
                self.estimated_bytes -= known.clear()
            known.answer = answer
            return 0
        before = known.answers_by_source.get(source)
        is_full = before is None and len(known.answers_by_source) >= MAX_SOURCES
        if known.answer is not None or is_full or (before is not None and before.root is None):
            self.estimated_bytes -= known.clear()
        is_new = source not in known.answers_by_source
        known.answers_by_source[source] = answer
        return _SOURCE_BYTES if is_new else 0

    def on_published(self, published: Published, difference: Difference) -> None:
        """Forgets packets with shared answers, since a changed name may no longer have the shared one."""
        if difference.everything:
            self._empty()
        elif difference.names or difference.zones:
            for known in self._shared:
                self.estimated_bytes -= known.clear()
            self._shared.clear()

    def _empty(self) -> None:
        self._exact, self._without_cookie, self._shared, self.estimated_bytes = {}, {}, set(), 0
