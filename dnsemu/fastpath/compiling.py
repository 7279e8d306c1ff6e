"""Compiling: which cached answer a question has, and from its link to the leaf on a path of draws."""

from collections.abc import Callable
from typing import Any

from dnsemu.answering.answer import ReplyDraft, draft
from dnsemu.answering.counters import Counters
from dnsemu.answering.draws import Draws, NotCompilable
from dnsemu.answering.resolution import Link
from dnsemu.answering.rrsets import RRGroups, rrset_of
from dnsemu.answering.sections import HOST_IN_RDATA
from dnsemu.config.names import ROOT, DName
from dnsemu.fastpath.decision_tree import AnswerLeaf
from dnsemu.wire.compression import COMPRESSED_NAMES
from dnsemu.wire.reply import Reply
from dnsemu.zone.lookup import Found, Hit, NoData, NotOurs, Referral

_WILDCARD = b"\x01*"


def answer_key(found: Found, type_: int) -> tuple[Any, ...]:
    """Returns the key of the cached answer: the same for all names that a wildcard, a delegation or NXDOMAIN covers."""
    assert not isinstance(found, NotOurs)
    if isinstance(found, Hit | NoData):
        return found.zone.name, found.node, type_
    if isinstance(found, Referral):
        return found.zone.name, type_, found.cut.name
    return found.zone.name, type_


def is_shared(found: Found, name: DName) -> bool:
    """True if other names may have the same cached answer."""
    if not isinstance(found, Hit | NoData):
        return True
    return found.node != name or found.node.startswith(_WILDCARD)


def common_suffix(found: Found, name: DName) -> DName:
    """Returns the suffix of all names that have the same cached answer."""
    assert not isinstance(found, NotOurs)
    if isinstance(found, Hit | NoData):
        return DName(found.node[len(_WILDCARD) :]) if found.node.startswith(_WILDCARD) else name
    return found.cut.name if isinstance(found, Referral) else found.zone.name


def compile_leaf(
    link: Link,
    draws: Draws,
    scope_bits: int,
    base: DName,
    counters: Counters,
    is_complete: Callable[[Reply], bool],
) -> AnswerLeaf:
    """Makes the leaf on a path of draws; it is compiled if its replies differ only in the order and choice of values.

    Args:
        base: the `common_suffix` of the question.
        is_complete: true of replies that are sent as they are; others are not compiled.
    """
    try:
        parts = _reply_and_drawn(draft(link, draws, scope_bits))
    except NotCompilable:
        parts = None
    if parts is None or not is_complete(parts[0]):
        return AnswerLeaf(draws.path, counters.of())
    reply, groups, size = parts
    leaf = AnswerLeaf(draws.path, counters.of_answer(link, reply.rcode))
    leaf.compile(reply, groups, size, link.name, base)
    return leaf


def _reply_and_drawn(drafted: ReplyDraft | Reply) -> tuple[Reply, RRGroups, int] | None:
    """Returns a reply, the record groups that may stand at the end of its answer, and how many of them do.

    None if drawing whole records in wire format does not make all replies: names in rdata are compressed, TTLs or
    lengths differ, or several types answer.
    """
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
