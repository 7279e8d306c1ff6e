"""Bound sockets: non-blocking, of one address family, closed again if anything about them fails."""

import socket

RECEIVE_BUFFER_OCTETS = 4 << 20
"""Room for a burst of datagrams, if the system allows as much."""


def bind_udp(host: str, port: int) -> socket.socket:
    """A bound socket; no other process can bind the same address (so no SO_REUSEADDR).

    Raises:
        OSError: the address cannot be bound.
    """
    return _bound(socket.SOCK_DGRAM, host, port, socket.SO_RCVBUF, RECEIVE_BUFFER_OCTETS)


def bind_tcp(host: str, port: int) -> socket.socket:
    """A bound socket that does not listen yet.

    Raises:
        OSError: the address cannot be bound.
    """
    return _bound(socket.SOCK_STREAM, host, port, socket.SO_REUSEADDR, 1)


def _bound(kind: socket.SocketKind, host: str, port: int, option: int, value: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, kind)
    try:
        if family == socket.AF_INET6:  # so that 0.0.0.0 and [::] can be held side by side
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.SOL_SOCKET, option, value)
        sock.setblocking(False)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
