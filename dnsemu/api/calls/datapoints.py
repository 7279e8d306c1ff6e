"""The control call `metrics`: health checks' metrics under CloudWatch's own names and units (H147)."""

import asyncio
import json
from collections.abc import Iterator
from itertools import chain
from typing import Any

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.clock.clock import Clock
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.healthcheck.monitor import HealthMonitor
from dnsemu.healthcheck.report.cloudwatch import PERIOD_S, UNITS, DataPoint, LatencyMetric, merged, status_values
from dnsemu.healthcheck.verdict.check_state import HealthCheckState
from dnsemu.healthcheck.verdict.tracker import UnknownHealthCheck
from dnsemu.runtime.logs import timestamp

NAMESPACE = "AWS/Route53"
PARAMETERS = frozenset({"check"})


class DataPointCalls:
    """Answers `GET metrics`."""

    def __init__(self, monitor: HealthMonitor, clock: Clock) -> None:
        self._monitor = monitor
        self._clock = clock

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [web.get(f"{prefix}/metrics", self._handle)]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """`GET metrics[?check=ID]`: the checks named, or all.

        The reply is sent in pieces, and DNS answers in between: an hour of ten thousand checks is long.
        """
        if unknown := sorted(set(request.query) - PARAMETERS):
            return failure(400, f"unknown parameter {unknown[0]}; there is {', '.join(sorted(PARAMETERS))}", "query")
        try:
            check_states = self._check_states(list(map(HealthCheckId, request.query.getall("check", []))))
        except UnknownHealthCheck as missing:
            return failure(404, str(missing), "check", "H103")
        response = web.StreamResponse(headers={"Content-Type": "application/json; charset=utf-8"})
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        for piece in self._pieces(check_states):
            await response.write(piece.encode())
            await asyncio.sleep(0)
        return response

    def _check_states(self, wanted: list[HealthCheckId]) -> list[HealthCheckState]:
        monitor = self._monitor
        return [monitor.state(check) for check in dict.fromkeys(wanted)] if wanted else list(monitor.states())

    def _pieces(self, check_states: list[HealthCheckState]) -> Iterator[str]:
        """Write the reply in pieces of a few milliseconds of work each."""
        yield f'{{"namespace": "{NAMESPACE}", "period_s": {PERIOD_S}, "health_checks": ['
        for number, check_state in enumerate(check_states):
            yield f'{", " if number else ""}{{"id": {json.dumps(check_state.check.id)}, "metrics": {{'
            separator = ""
            for name, metric in self._metrics(check_state):
                yield f"{separator}{json.dumps(name)}: {json.dumps(metric)}"
                separator = ", "
            yield "}}"
        yield "]}\n"

    def _metrics(self, check_state: HealthCheckState) -> Iterator[tuple[str, dict[str, Any]]]:
        """One check's metrics by name: present values, and latency data points of the last hour."""
        monitor = self._monitor
        for name, value in status_values(check_state, monitor.is_declared_and_healthy).items():
            yield name, {"unit": UNITS[name], "value": value}
        now = self._clock.now()
        for metric in LatencyMetric:
            if regions := monitor.latency.data_points(check_state.check.id, metric, now):
                yield (
                    metric.value,
                    {
                        "unit": UNITS[metric.value],
                        "datapoints": _points_json(merged(chain.from_iterable(regions.values()))),
                        "regions": {region: _points_json(points) for region, points in sorted(regions.items())},
                    },
                )


def _points_json(points: tuple[DataPoint, ...]) -> list[dict[str, Any]]:
    """Data points as plain data, in milliseconds rounded to the microsecond."""
    return [
        {
            "timestamp": timestamp(point.at),
            "average": round(point.average_ms, 3),
            "minimum": round(point.minimum_ms, 3),
            "maximum": round(point.maximum_ms, 3),
            "sample_count": point.sample_count,
        }
        for point in points
    ]
