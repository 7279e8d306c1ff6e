"""Connections to endpoints, and the texts of their failures."""

import asyncio
import errno
import os
import socket
import ssl
from collections.abc import Callable
from functools import cache
from typing import TypeVar

_Protocol = TypeVar("_Protocol", bound=asyncio.BaseProtocol)
_LOCAL_ERRNOS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}
"""Errors of this host, which ran out of a resource; they say nothing about the endpoint."""


class CannotProbe(Exception):
    """This host ran out of file descriptors, ports or memory, so a probe could not be made and nothing was observed."""


async def connect(protocol: Callable[[], _Protocol], address: str, port: int) -> _Protocol:
    """Opens a TCP connection with a protocol; the caller closes it.

    Raises:
        OSError: refused, unreachable, no such address.
        CannotProbe: this host ran out of a resource.
    """
    try:
        _, connected = await asyncio.get_running_loop().create_connection(protocol, address, port)
    except OSError as failure:
        _raise_if_local(failure)
        raise
    return connected


async def open_socket(address: str, port: int) -> socket.socket:
    """Opens a non-blocking TCP connection as a socket; the caller closes it.

    Raises:
        OSError: refused, unreachable, no such address.
        CannotProbe: this host ran out of a resource.
    """
    try:
        return await _connected(address, port)
    except OSError as failure:
        _raise_if_local(failure)
        raise


def _raise_if_local(failure: OSError) -> None:
    if failure.errno in _LOCAL_ERRNOS:
        raise CannotProbe(str(failure)) from failure


async def _connected(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(0)  # non-blocking
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock


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
