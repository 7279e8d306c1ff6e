"""Resolves host names of health checks and targets in hosted zones, as a query from their Region is answered."""

from ipaddress import ip_address

from dnsemu.answering.answer import draw
from dnsemu.answering.dice import Dice
from dnsemu.answering.resolution import MAX_CNAME_LINKS, resolve
from dnsemu.config import names
from dnsemu.config.model.addresses import IPVersion
from dnsemu.config.names import DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.healthcheck.probes.resolve import NO_ADDRESS, NX_DOMAIN, SERV_FAIL, Resolver, Unresolved
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.policies.location.client import Client
from dnsemu.policies.location.place import place_named
from dnsemu.publication.board import Board
from dnsemu.wire.protocol import RCode
from dnsemu.zone.lookup import NotOurs, Referral


class HostedResolver:
    """Resolves names in hosted zones from the published catalog; the client's place is the checker's Region (H59, H61).

    Another resolver gets all other names: those in no hosted zone or below a delegation, and CNAME targets there.
    """

    def __init__(self, board: Board, health: HealthBoard, dice: Dice, fallback: Resolver) -> None:
        self._board = board
        self._health = health
        self._dice = dice
        self._fallback = fallback

    def serves(self, name: str) -> bool:
        """True if a name lies in a hosted zone."""
        try:
            return self._board.current.catalog.zone_of(names.parse(name)) is not None
        except names.BadName:
            return False

    async def resolve(self, name: str, region: str, version: IPVersion = 4) -> str | Unresolved:
        """An address of the name, as seen from a Region; CNAMEs are followed between zones too (H57)."""
        try:
            target = names.parse(name)
        except names.BadName:
            return NX_DOMAIN
        published, health = self._board.current, self._health.current
        client = Client.at_place(published.locator.with_latencies(place_named(region)))
        type = RRType.A if version == 4 else RRType.AAAA
        for _ in range(MAX_CNAME_LINKS):
            link = resolve(published.catalog, health, client, target, type)
            if isinstance(link.found, NotOurs | Referral):
                return await self._fallback.resolve(names.display(target).rstrip("."), region, version)
            reply = draw(link, self._dice, 0)
            if reply.rcode is not RCode.NOERROR:
                return NX_DOMAIN if reply.rcode is RCode.NXDOMAIN else SERV_FAIL
            for _, type_, _, rdata in reply.answer:
                if type_ == type:
                    return str(ip_address(rdata))
            if not reply.answer or not reply.may_shrink:  # NODATA, after CNAMEs or at once
                return NO_ADDRESS
            target = DName(reply.answer[-1][3].lower())
        return SERV_FAIL
