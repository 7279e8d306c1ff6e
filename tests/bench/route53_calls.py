"""Calls of the Route 53 API as prepared bytes, so that the client costs almost nothing."""

import re
import socket
import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from statistics import quantiles
from threading import Thread
from typing import Any
from uuid import uuid4

WITHIN_S = 60.0
BASE = "/2013-04-01"
PAGE_RECORD_SETS = 300
"""Record sets per page, the maximum of Route 53."""

_XMLNS = "https://route53.amazonaws.com/doc/2013-04-01/"
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"^content-length: *(\d+)\r$", re.IGNORECASE | re.MULTILINE)
_NEXT = re.compile(r"<NextRecord(Name|Type|Identifier)>([^<]*)<")


class CallFailed(Exception):
    """An answer other than 2xx; the message holds its beginning."""


class Client:
    """A connection; calls run one after another."""

    def __init__(self, http_port: int) -> None:
        self._sock = socket.create_connection(("127.0.0.1", http_port), WITHIN_S)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_error: object) -> None:
        self._sock.close()

    def call(self, request: bytes) -> str:
        """Makes a call; returns the body.

        Raises:
            CallFailed: the call was refused, or the server closed the connection.
        """
        self._sock.sendall(request)
        answer = bytearray()
        while (head := answer.find(_END_OF_HEAD)) < 0:
            self._receive(answer)
        length = _LENGTH.search(answer, 0, head + 1)
        if not answer.startswith(b"HTTP/1.1 2") or length is None:
            raise CallFailed(answer[:1000].decode(errors="replace"))
        body = head + len(_END_OF_HEAD)
        while len(answer) < body + int(length[1]):
            self._receive(answer)
        return answer[body:].decode()

    def _receive(self, answer: bytearray) -> None:
        piece = self._sock.recv(1 << 16)
        if not piece:
            raise CallFailed(f"the server hung up after {bytes(answer[:1000])!r}")
        answer += piece


def request(method: str, path: str, body: str = "") -> bytes:
    """Returns a call's bytes; `path` follows Route 53's version in the URL."""
    data = body.encode()
    return f"{method} {BASE}{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data


def upsert(zone_id: str, name: str, value: str) -> bytes:
    """Returns the call for a batch of one change."""
    return request(
        "POST",
        f"/hostedzone/{zone_id}/rrset/",
        f'<ChangeResourceRecordSetsRequest xmlns="{_XMLNS}"><ChangeBatch><Changes><Change><Action>UPSERT</Action>'
        f"<ResourceRecordSet><Name>{name}</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord>"
        f"<Value>{value}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch>"
        "</ChangeResourceRecordSetsRequest>",
    )


def create_zone(name: str) -> bytes:
    """Returns the call for a new zone, with a new caller reference."""
    return request(
        "POST",
        "/hostedzone",
        f'<CreateHostedZoneRequest xmlns="{_XMLNS}"><Name>{name}</Name><CallerReference>{uuid4()}</CallerReference>'
        "</CreateHostedZoneRequest>",
    )


def create_check(port: int) -> bytes:
    """Returns the call for a new health check of a loopback port, with a new caller reference."""
    return request(
        "POST",
        "/healthcheck",
        f'<CreateHealthCheckRequest xmlns="{_XMLNS}"><CallerReference>{uuid4()}</CallerReference><HealthCheckConfig>'
        f"<IPAddress>127.0.0.1</IPAddress><Port>{port}</Port><Type>TCP</Type></HealthCheckConfig></CreateHealthCheckRequest>",
    )


def id_in(answer: str, kind: str) -> str:
    """Returns the bare id of the created object."""
    found = re.search(rf"<Id>/{kind}/([^<]+)</Id>", answer)
    assert found is not None, answer
    return found[1]


def pages(client: Client, zone_id: str) -> Iterator[str]:
    """Yields all pages of a zone's record sets; each is requested with the marker of the page before."""
    start = ""
    while True:
        page = client.call(request("GET", f"/hostedzone/{zone_id}/rrset?maxitems={PAGE_RECORD_SETS}{start}"))
        yield page
        following = _NEXT.findall(page)
        if not following:
            return
        start = "".join(f"&{what.lower()}={value}" for what, value in following)


def timed(client: Client, requests: Sequence[bytes]) -> list[float]:
    """Makes calls one after another; returns the duration of each, in ms."""
    return [_took_ms(client, data) for data in requests]


def load(http_port: int, requests: Sequence[bytes], clients: int, seconds: float) -> tuple[list[float], float]:
    """Repeats calls for a number of seconds, over several connections at a time.

    Returns:
        The duration of each, in ms; and of all together, in seconds.
    Raises:
        CallFailed: a call was refused.
    """
    took_ms: list[float] = []
    failures: list[Exception] = []

    def work(first: int) -> None:
        try:
            with Client(http_port) as client:
                turns = islice(cycle(requests), first, None)
                while time.perf_counter() - began < seconds:
                    took_ms.append(_took_ms(client, next(turns)))
        except (CallFailed, OSError) as failure:
            failures.append(failure)

    threads = [Thread(target=work, args=[len(requests) * n // clients]) for n in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return took_ms, time.perf_counter() - began


def spread(took_ms: Sequence[float]) -> dict[str, Any]:
    """Returns the number of calls, and `p50`, `p99` and `most`, in ms."""
    cuts = quantiles(took_ms, n=100, method="inclusive") if len(took_ms) > 1 else [None] * 99
    return {"calls": len(took_ms), "p50": cuts[49], "p99": cuts[98], "most": max(took_ms, default=None)}


def _took_ms(client: Client, data: bytes) -> float:
    began = time.perf_counter()
    client.call(data)
    return (time.perf_counter() - began) * 1e3
