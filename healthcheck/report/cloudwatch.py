"""Health checks in CloudWatch's words: its metrics' names, units, statistics and one-minute data points (H140–H147).

Arithmetic only: what it counts are observations, and the time is an argument.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from math import isnan, nan
from types import MappingProxyType
from typing import NamedTuple

from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, HealthCheck, HealthCheckId
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.verdict.entry import Entry
from dnsemu.healthcheck.verdict.observation import Observation, Phases
from dnsemu.healthcheck.verdict.snapshot import Status

SAMPLE_EVERY_S = 30
"""A Region contributes at most one probe's latencies of a check in each half minute (H146)."""

PERIOD_S = 60
KEPT_MINUTES = 60

STATUS = "HealthCheckStatus"
PERCENTAGE_HEALTHY = "HealthCheckPercentageHealthy"
CHILDREN_HEALTHY = "ChildHealthCheckHealthyCount"


class LatencyMetric(Enum):
    """The metrics that `MeasureLatency` turns on (H69), by CloudWatch's names."""

    CONNECTION = "ConnectionTime"
    FIRST_BYTE = "TimeToFirstByte"
    TLS_HANDSHAKE = "SSLHandshakeTime"


UNITS = MappingProxyType(
    {STATUS: "None", PERCENTAGE_HEALTHY: "Percent", CHILDREN_HEALTHY: "Count"}
    | {metric.value: "Milliseconds" for metric in LatencyMetric}
)
"""CloudWatch's unit of each metric, by name; `None` is a unit too."""


def status_values(entry: Entry, is_healthy: Callable[[HealthCheckId], bool]) -> dict[str, float]:
    """The values of the metrics that follow from what is known of a check just now, by CloudWatch's names.

    The status is the effective one (H75, H140). The percentage is what enabled checkers see, neither inverted nor
    forced (H75, H141), and is missing while none has reported. A calculated check that is disabled counts no children
    (H73, H145).

    Args:
        is_healthy: whether a child's effective status is healthy; false for one that is not declared (H84).
    """
    values: dict[str, float] = {STATUS: int(entry.status is Status.HEALTHY)}
    healthy, reporting = entry.votes
    if entry.is_probed and reporting:
        values[PERCENTAGE_HEALTHY] = 100 * healthy / reporting
    if isinstance(entry.check.config, CalculatedCheck) and not entry.check.disabled:
        values[CHILDREN_HEALTHY] = sum(map(is_healthy, set(entry.check.config.children)))
    return values


class DataPoint(NamedTuple):
    """One minute's statistics of a latency; `at` is the minute's start, in seconds since the epoch."""

    at: float
    sample_count: int
    sum_ms: float
    minimum_ms: float
    maximum_ms: float

    @property
    def average_ms(self) -> float:
        """The statistic that CloudWatch recommends for latencies."""
        return self.sum_ms / self.sample_count

    def with_more(self, more: "DataPoint") -> "DataPoint":
        """This minute's statistics over the samples of both."""
        return DataPoint(
            self.at,
            self.sample_count + more.sample_count,
            self.sum_ms + more.sum_ms,
            min(self.minimum_ms, more.minimum_ms),
            max(self.maximum_ms, more.maximum_ms),
        )


def merged(points: Iterable[DataPoint]) -> tuple[DataPoint, ...]:
    """One data point a minute, oldest first: what all Regions together make of a check."""
    by_minute: dict[float, DataPoint] = {}
    for point in points:
        known = by_minute.get(point.at)
        by_minute[point.at] = known.with_more(point) if known else point
    return tuple(by_minute[at] for at in sorted(by_minute))


class Total(NamedTuple):
    """All samples of one latency of a check from one Region, since the book was opened; `sum_s` is in seconds."""

    check_id: HealthCheckId
    region: str
    sample_count: int
    sum_s: float


class LatencyBook:
    """The latencies of all checks that measure them, by Region.

    Of each check and Region it keeps totals, and the samples of the last hour in about 4 KiB at most: with all eight
    Regions 32 KiB for a check, and nothing for those that do not measure latency.
    """

    def __init__(self) -> None:
        self._checks: dict[HealthCheckId, dict[str, _Samples]] = defaultdict(lambda: defaultdict(_Samples))

    def record(self, check: HealthCheck, checker: Checker, observation: Observation) -> None:
        """Take in a finished probe, if its check measures latency and this half minute has no sample yet (H69, H146).

        A probe that did not connect has no latencies; one that failed later has those of the phases that it finished.
        """
        config, phases = check.config, observation.outcome.phases
        if isinstance(config, EndpointCheck) and config.measure_latency and phases.connect_s is not None:
            self._checks[check.id][checker.region].add(observation.at, phases)

    def forget(self, check_id: HealthCheckId) -> None:
        """Drop all about a check that is not declared any more."""
        self._checks.pop(check_id, None)

    def totals(self, metric: LatencyMetric) -> Iterator[Total]:
        """The total of every check and Region that has a sample of this latency."""
        index = _METRICS.index(metric)
        for check_id, regions in self._checks.items():
            for region, samples in regions.items():
                if samples.counts[index]:
                    yield Total(check_id, region, samples.counts[index], samples.sums_s[index])

    def data_points(
        self, check_id: HealthCheckId, metric: LatencyMetric, now: float
    ) -> dict[str, tuple[DataPoint, ...]]:
        """A check's data points of the last hour, the present minute included, by Region; Regions without any left out.

        Args:
            now: the emulated time, in seconds since the epoch.
        """
        regions = self._checks.get(check_id, {})
        found = {region: merged(samples.points(metric, now)) for region, samples in regions.items()}
        return {region: points for region, points in found.items() if points}


_METRICS = tuple(LatencyMetric)
_FIELDS = 1 + len(_METRICS)
_MAX_NUMBERS = _FIELDS * KEPT_MINUTES * PERIOD_S // SAMPLE_EVERY_S


class _Samples:
    """One check's latencies from one Region; totals are by index of the metric."""

    __slots__ = ("_kept", "counts", "sums_s")

    def __init__(self) -> None:
        self.counts = [0] * len(_METRICS)
        self.sums_s = [0.0] * len(_METRICS)
        self._kept = array("d")
        """Rows of numbers: the half minute, counted from the epoch, and each latency in seconds, NaN for none."""

    def add(self, at: float, phases: Phases) -> None:
        """Take these latencies, unless there is a sample of this half minute or a later one."""
        half_minute = at // SAMPLE_EVERY_S
        if self._kept and self._kept[-_FIELDS] >= half_minute:
            return
        latencies_s = (phases.connect_s, phases.first_byte_s, phases.tls_s)  # in the order of the metrics
        self._kept.append(half_minute)
        for index, latency_s in enumerate(latencies_s):
            self._kept.append(nan if latency_s is None else latency_s)
            if latency_s is not None:
                self.counts[index] += 1
                self.sums_s[index] += latency_s
        del self._kept[:-_MAX_NUMBERS]

    def points(self, metric: LatencyMetric, now: float) -> Iterator[DataPoint]:
        """A data point for each sample of the last hour, at the start of its minute."""
        latest = now // PERIOD_S * PERIOD_S
        earliest = latest - (KEPT_MINUTES - 1) * PERIOD_S
        field = 1 + _METRICS.index(metric)
        for half_minute, latency_s in zip(self._kept[::_FIELDS], self._kept[field::_FIELDS], strict=True):
            at = half_minute * SAMPLE_EVERY_S // PERIOD_S * PERIOD_S
            if earliest <= at <= latest and not isnan(latency_s):
                latency_ms = latency_s * 1000
                yield DataPoint(at, 1, latency_ms, latency_ms, latency_ms)
