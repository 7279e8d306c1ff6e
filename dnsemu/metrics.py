"""Every metric, in one place: plain counters that others keep, read when Prometheus asks.

Labels come from closed sets: hosted zones, record types, rcodes, policies, health checks, Regions. Never a query name
or an address.
"""

from collections.abc import Iterable, Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from config import names
from config.names import ROOT
from dnsemu import __version__
from dnsemu.running import Running
from healthcheck.snapshot import Status


class Metrics(Collector):
    """Reads an application's counters at scrape time."""

    def __init__(self, application: Running) -> None:
        self._application = application
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: the families are told at each scrape."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every family with its present values."""
        yield from self._dns()
        yield from self._health()
        app = self._application
        info = GaugeMetricFamily("dnsemu_info", "The server's version; always 1.", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        yield GaugeMetricFamily("dnsemu_ready", "Whether everything listens.", value=float(app.is_ready))
        yield GaugeMetricFamily(
            "dnsemu_reload_faults",
            "Faults that keep the files' present state from being served.",
            value=float(len(app.faults)),
        )

    def _dns(self) -> Iterator[Metric]:
        app = self._application
        queries = CounterMetricFamily(
            "dnsemu_queries",
            "DNS replies sent, by hosted zone (empty if in none), type, rcode, policy of the first group and protocol.",
            labels=["zone", "type", "rcode", "policy", "protocol"],
        )
        for answered, number in app.responder.answered.items():
            zone = names.display(answered.zone) if answered.zone != ROOT else ""
            queries.add_metric([zone, *answered[1:]], number)
        yield queries
        yield CounterMetricFamily(
            "dnsemu_packets_dropped", "Packets that get no reply, such as replies.", value=app.responder.dropped
        )
        world = app.board.current.world
        yield GaugeMetricFamily("dnsemu_hosted_zones", "Hosted zones served.", value=len(world.hosted_zones))
        yield GaugeMetricFamily(
            "dnsemu_record_sets",
            "Record sets served.",
            value=sum(len(zone.record_sets) for zone in world.hosted_zones.values()),
        )

    def _health(self) -> Iterator[Metric]:
        monitor = self._application.monitor
        status = GaugeMetricFamily(
            "dnsemu_health_check_healthy", "A health check's effective status: 1 healthy, 0 not.", labels=["check"]
        )
        share = GaugeMetricFamily(
            "dnsemu_health_check_checkers_healthy_ratio",
            "Share of the reporting checkers that vote healthy, for endpoints that are being probed.",
            labels=["check"],
        )
        for entry in monitor.entries():
            status.add_metric([entry.check.id], float(entry.status is Status.HEALTHY))
            healthy, reporting = entry.votes
            if entry.is_probed and reporting:
                share.add_metric([entry.check.id], healthy / reporting)
        yield status
        yield share
        probes = CounterMetricFamily(
            "dnsemu_probes",
            "Probes finished, by health check, checker's Region and result.",
            labels=["check", "region", "result"],
        )
        for (check, region, success), number in monitor.probes.items():
            probes.add_metric([check, region, "success" if success else "failure"], number)
        yield probes
        durations = monitor.durations
        bounds = [*map(str, durations.BOUNDS_S), "+Inf"]
        yield HistogramMetricFamily(
            "dnsemu_probe_duration_seconds",
            "How long probes took.",
            buckets=list(zip(bounds, accumulate(durations.counts), strict=True)),
            sum_value=durations.sum_s,
        )
        yield GaugeMetricFamily("dnsemu_probes_in_flight", "Probes under way.", value=monitor.in_flight)
