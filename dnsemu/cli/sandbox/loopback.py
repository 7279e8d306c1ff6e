"""A loopback address whose port 53 is free: the C library's resolver knows no other port."""

import errno
import random
import socket

from dnsemu.config.text.addresses import DNS_PORT

TRIES = 20
UNPRIVILEGED = "net.ipv4.ip_unprivileged_port_start=53"


class PortRefused(Exception):
    """A port cannot be had; the message says why, and what to change."""

    def __init__(self, reason: str, *, is_forbidden: bool = False) -> None:
        super().__init__(reason)
        self.is_forbidden = is_forbidden
        """True if this user may not listen on it at any address."""


def address_with_free_port(port: int = DNS_PORT) -> str:
    """Returns an address of 127.53.0.0/16 whose port is free over UDP and TCP.

    Raises:
        PortRefused: this process may not listen on the port, or another process listens on it at every address.
    """
    chance = random.SystemRandom()
    for _ in range(TRIES):
        host = f"127.53.{chance.randrange(256)}.{chance.randrange(1, 255)}"
        try:
            _bind(host, port)
        except OSError as refusal:
            if refusal.errno == errno.EADDRINUSE:
                continue
            is_forbidden = refusal.errno == errno.EACCES
            raise PortRefused(_reason(host, port, refusal), is_forbidden=is_forbidden) from None
        return host
    raise PortRefused(f"another program listens on port {port} of all addresses; let it listen on fewer")


def _bind(host: str, port: int) -> None:
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of an earlier server may linger
        tcp.bind((host, port))
        udp.bind((host, port))


def _reason(host: str, port: int, refusal: OSError) -> str:
    if refusal.errno == errno.EACCES:
        return f"this user may not listen on port {port}; allow it with: sudo sysctl {UNPRIVILEGED}"
    return f"{host}:{port} cannot be listened on: {refusal.strerror}"
