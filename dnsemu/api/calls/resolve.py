"""The control call `resolve`: sends a query through the server's own DNS path, for a client at any place."""

from ipaddress import ip_network
from typing import Any

from aiohttp import web

from dnsemu.api.errors import failure
from dnsemu.api.json_bodies import as_json
from dnsemu.config import names
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rdata.text import value_text
from dnsemu.policies.location.place import Place, UnknownPlace, place_named
from dnsemu.server.responder import Responder
from dnsemu.wire.edns import ClientSubnet, Edns, opt_record
from dnsemu.wire.protocol import CLASS_IN, HEADER, MAX_UDP_BYTES, RD, RR, TYPE_AND_CLASS, RCode
from dnsemu.wire.qtypes import QTYPES, type_text
from dnsemu.wire.received_reply import read_reply

PARAMETERS = frozenset({"name", "type", "client", "place"})


class _BadQuery(ValueError):
    """A parameter that cannot be read."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class ResolveCalls:
    """Answers `GET resolve`."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder

    def routes(self, prefix: str) -> list[web.RouteDef]:
        """Every call of this subject."""
        return [web.get(f"{prefix}/resolve", self._resolve)]

    async def _resolve(self, request: web.Request) -> web.Response:
        if unknown := sorted(set(request.query) - PARAMETERS):
            return failure(400, f"unknown parameter {unknown[0]}; there are {', '.join(sorted(PARAMETERS))}", "query")
        if "client" in request.query and "place" in request.query:
            return failure(400, "client and place exclude each other: an address already has a place", "query")
        try:
            packet, place = _packet(request.query), _place(request.query.get("place"))
        except _BadQuery as bad:
            return failure(400, str(bad), bad.field)
        reply = self._responder.respond(packet, "127.0.0.1", over_udp=False, place=place)
        assert reply is not None  # the packet is a query
        message = reply if isinstance(reply, bytes) else await reply
        return as_json(_shown(message))


def _packet(query: Any) -> bytes:
    try:
        name = names.parse(query.get("name", ""))
    except names.BadName as bad:
        raise _BadQuery("name", str(bad)) from None
    type_ = query.get("type", "A").upper()
    if type_ not in QTYPES:
        raise _BadQuery("type", f"'{type_}' is no record type: write one of {', '.join(QTYPES)}")
    question = name + TYPE_AND_CLASS.pack(QTYPES[type_], CLASS_IN)
    edns = Edns(MAX_UDP_BYTES, 0, dnssec_ok=False, client_subnet=_subnet(query.get("client")))
    return HEADER.pack(0, RD, 1, 0, 0, 1) + question + opt_record(edns, RCode.NOERROR, 0)


def _subnet(text: str | None) -> ClientSubnet | None:
    if text is None:
        return None
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        message = f"'{text}' is neither an address nor a network such as 203.0.113.0/24"
        raise _BadQuery("client", message) from None
    address = network.network_address.packed[: (network.prefixlen + 7) // 8]
    return ClientSubnet(1 if network.version == 4 else 2, network.prefixlen, address)


def _place(text: str | None) -> Place | None:
    if text is None:
        return None
    try:
        return place_named(text)
    except UnknownPlace as unknown:
        raise _BadQuery("place", str(unknown)) from None


def _shown(message: bytes) -> dict[str, Any]:
    reply = read_reply(message)
    rcode = RCode(reply.rcode).name if reply.rcode in set(RCode) else f"RCODE{reply.rcode}"
    return {"rcode": rcode, "answer": list(map(_record, reply.answer))}


def _record(record: RR) -> dict[str, Any]:
    owner, type_, ttl, rdata = record
    value = value_text(RRType(type_), rdata) if type_ in set(RRType) else f"\\# {len(rdata)} {rdata.hex()}"
    return {"name": names.display(owner), "type": type_text(type_), "ttl": ttl, "value": value}
