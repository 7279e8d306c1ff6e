"""CloudWatch metrics of health checks: names, units, statistics and one-minute data points (H140–H147).

Arithmetic only: the input is observations, and the time is an argument.
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
from dnsemu.healthcheck.verdict.check_state import HealthCheckState
from dnsemu.healthcheck.verdict.results import Observation, Phases
from dnsemu.healthcheck.verdict.snapshot import Status

SAMPLE_EVERY_S = 30
"""Each Region samples at most one probe of a check per half minute (H146)."""

PERIOD_S = 60
MAX_MINUTES = 60

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
"""CloudWatch's unit of each metric, by name; `None` is a unit."""


def status_values(state: HealthCheckState, is_healthy: Callable[[HealthCheckId], bool]) -> dict[str, float]:
    """The metrics that follow from a check's present state, by CloudWatch's names.

    The status is the effective one (H75, H140). The percentage is that of the checkers' votes, neither inverted nor
    forced (H75, H141); it is missing for a disabled check, and before the first report. A disabled calculated check
    counts no children (H73, H145).

    Args:
        is_healthy: returns True if a child's effective status is healthy; False if it is not declared (H84).
    """
    values: dict[str, float] = {STATUS: int(state.status is Status.HEALTHY)}
    healthy, reporting = state.votes
    if state.is_probed and reporting:
        values[PERCENTAGE_HEALTHY] = 100 * healthy / reporting
    if isinstance(state.check.config, CalculatedCheck) and not state.check.disabled:
        values[CHILDREN_HEALTHY] = sum(map(is_healthy, set(state.check.config.children)))
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

    def merged_with(self, other: "DataPoint") -> "DataPoint":
        """The statistics over the samples of both points, which are of the same minute."""
        return DataPoint(
            self.at,
            self.sample_count + other.sample_count,
            self.sum_ms + other.sum_ms,
            min(self.minimum_ms, other.minimum_ms),
            max(self.maximum_ms, other.maximum_ms),
        )


def merged(points: Iterable[DataPoint]) -> tuple[DataPoint, ...]:
    """Merges the points of several Regions into one data point a minute, oldest first."""
    by_minute: dict[float, DataPoint] = {}
    for point in points:
        earlier = by_minute.get(point.at)
        by_minute[point.at] = earlier.merged_with(point) if earlier else point
    return tuple(by_minute[at] for at in sorted(by_minute))


class LatencyTotal(NamedTuple):
    """The samples of one latency of a check from one Region, since the start; `sum_s` is in seconds."""

    check_id: HealthCheckId
    region: str
    sample_count: int
    sum_s: float


class LatencyRecorder:
    """The latencies of all checks that measure them, by Region.

    For each check and Region it keeps totals, and the samples of the last hour in at most 4 KiB (measured by
    `test_memory_is_bounded_and_the_totals_go_on`). A check that does not measure latency takes nothing.
    """

    def __init__(self) -> None:
        self._checks: dict[HealthCheckId, dict[str, _Samples]] = defaultdict(lambda: defaultdict(_Samples))

    def record(self, check: HealthCheck, checker: Checker, observation: Observation) -> None:
        """Adds a finished probe, if its check measures latency and this half minute has no sample yet (H69, H146).

        A probe that did not connect has no latencies; one that failed later has those of the phases that it completed.
        """
        config, phases = check.config, observation.result.phases
        if isinstance(config, EndpointCheck) and config.measure_latency and phases.connect_s is not None:
            self._checks[check.id][checker.region].add(observation.at, phases)

    def clear(self) -> None:
        """Drops the samples of all checks; the totals go on, as counters do."""
        for regions in self._checks.values():
            for samples in regions.values():
                samples.clear()

    def forget(self, check_id: HealthCheckId) -> None:
        """Drops the latencies of a removed check."""
        self._checks.pop(check_id, None)

    def totals(self, metric: LatencyMetric) -> Iterator[LatencyTotal]:
        """Yields the total of every check and Region that has samples of this latency."""
        index = _METRICS.index(metric)
        for check_id, regions in self._checks.items():
            for region, samples in regions.items():
                if samples.counts[index]:
                    yield LatencyTotal(check_id, region, samples.counts[index], samples.sums_s[index])

    def data_points(
        self, check_id: HealthCheckId, metric: LatencyMetric, now: float
    ) -> dict[str, tuple[DataPoint, ...]]:
        """A check's data points of the last hour, including the present minute, by Region; empty Regions are left out.

        Args:
            now: emulated time, in seconds since the epoch.
        """
        regions = self._checks.get(check_id, {})
        found = {region: merged(samples.points(metric, now)) for region, samples in regions.items()}
        return {region: points for region, points in found.items() if points}


_METRICS = tuple(LatencyMetric)
_FIELDS = 1 + len(_METRICS)
_MAX_NUMBERS = _FIELDS * MAX_MINUTES * PERIOD_S // SAMPLE_EVERY_S


class _Samples:
    """One check's latencies from one Region; totals are by index of the metric."""

    __slots__ = ("_rows", "counts", "sums_s")

    def __init__(self) -> None:
        self.counts = [0] * len(_METRICS)
        self.sums_s = [0.0] * len(_METRICS)
        self._rows = array("d")
        """Rows of numbers: the half minute, counted from the epoch, and each latency in seconds or NaN."""

    def add(self, at: float, phases: Phases) -> None:
        """Adds a sample, unless there is one of this half minute or a later one."""
        half_minute = at // SAMPLE_EVERY_S
        if self._rows and self._rows[-_FIELDS] >= half_minute:
            return
        latencies_s = (phases.connect_s, phases.first_byte_s, phases.tls_s)  # in the order of _METRICS
        self._rows.append(half_minute)
        for index, latency_s in enumerate(latencies_s):
            self._rows.append(nan if latency_s is None else latency_s)
            if latency_s is not None:
                self.counts[index] += 1
                self.sums_s[index] += latency_s
        del self._rows[:-_MAX_NUMBERS]

    def clear(self) -> None:
        """Drops the samples, not the totals."""
        del self._rows[:]

    def points(self, metric: LatencyMetric, now: float) -> Iterator[DataPoint]:
        """Yields a data point for each sample of the last hour, at the start of its minute."""
        latest = now // PERIOD_S * PERIOD_S
        earliest = latest - (MAX_MINUTES - 1) * PERIOD_S
        field = 1 + _METRICS.index(metric)
        for half_minute, latency_s in zip(self._rows[::_FIELDS], self._rows[field::_FIELDS], strict=True):
            at = half_minute * SAMPLE_EVERY_S // PERIOD_S * PERIOD_S
            if earliest <= at <= latest and not isnan(latency_s):
                latency_ms = latency_s * 1000
                yield DataPoint(at, 1, latency_ms, latency_ms, latency_ms)
