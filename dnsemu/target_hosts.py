"""Targets given by name: their addresses are looked up as time passes, and queries only read what was found."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from ipaddress import IPv4Address

import structlog

from config import names
from dnsemu.published import Board, Published
from dnsemu.zone.resources import CompiledResource, LookUp
from healthcheck.clock import Clock
from healthcheck.probes.resolve import Resolver, Unresolved

EVERY_S = 10.0
"""Seconds from one look-up of a host to the next."""

log = structlog.get_logger()


class TargetHosts:
    """Keeps the addresses of targets fresh; a host that cannot be found keeps the address it had.

    What is found is published with the catalog, so a query reads it at one instant with all the rest.
    """

    def __init__(self, board: Board, resolver: Resolver, clock: Clock) -> None:
        self._board = board
        self._resolver = resolver
        self._clock = clock
        self._found: dict[LookUp, IPv4Address | None] = {}
        self._lost: set[LookUp] = set()
        self._asking: dict[LookUp, asyncio.Task[None]] = {}
        self._wanted = asyncio.Event()

    def taken_over(self, published: Published) -> Published:
        """What was declared anew, with the addresses of hosts that are still there; the others are looked up soon."""
        still = {look_up for resource in _with_hosts(published) for look_up in resource.look_ups}
        self._found = {look_up: address for look_up, address in self._found.items() if look_up in still}
        self._lost &= still
        self._wanted.set()
        return self._filled_in(published, self._found)

    async def run(self) -> None:
        """Look up until cancelled; a slow look-up delays no other, and is not begun again before it ends."""
        try:
            while True:
                self._wanted.clear()
                for resource in _with_hosts(self._board.current):
                    for look_up in resource.look_ups:
                        if look_up not in self._asking:
                            task = self._asking[look_up] = asyncio.create_task(self._ask(look_up))
                            task.add_done_callback(partial(self._asked, look_up))
                await self._wait()
        finally:
            asking = list(self._asking.values())
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    async def _ask(self, look_up: LookUp) -> None:
        host, region = look_up
        name = names.display(host)
        answer = await self._resolver.resolve(name, region)
        if isinstance(answer, Unresolved):
            if look_up not in self._lost:
                self._lost.add(look_up)
                kept = self._found.get(look_up)
                log.warning(
                    "a target cannot be found", host=name, reason=answer.reason, address_kept=kept and str(kept)
                )
            if look_up not in self._found:
                self._found[look_up] = None
                self._board.publish(self._filled_in(self._board.current, (look_up,)))
            return
        self._lost.discard(look_up)
        address = IPv4Address(answer)
        if self._found.get(look_up) != address:
            self._found[look_up] = address
            self._board.publish(self._filled_in(self._board.current, (look_up,)))

    def _asked(self, look_up: LookUp, task: asyncio.Task[None]) -> None:
        del self._asking[look_up]
        if not task.cancelled() and (fault := task.exception()):
            log.error("a target could not be looked up", host=names.display(look_up[0]), fault=repr(fault))

    def _filled_in(self, published: Published, changed: Collection[LookUp]) -> Published:
        """The same with the addresses found so far, where one that changed matters."""
        resources = [
            resource.with_hosts(self._found)
            for resource in _with_hosts(published)
            if any(look_up in changed for look_up in resource.look_ups)
        ]
        return replace(published, catalog=published.catalog.with_resources(resources)) if resources else published

    async def _wait(self) -> None:
        """Until the next look-up is due, or something was declared anew."""
        sleep = asyncio.ensure_future(self._clock.sleep_until(self._clock.now() + EVERY_S))
        sleep.add_done_callback(self._wake)
        try:
            await self._wanted.wait()
        finally:
            sleep.remove_done_callback(self._wake)
            sleep.cancel()

    def _wake(self, _slept: asyncio.Future[None]) -> None:
        self._wanted.set()


def _with_hosts(published: Published) -> list[CompiledResource]:
    """The resources that have a host to look up, each once."""
    resources = {resource.declared.name: resource for resource in published.catalog.resources.values()}
    return [resource for resource in resources.values() if any(resource.look_ups)]
