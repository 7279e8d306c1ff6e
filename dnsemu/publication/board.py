"""What is declared, ready to answer from: one immutable value, replaced by one assignment."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from dnsemu.commands.traffic.published import Traffic
from dnsemu.config import names
from dnsemu.config.model.world import World
from dnsemu.config.names import DName
from dnsemu.policies.location.locator import Locator
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import Zone


@dataclass(frozen=True, slots=True)
class Published:
    """The declared World, the traffic policies beside it, and what was compiled from them."""

    world: World
    catalog: Catalog
    locator: Locator
    traffic: Traffic = field(default_factory=Traffic)


@dataclass(frozen=True, slots=True)
class Change:
    """How far what is published differs from what was before, so that nobody has to look through all of it.

    `zones` are names of zones that came, went or were compiled anew; `names` are names in other zones, each with its
    zone's, whose groups changed or that came or went; `resources` are names of resources. `clients` tells that a
    client may be elsewhere, `everything` that all may be different.
    """

    zones: frozenset[DName] = frozenset()
    names: frozenset[tuple[DName, DName]] = frozenset()
    resources: frozenset[DName] = frozenset()
    clients: bool = False
    everything: bool = False


EVERYTHING = Change(everything=True)

Told = Callable[[Published, Change], None]


class Board:
    """The one cell between whoever changes what is declared, who writes, and the server, which reads."""

    def __init__(self, current: Published) -> None:
        self.current = current
        self._subscribers: list[Told] = []

    def publish(self, published: Published, change: Change = EVERYTHING) -> None:
        """Answer from this from now on; subscribers are told at once, before the next question."""
        self.current = published
        for tell in self._subscribers:
            tell(published, change)

    def subscribe(self, tell: Told) -> None:
        """Have every later change told."""
        self._subscribers.append(tell)


def names_changed(before: Zone, after: Zone, touched: Iterable[DName]) -> Iterator[tuple[DName, DName]]:
    """The names of a zone that a change of some of them affects, each with the zone's.

    Those are the touched ones, names above that came or went with them, and the groups that aliases alone lead to.
    """
    for name in touched:
        yield after.name, name
        if name == after.name:
            continue
        for above in names.ancestors(names.parent(name)):
            if (above in before.nodes) is (above in after.nodes):
                break
            yield after.name, above
    if before.hidden is not after.hidden:
        for key in {*before.hidden, *after.hidden}:
            if before.hidden.get(key) is not after.hidden.get(key):
                yield after.name, key
