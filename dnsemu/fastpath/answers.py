"""Compiled answers: all but the message around them, as a tree of throws with bytes at its ends."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from dnsemu.answering.answer import NAME_IN_RDATA, Dice, RRGroups, Throws, Undrawn, Unrepeatable, rrset_of, throw
from dnsemu.answering.counters import Count, Tally
from dnsemu.answering.resolution import Link, resolve
from dnsemu.config import names
from dnsemu.config.model.world import HealthCheckId
from dnsemu.config.names import ROOT, DName
from dnsemu.fastpath.reads import CLIENT, Key, Reads, check_key, keys_of
from dnsemu.healthcheck.verdict.snapshot import HealthBoard, HealthSnapshot
from dnsemu.policies.location.place import Located
from dnsemu.publication.board import Board, Change, Published
from dnsemu.wire.reply import NAMES_IN_RDATA, Body, Reply, names_in
from dnsemu.zone.catalog import Found, Hit, NoData, NotOurs, Referral

MOST_OCTETS = 48 << 20
"""What all answers together may take, by estimate; beyond it the oldest go."""

_ANSWER_OCTETS, _READ_OCTETS = 1200, 150
_END_OCTETS, _RR_OCTETS = 700, 130
_FORM_OCTETS, _GROUP_OCTETS, _RECORD_OCTETS = 500, 60, 50
_SPLIT_OCTETS, _WAY_OCTETS = 350, 48
MOST_ENDS = 2048
"""What one answer may come to before it is taken for one that never warms up: what is new then is made anew."""

_WILDCARD = b"\x01*"
_POINTER_OCTETS = 2

Path = tuple[int, ...]
"""Which way the throws fell, one index each."""

Records = tuple[bytes, ...]


class Form:
    """What answers questions of one length.

    `groups` are records, by record set, of which `size` groups answer in random order; in the body they stand from
    `start` to `stop`, the first of them in the order given. There are none where the body is all there is.
    """

    __slots__ = ("body", "groups", "size", "start", "stop")

    def __init__(self, body: Body, groups: tuple[Records, ...] = (), size: int = 0) -> None:
        self.body = body
        self.groups = groups
        self.size = size
        self.stop = body.ends[1] if groups else 0
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
        groups = sum(_GROUP_OCTETS + sum(_RECORD_OCTETS + len(record) for record in group) for group in self.groups)
        return _FORM_OCTETS + len(self.body.octets) + groups


class End:
    """The end of a path of throws: a reply as it was made for one name, from which forms for others are made.

    It answers every name that ends in `base`, unless the name goes on as a name in the reply does: then compression
    would find more in common. Not `is_compiled` means that every reply has to be made anew, on the path given.
    """

    __slots__ = ("_base", "_groups", "_made_for", "_names_below", "_reply", "_size", "count", "path")

    def __init__(self, path: Path, count: Count) -> None:
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

    def form(self, name: DName, question: bytes) -> Form:
        """A form for questions of one length, one of which asks a name that `answers` holds true of."""
        reply = self._reply
        assert reply is not None
        if name != self._made_for:
            answer = [(name, *rr[1:]) if rr[0] == self._made_for else rr for rr in reply.answer]
            reply = replace(reply, answer=answer)
        body = Body.of(question, reply)
        if not self._groups or len(body.ends) == 1:  # or too many to be sent at all
            return Form(body)
        last = len(Body.record(reply.answer[-1]))
        owner = body.octets[body.ends[1] - last - _POINTER_OCTETS : body.ends[1] - last]
        return Form(body, tuple(tuple(owner + Body.record(rr) for rr in group) for group in self._groups), self._size)

    @property
    def octets(self) -> int:
        """How much it takes, by estimate."""
        if self._reply is None:
            return _END_OCTETS
        reply = self._reply
        drawn = sum(map(len, self._groups))
        return _END_OCTETS + _RR_OCTETS * (len(reply.answer) + len(reply.authority) + len(reply.additional) + drawn)


class Split:
    """A throw among tickets; `kids` are what lies behind each, None where nobody came by so far."""

    __slots__ = ("bounds", "kids", "path", "total")

    def __init__(self, path: Path, counts: Sequence[int]) -> None:
        self.path = path
        self.bounds = list(accumulate(counts))
        self.total = self.bounds[-1]
        self.kids: list[Split | End | None] = [None] * len(counts)

    @property
    def octets(self) -> int:
        """How much it takes, by estimate, without what lies behind."""
        return _SPLIT_OCTETS + _WAY_OCTETS * len(self.kids)


class Answer:
    """What answers one question, for one class of clients or for all; `root` is None once it was dropped.

    `forms` are by end and by the length of the question. They go when it is dropped, whoever still holds an end of it.

    One that `depends_on_client` only says so: what answers is kept for each class of clients, in answers `of_class`.
    """

    __slots__ = ("depends_on_client", "ends", "forms", "is_of_class", "key", "keys_read", "octets", "root")

    def __init__(self, key: Any, *, depends_on_client: bool = False, is_of_class: bool = False) -> None:
        self.key = key
        self.depends_on_client = depends_on_client
        self.is_of_class = is_of_class
        self.root: Split | End | None = None
        self.forms: dict[tuple[End, int], Form] = {}
        self.ends = 0
        self.keys_read: tuple[Key, ...] = ()
        self.octets = 0

    def forget(self) -> None:
        """Answer nothing from now on."""
        self.root = None
        self.forms = {}
        self.ends = 0


class Answers:
    """Answers by what is found and who asks, made when they are first wanted, dropped when what they read changes.

    Where only the client makes a difference, answers are kept by its class: so many as there are places that differ.
    """

    def __init__(
        self,
        board: Board,
        health: HealthBoard,
        dice: Dice,
        tally: Tally,
        *,
        is_complete: Callable[[Reply], bool],
        most_octets: int = MOST_OCTETS,
    ) -> None:
        """Answer from two boards.

        Args:
            is_complete: whether a reply may be sent as it is; one that is to be completed elsewhere is not compiled.
            most_octets: memory to keep to, by estimate.
        """
        self._board = board
        self._health = health
        self._dice = dice
        self._tally = tally
        self._is_complete = is_complete
        self._most_octets = most_octets
        self._answers: OrderedDict[Any, Answer] = OrderedDict()
        self._readers = _Readers()
        self.octets = 0
        board.subscribe(self._changed)
        health.subscribe(self._health_changed)

    def __len__(self) -> int:
        return len(self._answers)

    def find(self, name: DName, type_: int, found: Found, located: Located, given: Path = ()) -> tuple[Answer, End]:
        """What answers a question, and how the dice fell for it.

        Args:
            found: what the current catalog holds for the name and type; not `NotOurs`.
            given: how the dice have fallen so far.
        """
        key = _key(found, type_)
        answer = self._answers.get(key)
        if answer is not None and answer.depends_on_client:
            answer = self._answers.get((key, located.klass))
        path = given
        if answer is not None:
            node = answer.root
            while isinstance(node, Split):
                depth = len(node.path)
                if depth == len(path):
                    path = (*path, bisect_right(node.bounds, self._dice.randrange(node.total)))
                index = path[depth]
                node = node.kids[index]
            if node is not None:
                return answer, node
            if answer.ends >= MOST_ENDS:
                return answer, End(path, self._tally.of())
        return self._grow(key, name, type_, found, located, path)

    def form(self, answer: Answer, end: End, name: DName, question: bytes) -> Form:
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
    ) -> tuple[Answer, End]:
        """Follow the throws where nobody went before, and remember what is there."""
        published, reads = self._board.current, Reads()
        catalog, health = reads.catalog(published.catalog), reads.health(self._health.current)
        link = resolve(catalog, health, located.client, name, type_)
        throws = Throws(self._dice, path, may_sample=False)
        end = self._end(link, throws, located, _base(found, name))
        if end.is_compiled and not end.answers(name):
            return Answer(key), End(end.path, end.count)  # it may not do for others
        family = self._answers.get(key)
        is_of_class = throws.reads_client or (family is not None and family.depends_on_client)
        if is_of_class:
            reads.keys.add(CLIENT)
            if family is None or not family.depends_on_client:
                if family is not None:
                    self._drop(family)
                self._keep(Answer(key, depends_on_client=True), reads.keys)
            key = key, located.klass
        answer = self._answers.get(key)
        if answer is None or answer.root is None:
            if answer is not None:
                self._drop(answer)
            answer = Answer(key, is_of_class=is_of_class)
        octets = _graft(answer, throws, end)
        self._keep(answer, reads.keys, octets)
        return answer, end

    def _end(self, link: Link, throws: Throws, located: Located, base: DName) -> End:
        """What a path of throws ends in; compiled if replies there differ in the order and choice of values alone."""
        try:
            settled = _settled(throw(link, throws, located.scope_bits))
        except Unrepeatable:
            settled = None
        if settled is None or not self._is_complete(settled[0]):
            return End(throws.path, self._tally.of())
        reply, groups, size = settled
        end = End(throws.path, self._tally.of_answer(link, reply.rcode))
        end.compile(reply, groups, size, link.name, base)
        return end

    def _keep(self, answer: Answer, keys: set[Key], octets: int = 0) -> None:
        """Keep an answer, or what was added to it; the oldest give way."""
        if answer.key not in self._answers:
            self._answers[answer.key] = answer
            octets += _ANSWER_OCTETS
        fresh = tuple(keys.difference(answer.keys_read))
        for key in fresh:
            self._readers.add(key, answer)
        answer.keys_read += fresh
        self._charge(answer, octets + _READ_OCTETS * len(fresh))

    def _charge(self, answer: Answer, octets: int) -> None:
        """Count what an answer takes more; the oldest give way, and at last itself."""
        answer.octets += octets
        self.octets += octets
        while self.octets > self._most_octets:
            self._drop(next(iter(self._answers.values())))

    def _drop(self, answer: Answer) -> None:
        answer.forget()
        if self._answers.pop(answer.key, None) is not None:
            self.octets -= answer.octets
            for key in answer.keys_read:
                self._readers.discard(key, answer)

    def _changed(self, published: Published, change: Change) -> None:
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
        self._by_key: dict[Key, Answer | set[Answer]] = {}

    def of(self, key: Key) -> list[Answer]:
        """Those that read a key."""
        found = self._by_key.get(key)
        if found is None:
            return []
        return list(found) if isinstance(found, set) else [found]

    def add(self, key: Key, answer: Answer) -> None:
        """Note that an answer read a key, for the first time."""
        found = self._by_key.setdefault(key, answer)
        if isinstance(found, set):
            found.add(answer)
        elif found is not answer:
            self._by_key[key] = {found, answer}

    def discard(self, key: Key, answer: Answer) -> None:
        """Forget it again."""
        found = self._by_key[key]
        if isinstance(found, set):
            found.discard(answer)
        if found is answer or not found:
            del self._by_key[key]


def _graft(answer: Answer, throws: Throws, end: End) -> int:
    """Put an end behind the throws that led there; how many octets more that takes, by estimate."""
    octets = end.octets
    above: Split | None = None
    for depth, (counts, _) in enumerate(throws.taken[: len(end.path)]):
        split = answer.root if above is None else above.kids[end.path[depth - 1]]
        if not isinstance(split, Split):
            split = Split(end.path[:depth], counts)
            octets += split.octets
            _put(answer, above, split)
        above = split
    _put(answer, above, end)
    answer.ends += 1
    return octets


def _put(answer: Answer, above: Split | None, node: Split | End) -> None:
    if above is None:
        answer.root = node
    else:
        above.kids[node.path[-1]] = node


def _settled(thrown: Undrawn | Reply) -> tuple[Reply, RRGroups, int] | None:
    """A reply, the records at its end that are to be drawn, and how many groups of them; None if not so simple."""
    if isinstance(thrown, Reply):
        return thrown, (), 0
    if len(thrown.pools) > 1:
        return None
    pool, owner = thrown.pools[0], thrown.last.name
    values = rrset_of(owner, pool.leaves)
    if len(values) == 1 and pool.size == len(pool.leaves):
        return thrown.with_values(values), (), 0
    groups = pool.whole(owner)
    type_ = values[0][1]
    if groups is None or owner == ROOT or type_ in NAMES_IN_RDATA or type_ in NAME_IN_RDATA:
        return None
    return thrown.with_values([rr for group in groups[: pool.size] for rr in group]), groups, pool.size


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


def _is_below(name: DName, base: DName) -> bool:
    return name != base and names.is_at_or_below(name, base)


def _next_closer(name: DName, base: DName) -> DName:
    """The ending of a name with one label more than `base`, which it lies below (RFC 5155 §1.3)."""
    stop = len(name) - len(base)
    at = 0
    while (after := at + 1 + name[at]) < stop:
        at = after
    return DName(name[at:])
