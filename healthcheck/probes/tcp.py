"""The TCP probe: a handshake, nothing sent, nothing read (H54)."""

import asyncio
from time import perf_counter

from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.connect import open_socket, why
from dnsemu.healthcheck.verdict.observation import TIMED_OUT, Outcome, Phases, resolved


async def probe_tcp(address: str, port: int, budgets: Budgets, resolved_ip: str | None) -> Outcome:
    """Connect and close.

    Args:
        resolved_ip: the address again if it came from a name, for the status text.
    """
    began = perf_counter()
    try:
        async with asyncio.timeout(budgets.tcp_s):
            sock = await open_socket(address, port)
    except TimeoutError:
        return Outcome(False, TIMED_OUT, waited_s=budgets.tcp_s)
    except OSError as failure:
        return Outcome(False, resolved(why(failure), resolved_ip))
    sock.close()
    return Outcome(True, resolved("TCP connection established", resolved_ip), Phases(connect_s=perf_counter() - began))
