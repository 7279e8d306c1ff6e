"""Completing an answer whose CNAME or alias leads out of its hosted zone, for clients that asked for recursion."""

from collections.abc import Callable

from dnsemu.answering.resolution import MAX_CNAME_LINKS
from dnsemu.config.names import DName
from dnsemu.upstream.forwarding import Forwarder
from dnsemu.wire.protocol import RR
from dnsemu.wire.reply import OutsideTarget, Reply

LookUpHere = Callable[[DName, int], Reply | None]
"""What our own hosted zones answer to a question, or None if it is for upstream."""


async def complete(forwarder: Forwarder, reply: Reply, type_: int, look_up_here: LookUpHere) -> Reply:
    """The reply with what its outside target leads to appended, from our other hosted zones or from upstream.

    The ECS scope is the longest of any zone on the way (R133). An alias stays invisible: what its target answers is
    told under the alias's own name (R100).

    Raises:
        UpstreamFailed: upstream gave no answer.
    """
    answer = list(reply.answer)
    rcode, target, scope_bits = reply.rcode, reply.outside_target, reply.scope_bits
    links = 0
    while target is not None and links < MAX_CNAME_LINKS:
        links += 1
        here = look_up_here(target.name, type_)
        if here is None:
            rcode, found = await forwarder.look_up(target.name, type_)
            following = None
        else:
            rcode, found, following = here.rcode, list(here.answer), here.outside_target
            scope_bits = max(scope_bits, here.scope_bits)
        answer += found if target.alias_owner is None else _owned(target, found, type_)
        target = following
    return Reply(rcode, is_authoritative=reply.is_authoritative, answer=answer, scope_bits=scope_bits)


def _owned(target: OutsideTarget, found: list[RR], type_: int) -> list[RR]:
    assert target.alias_owner is not None
    return [(target.alias_owner, type_, ttl, rdata) for _, kind, ttl, rdata in found if kind == type_]
