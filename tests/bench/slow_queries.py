"""Sends few queries, one after another, to measure latency."""

import socket
import time
from statistics import quantiles

import dns.message

QUERIES_PER_SECOND = 500
LOST_AFTER_S = 1.0


def ask(port: int, name: str, seconds: float) -> dict[str, float | None]:
    """Queries a name's A records over UDP at even intervals, for a number of seconds.

    Returns:
        The latencies in µs, as `p50`, `p99` and `most`, and the number of `lost` queries.
    """
    packet = bytearray(dns.message.make_query(name, "A").to_wire())
    latencies_us: list[float] = []
    lost = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", port))
        sock.settimeout(LOST_AFTER_S)
        began = due = time.perf_counter()
        while (now := time.perf_counter()) - began < seconds:
            time.sleep(max(due - now, 0))
            due = max(due + 1 / QUERIES_PER_SECOND, now)
            packet[:2] = ((len(latencies_us) + lost) & 0xFFFF).to_bytes(2)
            asked = time.perf_counter()
            sock.send(packet)
            try:
                while sock.recv(512)[:2] != packet[:2]:
                    pass
                latencies_us.append((time.perf_counter() - asked) * 1e6)
            except TimeoutError:
                lost += 1
    cuts = quantiles(latencies_us, n=100) if len(latencies_us) > 1 else [None] * 99
    return {"p50": cuts[49], "p99": cuts[98], "most": max(latencies_us, default=None), "lost": lost}
