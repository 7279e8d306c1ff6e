"""Compiled answers: a decision tree whose branches are random draws and whose leaves are replies."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from dnsemu.answering.counters import ReplyCount
from dnsemu.answering.draws import Draws, Path
from dnsemu.answering.rrsets import RRGroups
from dnsemu.config import names
from dnsemu.config.names import DName
from dnsemu.fastpath.reads import ReadKey
from dnsemu.fastpath.reply_template import ReplyTemplate
from dnsemu.wire.rendering import Body, names_in
from dnsemu.wire.reply import Reply

_LEAF_BYTES, _RR_BYTES = 700, 130
_BRANCH_BYTES, _CHILD_BYTES = 350, 48
"""Estimates; tests/dnsemu/fastpath/test_bounds.py compares their sums with tracemalloc."""
_NO_LABELS: frozenset[DName] = frozenset()
_POINTER_BYTES = 2
"""A compression pointer: the owner of a drawn record."""


class AnswerLeaf:
    """The reply at the end of a path of draws. It was made for one name and yields templates for others.

    It answers every name that ends in the suffix `base`, unless the label before that suffix is also the next label of
    a name in the reply: compression would then find a longer match. If it is not compiled, replies on its path are
    built without the cache.
    """

    __slots__ = ("_base", "_groups", "_labels_in_reply", "_made_for", "_reply", "_size", "count", "path")

    def __init__(self, path: Path, count: ReplyCount) -> None:
        self.path = path
        self.count = count
        self._reply: Reply | None = None

    def compile(self, reply: Reply, groups: RRGroups, size: int, made_for: DName, base: DName) -> None:
        """Sets the reply.

        Args:
            groups: the records that may stand at the end of its answer, by record set; none if nothing is drawn.
            size: the number of groups in each reply.
            made_for: the name that was asked.
            base: the suffix of all names that the reply answers.
        """
        self._reply, self._groups, self._size = reply, groups, size
        self._made_for, self._base = made_for, base
        below = {_next_closer(name, base) for name in names_in(reply, made_for) if _is_below(name, base)}
        self._labels_in_reply = frozenset(below) if below else _NO_LABELS

    def clear(self) -> None:
        """Frees the reply; a packet cache may still refer to the leaf."""
        self._reply, self._groups, self._labels_in_reply = None, (), _NO_LABELS

    @property
    def is_compiled(self) -> bool:
        """True if it has a reply."""
        return self._reply is not None

    def answers(self, name: DName) -> bool:
        """True if a template answers the name."""
        if self._reply is None:
            return False
        return not self._labels_in_reply or _next_closer(name, self._base) not in self._labels_in_reply

    def template(self, name: DName, question: bytes) -> ReplyTemplate:
        """Makes a template for questions as long as this one, which asks a name that `answers` is true of."""
        reply = self._reply
        assert reply is not None
        if name != self._made_for:
            answer = [(name, *rr[1:]) if rr[0] == self._made_for else rr for rr in reply.answer]
            reply = replace(reply, answer=answer)
        body = Body.of(question, reply)
        if not self._groups or len(body.section_ends) == 1:  # nothing to draw, or too long for any message
            return ReplyTemplate(body)
        last = len(Body.record(reply.answer[-1]))
        owner = body.wire[body.section_ends[1] - last - _POINTER_BYTES : body.section_ends[1] - last]
        groups = tuple(tuple(owner + Body.record(rr) for rr in group) for group in self._groups)
        return ReplyTemplate(body, groups, self._size)

    @property
    def estimated_bytes(self) -> int:
        """The estimated memory that it takes."""
        if self._reply is None:
            return _LEAF_BYTES
        reply = self._reply
        drawn = sum(map(len, self._groups))
        return _LEAF_BYTES + _RR_BYTES * (len(reply.answer) + len(reply.authority) + len(reply.additional) + drawn)


class AnswerBranch:
    """A draw among tickets. A child is None until a draw leads there for the first time."""

    __slots__ = ("bounds", "children", "path", "total")

    def __init__(self, path: Path, counts: Sequence[int]) -> None:
        self.path = path
        self.bounds = list(accumulate(counts))
        self.total = self.bounds[-1]
        self.children: list[AnswerBranch | AnswerLeaf | None] = [None] * len(counts)

    @property
    def estimated_bytes(self) -> int:
        """The estimated memory that it takes, without its children."""
        return _BRANCH_BYTES + _CHILD_BYTES * len(self.children)


class CompiledAnswer:
    """The answers to one question, for one client class or for all; `root` is None after it was dropped.

    `templates` are by leaf and question length. Dropping the answer empties its leaves and templates, since a packet
    cache may still refer to them: what remains there is small, and counted there.

    If `depends_on_client` is true, it has no tree: each client class has an answer with `is_of_class` instead.
    """

    __slots__ = (
        "depends_on_client",
        "estimated_bytes",
        "is_of_class",
        "key",
        "keys_read",
        "leaf_count",
        "root",
        "templates",
    )

    def __init__(self, key: Any, *, depends_on_client: bool = False, is_of_class: bool = False) -> None:
        self.key = key
        self.depends_on_client = depends_on_client
        self.is_of_class = is_of_class
        self.root: AnswerBranch | AnswerLeaf | None = None
        self.templates: dict[tuple[AnswerLeaf, int], ReplyTemplate] = {}
        self.leaf_count = 0
        self.keys_read: tuple[ReadKey, ...] = ()
        self.estimated_bytes = 0

    def clear(self) -> None:
        """Removes the tree and the templates, and frees what they hold."""
        for template in self.templates.values():
            template.clear()
        self.templates = {}
        root, self.root, self.leaf_count = self.root, None, 0
        waiting = [root] if root is not None else []
        while waiting:
            node = waiting.pop()
            if isinstance(node, AnswerLeaf):
                node.clear()
            else:
                waiting += [child for child in node.children if child is not None]


def insert_leaf(answer: CompiledAnswer, draws: Draws, leaf: AnswerLeaf) -> int:
    """Inserts a leaf, and the branches on its path; returns the estimated memory that was added, in bytes."""
    added_bytes = leaf.estimated_bytes
    parent: AnswerBranch | None = None
    for depth, (counts, _) in enumerate(draws.choices[: len(leaf.path)]):
        branch = answer.root if parent is None else parent.children[leaf.path[depth - 1]]
        if not isinstance(branch, AnswerBranch):
            branch = AnswerBranch(leaf.path[:depth], counts)
            added_bytes += branch.estimated_bytes
            _attach(answer, parent, branch)
        parent = branch
    _attach(answer, parent, leaf)
    answer.leaf_count += 1
    return added_bytes


def _attach(answer: CompiledAnswer, parent: AnswerBranch | None, node: AnswerBranch | AnswerLeaf) -> None:
    if parent is None:
        answer.root = node
    else:
        parent.children[node.path[-1]] = node


def _is_below(name: DName, base: DName) -> bool:
    return name != base and names.is_at_or_below(name, base)


def _next_closer(name: DName, base: DName) -> DName:
    """Returns the suffix of a name that has one label more than `base`, which it lies below (RFC 5155 §1.3)."""
    stop = len(name) - len(base)
    at = 0
    while (after := at + 1 + name[at]) < stop:
        at = after
    return DName(name[at:])
