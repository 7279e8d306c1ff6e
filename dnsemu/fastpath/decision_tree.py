"""Compiled answers: a decision tree whose branches are random draws and whose leaves are wire-format records."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from dnsemu.answering.counters import ReplyCount
from dnsemu.answering.dice import Dice
from dnsemu.answering.draws import Draws, Path
from dnsemu.answering.rrsets import RRGroups
from dnsemu.config import names
from dnsemu.config.names import DName
from dnsemu.fastpath.reads import Key
from dnsemu.wire.rendering import Body, names_in
from dnsemu.wire.reply import Reply

ANSWER_BYTES, READ_BYTES = 1200, 150
_END_BYTES, _RR_BYTES = 700, 130
_FORM_BYTES, _GROUP_BYTES, _RECORD_BYTES = 500, 60, 50
_SPLIT_BYTES, _WAY_BYTES = 350, 48
_POINTER_BYTES = 2

Records = tuple[bytes, ...]


class ReplyTemplate:
    """What answers questions of one length.

    `groups` are records, by record set, of which `size` groups answer in random order; in the body they stand from
    `start` to `stop`, the first of them in the order given. There are none where the body is all there is.
    """

    __slots__ = ("body", "groups", "size", "start", "stop")

    def __init__(self, body: Body, groups: tuple[Records, ...] = (), size: int = 0) -> None:
        self.body = body
        self.groups = groups
        self.size = size
        self.stop = body.section_ends[1] if groups else 0
        self.start = self.stop - sum(len(record) for group in groups[:size] for record in group)

    def drawn(self, dice: Dice) -> bytes:
        """Records drawn to answer, as `dnsemu.answer.Pool` draws them."""
        groups: Sequence[Records] = self.groups
        if self.size < len(groups):
            groups = dice.sample(groups, self.size)
        records = [record for group in groups for record in group]
        if len(records) > 1:
            dice.shuffle(records)
        return b"".join(records)

    @property
    def octets(self) -> int:
        """How much it takes, by estimate."""
        groups = sum(_GROUP_BYTES + sum(_RECORD_BYTES + len(record) for record in group) for group in self.groups)
        return _FORM_BYTES + len(self.body.wire) + groups


class AnswerLeaf:
    """The end of a path of draws: a reply as it was made for one name, from which forms for others are made.

    It answers every name that ends in `base`, unless the name goes on as a name in the reply does: then compression
    would find more in common. Not `is_compiled` means that every reply has to be made anew, on the path given.
    """

    __slots__ = ("_base", "_groups", "_made_for", "_names_below", "_reply", "_size", "count", "path")

    def __init__(self, path: Path, count: ReplyCount) -> None:
        self.path = path
        self.count = count
        self._reply: Reply | None = None

    def compile(self, reply: Reply, groups: RRGroups, size: int, made_for: DName, base: DName) -> None:
        """Answer with a reply from now on.

        Args:
            groups: the records at the end of its answer that are to be drawn, and all that could be in their place.
            size: how many groups of them are in one reply.
            made_for: the name that was asked.
        """
        self._reply, self._groups, self._size = reply, groups, size
        self._made_for, self._base = made_for, base
        below = {_next_closer(name, base) for name in names_in(reply, made_for) if _is_below(name, base)}
        self._names_below = frozenset(below)

    @property
    def is_compiled(self) -> bool:
        """Whether it has forms to answer with."""
        return self._reply is not None

    def answers(self, name: DName) -> bool:
        """Whether a name may be answered in a compiled form."""
        if self._reply is None:
            return False
        return not self._names_below or _next_closer(name, self._base) not in self._names_below

    def form(self, name: DName, question: bytes) -> ReplyTemplate:
        """A form for questions of one length, one of which asks a name that `answers` holds true of."""
        reply = self._reply
        assert reply is not None
        if name != self._made_for:
            answer = [(name, *rr[1:]) if rr[0] == self._made_for else rr for rr in reply.answer]
            reply = replace(reply, answer=answer)
        body = Body.of(question, reply)
        if not self._groups or len(body.section_ends) == 1:  # or too many to be sent at all
            return ReplyTemplate(body)
        last = len(Body.record(reply.answer[-1]))
        owner = body.wire[body.section_ends[1] - last - _POINTER_BYTES : body.section_ends[1] - last]
        return ReplyTemplate(
            body, tuple(tuple(owner + Body.record(rr) for rr in group) for group in self._groups), self._size
        )

    @property
    def octets(self) -> int:
        """How much it takes, by estimate."""
        if self._reply is None:
            return _END_BYTES
        reply = self._reply
        drawn = sum(map(len, self._groups))
        return _END_BYTES + _RR_BYTES * (len(reply.answer) + len(reply.authority) + len(reply.additional) + drawn)


class AnswerBranch:
    """A throw among tickets; `kids` are what lies behind each, None where nobody came by so far."""

    __slots__ = ("bounds", "kids", "path", "total")

    def __init__(self, path: Path, counts: Sequence[int]) -> None:
        self.path = path
        self.bounds = list(accumulate(counts))
        self.total = self.bounds[-1]
        self.kids: list[AnswerBranch | AnswerLeaf | None] = [None] * len(counts)

    @property
    def octets(self) -> int:
        """How much it takes, by estimate, without what lies behind."""
        return _SPLIT_BYTES + _WAY_BYTES * len(self.kids)


class CompiledAnswer:
    """What answers one question, for one class of clients or for all; `root` is None once it was dropped.

    `forms` are by end and by the length of the question. They go when it is dropped, whoever still holds an end of it.

    One that `depends_on_client` only says so: what answers is kept for each class of clients, in answers `of_class`.
    """

    __slots__ = ("depends_on_client", "ends", "forms", "is_of_class", "key", "keys_read", "octets", "root")

    def __init__(self, key: Any, *, depends_on_client: bool = False, is_of_class: bool = False) -> None:
        self.key = key
        self.depends_on_client = depends_on_client
        self.is_of_class = is_of_class
        self.root: AnswerBranch | AnswerLeaf | None = None
        self.forms: dict[tuple[AnswerLeaf, int], ReplyTemplate] = {}
        self.ends = 0
        self.keys_read: tuple[Key, ...] = ()
        self.octets = 0

    def forget(self) -> None:
        """Answer nothing from now on."""
        self.root = None
        self.forms = {}
        self.ends = 0


def insert_leaf(answer: CompiledAnswer, draws: Draws, end: AnswerLeaf) -> int:
    """Put an end behind the draws that led there; how many bytes more that takes, by estimate."""
    octets = end.octets
    above: AnswerBranch | None = None
    for depth, (counts, _) in enumerate(draws.choices[: len(end.path)]):
        split = answer.root if above is None else above.kids[end.path[depth - 1]]
        if not isinstance(split, AnswerBranch):
            split = AnswerBranch(end.path[:depth], counts)
            octets += split.octets
            _put(answer, above, split)
        above = split
    _put(answer, above, end)
    answer.ends += 1
    return octets


def _put(answer: CompiledAnswer, above: AnswerBranch | None, node: AnswerBranch | AnswerLeaf) -> None:
    if above is None:
        answer.root = node
    else:
        above.kids[node.path[-1]] = node


def _is_below(name: DName, base: DName) -> bool:
    return name != base and names.is_at_or_below(name, base)


def _next_closer(name: DName, base: DName) -> DName:
    """The ending of a name with one label more than `base`, which it lies below (RFC 5155 §1.3)."""
    stop = len(name) - len(base)
    at = 0
    while (after := at + 1 + name[at]) < stop:
        at = after
    return DName(name[at:])
