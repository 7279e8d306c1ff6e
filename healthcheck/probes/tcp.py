"""The TCP probe: a handshake, nothing sent, nothing judged (H54)."""

import asyncio
from time import perf_counter

from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.closing import Closing, Connection
from dnsemu.healthcheck.probes.connect import connect, failure_text
from dnsemu.healthcheck.verdict.results import TIMED_OUT, Phases, ProbeResult, with_resolved_ip

MAX_BANNER_BYTES = 2**16
"""Bytes taken from a peer that speaks first, such as an SSH server, until it closes its side."""


class Handshake(Connection):
    """A connection on which only the handshake counts."""

    def __init__(self) -> None:
        super().__init__()
        self._received_bytes = 0

    def data_received(self, data: bytes) -> None:
        self._received_bytes += len(data)
        if self._received_bytes > MAX_BANNER_BYTES:
            self.abort()

    def finish(self) -> bool:
        if self.transport is not None:
            self.transport.write_eof()  # the transport closes when the peer has closed its side too
        return False


async def probe_tcp(
    address: str, port: int, budgets: Budgets, closing: Closing, resolved_ip: str | None
) -> ProbeResult:
    """Opens a connection and closes it.

    Args:
        closing: closes the connection after the result.
        resolved_ip: the same address if it was resolved from a name, for the status text.
    Raises:
        CannotProbe: this host ran out of a resource.
    """
    began = perf_counter()
    try:
        async with asyncio.timeout(budgets.tcp_s):
            connection = await connect(Handshake, address, port)
    except TimeoutError:
        return ProbeResult.failed(TIMED_OUT, waited_s=budgets.tcp_s)
    except OSError as failure:
        return ProbeResult.failed(with_resolved_ip(failure_text(failure), resolved_ip))
    connect_s = perf_counter() - began
    closing.take(connection)
    return ProbeResult.passed(with_resolved_ip("TCP connection established", resolved_ip), Phases(connect_s=connect_s))
