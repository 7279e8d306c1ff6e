"""The answer cache: compiled answers by look-up result and client class."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any

from dnsemu.answering.counters import Counters
from dnsemu.answering.dice import Dice
from dnsemu.answering.draws import Draws, Path
from dnsemu.answering.resolution import resolve
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.names import DName
from dnsemu.fastpath.compiling import answer_key, common_suffix, compile_leaf
from dnsemu.fastpath.decision_tree import AnswerBranch, AnswerLeaf, CompiledAnswer, insert_leaf
from dnsemu.fastpath.dependents import Dependents
from dnsemu.fastpath.reads import CLIENT, ReadKey, RecordingCatalog, RecordingHealth, check_key, keys_of
from dnsemu.fastpath.reply_template import ReplyTemplate
from dnsemu.healthcheck.verdict.snapshot import HealthBoard, HealthSnapshot
from dnsemu.policies.location.client import Located
from dnsemu.publication.board import Board, Difference, Published
from dnsemu.wire.reply import Reply
from dnsemu.zone.lookup import Found
from dnsemu.zone.view import PUBLIC, View

MAX_BYTES = 48 << 20
"""Estimated memory of one cache; past it the oldest answers are dropped."""
MAX_LEAVES = 2048
"""Leaf limit per answer. Past it the cache holds too many variants to pay off, and replies are built without it."""

_ANSWER_BYTES, _READ_BYTES = 1200, 150
"""Estimates; tests/dnsemu/fastpath/test_bounds.py compares their sums with tracemalloc."""


class AnswerCache:
    """Compiled answers of one view: made on demand, dropped when something that they read changes.

    An answer that depends on the client is cached by client class: one entry for each group of clients that the
    policies cannot tell apart.
    """

    def __init__(
        self,
        board: Board,
        health: HealthBoard,
        dice: Dice,
        counters: Counters,
        *,
        is_complete: Callable[[Reply], bool],
        view: View = PUBLIC,
        max_bytes: int = MAX_BYTES,
        on_full: Callable[[], None] = lambda: None,
    ) -> None:
        """Answers from two boards.

        Args:
            is_complete: true of replies that are sent as they are; a reply that is completed elsewhere is not cached.
            max_bytes: limit of the estimated memory.
            on_full: called when an answer is dropped because there are too many.
        """
        self._board = board
        self._health = health
        self._dice = dice
        self._counters = counters
        self._is_complete = is_complete
        self._view = view
        self._max_bytes = max_bytes
        self._on_full = on_full
        self._answers: OrderedDict[Any, CompiledAnswer] = OrderedDict()
        self._dependents = Dependents()
        self.estimated_bytes = 0
        board.subscribe(self._on_published)
        health.subscribe(self._on_health)

    def __len__(self) -> int:
        return len(self._answers)

    def find(
        self, name: DName, type_: int, found: Found, located: Located, path: Path = ()
    ) -> tuple[CompiledAnswer, AnswerLeaf]:
        """Draws a leaf of a question's answer.

        Args:
            found: the current catalog's look-up result for the name and type; not `NotOurs`.
            path: the first choices, if they have been drawn already.
        """
        key = answer_key(found, type_)
        answer = self._answers.get(key)
        if answer is not None and answer.depends_on_client:
            answer = self._answers.get((key, located.client_class))
        if answer is not None:
            node = answer.root
            while isinstance(node, AnswerBranch):
                depth = len(node.path)
                if depth == len(path):
                    path = (*path, bisect_right(node.bounds, self._dice.randrange(node.total)))
                index = path[depth]
                node = node.children[index]
            if node is not None:
                return answer, node
            if answer.leaf_count >= MAX_LEAVES:
                return answer, AnswerLeaf(path, self._counters.of())
        return self._extend(key, name, type_, found, located, path)

    def template(self, answer: CompiledAnswer, leaf: AnswerLeaf, name: DName, question: bytes) -> ReplyTemplate:
        """Returns the template of a leaf for a question, whose name the leaf answers."""
        key = leaf, len(question)
        template = answer.templates.get(key)
        if template is None:
            template = leaf.template(name, question)
            if self._answers.get(answer.key) is answer:
                answer.templates[key] = template
                self._charge(answer, template.estimated_bytes)
        return template

    def _extend(
        self, key: Any, name: DName, type_: int, found: Found, located: Located, path: Path
    ) -> tuple[CompiledAnswer, AnswerLeaf]:
        """Answers on a path that is not in the cache yet, and adds the leaf."""
        keys: set[ReadKey] = set()
        catalog = RecordingCatalog(self._board.current.catalog_for(self._view), keys)
        health = RecordingHealth(self._health.current, keys)
        link = resolve(catalog, health, located.client, name, type_)
        draws = Draws(self._dice, path, may_sample=False)
        base = common_suffix(found, name)
        leaf = compile_leaf(link, draws, located.scope_bits, base, self._counters, self._is_complete)
        if leaf.is_compiled and not leaf.answers(name):
            return CompiledAnswer(key), AnswerLeaf(leaf.path, leaf.count)  # its template may not fit other names
        for_all = self._answers.get(key)
        is_of_class = draws.reads_client or (for_all is not None and for_all.depends_on_client)
        if is_of_class:
            keys.add(CLIENT)
            if for_all is None or not for_all.depends_on_client:
                if for_all is not None:
                    self._drop(for_all)
                self._store(CompiledAnswer(key, depends_on_client=True), keys)
            key = key, located.client_class
        answer = self._answers.get(key)
        if answer is None or answer.root is None:
            if answer is not None:
                self._drop(answer)
            answer = CompiledAnswer(key, is_of_class=is_of_class)
        added_bytes = insert_leaf(answer, draws, leaf)
        self._store(answer, keys, added_bytes)
        return answer, leaf

    def _store(self, answer: CompiledAnswer, keys: set[ReadKey], added_bytes: int = 0) -> None:
        """Stores an answer, or accounts for a leaf that was added to it.

        Args:
            keys: the keys that were read.
        """
        if answer.key not in self._answers:
            self._answers[answer.key] = answer
            added_bytes += _ANSWER_BYTES
        new_keys = tuple(keys.difference(answer.keys_read))
        for key in new_keys:
            self._dependents.add(key, answer)
        answer.keys_read += new_keys
        self._charge(answer, added_bytes + _READ_BYTES * len(new_keys))

    def _charge(self, answer: CompiledAnswer, added_bytes: int) -> None:
        """Adds memory to an answer's account; drops the oldest answers, at last this one, while there is too much."""
        answer.estimated_bytes += added_bytes
        self.estimated_bytes += added_bytes
        while self.estimated_bytes > self._max_bytes:
            self._on_full()
            self._drop(next(iter(self._answers.values())))

    def _drop(self, answer: CompiledAnswer) -> None:
        answer.clear()
        if self._answers.pop(answer.key, None) is not None:
            self.estimated_bytes -= answer.estimated_bytes
            for key in answer.keys_read:
                self._dependents.discard(key, answer)
            answer.keys_read = ()

    def _on_published(self, published: Published, difference: Difference) -> None:
        if difference.everything:
            for answer in self._answers.values():
                answer.clear()
                answer.keys_read = ()
            self._answers, self._dependents, self.estimated_bytes = OrderedDict(), Dependents(), 0
        else:
            for key in keys_of(difference):
                self._invalidate(key)

    def _on_health(self, health: HealthSnapshot, checks: Collection[HealthCheckId]) -> None:
        for check in checks:
            self._invalidate(check_key(check))

    def _invalidate(self, key: ReadKey) -> None:
        """Clears the answers that read a key. They are dropped later: when they are asked for again, or are oldest."""
        for answer in self._dependents.of(key):
            if answer.depends_on_client:
                self._drop(answer)
            else:
                answer.clear()
