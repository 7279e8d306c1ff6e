"""Completing an answer whose CNAME or alias leads out of its hosted zone, for clients that asked for recursion."""

from collections.abc import Callable

from dnsemu.answering.resolution import MAX_CNAME_LINKS
from dnsemu.config.names import DName
from dnsemu.upstream.forwarding import Forwarder
from dnsemu.wire.protocol import RR
from dnsemu.wire.reply import Onward, Reply

LookUpHere = Callable[[DName, int], Reply | None]
"""What our own hosted zones answer to a question, or None if it is for upstream."""


async def complete(forwarder: Forwarder, reply: Reply, type_: int, look_up_here: LookUpHere) -> Reply:
    """The reply with what lies onward appended, from our other hosted zones or from upstream.

    The ECS scope is the longest of any zone on the way (R133). An alias stays invisible: what its target answers is
    told under the alias's own name (R100).

    Raises:
        UpstreamFailed: upstream gave no answer.
    """
    answer = list(reply.answer)
    rcode, onward, scope_bits = reply.rcode, reply.onward, reply.scope_bits
    links = 0
    while onward is not None and links < MAX_CNAME_LINKS:
        links += 1
        here = look_up_here(onward.target, type_)
        if here is None:
            rcode, found = await forwarder.look_up(onward.target, type_)
            following = None
        else:
            rcode, found, following = here.rcode, list(here.answer), here.onward
            scope_bits = max(scope_bits, here.scope_bits)
        answer += found if onward.alias_owner is None else _owned(onward, found, type_)
        onward = following
    return Reply(rcode, is_authoritative=reply.is_authoritative, answer=answer, scope_bits=scope_bits)


def _owned(onward: Onward, found: list[RR], type_: int) -> list[RR]:
    assert onward.alias_owner is not None
    return [(onward.alias_owner, type_, ttl, rdata) for _, kind, ttl, rdata in found if kind == type_]
