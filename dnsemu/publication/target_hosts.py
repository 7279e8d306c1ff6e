"""Targets given by name: their addresses are looked up as time passes, and queries only read what was found."""

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address

import structlog

from dnsemu.clock.jobs import Job, JobResult
from dnsemu.clock.scheduler import Scheduler
from dnsemu.config import names
from dnsemu.healthcheck.probes.resolve import Resolver, Unresolved
from dnsemu.publication.board import Board, Difference, Published
from dnsemu.zone.resources import CompiledResource, LookUp

EVERY_S = 10.0
"""Emulated seconds from one look-up of a host to the next."""

log = structlog.get_logger()


class TargetHosts:
    """Keeps the addresses of targets fresh; a host that cannot be found keeps the address it had.

    What is found is published with the catalog, so a query reads it at one instant with all the rest. A slow look-up
    delays no other, and is not begun again before it ends.
    """

    def __init__(self, board: Board, resolver: Resolver, scheduler: Scheduler) -> None:
        self._board = board
        self._resolver = resolver
        self._scheduler = scheduler
        self._found: dict[LookUp, IPv4Address | None] = {}
        self._lost: set[LookUp] = set()
        self._planned: dict[LookUp, Job] = {}

    def taken_over(self, published: Published) -> Published:
        """What was declared anew, with the addresses of hosts that are still there; the others are looked up soon."""
        still = dict.fromkeys(look_up for resource in _with_hosts(published) for look_up in resource.look_ups)
        for gone in [look_up for look_up in self._planned if look_up not in still]:
            self._planned.pop(gone).cancel()
        for look_up in still:
            if look_up not in self._planned:
                self._plan(look_up, self._scheduler.clock.now())
        self._found = {look_up: address for look_up, address in self._found.items() if look_up in still}
        self._lost &= still.keys()
        return _filled_in(published, self._affected(published, self._found))

    def _plan(self, look_up: LookUp, when: float) -> None:
        rank = (names.display(look_up[0]), look_up[1], 0)
        self._planned[look_up] = self._scheduler.run_job_at(when, partial(self._ask, look_up), rank)

    async def _ask(self, look_up: LookUp) -> JobResult:
        host, region = look_up
        answer: str | Unresolved | None
        try:
            answer = await self._resolver.resolve(names.display(host), region)
        except Exception as fault:  # ours, not the host's: nothing was found out
            log.error("a target could not be looked up", host=names.display(host), fault=repr(fault))
            answer = None
        return JobResult(0.0, partial(self._take_in, look_up, answer))

    def _take_in(self, look_up: LookUp, answer: str | Unresolved | None, at: float) -> None:
        self._plan(look_up, at + EVERY_S)
        if answer is None:
            return
        if isinstance(answer, Unresolved):
            if look_up not in self._lost:
                self._lost.add(look_up)
                kept = self._found.get(look_up)
                name = names.display(look_up[0])
                log.warning(
                    "a target cannot be found", host=name, reason=answer.reason, address_kept=kept and str(kept)
                )
            if look_up not in self._found:
                self._found[look_up] = None
                self._publish(look_up)
            return
        self._lost.discard(look_up)
        address = IPv4Address(answer)
        if self._found.get(look_up) != address:
            self._found[look_up] = address
            self._publish(look_up)

    def _publish(self, look_up: LookUp) -> None:
        """Have what was found of a host answered."""
        current = self._board.current
        resources = self._affected(current, (look_up,))
        difference = Difference(resources=frozenset(name for resource in resources for name in resource.names))
        self._board.publish(_filled_in(current, resources), difference)

    def _affected(self, published: Published, changed: Collection[LookUp]) -> list[CompiledResource]:
        """The resources to which a host that changed matters, with the addresses found so far."""
        return [
            resource.with_hosts(self._found)
            for resource in _with_hosts(published)
            if any(look_up in changed for look_up in resource.look_ups)
        ]


def _filled_in(published: Published, resources: list[CompiledResource]) -> Published:
    return replace(published, catalog=published.catalog.with_resources(resources)) if resources else published


def _with_hosts(published: Published) -> list[CompiledResource]:
    """The resources that have a host to look up, each once."""
    resources = {resource.declared.name: resource for resource in published.catalog.resources.values()}
    return [resource for resource in resources.values() if any(resource.look_ups)]
