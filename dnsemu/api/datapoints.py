"""The control call `metrics`: health checks' metrics under CloudWatch's own names and units (H147)."""

import asyncio
import json
from collections.abc import Iterator
from itertools import chain
from typing import Any

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.api.running import Running
from dnsemu.config.model.health_checks import HealthCheckId
from dnsemu.healthcheck.report.cloudwatch import PERIOD_S, UNITS, DataPoint, LatencyMetric, merged, status_values
from dnsemu.healthcheck.verdict.entry import Entry
from dnsemu.healthcheck.verdict.ledger import UnknownHealthCheck
from dnsemu.runtime.logs import timestamp

NAMESPACE = "AWS/Route53"
PARAMETERS = frozenset({"check"})


class Datapoints:
    """Answers the call."""

    def __init__(self, application: Running) -> None:
        self._application = application

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """`GET metrics[?check=ID]`; `check` may be repeated, without it all checks are told.

        The answer is sent in pieces: an hour of ten thousand checks is long, and DNS answers in between.
        """
        if unknown := sorted(set(request.query) - PARAMETERS):
            return failure(400, f"unknown parameter {unknown[0]}; there is {', '.join(sorted(PARAMETERS))}", "query")
        try:
            entries = self._entries(list(map(HealthCheckId, request.query.getall("check", []))))
        except UnknownHealthCheck as missing:
            return failure(404, str(missing), "check", "H103")
        response = web.StreamResponse(headers={"Content-Type": "application/json; charset=utf-8"})
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        for piece in self._pieces(entries):
            await response.write(piece.encode())
            await asyncio.sleep(0)
        return response

    def _entries(self, wanted: list[HealthCheckId]) -> list[Entry]:
        monitor = self._application.monitor
        return [monitor.entry(check) for check in dict.fromkeys(wanted)] if wanted else list(monitor.entries())

    def _pieces(self, entries: list[Entry]) -> Iterator[str]:
        """The whole answer in pieces, each the work of a few milliseconds at most."""
        yield f'{{"namespace": "{NAMESPACE}", "period_s": {PERIOD_S}, "health_checks": ['
        for number, entry in enumerate(entries):
            yield f'{", " if number else ""}{{"id": {json.dumps(entry.check.id)}, "metrics": {{'
            separator = ""
            for name, metric in self._metrics(entry):
                yield f"{separator}{json.dumps(name)}: {json.dumps(metric)}"
                separator = ", "
            yield "}}"
        yield "]}\n"

    def _metrics(self, entry: Entry) -> Iterator[tuple[str, dict[str, Any]]]:
        """One check's metrics by name: the present values, and the latencies' data points of the last hour."""
        monitor = self._application.monitor
        for name, value in status_values(entry, monitor.is_up).items():
            yield name, {"unit": UNITS[name], "value": value}
        now = self._application.clock.now()
        for metric in LatencyMetric:
            if regions := monitor.latency.data_points(entry.check.id, metric, now):
                yield (
                    metric.value,
                    {
                        "unit": UNITS[metric.value],
                        "datapoints": _spelled(merged(chain.from_iterable(regions.values()))),
                        "regions": {region: _spelled(points) for region, points in sorted(regions.items())},
                    },
                )


def _spelled(points: tuple[DataPoint, ...]) -> list[dict[str, Any]]:
    """Data points as JSON has them: milliseconds to the microsecond."""
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
