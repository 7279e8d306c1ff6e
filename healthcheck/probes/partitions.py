"""Which checkers are cut off from which networks: as declared, and as called for meanwhile (H70's 18 % at work)."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from dnsemu.config.model.health_checkers import BlockedPath
from dnsemu.healthcheck.checkers import Checker


class Partitions:
    """The paths that are down."""

    def __init__(self) -> None:
        self.declared: tuple[BlockedPath, ...] = ()
        self._called: dict[BlockedPath, None] = {}

    @property
    def called(self) -> tuple[BlockedPath, ...]:
        """What was called for while running, besides what is declared."""
        return tuple(self._called)

    def block(self, blocked: BlockedPath) -> None:
        """Take a path down."""
        self._called[blocked] = None

    def unblock(self, blocked: BlockedPath) -> bool:
        """Bring a path up that `block` took down; tells whether there was one."""
        return blocked in self._called and self._called.pop(blocked) is None

    def forget(self) -> None:
        """Bring up every path that `block` took down."""
        self._called.clear()

    def is_cut_off(self, checker: Checker, address: str) -> bool:
        """Whether a checker cannot reach an address, given as text."""
        if not self.declared and not self._called:
            return False
        return any(_stands_between(blocked, checker, address) for blocked in (*self.declared, *self._called))


def _stands_between(blocked: BlockedPath, checker: Checker, address: str) -> bool:
    if blocked.checkers not in ("*", checker.region, checker.address):
        return False
    return blocked.network is None or _parsed(address) in blocked.network


@lru_cache(maxsize=4096)
def _parsed(address: str) -> IPv4Address | IPv6Address:
    return ip_address(address)
