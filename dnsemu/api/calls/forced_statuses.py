"""Control calls that force health checks healthy or unhealthy: one by id, many by a pattern."""

from typing import Any

from aiohttp import web

from dnsemu.api.calls.health_checks import HealthCheckCalls, check_id_of
from dnsemu.api.errors import failure
from dnsemu.api.health_json import check_json, rule_json, target_json
from dnsemu.api.json_bodies import BadBody, as_json, body_of, optional_text_in, text_in
from dnsemu.api.long_bodies import as_long_json
from dnsemu.clock.clock import Clock
from dnsemu.config import names
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.text.times import parse_end, parse_time
from dnsemu.faults.failure_domains import DomainContents
from dnsemu.faults.force_file import ForceFile
from dnsemu.faults.force_rules import ForceRule
from dnsemu.faults.forced_statuses import Forcing, NothingMatches, TooManyRules
from dnsemu.faults.patterns import Pattern, PatternKind, parse_pattern
from dnsemu.healthcheck.monitor import HealthMonitor
from dnsemu.healthcheck.verdict.tracker import UnknownHealthCheck
from dnsemu.runtime.limits import Limit, Reached
from dnsemu.runtime.turns import in_turns

STATUSES = {"healthy": "healthy", "unhealthy": "unhealthy", "auto": None}

MAX_UNCHECKED_SHOWN = 100
"""Record sets without a health check that are listed; a zone may have thousands."""

_FORCE_ONE = '{"status": "unhealthy"}, healthy or auto, and "for": "10m" if it is to end'
_FORCE = '{"pattern": "web-*", "status": "unhealthy", "for": "10m"}'


class ForcedStatusCalls:
    """Answers `POST health-checks/{id}/force`, `GET force` and `POST force`."""

    def __init__(
        self,
        forcing: Forcing,
        force_file: ForceFile,
        monitor: HealthMonitor,
        clock: Clock,
        checks: HealthCheckCalls,
        reached: Reached,
    ) -> None:
        self._forcing = forcing
        self._force_file = force_file
        self._monitor = monitor
        self._clock = clock
        self._checks = checks
        self._reached = reached

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [
            web.post(f"{prefix}/health-checks/{{id}}/force", self._force_one),
            web.get(f"{prefix}/force", self._rules),
            web.post(f"{prefix}/force", self._force),
        ]

    async def _force_one(self, request: web.Request) -> web.Response:
        try:
            check_id = check_id_of(request, self._monitor)
            body = await body_of(request, _FORCE_ONE, ("status", "for", "until"))
            rule = self._rule(Pattern(PatternKind.CHECK, check_id), body, _FORCE_ONE)
            self._monitor.state(check_id)
            await self._forced(rule)
        except BadBody as bad:
            return bad.reply
        except UnknownHealthCheck as missing:
            return failure(404, str(missing), "id", missing.rule)
        except TooManyRules as refusal:
            return failure(409, str(refusal), "id")
        return as_json(self._checks.shown(check_id))

    async def _force(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await body_of(request, _FORCE, ("pattern", "status", "for", "until"))
            pattern = _pattern(text_in(body, "pattern", _FORCE))
            rule = self._rule(pattern, body, _FORCE)
            matching = await self._forced(rule)
        except BadBody as bad:
            return bad.reply
        except NothingMatches as nothing:
            return failure(404, str(nothing), "pattern")
        except TooManyRules as refusal:
            return failure(409, str(refusal), "pattern")
        monitor = self._monitor
        states = [monitor.state(check_id) for check_id in sorted(matching.health_checks)]
        checks = (check_json(state, monitor) for state in states)
        targets = (
            target_json(*matching.targets[id], monitor.target_overlay(id)) for id in sorted(matching.lost_targets)
        )
        warning = self._forcing.unchecked_text(rule)
        unchecked = [_record_set(record_set) for record_set in matching.unchecked[:MAX_UNCHECKED_SHOWN]]
        found = {"health_checks": checks, "targets": targets, "warning": warning, "unchecked": unchecked}
        return await as_long_json(request, {"rules": self._all_rules(), **found})

    async def _forced(self, rule: ForceRule) -> DomainContents:
        """Sets a forced status; the search for what it matches lets DNS answer."""
        await in_turns(self._forcing.search({rule.pattern}))
        try:
            matching = self._forcing.force(rule)
        except TooManyRules:
            self._reached[Limit.FORCE_RULES] += 1
            raise
        await in_turns(self._monitor.history.record_planned())
        return matching

    async def _rules(self, _request: web.Request) -> web.Response:
        return as_json({"rules": self._all_rules(), "faults": list(map(str, self._force_file.errors))})

    def _all_rules(self) -> list[dict[str, Any]]:
        forcing = self._forcing
        from_file = [rule_json(rule, "file", forcing.unchecked_text(rule)) for rule in forcing.from_file]
        return from_file + [rule_json(rule, "call", forcing.unchecked_text(rule)) for rule in forcing.called]

    def _rule(self, pattern: Pattern, body: dict[str, Any], example: str) -> ForceRule:
        status = text_in(body, "status", example)
        if status not in STATUSES:
            raise BadBody(f"'{status}' is no status: write healthy, unhealthy or auto", "status")
        now = self._clock.now()
        duration, time = optional_text_in(body, "for", example), optional_text_in(body, "until", example)
        until = None
        try:
            if duration is not None:
                until = parse_end(duration, now)
            elif time is not None:
                until = parse_time(time)
        except ValueError as bad:
            raise BadBody(str(bad), "for" if duration is not None else "until") from None
        if duration is not None and time is not None:
            raise BadBody("for and until exclude each other", "until")
        if until is not None and until <= now:
            raise BadBody("that is over already: write a time to come", "for" if duration is not None else "until")
        return ForceRule(pattern, STATUSES[status], until)


def _record_set(record_set: RecordSet) -> dict[str, Any]:
    return {
        "name": names.display(record_set.name),
        "type": record_set.type.name,
        "set_identifier": record_set.set_identifier,
    }


def _pattern(text: str) -> Pattern:
    try:
        return parse_pattern(text)
    except ValueError as bad:
        raise BadBody(str(bad), "pattern") from None
