"""Every metric, in one place: plain counters, kept by their owners and read when Prometheus scrapes.

Labels come from closed sets: hosted zones, record types, rcodes, policies, health checks, Regions. Never a query name
or an address.
"""

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    SummaryMetricFamily,
)
from prometheus_client.metrics_core import Metric

from dnsemu import __version__
from dnsemu.clock.clock import Clock
from dnsemu.config.errors import FileError
from dnsemu.healthcheck.monitor import HealthMonitor
from dnsemu.healthcheck.report.cloudwatch import (
    CHILDREN_HEALTHY,
    PERCENTAGE_HEALTHY,
    STATUS,
    LatencyMetric,
    status_values,
)
from dnsemu.healthcheck.report.durations import BOUNDS_S, Durations
from dnsemu.publication.board import Board
from dnsemu.runtime import lateness
from dnsemu.runtime.lifecycle import Lifecycle
from dnsemu.server.data_plane import DataPlane

_STATUS_FAMILIES = {
    STATUS: ("dnsemu_health_check_healthy", "A health check's effective status: 1 healthy, 0 not."),
    PERCENTAGE_HEALTHY: (
        "dnsemu_health_check_checkers_healthy_ratio",
        "Share of the reporting checkers that vote healthy, for endpoints that are being probed.",
    ),
    CHILDREN_HEALTHY: ("dnsemu_health_check_children_healthy", "A calculated health check's healthy children."),
}
_LATENCY_FAMILIES = {
    LatencyMetric.CONNECTION: ("dnsemu_health_check_connection_seconds", "Sampled times of TCP connects."),
    LatencyMetric.FIRST_BYTE: (
        "dnsemu_health_check_first_byte_seconds",
        "Sampled times from a request to the response's first byte.",
    ),
    LatencyMetric.TLS_HANDSHAKE: ("dnsemu_health_check_tls_handshake_seconds", "Sampled times of TLS handshakes."),
}
"""By CloudWatch's metric: our family, in Prometheus' units, and its help text."""


SAMPLES_PER_PIECE = 100


class Metrics:
    """Reads plain counters at scrape time."""

    def __init__(
        self,
        board: Board,
        data_plane: DataPlane,
        monitor: HealthMonitor,
        clock: Clock,
        lifecycle: Lifecycle,
        file_errors: Callable[[], tuple[FileError, ...]],
        limits: Callable[[], Iterable[Metric]],
    ) -> None:
        """Read from these at each scrape.

        Args:
            file_errors: returns the errors that keep the declared files from being served.
            limits: returns the metrics of bounds.
        """
        self._board = board
        self._data_plane = data_plane
        self._monitor = monitor
        self._clock = clock
        self._lifecycle = lifecycle
        self._file_errors = file_errors
        self._limits = limits

    async def refresh(self) -> None:
        """Bring the counts of all processes up to date; call it before `exposition`."""
        await self._data_plane.refresh_counters()

    def exposition(self) -> Iterator[bytes]:
        """All metrics in Prometheus' text format, in small pieces, so that DNS answers between two of them."""
        for family in self.collect():
            yield from _pieces(family)

    def collect(self) -> Iterator[Metric]:
        """Every family with its present values."""
        yield from self._dns()
        yield from self._health()
        yield from self._probes()
        yield from self._time()
        yield from self._event_loop()
        yield from self._limits()
        info = GaugeMetricFamily("dnsemu_info", "The server's version; always 1.", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        yield GaugeMetricFamily(
            "dnsemu_ready", "1 when everything listens, else 0.", value=float(self._lifecycle.is_ready)
        )
        yield GaugeMetricFamily(
            "dnsemu_reload_faults",
            "Errors that keep the files' present state from being served.",
            value=float(len(self._file_errors())),
        )

    def _dns(self) -> Iterator[Metric]:
        queries = CounterMetricFamily(
            "dnsemu_queries",
            "DNS replies sent, by hosted zone (empty if in none, (deleted) if it is gone), type, rcode, policy of the "
            "first group and protocol.",
            labels=["zone", "type", "rcode", "policy", "protocol"],
        )
        for answered, number in self._data_plane.answered:
            queries.add_metric([answered.zone_text, *answered[1:]], number)
        yield queries
        yield CounterMetricFamily(
            "dnsemu_packets_dropped",
            "Packets that got no reply, such as DNS responses.",
            value=self._data_plane.dropped,
        )
        yield CounterMetricFamily(
            "dnsemu_query_log_dropped",
            "Lines of the query log that could not be written.",
            value=self._data_plane.query_log_dropped,
        )
        rows = self._data_plane.rows()
        yield GaugeMetricFamily(
            "dnsemu_workers_answering",
            "Processes that answer DNS.",
            value=float(sum(row["is_answering"] for row in rows)),
        )
        yield CounterMetricFamily(
            "dnsemu_worker_restarts", "Workers that were replaced.", value=sum(row["restarts"] for row in rows)
        )
        world = self._board.current.world
        yield GaugeMetricFamily("dnsemu_hosted_zones", "Hosted zones served.", value=len(world.hosted_zones))
        yield GaugeMetricFamily(
            "dnsemu_record_sets",
            "Record sets served.",
            value=sum(len(zone.record_sets) for zone in world.hosted_zones.values()),
        )

    def _health(self) -> Iterator[Metric]:
        monitor = self._monitor
        families = {
            name: GaugeMetricFamily(family, text, labels=["check"]) for name, (family, text) in _STATUS_FAMILIES.items()
        }
        for check_state in monitor.states():
            for name, value in status_values(check_state, monitor.is_declared_and_healthy).items():
                families[name].add_metric([check_state.check.id], value / 100 if name == PERCENTAGE_HEALTHY else value)
        yield from families.values()
        for metric, (family, text) in _LATENCY_FAMILIES.items():
            latencies = SummaryMetricFamily(family, text, labels=["check", "region"])
            for total in monitor.latency.totals(metric):
                latencies.add_metric([total.check_id, total.region], total.sample_count, total.sum_s)
            yield latencies

    def _probes(self) -> Iterator[Metric]:
        monitor = self._monitor
        probes = CounterMetricFamily(
            "dnsemu_probes",
            "Probes finished, by health check, checker's Region and result.",
            labels=["check", "region", "result"],
        )
        for (check, region, success), number in monitor.probes.items():
            probes.add_metric([check, region, "success" if success else "failure"], number)
        yield probes
        yield _histogram("dnsemu_probe_duration_seconds", "How long probes took.", monitor.durations)
        yield _histogram(
            "dnsemu_probe_lateness_seconds", "How long after their due time probes began.", monitor.lateness
        )
        yield GaugeMetricFamily("dnsemu_probes_in_flight", "Probes under way.", value=monitor.in_flight)

    def _time(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("dnsemu_clock_seconds", "Emulated time, since the epoch.", value=self._clock.now())
        yield GaugeMetricFamily(
            "dnsemu_clock_speed", "Emulated seconds a real second; 0 while the clock stands still.", self._clock.speed
        )
        yield CounterMetricFamily(
            "dnsemu_history_events", "Events that the history has recorded.", value=self._monitor.history.last
        )

    def _event_loop(self) -> Iterator[Metric]:
        own, workers = self._lifecycle.lateness.total, self._data_plane.worker_lateness
        by_process = {"control": own} if workers is None else {"control": own, "worker": workers}
        late = HistogramMetricFamily(
            "dnsemu_event_loop_lateness_seconds",
            "How late the event loop ran a timer, by process; while it is late, the process answers no query.",
            labels=["process"],
        )
        most = GaugeMetricFamily(
            "dnsemu_event_loop_lateness_max_seconds", "The greatest lateness since the start.", labels=["process"]
        )
        for process, found in by_process.items():
            late.add_metric([process], _buckets(lateness.BOUNDS_S, found.counts), found.sum_s)
            most.add_metric([process], found.max_s)
        yield late
        yield most


def _buckets(bounds: Iterable[float], counts: Iterable[int]) -> list[tuple[str, int]]:
    return list(zip([*map(str, bounds), "+Inf"], accumulate(counts), strict=True))


def _histogram(name: str, text: str, durations: Durations) -> HistogramMetricFamily:
    return HistogramMetricFamily(name, text, _buckets(BOUNDS_S, durations.counts), durations.sum_s)


class _Only(CollectorRegistry):
    """A registry of one family."""

    def __init__(self, family: Metric) -> None:
        super().__init__(auto_describe=False)
        self._family = family

    def collect(self) -> Iterator[Metric]:
        """The family."""
        yield self._family


def _pieces(family: Metric) -> Iterator[bytes]:
    """A family's text in pieces: the header with the first samples, then the others."""
    samples = family.samples
    for start in range(0, max(len(samples), 1), SAMPLES_PER_PIECE):
        piece = copy(family)
        piece.samples = samples[start : start + SAMPLES_PER_PIECE]
        text = generate_latest(_Only(piece))
        lines = text.splitlines(keepends=True)
        yield text if not start else b"".join(line for line in lines if not line.startswith(b"#"))
