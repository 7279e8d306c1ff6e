"""Completes answers that lead out of the hosted zones, for clients that asked for recursion.

The names followed are the targets of CNAMEs and aliases, names below a delegation, and names in no hosted zone. Each is
answered from a hosted zone if one holds it, else upstream.
"""

from collections.abc import Callable, Sequence

from dnsemu.answering.resolution import MAX_CNAME_LINKS
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.upstream.exchange import UpstreamQuestion
from dnsemu.upstream.forwarding import Forwarder
from dnsemu.wire.protocol import AD, RR, TC, RCode
from dnsemu.wire.qtypes import ANY, DNAME
from dnsemu.wire.query import Query
from dnsemu.wire.reply import OutsideTarget, Reply

LookUpHosted = Callable[[DName], Reply | None]
"""Answers the type asked at a name from the hosted zones; None if no hosted zone holds the name."""


async def complete(forwarder: Forwarder, query: Query, reply: Reply, look_up_hosted: LookUpHosted) -> Reply:
    """Appends the answer of the outside target, and of those after it.

    A name that was followed before ends the chain, and so do `MAX_CNAME_LINKS` (R55).

    Args:
        reply: the answer so far, with an outside target.
    Raises:
        UpstreamFailed: no upstream answered.
    """
    chain = _Chain(query.type, reply)
    for _ in range(MAX_CNAME_LINKS):
        target = chain.target
        if target is None or target.name in chain.followed:
            break
        part = look_up_hosted(target.name)
        if part is None:
            part = await _ask_upstream(forwarder, query, target.name, look_up_hosted)
        chain.add(target, part)
    return chain.reply()


class _Chain:
    """An answer that is completed part by part.

    `target` is the name to follow next, `followed` are those before it.
    """

    def __init__(self, type_: int, start: Reply) -> None:
        self._type = type_
        self._start = self._last = start
        self._answer = list(start.answer)
        self._scope_bits = start.scope_bits
        self._flags = 0 if start.is_authoritative else AD
        self._alias_reply = start
        self._alias_owner: DName | None = None
        self.target = start.outside_target
        self.followed = {owner.lower() for owner, *_ in start.answer}

    def add(self, target: OutsideTarget, part: Reply) -> None:
        """Appends the answer for a target. Below an alias, records get the alias's name (R100)."""
        owner, following = target.alias_owner, part.outside_target
        if owner is None:
            self._answer += part.answer
        else:
            self._answer += [(owner, kind, ttl, rdata) for _, kind, ttl, rdata in part.answer if kind == self._type]
        if following is not None and owner is not None:
            following = OutsideTarget(following.name, owner)
        elif following is not None and following.alias_owner is not None:
            self._alias_reply = part
        self._last = part
        self._scope_bits = max(self._scope_bits, part.scope_bits)
        self._flags = self._flags & part.upstream_flags & AD | (self._flags | part.upstream_flags) & TC
        self._alias_owner = owner
        self.target = following
        self.followed |= {target.name, *(name.lower() for name, *_ in part.answer)}

    def reply(self) -> Reply:
        """Returns the reply. Authority and additional are those of the last part, a negative answer's SOA among them.

        The ECS scope is the longest of all zones involved (R133). If an alias leads to nothing, its own zone says that
        there is no such record (R107).
        """
        rcode, authority, additional = self._last.rcode, self._last.authority, self._last.additional
        if self._alias_owner is not None:
            authority = additional = ()
            is_empty = not any(rr[:2] == (self._alias_owner, self._type) for rr in self._answer)
            if is_empty and rcode in (RCode.NOERROR, RCode.NXDOMAIN):
                rcode, authority = RCode.NOERROR, self._alias_reply.authority
        return Reply(
            rcode,
            is_authoritative=self._start.is_authoritative,
            answer=self._answer,
            authority=authority,
            additional=additional,
            may_shrink=self._last.may_shrink and bool(self._answer),
            scope_bits=self._scope_bits,
            upstream_flags=self._flags,
        )


async def _ask_upstream(forwarder: Forwarder, query: Query, name: DName, look_up_hosted: LookUpHosted) -> Reply:
    """Returns an upstream's answer, up to the first CNAME that leads into a hosted zone."""
    question = UpstreamQuestion.of(name, query)
    received = await forwarder.ask(question)
    scope_bits = received.scope_bits(question.client_subnet)
    leads_back = _leads_back(received.answer, name, look_up_hosted) if query.type not in (RRType.CNAME, ANY) else None
    if leads_back is not None:
        answer, target = leads_back
        return Reply(
            RCode.NOERROR,
            is_authoritative=False,
            answer=answer,
            scope_bits=scope_bits,
            outside_target=OutsideTarget(target),
            upstream_flags=received.flags & AD,
        )
    return Reply(
        RCode(received.rcode),
        is_authoritative=False,
        answer=received.answer,
        authority=received.authority,
        additional=received.additional,
        may_shrink=not question.dnssec_ok,  # with DNSSEC, the authority section holds proofs
        scope_bits=scope_bits,
        upstream_flags=received.flags & (AD | TC),
    )


def _leads_back(answer: Sequence[RR], name: DName, look_up_hosted: LookUpHosted) -> tuple[list[RR], DName] | None:
    """Returns the part of an upstream's answer before a name in a hosted zone, and that name; None if there is none."""
    cnames = {owner.lower(): DName(rdata.lower()) for owner, kind, _, rdata in answer if kind == RRType.CNAME}
    owners: list[bytes] = []
    target: DName | None = name
    while target is not None and target not in owners:
        if owners and look_up_hosted(target) is not None:
            return [rr for rr in answer if rr[0].lower() in owners or rr[1] == DNAME], target
        owners.append(target)
        target = cnames.get(target)
    return None
