"""Completes answers whose CNAME or alias leads out of its hosted zone, for clients that asked for recursion."""

from collections.abc import Callable

from dnsemu.answering.resolution import MAX_CNAME_LINKS
from dnsemu.config.names import DName
from dnsemu.upstream.forwarding import Forwarder
from dnsemu.wire.protocol import RR
from dnsemu.wire.reply import OutsideTarget, Reply

LookUpHosted = Callable[[DName, int], Reply | None]
"""Answers a question from the hosted zones; None if no hosted zone holds the name."""


async def complete(forwarder: Forwarder, reply: Reply, type_: int, look_up_hosted: LookUpHosted) -> Reply:
    """Appends the answer of the outside target, and of those after it, from other hosted zones or from upstream.

    The ECS scope is the longest of all zones involved (R133). An alias stays invisible: its target's records get the
    alias's name (R100).

    Raises:
        UpstreamFailed: no upstream answered.
    """
    answer = list(reply.answer)
    rcode, target, scope_bits = reply.rcode, reply.outside_target, reply.scope_bits
    links = 0
    while target is not None and links < MAX_CNAME_LINKS:
        links += 1
        hosted = look_up_hosted(target.name, type_)
        if hosted is None:
            rcode, found = await forwarder.look_up(target.name, type_)
            following = None
        else:
            rcode, found, following = hosted.rcode, list(hosted.answer), hosted.outside_target
            scope_bits = max(scope_bits, hosted.scope_bits)
        answer += found if target.alias_owner is None else _under_alias(target, found, type_)
        target = following
    return Reply(rcode, is_authoritative=reply.is_authoritative, answer=answer, scope_bits=scope_bits)


def _under_alias(target: OutsideTarget, found: list[RR], type_: int) -> list[RR]:
    assert target.alias_owner is not None
    return [(target.alias_owner, type_, ttl, rdata) for _, kind, ttl, rdata in found if kind == type_]
