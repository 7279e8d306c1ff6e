"""Replies: the records that answer a query, before they are written into a message."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace

from dnsemu.config.names import DName
from dnsemu.wire.protocol import MAX_TTL_S, RR, RCode


@dataclass(frozen=True, slots=True)
class OutsideTarget:
    """A name outside the hosted zone that an answer leads to: the target of its last CNAME, or of an alias.

    For a referral it is the name asked.

    An alias is invisible (R100): the target's records get the owner `alias_owner`, which is None for a CNAME.
    """

    name: DName
    alias_owner: DName | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a query: response code and sections.

    `may_shrink` is true if authority and additional are a courtesy, dropped before the answer is (R145); in negative
    replies and referrals they are the substance. `scope_bits` is the ECS scope (R132). `outside_target` is the name
    that a client who asked for recursion needs resolved as well. `upstream_flags` are TC and AD, if an upstream set
    them.
    """

    rcode: RCode
    _: KW_ONLY
    is_authoritative: bool
    answer: Sequence[RR] = ()
    authority: Sequence[RR] = ()
    additional: Sequence[RR] = ()
    may_shrink: bool = True
    scope_bits: int = 0
    outside_target: OutsideTarget | None = None
    upstream_flags: int = 0

    def with_ttls_divided(self, divisor: float | None) -> "Reply":
        """Returns the reply with every TTL divided, rounded down and at most `MAX_TTL_S`; None makes them 0."""

        def quotient(ttl: int) -> int:
            return min(int(ttl / divisor), MAX_TTL_S) if divisor else 0

        def divided(section: Sequence[RR]) -> list[RR]:
            return [(name, type_, quotient(ttl), rdata) for name, type_, ttl, rdata in section]

        answer, authority, additional = map(divided, (self.answer, self.authority, self.additional))
        return replace(self, answer=answer, authority=authority, additional=additional)
