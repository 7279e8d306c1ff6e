"""Opening a connection to an endpoint, with TCP and TLS timed apart."""

import asyncio
import socket
import ssl
from functools import cache


async def open_socket(address: str, port: int) -> socket.socket:
    """A connected, non-blocking TCP socket; the caller owns it.

    Raises:
        OSError: refused, unreachable, no such address.
    """
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
    if isinstance(failure, ssl.SSLError):
        reason = (failure.reason or "handshake failure").lower()
        kind, _, rest = reason.partition("alert_")
        return f"SSL alert {rest}." if rest and kind else f"SSL {reason.replace('_', ' ')}."
    return f"{(failure.strerror or str(failure) or 'The connection failed').rstrip('.')}."


def is_alert(failure: ssl.SSLError) -> bool:
    """Whether the server ended the handshake with an alert, as one that dislikes the name does (H46)."""
    reason = failure.reason or ""
    return "ALERT" in reason or "UNRECOGNIZED_NAME" in reason
