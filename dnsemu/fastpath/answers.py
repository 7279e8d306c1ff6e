"""Compiled answers: all but the message around them, as a tree of draws with bytes at its ends."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any

from dnsemu.answering.answer import ReplyDraft, draft
from dnsemu.answering.counters import Counters
from dnsemu.answering.dice import Dice
from dnsemu.answering.draws import Draws, NotCompilable, Path
from dnsemu.answering.resolution import Link, resolve
from dnsemu.answering.rrsets import RRGroups, rrset_of
from dnsemu.answering.sections import HOST_IN_RDATA
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.config.names import ROOT, DName
from dnsemu.fastpath.decision_tree import (
    ANSWER_BYTES,
    READ_BYTES,
    AnswerBranch,
    AnswerLeaf,
    CompiledAnswer,
    ReplyTemplate,
    insert_leaf,
)
from dnsemu.fastpath.reads import CLIENT, Key, RecordingCatalog, RecordingHealth, check_key, keys_of
from dnsemu.healthcheck.verdict.snapshot import HealthBoard, HealthSnapshot
from dnsemu.policies.location.client import Located
from dnsemu.publication.board import Board, Difference, Published
from dnsemu.wire.compression import COMPRESSED_NAMES
from dnsemu.wire.reply import Reply
from dnsemu.zone.lookup import Found, Hit, NoData, NotOurs, Referral
from dnsemu.zone.view import PUBLIC, View

MAX_BYTES = 48 << 20
"""What all answers together may take, by estimate; beyond it the oldest go."""
MAX_ENDS = 2048
"""What one answer may come to before it is taken for one that never warms up: what is new then is made anew."""

_WILDCARD = b"\x01*"


class Answers:
    """Compiled answers of one view, by what is found and who asks; dropped when something that they read changes.

    Where only the client makes a difference, answers are kept by its class: so many as there are places that differ.
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
    ) -> None:
        """Answer from two boards.

        Args:
            is_complete: whether a reply may be sent as it is; one that is to be completed elsewhere is not compiled.
            max_bytes: memory to keep to, by estimate.
        """
        self._board = board
        self._health = health
        self._dice = dice
        self._counters = counters
        self._is_complete = is_complete
        self._view = view
        self._most_octets = max_bytes
        self._answers: OrderedDict[Any, CompiledAnswer] = OrderedDict()
        self._readers = _Readers()
        self.octets = 0
        board.subscribe(self._changed)
        health.subscribe(self._health_changed)

    def __len__(self) -> int:
        return len(self._answers)

    def find(
        self, name: DName, type_: int, found: Found, located: Located, given: Path = ()
    ) -> tuple[CompiledAnswer, AnswerLeaf]:
        """What answers a question, and how the dice fell for it.

        Args:
            found: what the current catalog holds for the name and type; not `NotOurs`.
            given: how the dice have fallen so far.
        """
        key = _key(found, type_)
        answer = self._answers.get(key)
        if answer is not None and answer.depends_on_client:
            answer = self._answers.get((key, located.client_class))
        path = given
        if answer is not None:
            node = answer.root
            while isinstance(node, AnswerBranch):
                depth = len(node.path)
                if depth == len(path):
                    path = (*path, bisect_right(node.bounds, self._dice.randrange(node.total)))
                index = path[depth]
                node = node.kids[index]
            if node is not None:
                return answer, node
            if answer.ends >= MAX_ENDS:
                return answer, AnswerLeaf(path, self._counters.of())
        return self._grow(key, name, type_, found, located, path)

    def form(self, answer: CompiledAnswer, end: AnswerLeaf, name: DName, question: bytes) -> ReplyTemplate:
        """What answers a question, where `find` came to for it; the end answers the name."""
        key = end, len(question)
        form = answer.forms.get(key)
        if form is None:
            form = end.form(name, question)
            if self._answers.get(answer.key) is answer:
                answer.forms[key] = form
                self._charge(answer, form.octets)
        return form

    def _grow(
        self, key: Any, name: DName, type_: int, found: Found, located: Located, path: Path
    ) -> tuple[CompiledAnswer, AnswerLeaf]:
        """Follow the draws where nobody went before, and remember what is there."""
        keys: set[Key] = set()
        catalog = RecordingCatalog(self._board.current.catalog_for(self._view), keys)
        health = RecordingHealth(self._health.current, keys)
        link = resolve(catalog, health, located.client, name, type_)
        draws = Draws(self._dice, path, may_sample=False)
        end = self._end(link, draws, located, _base(found, name))
        if end.is_compiled and not end.answers(name):
            return CompiledAnswer(key), AnswerLeaf(end.path, end.count)  # it may not do for others
        family = self._answers.get(key)
        is_of_class = draws.reads_client or (family is not None and family.depends_on_client)
        if is_of_class:
            keys.add(CLIENT)
            if family is None or not family.depends_on_client:
                if family is not None:
                    self._drop(family)
                self._keep(CompiledAnswer(key, depends_on_client=True), keys)
            key = key, located.client_class
        answer = self._answers.get(key)
        if answer is None or answer.root is None:
            if answer is not None:
                self._drop(answer)
            answer = CompiledAnswer(key, is_of_class=is_of_class)
        octets = insert_leaf(answer, draws, end)
        self._keep(answer, keys, octets)
        return answer, end

    def _end(self, link: Link, draws: Draws, located: Located, base: DName) -> AnswerLeaf:
        """What a path of draws ends in; compiled if replies there differ in the order and choice of values alone."""
        try:
            settled = _settled(draft(link, draws, located.scope_bits))
        except NotCompilable:
            settled = None
        if settled is None or not self._is_complete(settled[0]):
            return AnswerLeaf(draws.path, self._counters.of())
        reply, groups, size = settled
        end = AnswerLeaf(draws.path, self._counters.of_answer(link, reply.rcode))
        end.compile(reply, groups, size, link.name, base)
        return end

    def _keep(self, answer: CompiledAnswer, keys: set[Key], octets: int = 0) -> None:
        """Keep an answer, or what was added to it; the oldest give way."""
        if answer.key not in self._answers:
            self._answers[answer.key] = answer
            octets += ANSWER_BYTES
        fresh = tuple(keys.difference(answer.keys_read))
        for key in fresh:
            self._readers.add(key, answer)
        answer.keys_read += fresh
        self._charge(answer, octets + READ_BYTES * len(fresh))

    def _charge(self, answer: CompiledAnswer, octets: int) -> None:
        """ReplyCount what an answer takes more; the oldest give way, and at last itself."""
        answer.octets += octets
        self.octets += octets
        while self.octets > self._most_octets:
            self._drop(next(iter(self._answers.values())))

    def _drop(self, answer: CompiledAnswer) -> None:
        answer.forget()
        if self._answers.pop(answer.key, None) is not None:
            self.octets -= answer.octets
            for key in answer.keys_read:
                self._readers.discard(key, answer)

    def _changed(self, published: Published, change: Difference) -> None:
        if change.everything:
            for answer in self._answers.values():
                answer.forget()
            self._answers, self._readers, self.octets = OrderedDict(), _Readers(), 0
        else:
            for key in keys_of(change):
                self._drop_readers(key)

    def _health_changed(self, health: HealthSnapshot, checks: Collection[HealthCheckId]) -> None:
        for check in checks:
            self._drop_readers(check_key(check))

    def _drop_readers(self, key: Key) -> None:
        """Have those that read something forget; what is left of them goes when they are asked for again, or oldest."""
        for answer in self._readers.of(key):
            if answer.depends_on_client:
                self._drop(answer)
            else:
                answer.forget()


class _Readers:
    """The answers that read each key. Most keys are read by one answer only, so that one stands there by itself."""

    def __init__(self) -> None:
        self._by_key: dict[Key, CompiledAnswer | set[CompiledAnswer]] = {}

    def of(self, key: Key) -> list[CompiledAnswer]:
        """Those that read a key."""
        found = self._by_key.get(key)
        if found is None:
            return []
        return list(found) if isinstance(found, set) else [found]

    def add(self, key: Key, answer: CompiledAnswer) -> None:
        """Note that an answer read a key, for the first time."""
        found = self._by_key.setdefault(key, answer)
        if isinstance(found, set):
            found.add(answer)
        elif found is not answer:
            self._by_key[key] = {found, answer}

    def discard(self, key: Key, answer: CompiledAnswer) -> None:
        """Forget it again."""
        found = self._by_key[key]
        if isinstance(found, set):
            found.discard(answer)
        if found is answer or not found:
            del self._by_key[key]


def _settled(drafted: ReplyDraft | Reply) -> tuple[Reply, RRGroups, int] | None:
    """A reply, the records at its end that are to be drawn, and how many groups of them; None if not so simple."""
    if isinstance(drafted, Reply):
        return drafted, (), 0
    if len(drafted.pools) > 1:
        return None
    pool, owner = drafted.pools[0], drafted.last.name
    values = rrset_of(owner, pool.leaves)
    if len(values) == 1 and pool.size == len(pool.leaves):
        return drafted.with_values(values), (), 0
    groups = pool.uniform_groups(owner)
    type_ = values[0][1]
    if groups is None or owner == ROOT or type_ in COMPRESSED_NAMES or type_ in HOST_IN_RDATA:
        return None
    return drafted.with_values([rr for group in groups[: pool.size] for rr in group]), groups, pool.size


def _key(found: Found, type_: int) -> tuple[Any, ...]:
    """What is found, as far as it makes a difference to the answer: never a name that a wildcard stands for."""
    assert not isinstance(found, NotOurs)
    if isinstance(found, Hit | NoData):
        return found.zone.name, found.node, type_
    if isinstance(found, Referral):
        return found.zone.name, type_, found.cut.name
    return found.zone.name, type_


def is_shared(found: Found, name: DName) -> bool:
    """Whether an answer is found that names besides this one have too."""
    if not isinstance(found, Hit | NoData):
        return True
    return found.node != name or found.node.startswith(_WILDCARD)


def _base(found: Found, name: DName) -> DName:
    """The ending that all names have to which what is found for one of them applies."""
    assert not isinstance(found, NotOurs)
    if isinstance(found, Hit | NoData):
        return DName(found.node[len(_WILDCARD) :]) if found.node.startswith(_WILDCARD) else name
    return found.cut.name if isinstance(found, Referral) else found.zone.name
