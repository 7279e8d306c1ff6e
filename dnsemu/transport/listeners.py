"""Opening what the server listens on: all of it, or nothing and a message that says why."""

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence

from config.addresses import Address
from dnsemu.transport import Doors
from dnsemu.transport.sockets import bind_tcp, bind_udp
from dnsemu.transport.tcp import TcpListener
from dnsemu.transport.udp import UdpListener

_FREE_PORT_TRIES = 20


class CannotListen(Exception):
    """An address cannot be listened on; the message says which, why, and what to do."""


class Listeners:
    """DNS on a set of addresses, each over UDP and TCP on the same port."""

    def __init__(self, pairs: Sequence[tuple[socket.socket, socket.socket]]) -> None:
        self._pairs = pairs
        self.addresses = tuple(Address(*udp.getsockname()[:2]) for udp, _ in pairs)
        self._open: list[UdpListener | TcpListener] = []

    async def start(self, doors: Sequence[Doors]) -> None:
        """Begin to answer, each address by its own of `doors`."""
        loop = asyncio.get_running_loop()
        for (udp, tcp), respond in zip(self._pairs, doors, strict=True):
            listener = TcpListener(respond.tcp)
            await listener.start(tcp)
            self._open += [UdpListener(udp, respond.udp, loop), listener]

    def close(self) -> None:
        """Answer what is queued and stop."""
        for listener in self._open:
            listener.close()
        self._open.clear()
        for pair in self._pairs:
            for sock in pair:
                sock.close()


def bind(addresses: Sequence[Address], vantage_points: Sequence[Address] = ()) -> Listeners:
    """Bind every address over UDP and TCP; no two servers can hold one address.

    Args:
        vantage_points: addresses of `server.vantage_points`, in its order; they follow the others.
    Raises:
        CannotListen: one of them cannot be bound; none is left bound.
    """
    pairs: list[tuple[socket.socket, socket.socket]] = []
    try:
        for address in addresses:
            pairs.append(_bind_pair(address, "--dns"))
        for number, address in enumerate(vantage_points):
            pairs.append(_bind_pair(address, f"server.vantage_points[{number}].dns:"))
    except CannotListen:
        for pair in pairs:
            for sock in pair:
                sock.close()
        raise
    return Listeners(pairs)


def _bind_pair(address: Address, option: str) -> tuple[socket.socket, socket.socket]:
    for attempt in range(_FREE_PORT_TRIES):
        tcp = _bind(bind_tcp, address, "TCP", option)
        bound = Address(address.host, tcp.getsockname()[1])
        try:
            tcp.listen(512)  # two TCP sockets may share a bound port until one listens
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
        return f"{address} is in use over {protocol}{resolved}; stop what holds it, or {choose}"
    if failure.errno == errno.EACCES:
        return f"{address} may not be bound: a port below 1024 needs CAP_NET_BIND_SERVICE or root; {choose}"
    if failure.errno == errno.EADDRNOTAVAIL:
        return f"{address.host} is no address of this machine; {choose}"
    return f"{address} cannot be bound over {protocol}: {failure.strerror or failure}; {choose}"
