"""Bound sockets: non-blocking, of one address family, closed again if anything about them fails."""

import socket

RECEIVE_BUFFER_BYTES = 4 << 20
"""Room for a burst of datagrams, if the system allows as much."""


def bind_udp(host: str, port: int) -> socket.socket:
    """A bound socket; no other process can bind the same address (so no SO_REUSEADDR).

    Raises:
        OSError: the address cannot be bound.
    """
    return _bound(socket.SOCK_DGRAM, host, port, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)


def bind_tcp(host: str, port: int) -> socket.socket:
    """A bound socket that does not listen yet.

    Raises:
        OSError: the address cannot be bound.
    """
    return _bound(socket.SOCK_STREAM, host, port, socket.SO_REUSEADDR, 1)


def one_more(sock: socket.socket, host: str) -> socket.socket:
    """One more socket where one is bound, so that the kernel divides what comes between the two (Linux).

    SO_REUSEPORT is set once the first is bound: whoever was there before would have been found out, and there is no
    moment in which nobody holds the address. Who asks for the address alone is refused as ever.

    Args:
        sock: is changed so that it can share its address.
        host: the address it was bound to, as it was written.
    Raises:
        OSError: there can be no other.
    """
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    is_udp = sock.type == socket.SOCK_DGRAM
    option, value = (socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES) if is_udp else (socket.SO_REUSEADDR, 1)
    return _bound(sock.type, host, sock.getsockname()[1], option, value, is_shared=True)


def _bound(kind: int, host: str, port: int, option: int, value: int, *, is_shared: bool = False) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, kind)
    try:
        if family == socket.AF_INET6:  # so that 0.0.0.0 and [::] can be held side by side
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.SOL_SOCKET, option, value)
        if is_shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.settimeout(0)  # non-blocking
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
