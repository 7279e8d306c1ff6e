"""Connections to endpoints, and the texts of their failures."""

import asyncio
import errno
import os
import socket
import ssl
import struct
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from dnsemu.healthcheck.probes.closing import Connection

_Connection = TypeVar("_Connection", bound=Connection)
_SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
"""Errors of this host, which ran out of a resource; they say nothing about the endpoint."""
_NO_LINGER = struct.pack("ii", 1, 0)


class CannotProbe(Exception):
    """This host ran out of file descriptors, ports or memory, so a probe could not be made and nothing was observed."""


async def connect(protocol: Callable[[], _Connection], address: str, port: int) -> _Connection:
    """Opens a TCP connection with a protocol; the caller closes it.

    Raises:
        OSError: refused, unreachable, no such address.
        CannotProbe: this host ran out of a resource.
    """
    try:
        transport, connected = await asyncio.get_running_loop().create_connection(protocol, address, port)
    except OSError as failure:
        raise _observed(failure, address, port) from failure
    if transport.get_extra_info("sockname") == transport.get_extra_info("peername"):
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()
        raise _self_connection()
    return connected


async def open_socket(address: str, port: int) -> socket.socket:
    """Opens a non-blocking TCP connection as a socket; the caller closes it.

    Raises:
        OSError: refused, unreachable, no such address.
        CannotProbe: this host ran out of a resource.
    """
    try:
        sock = await _connected(address, port)
    except OSError as failure:
        raise _observed(failure, address, port) from failure
    if sock.getsockname() == sock.getpeername():
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        sock.close()
        raise _self_connection()
    return sock


async def _connected(address: str, port: int) -> socket.socket:
    sock = socket.socket(_family(address), socket.SOCK_STREAM)
    try:
        sock.settimeout(0)  # non-blocking
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _observed(failure: OSError, address: str, port: int) -> OSError | CannotProbe:
    """Separates what a failed connection says about the way to the endpoint from a shortage of this host.

    A host without IPv6 has no such sockets, or no address to send from. That is how the endpoint is seen from here, and
    the system says of it what it says of every network without a route.
    """
    if failure.errno in _SHORTAGES:
        return CannotProbe(str(failure))
    if failure.errno == errno.EADDRNOTAVAIL and _has_source_address(address, port):
        return CannotProbe(f"{failure}: no free port")
    if failure.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
    return failure


def _has_source_address(address: str, port: int) -> bool:
    """True if this host has an address from which to send there; a UDP socket chooses one, and sends nothing."""
    try:
        with socket.socket(_family(address), socket.SOCK_DGRAM) as sock:
            sock.connect((address, port))
    except OSError:
        return False
    return True


def _self_connection() -> OSError:
    """Makes the failure for a connection to itself.

    Where nothing listens on a port that the system also gives to clients, it may connect a socket to itself. It is
    closed with a reset, because the port would stay taken for a minute otherwise.
    """
    return ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


@cache
def tls_context() -> ssl.SSLContext:
    """A TLS context that accepts any certificate, old protocols and weak keys, as Route 53 does (H45)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def failure_text(failure: OSError | ssl.SSLError) -> str:
    """The status text for a failed connection (H114 g, i)."""
    if isinstance(failure, ConnectionRefusedError):
        return "Connection refused."
    if isinstance(failure, ConnectionError):  # event loops have different texts for these, or none
        return "Connection reset by peer."
    if isinstance(failure, ssl.SSLError):
        reason = (failure.reason or "handshake failure").lower()
        kind, _, rest = reason.partition("alert_")
        return f"SSL alert {rest}." if rest and kind else f"SSL {reason.replace('_', ' ')}."
    if failure.errno:  # the system's text; event loops replace it by their own
        return f"{os.strerror(failure.errno)}."
    return f"{(str(failure) or 'The connection failed').rstrip('.')}."


def is_alert(failure: ssl.SSLError) -> bool:
    """True if the server ended the handshake with an alert, as it does when it refuses the name (H46)."""
    reason = failure.reason or ""
    return "ALERT" in reason or "UNRECOGNIZED_NAME" in reason
