"""Reply counters by labels from closed sets; replies add to them in place, metrics read them at scrape time."""

from collections.abc import Iterator
from typing import NamedTuple

from dnsemu.answering.resolution import Link
from dnsemu.config.names import ROOT, DName
from dnsemu.policies.decide import policy_of
from dnsemu.wire.protocol import RCode
from dnsemu.wire.qtypes import type_label
from dnsemu.zone.lookup import NotOurs

UDP, TCP = 0, 1
"""The index of a transport protocol in a `ReplyCount`."""
PROTOCOLS = ("UDP", "TCP")

ReplyCount = list[int]
"""Replies with the same labels over UDP, and over TCP."""


class ReplyLabels(NamedTuple):
    """The labels that a reply is counted under; each from a closed set. `zone` is a hosted zone's name or the root."""

    zone: DName
    type: str
    rcode: str
    policy: str
    protocol: str


class Counters:
    """Counts replies by zone, type, rcode and policy. A caller may keep a `ReplyCount` and add to it directly."""

    def __init__(self) -> None:
        self._counts: dict[tuple[DName, str, int, str], ReplyCount] = {}

    def of_answer(self, link: Link, rcode: RCode) -> ReplyCount:
        """Returns the count of replies to a question that a hosted zone answers."""
        assert not isinstance(link.found, NotOurs)
        policy = policy_of(link.decisions[0].group).NAME if link.decisions else "none"
        return self.of(link.found.zone.name, type_label(link.type), rcode, policy)

    def of(self, zone: DName = ROOT, type_: str = "", rcode: RCode = RCode.NOERROR, policy: str = "none") -> ReplyCount:
        """Returns the count of replies with these labels."""
        key = zone, type_, int(rcode), policy  # an enum's name and hash cost more than the number's
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = [0, 0]
        return count

    def items(self) -> Iterator[tuple[ReplyLabels, int]]:
        """Yields the labels with at least one reply, and their number of replies."""
        for (zone, type_, rcode, policy), count in self._counts.items():
            for protocol, number in zip(PROTOCOLS, count, strict=True):
                if number:
                    yield ReplyLabels(zone, type_, RCode(rcode).name, policy, protocol), number
