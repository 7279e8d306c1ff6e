"""Looks up targets that are host names, by the clock: a query reads the last address and never waits."""

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from ipaddress import ip_address

import structlog

from dnsemu.clock.jobs import Job, JobResult
from dnsemu.clock.scheduler import Scheduler
from dnsemu.config import names
from dnsemu.config.model.addresses import IPAddress
from dnsemu.healthcheck.probes.resolve import NO_ADDRESS, NX_DOMAIN, Resolver, Unresolved
from dnsemu.publication.board import Board, Difference, Published
from dnsemu.zone.resources import CompiledResource, LookUp

EVERY_S = 10.0
"""Emulated seconds between two look-ups of a host."""

log = structlog.get_logger()


class TargetHosts:
    """Keeps the addresses of target hosts up to date, of both IP versions.

    One that cannot be resolved keeps its last address, unless the host now has one of the other version instead.
    Addresses are published with the catalog, so a query sees both at one instant. A slow look-up delays no other one,
    and is not repeated before it ends.
    """

    def __init__(self, board: Board, resolver: Resolver, scheduler: Scheduler) -> None:
        self._board = board
        self._resolver = resolver
        self._scheduler = scheduler
        self._addresses: dict[LookUp, IPAddress | None] = {}
        self._failures: dict[LookUp, str] = {}
        self._jobs: dict[LookUp, Job] = {}
        self._outdated: set[LookUp] = set()
        """Look-ups whose address is from before a restart; it is dropped if the next look-up fails."""

    def follow(self, published: Published) -> Published:
        """Looks up the hosts of this value from now on, and no others; returns it with the addresses known already."""
        look_ups = dict.fromkeys(look_up for resource in _with_hosts(published) for look_up in resource.look_ups)
        for gone in [look_up for look_up in self._jobs if look_up not in look_ups]:
            self._jobs.pop(gone).cancel()
        for look_up in look_ups:
            if look_up not in self._jobs:
                self._plan(look_up, self._scheduler.clock.now())
        self._addresses = {look_up: address for look_up, address in self._addresses.items() if look_up in look_ups}
        self._outdated.intersection_update(look_ups)
        self._failures = {look_up: reason for look_up, reason in self._failures.items() if look_up in look_ups}
        return _with_resources(published, self._affected(published, self._addresses))

    def restart(self) -> None:
        """Looks up all hosts now, as at the start; each keeps its address until its look-up ends."""
        self._outdated = set(self._jobs)
        for look_up in self._outdated:
            self._jobs[look_up].cancel()
            self._failures.pop(look_up, None)
            self._plan(look_up, self._scheduler.clock.now())

    def _plan(self, look_up: LookUp, when: float) -> None:
        host, region, version = look_up
        rank = (names.display(host), region, version)
        self._jobs[look_up] = self._scheduler.run_job_at(when, partial(self._resolve, look_up), rank)

    async def _resolve(self, look_up: LookUp) -> JobResult:
        host, region, version = look_up
        answer: str | Unresolved | None
        try:
            answer = await self._resolver.resolve(names.display(host), region, version)
        except Exception as error:  # our own error, which says nothing about the host
            log.error("a target could not be looked up", host=names.display(host), error=repr(error))
            answer = None
        return JobResult(0.0, partial(self._on_resolved, look_up, answer))

    def _on_resolved(self, look_up: LookUp, answer: str | Unresolved | None, at: float) -> None:
        self._plan(look_up, at + EVERY_S)
        if answer is None:
            return
        is_outdated = look_up in self._outdated
        self._outdated.discard(look_up)
        if isinstance(answer, Unresolved):
            is_replaced = answer in (NO_ADDRESS, NX_DOMAIN) and self._addresses.get(_other(look_up)) is not None
            if is_replaced or is_outdated or look_up not in self._addresses:
                self._take(look_up, None)
            self._take_failure(look_up, answer.reason)
            return
        self._failures.pop(look_up, None)
        self._take(look_up, ip_address(answer))

    def _take(self, look_up: LookUp, address: IPAddress | None) -> None:
        if look_up not in self._addresses or self._addresses[look_up] != address:
            self._addresses[look_up] = address
            self._publish(look_up)

    def _take_failure(self, look_up: LookUp, reason: str) -> None:
        """Remembers a failure, and logs it when it leaves the host without an address of either version."""
        is_new = look_up not in self._failures
        self._failures[look_up] = reason
        other = _other(look_up)
        if not is_new or other not in self._failures:
            return
        kept = [str(address) for key in sorted((look_up, other)) if (address := self._addresses.get(key)) is not None]
        log.warning(
            "a target cannot be resolved",
            host=names.display(look_up[0]),
            reason=reason,
            address_kept=", ".join(kept) or None,
        )

    def _publish(self, look_up: LookUp) -> None:
        """Publishes the address of a host."""
        current = self._board.current
        resources = self._affected(current, (look_up,))
        difference = Difference(resources=frozenset(name for resource in resources for name in resource.names))
        self._board.publish(_with_resources(current, resources), difference)

    def _affected(self, published: Published, changed: Collection[LookUp]) -> list[CompiledResource]:
        """Returns the resources with a changed host, with all addresses known so far."""
        return [
            resource.with_hosts(self._addresses)
            for resource in _with_hosts(published)
            if any(look_up in changed for look_up in resource.look_ups)
        ]


def _with_resources(published: Published, resources: list[CompiledResource]) -> Published:
    return replace(published, catalog=published.catalog.with_resources(resources)) if resources else published


def _with_hosts(published: Published) -> list[CompiledResource]:
    """Returns the resources that have a host to look up, each once."""
    resources = {resource.declared.name: resource for resource in published.catalog.resources.values()}
    return [resource for resource in resources.values() if any(resource.look_ups)]


def _other(look_up: LookUp) -> LookUp:
    """Returns the look-up of the same host for the other IP version."""
    host, region, version = look_up
    return host, region, 6 if version == 4 else 4
