"""How many replies were sent, by labels from closed sets; counted in place on the way out, read at scrape time."""

from collections.abc import Iterator
from typing import NamedTuple

from dnsemu.answering.resolution import Link
from dnsemu.config.names import ROOT, DName
from dnsemu.policies.decide import policy_of
from dnsemu.wire.protocol import RCode
from dnsemu.wire.qtypes import type_label
from dnsemu.zone.lookup import NotOurs

UDP, TCP = 0, 1
"""Where in a `Count` a protocol's number is."""
PROTOCOLS = ("UDP", "TCP")

Count = list[int]
"""Replies of one kind over UDP, and over TCP."""


class Answered(NamedTuple):
    """What a reply is counted under; every field comes from a closed set, `zone` from those hosted or the root."""

    zone: DName
    type: str
    rcode: str
    policy: str
    protocol: str


class Counters:
    """Counts by zone, type, rcode and policy; whoever sends replies keeps the count it adds to."""

    def __init__(self) -> None:
        self._counts: dict[tuple[DName, str, str, str], Count] = {}

    def of_answer(self, link: Link, rcode: RCode) -> Count:
        """The count for answers from a hosted zone."""
        assert not isinstance(link.found, NotOurs)
        policy = policy_of(link.decisions[0].group).NAME if link.decisions else "none"
        return self.of(link.found.zone.name, type_label(link.type), rcode, policy)

    def of(self, zone: DName = ROOT, type_: str = "", rcode: RCode = RCode.NOERROR, policy: str = "none") -> Count:
        """The count for replies of a kind."""
        key = zone, type_, rcode.name, policy
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = [0, 0]
        return count

    def items(self) -> Iterator[tuple[Answered, int]]:
        """Every kind that was sent, and how often."""
        for key, count in self._counts.items():
            for protocol, number in zip(PROTOCOLS, count, strict=True):
                if number:
                    yield Answered(*key, protocol), number
