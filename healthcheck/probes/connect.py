"""Opening a connection to an endpoint, with TCP and TLS timed apart."""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Callable
from functools import cache
from typing import TypeVar

_Protocol = TypeVar("_Protocol", bound=asyncio.BaseProtocol)
_OUR_OWN = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}
"""Errors that say that this host ran out of something, and nothing about the endpoint."""


class CannotProbe(Exception):
    """This host could not make a probe, so nothing was observed: out of file descriptors, ports or memory."""


async def connect(protocol: Callable[[], _Protocol], address: str, port: int) -> _Protocol:
    """A TCP connection in a protocol's hands; the caller closes it.

    Raises:
        OSError: refused, unreachable, no such address.
        CannotProbe: the fault is this host's.
    """
    try:
        _, made = await asyncio.get_running_loop().create_connection(protocol, address, port)
    except OSError as failure:
        _blame(failure)
        raise
    return made


async def open_socket(address: str, port: int) -> socket.socket:
    """A connected, non-blocking TCP socket, from which nothing is read; the caller owns it.

    Raises:
        OSError: refused, unreachable, no such address.
        CannotProbe: the fault is this host's.
    """
    try:
        return await _connected(address, port)
    except OSError as failure:
        _blame(failure)
        raise


def _blame(failure: OSError) -> None:
    if failure.errno in _OUR_OWN:
        raise CannotProbe(str(failure)) from failure


async def _connected(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock


@cache
def tls_context() -> ssl.SSLContext:
    """A context that accepts what Route 53 accepts: any certificate, old protocols, weak keys (H45)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def why(failure: OSError | ssl.SSLError) -> str:
    """A connection's failure in the words of a status text (H114 g, i)."""
    if isinstance(failure, ConnectionRefusedError):
        return "Connection refused."
    if isinstance(failure, ConnectionError):  # event loops word these in many ways, or not at all
        return "Connection reset by peer."
    if isinstance(failure, ssl.SSLError):
        reason = (failure.reason or "handshake failure").lower()
        kind, _, rest = reason.partition("alert_")
        return f"SSL alert {rest}." if rest and kind else f"SSL {reason.replace('_', ' ')}."
    if failure.errno:  # in the system's words: an event loop puts its own in their place
        return f"{os.strerror(failure.errno)}."
    return f"{(str(failure) or 'The connection failed').rstrip('.')}."


def is_alert(failure: ssl.SSLError) -> bool:
    """Whether the server ended the handshake with an alert, as one that dislikes the name does (H46)."""
    reason = failure.reason or ""
    return "ALERT" in reason or "UNRECOGNIZED_NAME" in reason
