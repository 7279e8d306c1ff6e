"""Endpoints of health checks that are named in our own hosted zones: answered here, as a checker's query would be."""

from ipaddress import IPv4Address

from config import names
from config.names import DName
from config.rrtypes import RRType
from dnsemu.answer import Dice, draw
from dnsemu.published import Board
from dnsemu.resolution import resolve
from dnsemu.wire.protocol import RCode
from dnsemu.zone.catalog import NotOurs
from healthcheck.probes.resolve import NO_ADDRESS, NX_DOMAIN, SERV_FAIL, Resolver, Unresolved
from healthcheck.snapshot import HealthBoard
from policies.place import Client, place_named


class HostedResolver:
    """Answers names of hosted zones from what is published, with the checker's Region as the client's place (H59, H61).

    Everything else, and where a CNAME leads out of the hosted zones, is for another resolver.
    """

    def __init__(self, board: Board, health: HealthBoard, dice: Dice, elsewhere: Resolver) -> None:
        self._board = board
        self._health = health
        self._dice = dice
        self._elsewhere = elsewhere

    async def resolve(self, name: str, region: str) -> str | Unresolved:
        """An IPv4 address of the name, for a checker in a Region."""
        try:
            wire = names.parse(name)
        except names.BadName:
            return NX_DOMAIN
        published = self._board.current
        client = Client.somewhere(place_named(region))
        link = resolve(published.catalog, self._health.current, client, wire, RRType.A)
        if isinstance(link.found, NotOurs):
            return await self._elsewhere.resolve(name, region)
        reply = draw(link, self._dice, 0)
        if reply.rcode is RCode.NXDOMAIN:
            return NX_DOMAIN
        if reply.rcode is not RCode.NOERROR:
            return SERV_FAIL
        for _, type_, _, rdata in reply.answer:
            if type_ == RRType.A:
                return str(IPv4Address(rdata))
        if reply.answer and reply.may_shrink:  # a CNAME that leads out, not to NODATA
            target = names.display(DName(reply.answer[-1][3].lower()))
            return await self._elsewhere.resolve(target, region)
        return NO_ADDRESS
