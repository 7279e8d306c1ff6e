"""The bounds of the HTTP port, and the metrics of all bounds."""

import asyncio
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from dnsemu.api.connections import Connections, Phase
from dnsemu.runtime.file_limit import max_http_connections
from dnsemu.runtime.limits import Limit, Reached

MAX_STREAMS = 100
"""Streams of events that are open at once; half of the connections if that is less."""


class HttpLimits:
    """Counts what is open, and how often a bound was reached."""

    def __init__(self) -> None:
        self.reached = Reached()
        max_connections = max_http_connections()
        self.connections = Connections(max_connections, self.reached, asyncio.get_running_loop().time)
        self.max_streams = min(MAX_STREAMS, max_connections // 2)
        self.streams: set[asyncio.Transport] = set()
        """The connections of streams."""

    def open_streams(self) -> int:
        """Counts the streams of events that are open."""
        return sum(not transport.is_closing() for transport in self.streams)

    def metrics(self) -> Iterator[Metric]:
        """Yields the metrics: how often each bound was reached, and how much is used of those that hold something."""
        reached = CounterMetricFamily(
            "dnsemu_limit_reached", "How often a bound of docs/limits.md was reached.", labels=["limit"]
        )
        for limit in Limit:
            reached.add_metric([limit], self.reached[limit])
        yield reached
        by_phase = GaugeMetricFamily(
            "dnsemu_http_connections",
            "Open HTTP connections: with an incomplete request, with one being answered, and idle.",
            labels=["phase"],
        )
        for phase in Phase:
            by_phase.add_metric([phase.value], self.connections.count(phase))
        yield by_phase
        yield GaugeMetricFamily("dnsemu_event_streams", "Streams of events that are open.", value=self.open_streams())
