"""Forwards queries for names outside the hosted zones, for stub clients that know only one server.

A query is forwarded unchanged but for its id, from a new port; the reply is returned unchanged, with its options. Time
limits are those of the real network, so they use real time.
"""

import asyncio
import secrets
import socket
from collections.abc import Sequence

from dnslib import DNSError, DNSRecord
from dnslib.dns import DNSBuffer

from dnsemu.config.names import DName
from dnsemu.config.text.addresses import Address
from dnsemu.wire.protocol import CLASS_IN, HEADER, MAX_MESSAGE_BYTES, MAX_UDP_BYTES, QR, RA, RD, RR, TC, RCode
from dnsemu.wire.qtypes import OPT
from dnsemu.wire.query import Query

UPSTREAM_S = 2.0
"""Seconds for one upstream over UDP, and again over TCP, before the next one is asked."""
MAX_PENDING = 1000
"""Bound on pending queries; beyond it the answer is SERVFAIL."""

_OPT_RR = b"\x00" + OPT.to_bytes(2, "big") + MAX_UDP_BYTES.to_bytes(2, "big") + bytes(6)


class UpstreamFailed(Exception):
    """No upstream answered; the message gives the reason for each."""


class Forwarder:
    """Asks upstreams one after the other until one answers."""

    def __init__(self, upstreams: Sequence[Address], *, upstream_s: float = UPSTREAM_S) -> None:
        self.upstreams = tuple(upstreams)
        self._upstream_s = upstream_s
        self._pending = 0

    async def forward(self, query: Query, packet: bytes, limit: int) -> bytes:
        """The upstream's reply to a client's query.

        Args:
            packet: the query as it was received.
            limit: the most bytes that the client accepts; a longer reply is cut to its question, with TC set.
        Raises:
            UpstreamFailed: no upstream answered.
        """
        reply = await self._ask(packet, query.question)
        flags = int.from_bytes(reply[2:4], "big") | RA
        if len(reply) <= limit:
            return query.id.to_bytes(2, "big") + flags.to_bytes(2, "big") + reply[4:]
        return HEADER.pack(query.id, flags | TC, 1, 0, 0, 0) + query.question

    async def look_up(self, name: DName, type_: int) -> tuple[RCode, list[RR]]:
        """The rcode and the answer section that upstream returns for a question of class IN.

        Raises:
            UpstreamFailed: no upstream answered, or the reply cannot be read.
        """
        question = name + type_.to_bytes(2, "big") + CLASS_IN.to_bytes(2, "big")
        reply = await self._ask(HEADER.pack(0, RD, 1, 0, 0, 1) + question + _OPT_RR, question)
        try:
            record = DNSRecord.parse(reply)
            answer = [(_wire(rr.rname), int(rr.rtype), int(rr.ttl), _rdata(rr)) for rr in record.rr]
            return RCode(record.header.rcode), answer
        except (DNSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise UpstreamFailed(f"the reply cannot be read: {error}") from error

    async def _ask(self, packet: bytes, question: bytes) -> bytes:
        if self._pending >= MAX_PENDING:
            raise UpstreamFailed(f"{MAX_PENDING} queries are pending already")
        self._pending += 1
        try:
            return await self._ask_each(packet, question)
        finally:
            self._pending -= 1

    async def _ask_each(self, packet: bytes, question: bytes) -> bytes:
        failures = []
        for upstream in self.upstreams:
            forwarded = secrets.token_bytes(2) + packet[2:]
            try:
                async with asyncio.timeout(self._upstream_s):
                    reply = await _over_udp(upstream, forwarded, question)
                if int.from_bytes(reply[2:4], "big") & TC:
                    async with asyncio.timeout(self._upstream_s):
                        reply = await _over_tcp(upstream, forwarded, question)
            except TimeoutError:
                failures.append(f"{upstream} did not answer within {self._upstream_s:g} s")
            except (OSError, ValueError, asyncio.IncompleteReadError) as failure:
                failures.append(f"{upstream}: {failure}")
            else:
                return reply
        raise UpstreamFailed("; ".join(failures))


async def _over_udp(upstream: Address, packet: bytes, question: bytes) -> bytes:
    """The first datagram that answers the packet; others are ignored (RFC 5452 §9)."""
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in upstream.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0)
        sock.connect(upstream)
        await loop.sock_sendall(sock, packet)
        while True:
            reply = await loop.sock_recv(sock, MAX_MESSAGE_BYTES)
            if _answers(reply, packet, question):
                return reply


async def _over_tcp(upstream: Address, packet: bytes, question: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*upstream)
    try:
        writer.write(len(packet).to_bytes(2, "big") + packet)
        reply = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
    finally:
        writer.transport.abort()
    if not _answers(reply, packet, question):
        raise ValueError("the reply over TCP answers another question")
    return reply


def _answers(reply: bytes, packet: bytes, question: bytes) -> bool:
    """True if it is a reply to this id and question; the name's case may differ."""
    end = HEADER.size + len(question)
    return (
        reply[:2] == packet[:2]
        and len(reply) >= end
        and bool(int.from_bytes(reply[2:4], "big") & QR)
        and reply[HEADER.size : end].lower() == question.lower()
    )


class _Uncompressed(DNSBuffer):  # type: ignore[misc]
    """A buffer without name compression: the rdata is packed alone, so a pointer would point nowhere."""

    def encode_name(self, name: object) -> None:
        """Writes a name without a pointer."""
        self.encode_name_nocompress(name)


def _wire(label: object) -> DName:
    buffer = _Uncompressed()
    buffer.encode_name(label)
    return DName(bytes(buffer.data).lower())


def _rdata(rr: object) -> bytes:
    buffer = _Uncompressed()
    rr.rdata.pack(buffer)  # type: ignore[attr-defined]
    return bytes(buffer.data)
