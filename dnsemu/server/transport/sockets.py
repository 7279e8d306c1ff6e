"""Bound sockets: non-blocking, one address family each, closed if an option or the bind fails."""

import socket

BACKLOG = 512
"""TCP connections that may wait to be accepted."""
RECEIVE_BUFFER_BYTES = 4 << 20
"""Receive buffer for a burst of datagrams; the system may allow less."""


def bind_udp(host: str, port: int) -> socket.socket:
    """Binds a UDP socket without SO_REUSEADDR, so that no other process can bind the same address.

    Raises:
        OSError: the address cannot be bound.
    """
    return _bound(socket.SOCK_DGRAM, host, port, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)


def bind_tcp(host: str, port: int) -> socket.socket:
    """Binds a TCP socket; it does not listen yet.

    Raises:
        OSError: the address cannot be bound.
    """
    return _bound(socket.SOCK_STREAM, host, port, socket.SO_REUSEADDR, 1)


def bind_again(sock: socket.socket, host: str) -> socket.socket:
    """Binds a second socket to the address of a first; the kernel divides packets between them (Linux).

    SO_REUSEPORT is set only after the first bind. So an address that another process holds is still refused, and the
    address is never free in between.

    Args:
        sock: the first socket; it gets SO_REUSEPORT.
        host: its address as it was written.
    Raises:
        OSError: the second socket cannot be bound.
    """
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    is_udp = sock.type == socket.SOCK_DGRAM
    option, value = (socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES) if is_udp else (socket.SO_REUSEADDR, 1)
    return _bound(sock.type, host, sock.getsockname()[1], option, value, is_shared=True)


def _bound(kind: int, host: str, port: int, option: int, value: int, *, is_shared: bool = False) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, kind)
    try:
        if family == socket.AF_INET6:  # so that 0.0.0.0 and [::] can be bound side by side
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
