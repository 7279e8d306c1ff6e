"""The TCP probe: a handshake, nothing sent, nothing read (H54)."""

import asyncio

from healthcheck.observation import TIMED_OUT, Outcome, Phases, resolved
from healthcheck.probes import Budgets
from healthcheck.probes.connect import open_socket, why


async def probe_tcp(address: str, port: int, budgets: Budgets, resolved_ip: str | None) -> Outcome:
    """Connect and close.

    Args:
        resolved_ip: the address again if it came from a name, for the status text.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    tail = resolved(resolved_ip)
    try:
        async with asyncio.timeout(budgets.tcp_s):
            sock = await open_socket(address, port)
    except TimeoutError:
        return Outcome(False, TIMED_OUT + tail)
    except OSError as failure:
        return Outcome(False, why(failure) + tail)
    sock.close()
    return Outcome(True, f"TCP connection established{tail}", Phases(connect_s=loop.time() - began))
