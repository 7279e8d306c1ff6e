"""The board: the published value that queries read, replaced by one assignment."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from dnsemu.commands.traffic.published import Traffic
from dnsemu.config import names
from dnsemu.config.model.world import World
from dnsemu.config.names import DName
from dnsemu.policies.location.locator import Locator
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import Zone
from dnsemu.zone.view import View


@dataclass(frozen=True, slots=True)
class Published:
    """One immutable value to answer from: the declared World, the traffic policies, and what was compiled from them."""

    world: World
    catalog: Catalog
    locator: Locator
    traffic: Traffic = field(default_factory=Traffic)

    def catalog_for(self, view: View) -> Catalog:
        """Returns the catalog that answers queries from a view; today all views have the same."""
        return self.catalog


@dataclass(frozen=True, slots=True)
class Difference:
    """An upper bound of what differs between two published values, so that caches and workers need not compare them.

    Not to be confused with `state.change_feed.Commit`, which holds the writes that a command made.

    `zones` are names of zones that were added, removed or compiled from the beginning. `names` are (zone, name) pairs
    in other zones: added, removed, or with changed groups. `resources` are names of resources. `clients` is true if
    clients may be located elsewhere, `everything` if all may differ.
    """

    zones: frozenset[DName] = frozenset()
    names: frozenset[tuple[DName, DName]] = frozenset()
    resources: frozenset[DName] = frozenset()
    clients: bool = False
    everything: bool = False


EVERYTHING = Difference(everything=True)

PublishedSubscriber = Callable[[Published, Difference], None]


class Board:
    """The one cell between the control plane, which writes, and queries, which read."""

    def __init__(self, current: Published) -> None:
        self.current = current
        self._subscribers: list[PublishedSubscriber] = []

    def publish(self, published: Published, difference: Difference = EVERYTHING) -> None:
        """Publishes a value: the next query reads it; subscribers are called before that."""
        self.current = published
        for subscriber in self._subscribers:
            subscriber(published, difference)

    def subscribe(self, subscriber: PublishedSubscriber) -> None:
        """Calls a subscriber with each later value and its difference from the one before."""
        self._subscribers.append(subscriber)


def names_changed(before: Zone, after: Zone, touched: Iterable[DName]) -> Iterator[tuple[DName, DName]]:
    """Yields (zone, name) pairs that differ after a change of the touched names.

    Those are the touched names, empty non-terminals above that came or went, and changed hidden groups.
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
