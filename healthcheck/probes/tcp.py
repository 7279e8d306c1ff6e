"""The TCP probe: a handshake, nothing sent, nothing read (H54)."""

import asyncio
from time import perf_counter

from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.connect import failure_text, open_socket
from dnsemu.healthcheck.verdict.results import TIMED_OUT, Phases, ProbeResult, with_resolved_ip


async def probe_tcp(address: str, port: int, budgets: Budgets, resolved_ip: str | None) -> ProbeResult:
    """Opens a connection and closes it.

    Args:
        resolved_ip: the same address if it was resolved from a name, for the status text.
    """
    began = perf_counter()
    try:
        async with asyncio.timeout(budgets.tcp_s):
            sock = await open_socket(address, port)
    except TimeoutError:
        return ProbeResult.failed(TIMED_OUT, waited_s=budgets.tcp_s)
    except OSError as failure:
        return ProbeResult.failed(with_resolved_ip(failure_text(failure), resolved_ip))
    sock.close()
    connect_s = perf_counter() - began
    return ProbeResult.passed(with_resolved_ip("TCP connection established", resolved_ip), Phases(connect_s=connect_s))
