"""DNS over UDP: one non-blocking socket, drained each time it is readable.

asyncio's own datagram transport hands over one datagram a turn of the loop; draining answers a burst in one turn.
On a wildcard address each datagram's destination is read (packet info), so that the reply leaves from the address
that was asked; elsewhere that would only cost.
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
"""Datagrams answered before the rest of the loop gets a turn."""

_IP_PKTINFO = getattr(socket, "IP_PKTINFO", 26 if sys.platform == "darwin" else 8)
_ANCILLARY_BYTES = socket.CMSG_SPACE(20)

log = structlog.get_logger()


class UdpListener:
    """Answers datagrams on a bound socket until closed."""

    def __init__(self, sock: socket.socket, respond: Handler, loop: asyncio.AbstractEventLoop) -> None:
        self._socket = sock
        self._respond = respond
        self._loop = loop
        self._later: set[asyncio.Task[None]] = set()
        self._drain = self._drain_wildcard if _ask_packet_info(sock) else self._drain_bound
        loop.add_reader(sock.fileno(), self._on_readable)

    def close(self) -> None:
        """Answer what is already queued and can be answered at once, then stop and close the socket."""
        self._loop.remove_reader(self._socket.fileno())
        self._on_readable()
        for task in self._later:
            task.cancel()
        self._socket.close()

    def _on_readable(self) -> None:
        try:
            self._drain()
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as failure:
            # An ICMP error for an earlier reply, a full buffer, a forbidden address: none of them is ours to mend.
            log.debug("udp", error=str(failure))

    def _drain_bound(self) -> None:
        respond, receive, send = self._respond, self._socket.recvfrom, self._socket.sendto
        for _ in range(MAX_PER_TURN):
            packet, sender = receive(MAX_MESSAGE_BYTES)
            reply = respond(packet, sender[0])
            if isinstance(reply, bytes):
                send(reply, sender)
            elif reply is not None:
                self._send_later(reply, (), sender)

    def _drain_wildcard(self) -> None:
        sock, respond = self._socket, self._respond
        for _ in range(MAX_PER_TURN):
            packet, ancillary, _flags, sender = sock.recvmsg(MAX_MESSAGE_BYTES, _ANCILLARY_BYTES)
            reply = respond(packet, sender[0])
            source = [_source(*message) for message in ancillary]
            if isinstance(reply, bytes):
                sock.sendmsg([reply], source, 0, sender)
            elif reply is not None:
                self._send_later(reply, source, sender)

    def _send_later(
        self, reply: PendingReply, source: Sequence[tuple[int, int, bytes]], receiver: tuple[Any, ...]
    ) -> None:
        async def send() -> None:
            octets = await reply
            with suppress(OSError):  # as in _on_readable
                self._socket.sendmsg([octets], source, 0, receiver)

        task = self._loop.create_task(send())
        self._later.add(task)
        task.add_done_callback(self._later.discard)
        task.add_done_callback(lambda _: reply.close())  # it may be cancelled before it began


def _ask_packet_info(sock: socket.socket) -> bool:
    """Have the kernel tell each datagram's destination if the socket is bound to a wildcard address."""
    if not ip_address(sock.getsockname()[0]).is_unspecified:
        return False
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
    return True


def _source(level: int, kind: int, data: bytes) -> tuple[int, int, bytes]:
    """Packet info to send with: the destination of what was received becomes the source (RFC 3542 §6.1, ip(7))."""
    if level == socket.IPPROTO_IP and kind == _IP_PKTINFO:
        # struct in_pktinfo: interface, local address, header destination. The last is what was asked; the second
        # is what the kernel sends from; interface 0 leaves the route to the kernel.
        destination = data[8:12]
        return level, kind, struct.pack("=I4s4s", 0, destination, destination)
    return level, kind, data
