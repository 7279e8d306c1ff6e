"""What is declared, ready to answer from: one immutable value, replaced by one assignment."""

from dataclasses import dataclass, field

from config.world import World
from dnsemu.traffic.answered import Traffic
from dnsemu.zone.catalog import Catalog
from policies.place import Locator


@dataclass(frozen=True, slots=True)
class Published:
    """The declared World, the traffic policies beside it, and what was compiled from them."""

    world: World
    catalog: Catalog
    locator: Locator
    traffic: Traffic = field(default_factory=Traffic)


class Board:
    """The one cell between whoever changes what is declared, who writes, and the server, which reads."""

    def __init__(self, current: Published) -> None:
        self.current = current

    def publish(self, published: Published) -> None:
        """Answer from this from now on."""
        self.current = published
