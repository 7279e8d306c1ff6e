"""One question to one upstream and back: over UDP, then over TCP if the reply is truncated.

The message is written by dnsemu, hop by hop: a client's OPT record is not passed on. Of its options the client subnet
is sent, cookies are not (RFC 7873 §5.2).
"""

import asyncio
import secrets
import socket
from typing import NamedTuple

from dnsemu.config.names import DName
from dnsemu.config.text.addresses import Address
from dnsemu.wire.edns import ClientSubnet, Edns, opt_record
from dnsemu.wire.protocol import (
    AD,
    CD,
    HEADER,
    MAX_MESSAGE_BYTES,
    OPCODE_MASK,
    QR,
    RCODE_MASK,
    RD,
    TC,
    TYPE_AND_CLASS,
    UPSTREAM_UDP_BYTES,
    RCode,
)
from dnsemu.wire.query import Query
from dnsemu.wire.received_reply import ReceivedReply, read_reply

_WITHOUT_QUESTION = {RCode.FORMERR, RCode.SERVFAIL, RCode.NOTIMP, RCode.REFUSED}
"""Rcodes of replies that may lack the question, as some servers send them."""


class UpstreamLimits(NamedTuple):
    """Time limits of the real network, in seconds of real time.

    `reply_s` is for one upstream over UDP, and again over TCP. A query without a reply is sent again after `resend_s`,
    and after twice as long each further time. An upstream that did not answer is asked last for `silent_s`.
    """

    reply_s: float = 2.0
    resend_s: float = 0.5
    silent_s: float = 30.0


class UpstreamQuestion(NamedTuple):
    """A question of class IN and what goes with it: the client's flags AD and CD, DO, and its network."""

    wire: bytes
    flags: int
    dnssec_ok: bool
    client_subnet: ClientSubnet | None
    uses_edns: bool = True

    @classmethod
    def of(cls, name: DName, query: Query) -> "UpstreamQuestion":
        """The question that a client's query has about a name; its own name keeps its case."""
        wire = query.question
        if name != query.name:
            wire = name + wire[-TYPE_AND_CLASS.size :]
        edns = query.edns
        flags = RD | query.flags & (AD | CD)
        return cls(wire, flags, bool(edns and edns.dnssec_ok), edns.client_subnet if edns else None)

    @property
    def packet(self) -> bytes:
        """The query, under a random id."""
        opt = b""
        if self.uses_edns:
            edns = Edns(0, 0, self.dnssec_ok, self.client_subnet)
            opt = opt_record(edns, RCode.NOERROR, 0, UPSTREAM_UDP_BYTES)
        return HEADER.pack(secrets.randbits(16), self.flags, 1, 0, 0, bool(opt)) + self.wire + opt

    def simpler_after(self, rcode: int) -> "UpstreamQuestion | None":
        """The question without the part that an upstream may not support, judged by its rcode; None if that is not it.

        First the client subnet goes, which some refuse (RFC 7871 §7.1.3), then EDNS (RFC 6891 §7).
        """
        if self.client_subnet is not None and rcode in (RCode.REFUSED, RCode.FORMERR, RCode.NOTIMP):
            return self._replace(client_subnet=None)
        if self.uses_edns and rcode in (RCode.FORMERR, RCode.NOTIMP, RCode.BADVERS):
            return self._replace(uses_edns=False)
        return None


async def exchange(
    upstream: Address, question: UpstreamQuestion, limits: UpstreamLimits, turn: asyncio.Lock
) -> ReceivedReply:
    """Returns an upstream's reply. It is truncated only if the rest cannot be had over TCP.

    Args:
        turn: one large reply is read in a turn of the loop, which takes up to 10 ms.
    Raises:
        TimeoutError, OSError: the upstream cannot be reached.
        ValueError: its reply cannot be read.
    """
    packet = question.packet
    async with asyncio.timeout(limits.reply_s):
        datagram = await _over_udp(upstream, packet, question.wire, limits.resend_s)
    reply = await _read(datagram, turn)
    if not reply.is_truncated:
        return reply
    try:
        async with asyncio.timeout(limits.reply_s):
            message = await _over_tcp(upstream, packet, question.wire)
        return await _read(message, turn)
    except (OSError, EOFError, ValueError):  # a TimeoutError is an OSError
        return reply


async def _over_udp(upstream: Address, packet: bytes, question: bytes, resend_s: float) -> bytes:
    """Sends a packet until a datagram answers it; others are ignored (RFC 5452 §9)."""
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in upstream.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0)
        sock.connect(upstream)
        while True:
            await loop.sock_sendall(sock, packet)
            try:
                async with asyncio.timeout(resend_s):
                    return await _received(loop, sock, packet, question)
            except TimeoutError:
                resend_s *= 2


async def _read(message: bytes, turn: asyncio.Lock) -> ReceivedReply:
    if len(message) <= UPSTREAM_UDP_BYTES:
        return read_reply(message)
    async with turn:
        await asyncio.sleep(0)
        return read_reply(message)


async def _received(loop: asyncio.AbstractEventLoop, sock: socket.socket, packet: bytes, question: bytes) -> bytes:
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
    """True if a message replies to this id and question; the name's case may differ.

    A header alone is a reply too if it refuses or is truncated.
    """
    if len(reply) < HEADER.size or reply[:2] != packet[:2]:
        return False
    _, flags, questions, *_ = HEADER.unpack_from(reply)
    if not flags & QR or flags & OPCODE_MASK:
        return False
    if not questions:
        return bool(flags & TC) or flags & RCODE_MASK in _WITHOUT_QUESTION
    end = HEADER.size + len(question)
    asked, end_of_name = reply[HEADER.size : end], -TYPE_AND_CLASS.size
    return (
        questions == 1
        and asked[:end_of_name].lower() == question[:end_of_name].lower()
        and asked[end_of_name:] == question[end_of_name:]
    )
