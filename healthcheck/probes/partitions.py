"""Network partitions: the checkers that are cut off from networks, to see the 18 % rule of H70 at work."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from dnsemu.config.model.health_checkers import BlockedPath
from dnsemu.healthcheck.checkers import Checker

MAX_ADDED = 1000
"""Paths that are blocked at run time. Each probe compares them one by one."""


class TooManyPaths(Exception):
    """No more paths can be blocked; the message says what to do instead."""

    def __init__(self) -> None:
        super().__init__(f"{MAX_ADDED:,} paths are blocked already; unblock some, or write one larger network")


class Partitions:
    """The blocked paths: those declared in the file, and those added at run time."""

    def __init__(self) -> None:
        self.declared: tuple[BlockedPath, ...] = ()
        self._added: dict[BlockedPath, None] = {}

    @property
    def added(self) -> tuple[BlockedPath, ...]:
        """The paths that `block` added."""
        return tuple(self._added)

    def block(self, path: BlockedPath) -> None:
        """Blocks a path.

        Raises:
            TooManyPaths: too many are blocked already.
        """
        if path not in self._added and len(self._added) >= MAX_ADDED:
            raise TooManyPaths
        self._added[path] = None

    def unblock(self, path: BlockedPath) -> bool:
        """Unblocks a path that `block` added; returns False if there was none."""
        return path in self._added and self._added.pop(path) is None

    def clear(self) -> int:
        """Unblocks every path that `block` added; returns their number."""
        unblocked = len(self._added)
        self._added.clear()
        return unblocked

    def is_cut_off(self, checker: Checker, address: str) -> bool:
        """True if a checker cannot reach an address, given as text."""
        if not self.declared and not self._added:
            return False
        return any(_is_on_path(path, checker, address) for path in (*self.declared, *self._added))


def _is_on_path(path: BlockedPath, checker: Checker, address: str) -> bool:
    if path.checkers not in ("*", checker.region, checker.address):
        return False
    return path.network is None or _parsed(address) in path.network


@lru_cache(maxsize=4096)
def _parsed(address: str) -> IPv4Address | IPv6Address:
    return ip_address(address)
