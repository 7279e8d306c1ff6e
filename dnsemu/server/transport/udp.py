"""DNS over UDP: a non-blocking socket that is drained each time it is readable.

asyncio's datagram transport delivers one datagram in a turn of the loop; draining answers a burst in one turn. On a
wildcard address the destination of each datagram is read (packet info), and the reply is sent from there. On other
addresses that is not needed and would cost time.
"""

import asyncio
import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import Any

import structlog

from dnsemu.wire.handlers import Handler, PendingReply
from dnsemu.wire.protocol import MAX_MESSAGE_BYTES

MAX_PER_TURN = 64
"""Datagrams that are answered in one turn of the loop."""

_IP_PKTINFO = getattr(socket, "IP_PKTINFO", 26 if sys.platform == "darwin" else 8)
_ANCILLARY_BYTES = socket.CMSG_SPACE(20)

log = structlog.get_logger()


class UdpListener:
    """Answers datagrams on a bound socket until closed."""

    def __init__(self, sock: socket.socket, handler: Handler, loop: asyncio.AbstractEventLoop) -> None:
        self._socket = sock
        self._handler = handler
        self._loop = loop
        self._pending: set[asyncio.Task[None]] = set()
        self._drain = self._drain_wildcard if _ask_packet_info(sock) else self._drain_bound
        loop.add_reader(sock.fileno(), self._on_readable)

    def close(self) -> None:
        """Answers queued datagrams that can be answered at once, then closes the socket."""
        self._loop.remove_reader(self._socket.fileno())
        self._on_readable()
        for task in self._pending:
            task.cancel()
        self._socket.close()

    def _on_readable(self) -> None:
        try:
            self._drain()
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as failure:
            # An ICMP error for an earlier reply, a full buffer, a forbidden address: nothing that we could correct.
            log.debug("udp", error=str(failure))

    def _drain_bound(self) -> None:
        respond, receive, send = self._handler, self._socket.recvfrom, self._socket.sendto
        for _ in range(MAX_PER_TURN):
            packet, sender = receive(MAX_MESSAGE_BYTES)
            reply = respond(packet, sender[0])
            if isinstance(reply, bytes):
                send(reply, sender)
            elif reply is not None:
                self._send_when_ready(reply, (), sender)

    def _drain_wildcard(self) -> None:
        sock, respond = self._socket, self._handler
        for _ in range(MAX_PER_TURN):
            packet, ancillary, _flags, sender = sock.recvmsg(MAX_MESSAGE_BYTES, _ANCILLARY_BYTES)
            reply = respond(packet, sender[0])
            source = [_reply_source(*item) for item in ancillary]
            if isinstance(reply, bytes):
                sock.sendmsg([reply], source, 0, sender)
            elif reply is not None:
                self._send_when_ready(reply, source, sender)

    def _send_when_ready(
        self, reply: PendingReply, source: Sequence[tuple[int, int, bytes]], receiver: tuple[Any, ...]
    ) -> None:
        async def send() -> None:
            message = await reply
            with suppress(OSError):  # as in _on_readable
                self._socket.sendmsg([message], source, 0, receiver)

        task = self._loop.create_task(send())
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)
        task.add_done_callback(lambda _: reply.close())  # in case it is cancelled before it starts


def _ask_packet_info(sock: socket.socket) -> bool:
    """Enables packet info if the socket is bound to a wildcard address; returns True if it is."""
    if not ip_address(sock.getsockname()[0]).is_unspecified:
        return False
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
    return True


def _reply_source(level: int, kind: int, data: bytes) -> tuple[int, int, bytes]:
    """Returns packet info that makes a datagram's destination the source of the reply (RFC 3542 §6.1, ip(7))."""
    if level == socket.IPPROTO_IP and kind == _IP_PKTINFO:
        # struct in_pktinfo: interface, local address, header destination. Received, the last is the destination; sent,
        # the second is the source, and interface 0 leaves the route to the kernel.
        destination = data[8:12]
        return level, kind, struct.pack("=I4s4s", 0, destination, destination)
    return level, kind, data
