"""Listeners: binds all addresses that the server listens on, or none and says why."""

import asyncio
import errno
import select
import socket
from collections.abc import Callable, Sequence

from dnsemu.config.text.addresses import EXAMPLE_HTTP_PORT, Address
from dnsemu.runtime.registry import server_listening_at
from dnsemu.server.transport.sockets import BACKLOG, bind_again, bind_tcp, bind_udp
from dnsemu.server.transport.tcp import TcpListener
from dnsemu.server.transport.udp import UdpListener
from dnsemu.wire.handlers import Handlers

_FREE_PORT_TRIES = 20

SocketPair = tuple[socket.socket, socket.socket]
"""The bound UDP socket and the listening TCP socket of one address."""


class CannotListen(Exception):
    """An address cannot be bound; the message says which, why, and what to do."""


class Listeners:
    """Answers DNS on a set of addresses, each over UDP and TCP on the same port."""

    def __init__(self, pairs: Sequence[SocketPair]) -> None:
        self._pairs = pairs
        self.addresses = listening_at(pairs)
        self._open: list[UdpListener | TcpListener] = []

    async def start(self, handlers: Sequence[Handlers]) -> None:
        """Starts to answer; `handlers` has one entry for each address, in order."""
        loop = asyncio.get_running_loop()
        for (udp, tcp), of_address in zip(self._pairs, handlers, strict=True):
            listener = TcpListener(of_address.tcp)
            await listener.start(tcp)
            self._open += [UdpListener(udp, of_address.udp, loop), listener]

    async def drain(self, max_s: float) -> None:
        """Answers queued datagrams until there are none, for at most `max_s` seconds."""
        queued = select.poll()
        for udp, _ in self._pairs:
            queued.register(udp, select.POLLIN)
        loop = asyncio.get_running_loop()
        until = loop.time() + max_s
        while queued.poll(0) and loop.time() < until:  # noqa: ASYNC110 - the loop answers meanwhile
            await asyncio.sleep(0)

    def close(self) -> None:
        """Answers queued packets and closes all sockets."""
        for listener in self._open:
            listener.close()
        self._open.clear()
        for pair in self._pairs:
            for sock in pair:
                sock.close()


def listening_at(pairs: Sequence[SocketPair]) -> tuple[Address, ...]:
    """Returns the addresses of bound sockets, with the ports that the system chose."""
    return tuple(Address(*udp.getsockname()[:2]) for udp, _ in pairs)


def bind(addresses: Sequence[Address], vantage_points: Sequence[Address] = ()) -> Listeners:
    """Binds every address over UDP and TCP; two servers cannot bind the same one.

    Args:
        vantage_points: addresses of `server.vantage_points`, in its order; they come after the others.
    Raises:
        CannotListen: one of them cannot be bound; the others are closed again.
    """
    (pairs,) = bind_shares(addresses, vantage_points, 1)
    return Listeners(pairs)


def bind_shares(
    addresses: Sequence[Address], vantage_points: Sequence[Address], number: int
) -> Sequence[Sequence[SocketPair]]:
    """Binds every address as `bind` does, for a number of processes: each gets one socket pair for each address.

    The kernel divides packets between the sockets of an address, even if no process reads from one of them.

    Raises:
        CannotListen: as by `bind`.
    """
    with_options = [(address, "--dns") for address in addresses]
    with_options += [(address, f"server.vantage_points[{n}].dns:") for n, address in enumerate(vantage_points)]
    shares: list[list[SocketPair]] = [[] for _ in range(number)]
    try:
        for address, option in with_options:
            shares[0].append(_bind_pair(address, option))
            for share in shares[1:]:
                share.append(_bind_pair_again(address, shares[0][-1], option))
    except CannotListen:
        close_pairs(shares)
        raise
    return shares


def close_pairs(shares: Sequence[Sequence[SocketPair]]) -> None:
    """Closes all sockets of these pairs."""
    for share in shares:
        for pair in share:
            for sock in pair:
                sock.close()


def _bind_pair_again(address: Address, first: SocketPair, option: str) -> SocketPair:
    udp, tcp = first
    try:
        second_tcp = bind_again(tcp, address.host)
        try:
            second_tcp.listen(BACKLOG)
            return bind_again(udp, address.host), second_tcp
        except OSError:
            second_tcp.close()
            raise
    except OSError as failure:
        bound = Address(address.host, tcp.getsockname()[1])
        raise CannotListen(explain_bind_failure(bound, "UDP or TCP a second time", failure, option)) from failure


def _bind_pair(address: Address, option: str) -> SocketPair:
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


def _bind(
    bind_socket: Callable[[str, int], socket.socket], address: Address, protocol: str, option: str
) -> socket.socket:
    try:
        return bind_socket(*address)
    except OSError as failure:
        raise CannotListen(explain_bind_failure(address, protocol, failure, option)) from failure


_PORTS_NEAR = 20


def _free_near(address: Address) -> Address | None:
    """Returns an address whose port, soon after the given one, is free over TCP and UDP; None if there is none."""
    first = address.port + 1 if address.port >= 1024 else address.port + 1000
    for port in range(first, min(first + _PORTS_NEAR, 65536)):
        sockets: list[socket.socket] = []
        try:
            sockets.append(bind_tcp(address.host, port))
            sockets.append(bind_udp(address.host, port))
        except OSError:
            continue
        finally:
            for sock in sockets:
                sock.close()
        return Address(address.host, port)
    return None


_UNKNOWN_USER = (
    "stop the process that uses it (workers of a dnsemu that was killed keep answering; end them with: dnsemu stop)"
)


def _how_to_free(address: Address) -> str:
    """Says how the process that uses an address is stopped."""
    server = server_listening_at(address)
    if server is None:
        return _UNKNOWN_USER
    http = str(server.about.get("http"))
    which = "" if http == f"127.0.0.1:{EXAMPLE_HTTP_PORT}" else f" --server {http}"
    return f"another dnsemu uses it (process {server.pid}): stop that with: dnsemu stop{which}"


def explain_bind_failure(address: Address, protocol: str, failure: OSError, option: str) -> str:
    """Says why an address cannot be bound, and what to do.

    Args:
        option: sets the address: a command-line option, or a field of the file with its colon.
    """
    host = "127.0.0.1" if failure.errno == errno.EADDRNOTAVAIL else address.host
    other = Address(host, 0)
    choose = f"choose another with {option} ADDRESS:PORT ({option} {other} takes a free port)"
    if failure.errno == errno.EADDRINUSE:
        if (free := _free_near(address)) is not None:
            choose = f"choose another: {option} {free} is free, and {option} {other} takes a free port"
        resolved = (
            "; on port 53 that is often systemd-resolved, which holds 127.0.0.53 and 127.0.0.54: "
            "listen on 127.0.0.1:53, or set DNSStubListener=no in /etc/systemd/resolved.conf"
            if address.port == 53 and option != "--http"
            else ""
        )
        return f"{address} is in use over {protocol}{resolved}; {_how_to_free(address)}, or {choose}"
    if failure.errno == errno.EACCES:
        return f"{address}: permission denied: a port below 1024 needs CAP_NET_BIND_SERVICE or root; {choose}"
    if failure.errno == errno.EADDRNOTAVAIL:
        return f"{address.host} is no address of this machine; {choose}"
    return f"{address} cannot be bound over {protocol}: {failure.strerror or failure}; {choose}"
