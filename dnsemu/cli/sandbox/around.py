"""The resolver of a command: the files that make its C library ask a server, where the system allows it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dnsemu.cli.sandbox.loopback import PortRefused, address_with_free_port
from dnsemu.cli.sandbox.namespaces import NamespaceRefused, show_files, try_to_show_files
from dnsemu.cli.sandbox.redirect import Redirection, can_redirect, install_filter
from dnsemu.cli.sandbox.resolver_files import name_servers, nsswitch_with_dns, resolv_conf_with
from dnsemu.config.text.addresses import DNS_PORT, Address

RESOLV_CONF = Path("/etc/resolv.conf")
NSSWITCH_CONF = Path("/etc/nsswitch.conf")
NSCD_SOCKET = Path("/var/run/nscd/socket")
"""The C library asks a cache behind this socket first. It runs outside the namespace and asks another resolver."""


class NoResolver(Exception):
    """Programs in the command cannot be made to ask the server; the message says why, and what to change."""


@dataclass(frozen=True, slots=True)
class CommandResolver:
    """The address at which a server must listen, and the files that name it.

    Port 0 is any: connections of the command are redirected there, since this user may not listen on port 53.
    """

    host: str
    port: int
    instead: dict[Path, Path]

    def entrance(self, listening: Address) -> "Entrance":
        """Returns the command's way to a server that listens."""
        return Entrance(self.instead, None if self.port else Redirection(listening))


class Entrance:
    """Makes a process ask a server: without files and redirection, nothing."""

    def __init__(self, instead: Mapping[Path, Path], redirection: Redirection | None = None) -> None:
        self._instead = instead
        self._redirection = redirection

    def enter(self) -> None:
        """Runs in the command's process, before its program starts."""
        if self._instead:
            show_files(self._instead)
        if self._redirection is not None:
            self._redirection.enter()

    def start(self) -> None:
        """Runs in this process, after the program has started."""
        if self._redirection is not None:
            self._redirection.start()


def prepare_resolver(folder: Path) -> CommandResolver:
    """Chooses an address and writes the files that name it.

    Args:
        folder: an empty directory, which must stay until the command has started.
    Raises:
        NoResolver: the system does not allow it.
    """
    resolv_conf = RESOLV_CONF.resolve()
    if not resolv_conf.is_file():
        raise NoResolver(f"{RESOLV_CONF} does not exist; create it, empty or with your name servers")
    try:
        host, forbidden = _free_address()
        instead = {resolv_conf: _written(folder / "resolv.conf", resolv_conf_with(host, resolv_conf.read_text()))}
        nsswitch = NSSWITCH_CONF.resolve()
        if nsswitch.is_file():
            instead[nsswitch] = _written(folder / "nsswitch.conf", nsswitch_with_dns(nsswitch.read_text()))
        if NSCD_SOCKET.exists():
            instead[NSCD_SOCKET.resolve()] = _written(folder / "nscd", "")
        try_to_show_files(instead)
    except (PortRefused, NamespaceRefused) as refusal:
        raise NoResolver(str(refusal)) from None
    if forbidden is None:
        return CommandResolver(host, DNS_PORT, instead)
    try:
        try_to_show_files(instead, install_filter)
    except NamespaceRefused:
        raise NoResolver(str(forbidden)) from None
    return CommandResolver(host, 0, instead)


def name_servers_of_this_machine() -> tuple[Address, ...]:
    """Returns the name servers that this process asks; none if it has no resolv.conf."""
    try:
        return name_servers(RESOLV_CONF.read_text(errors="replace"))
    except OSError:
        return ()


def _free_address() -> tuple[str, PortRefused | None]:
    """Returns an address whose port 53 is free, or any address and the reason why port 53 is forbidden.

    Raises:
        PortRefused: port 53 cannot be had, and connections cannot be redirected.
    """
    try:
        return address_with_free_port(), None
    except PortRefused as refusal:
        if not (refusal.is_forbidden and can_redirect()):
            raise
        return address_with_free_port(0), refusal


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    os.chmod(path, 0o644)  # noqa: PTH101 - other users in the command read it too
    return path
