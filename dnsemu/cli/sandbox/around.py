"""The resolver of a command: the files that make its C library ask a server, where the system allows it."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from dnsemu.cli.sandbox.loopback import PortRefused, address_with_free_port
from dnsemu.cli.sandbox.namespaces import NamespaceRefused, show_files, try_to_show_files
from dnsemu.cli.sandbox.resolver_files import name_servers, nsswitch_with_dns, resolv_conf_with
from dnsemu.config.text.addresses import Address

RESOLV_CONF = Path("/etc/resolv.conf")
NSSWITCH_CONF = Path("/etc/nsswitch.conf")
NSCD_SOCKET = Path("/var/run/nscd/socket")
"""The C library asks a cache behind this socket first. It runs outside the namespace and asks another resolver."""


class NoResolver(Exception):
    """Programs in the command cannot be made to ask the server; the message says why, and what to change."""


@dataclass(frozen=True, slots=True)
class CommandResolver:
    """The address at which a server must listen on port 53, and the files that name it."""

    host: str
    instead: dict[Path, Path] = field(default_factory=dict)

    def enter(self) -> None:
        """Makes this process and its children use it."""
        show_files(self.instead)


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
        host = address_with_free_port()
        instead = {resolv_conf: _written(folder / "resolv.conf", resolv_conf_with(host, resolv_conf.read_text()))}
        nsswitch = NSSWITCH_CONF.resolve()
        if nsswitch.is_file():
            instead[nsswitch] = _written(folder / "nsswitch.conf", nsswitch_with_dns(nsswitch.read_text()))
        if NSCD_SOCKET.exists():
            instead[NSCD_SOCKET.resolve()] = _written(folder / "nscd", "")
        try_to_show_files(instead)
    except (PortRefused, NamespaceRefused) as refusal:
        raise NoResolver(str(refusal)) from None
    return CommandResolver(host, instead)


def name_servers_of_this_machine() -> tuple[Address, ...]:
    """Returns the name servers that this process asks; none if it has no resolv.conf."""
    try:
        return name_servers(RESOLV_CONF.read_text(errors="replace"))
    except OSError:
        return ()


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    os.chmod(path, 0o644)  # noqa: PTH101 - other users in the command read it too
    return path
