"""Reply counters by labels from closed sets; replies add to them in place, metrics read them at scrape time."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from dnsemu.answering.resolution import Link
from dnsemu.config import names
from dnsemu.config.names import ROOT, DName
from dnsemu.policies.decide import policy_of
from dnsemu.wire.protocol import RCode
from dnsemu.wire.qtypes import type_label
from dnsemu.zone.lookup import NotOurs

UDP, TCP = 0, 1
"""The index of a transport protocol in a `ReplyCount`."""
PROTOCOLS = ("UDP", "TCP")

DELETED = DName(b"")
"""The label of all zones that are no longer served; no zone has this name."""

ReplyCount = list[int]
"""Replies with the same labels over UDP, and over TCP."""


class ReplyLabels(NamedTuple):
    """The labels that a reply is counted under; each from a closed set.

    `zone` is the name of a served zone, the root for replies from none, or `DELETED`.
    """

    zone: DName
    type: str
    rcode: str
    policy: str
    protocol: str

    @property
    def zone_text(self) -> str:
        """The zone as a metric's label."""
        if self.zone == DELETED:
            return "(deleted)"
        return names.display(self.zone) if self.zone != ROOT else ""


class Counters:
    """Counts replies by zone, type, rcode and policy. A caller may keep a `ReplyCount` and add to it directly.

    A zone that is no longer served leaves no labels: its counts go over to those of `DELETED`, so that sums never fall.
    """

    def __init__(self, is_served: Callable[[DName], bool] = lambda _zone: True) -> None:
        """Counts nothing yet.

        Args:
            is_served: True if a hosted zone or a resource has the name now.
        """
        self._is_served = is_served
        self._by_zone: dict[DName, dict[tuple[str, int, str], ReplyCount]] = {}

    def of_answer(self, link: Link, rcode: RCode) -> ReplyCount:
        """Returns the count of replies to a question that a hosted zone answers."""
        assert not isinstance(link.found, NotOurs)
        policy = policy_of(link.decisions[0].group).NAME if link.decisions else "none"
        return self.of(link.found.zone.name, type_label(link.type), rcode, policy)

    def of(self, zone: DName = ROOT, type_: str = "", rcode: RCode = RCode.NOERROR, policy: str = "none") -> ReplyCount:
        """Returns the count of replies with these labels."""
        counts = self._by_zone.get(zone)
        if counts is None:
            counts = self._counts_of(zone)
        key = type_, int(rcode), policy  # an enum's name and hash cost more than the number's
        count = counts.get(key)
        if count is None:
            count = counts[key] = [0, 0]
        return count

    def forget_deleted(self, zones: Collection[DName] | None = None) -> None:
        """Moves the counts of zones that are not served to DELETED.

        Args:
            zones: the zones that may have gone; None for all.
        """
        for zone in gone(zones, self._by_zone, self._is_served):
            for key, count in self._by_zone.pop(zone).items():
                total = self._counts_of(DELETED).setdefault(key, [0, 0])
                total[UDP] += count[UDP]
                total[TCP] += count[TCP]

    def items(self) -> Iterator[tuple[ReplyLabels, int]]:
        """Yields the labels with at least one reply, and their number of replies."""
        for zone, counts in self._by_zone.items():
            for (type_, rcode, policy), count in counts.items():
                for protocol, number in zip(PROTOCOLS, count, strict=True):
                    if number:
                        yield ReplyLabels(zone, type_, RCode(rcode).name, policy, protocol), number

    def _counts_of(self, zone: DName) -> dict[tuple[str, int, str], ReplyCount]:
        if zone not in (ROOT, DELETED) and not self._is_served(zone):
            zone = DELETED  # deleted while its reply waited for an upstream
        return self._by_zone.setdefault(zone, {})


class ReplyTotals:
    """Replies of several processes, by the labels that they reported; zones that are not served count as `DELETED`."""

    def __init__(self, is_served: Callable[[DName], bool]) -> None:
        self._is_served = is_served
        self._by_zone: dict[DName, Counter[ReplyLabels]] = {}

    def add(self, counted: Iterable[tuple[ReplyLabels, int]]) -> None:
        """Adds increments; they may be of a zone that was deleted since."""
        for labels, number in counted:
            is_known = labels.zone in (ROOT, DELETED) or self._is_served(labels.zone)
            kept = labels if is_known else labels._replace(zone=DELETED)
            self._by_zone.setdefault(kept.zone, Counter())[kept] += number

    def forget_deleted(self, zones: Collection[DName] | None = None) -> None:
        """As `Counters.forget_deleted`."""
        for zone in gone(zones, self._by_zone, self._is_served):
            self.add(self._by_zone.pop(zone).items())

    def items(self) -> Iterator[tuple[ReplyLabels, int]]:
        """Yields the labels and their number of replies."""
        for counted in self._by_zone.values():
            yield from counted.items()


def gone(
    zones: Collection[DName] | None, counted: Collection[DName], is_served: Callable[[DName], bool]
) -> list[DName]:
    """Returns the counted zones that are not served any more.

    Args:
        zones: the zones that may have gone; None for all.
    """
    suspects = counted if zones is None else [zone for zone in zones if zone in counted]
    return [zone for zone in suspects if zone not in (ROOT, DELETED) and not is_served(zone)]


def increments(before: Counter[ReplyLabels], now: Counter[ReplyLabels]) -> Counter[ReplyLabels]:
    """Returns what was counted between two readings.

    What was read of a zone that was deleted meanwhile now stands below DELETED, and is not counted there again.
    """
    added = Counter(now)
    added.subtract(before)
    for labels, count in before.items():
        if now[labels] < count:  # the zone was deleted, and may have been created again
            added[labels] += count
            added[labels._replace(zone=DELETED)] -= count
    return Counter({labels: number for labels, number in added.items() if number})
