"""Opening what the server listens on: all of it, or nothing and a message that says why."""

import asyncio
import errno
import select
import socket
from collections.abc import Callable, Sequence

from dnsemu.config.text.addresses import Address
from dnsemu.server.transport.sockets import bind_tcp, bind_udp, one_more
from dnsemu.server.transport.tcp import TcpListener
from dnsemu.server.transport.udp import UdpListener
from dnsemu.wire.handlers import Handlers

BACKLOG = 512
"""Connections that wait to be accepted."""

_FREE_PORT_TRIES = 20

Pair = tuple[socket.socket, socket.socket]
"""One address over UDP and over TCP, which listens already."""


class CannotListen(Exception):
    """An address cannot be listened on; the message says which, why, and what to do."""


class Listeners:
    """DNS on a set of addresses, each over UDP and TCP on the same port."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._pairs = pairs
        self.addresses = listening_at(pairs)
        self._open: list[UdpListener | TcpListener] = []

    async def start(self, handlers: Sequence[Handlers]) -> None:
        """Begin to answer, each address by its own of `handlers`."""
        loop = asyncio.get_running_loop()
        for (udp, tcp), respond in zip(self._pairs, handlers, strict=True):
            listener = TcpListener(respond.tcp)
            await listener.start(tcp)
            self._open += [UdpListener(udp, respond.udp, loop), listener]

    async def drain(self, most_s: float) -> None:
        """Go on answering while datagrams are queued, but no longer than this, in seconds."""
        queued = select.poll()
        for udp, _ in self._pairs:
            queued.register(udp, select.POLLIN)
        loop = asyncio.get_running_loop()
        until = loop.time() + most_s
        while queued.poll(0) and loop.time() < until:  # noqa: ASYNC110 - it is the loop that answers
            await asyncio.sleep(0)

    def close(self) -> None:
        """Answer what is queued and stop."""
        for listener in self._open:
            listener.close()
        self._open.clear()
        for pair in self._pairs:
            for sock in pair:
                sock.close()


def listening_at(pairs: Sequence[Pair]) -> tuple[Address, ...]:
    """The addresses of bound sockets, ports as they really are."""
    return tuple(Address(*udp.getsockname()[:2]) for udp, _ in pairs)


def bind(addresses: Sequence[Address], vantage_points: Sequence[Address] = ()) -> Listeners:
    """Bind every address over UDP and TCP; no two servers can hold one address.

    Args:
        vantage_points: addresses of `server.vantage_points`, in its order; they follow the others.
    Raises:
        CannotListen: one of them cannot be bound; none is left bound.
    """
    (pairs,) = bind_shares(addresses, vantage_points, 1)
    return Listeners(pairs)


def bind_shares(
    addresses: Sequence[Address], vantage_points: Sequence[Address], number: int
) -> Sequence[Sequence[Pair]]:
    """Bind every address as `bind` does, for a number of processes: each has its own sockets for all addresses.

    The kernel divides what comes between the sockets of an address, whether anyone reads from them or not.

    Raises:
        CannotListen: as `bind` does.
    """
    asked = [(address, "--dns") for address in addresses]
    asked += [(address, f"server.vantage_points[{n}].dns:") for n, address in enumerate(vantage_points)]
    shares: list[list[Pair]] = [[] for _ in range(number)]
    try:
        for address, option in asked:
            shares[0].append(_bind_pair(address, option))
            for share in shares[1:]:
                share.append(_one_more_pair(address, shares[0][-1], option))
    except CannotListen:
        close_pairs(shares)
        raise
    return shares


def close_pairs(shares: Sequence[Sequence[Pair]]) -> None:
    """Close all these sockets."""
    for share in shares:
        for pair in share:
            for sock in pair:
                sock.close()


def _one_more_pair(address: Address, first: Pair, option: str) -> Pair:
    udp, tcp = first
    try:
        more_tcp = one_more(tcp, address.host)
        try:
            more_tcp.listen(BACKLOG)
            return one_more(udp, address.host), more_tcp
        except OSError:
            more_tcp.close()
            raise
    except OSError as failure:
        bound = Address(address.host, tcp.getsockname()[1])
        raise CannotListen(explain_bind_failure(bound, "UDP or TCP a second time", failure, option)) from failure


def _bind_pair(address: Address, option: str) -> Pair:
    for attempt in range(_FREE_PORT_TRIES):
        tcp = _bind(bind_tcp, address, "TCP", option)
        bound = Address(address.host, tcp.getsockname()[1])
        try:
            tcp.listen(BACKLOG)  # two TCP sockets may share a bound port until one listens
            return _bind(bind_udp, bound, "UDP", option), tcp
        except OSError as failure:
            tcp.close()
            raise CannotListen(explain_bind_failure(bound, "TCP", failure, option)) from failure
        except CannotListen:
            tcp.close()
            if address.port or attempt == _FREE_PORT_TRIES - 1:
                raise
    raise AssertionError("the last try returns or raises")


def _bind(how: Callable[[str, int], socket.socket], address: Address, protocol: str, option: str) -> socket.socket:
    try:
        return how(*address)
    except OSError as failure:
        raise CannotListen(explain_bind_failure(address, protocol, failure, option)) from failure


_LEFT_BEHIND = " (the workers of a dnsemu that was killed answer on until they are ended: pkill -f dnsemu.workers)"


def explain_bind_failure(address: Address, protocol: str, failure: OSError, option: str) -> str:
    """Why an address cannot be listened on, and what to do.

    Args:
        option: what chooses another: a command-line option, or a field of the file with its colon.
    """
    host = "127.0.0.1" if failure.errno == errno.EADDRNOTAVAIL else address.host
    other = Address(host, 0)
    choose = f"choose another with {option} ADDRESS:PORT ({option} {other} takes a free port)"
    if failure.errno == errno.EADDRINUSE:
        resolved = (
            "; on port 53 that is often systemd-resolved, which holds 127.0.0.53 and 127.0.0.54: "
            "listen on 127.0.0.1:53, or set DNSStubListener=no in /etc/systemd/resolved.conf"
            if address.port == 53
            else ""
        )
        return f"{address} is in use over {protocol}{resolved}; stop what holds it{_LEFT_BEHIND}, or {choose}"
    if failure.errno == errno.EACCES:
        return f"{address} may not be bound: a port below 1024 needs CAP_NET_BIND_SERVICE or root; {choose}"
    if failure.errno == errno.EADDRNOTAVAIL:
        return f"{address.host} is no address of this machine; {choose}"
    return f"{address} cannot be bound over {protocol}: {failure.strerror or failure}; {choose}"
