"""Look-ups for code under test: a stub resolver that queries the server, and keeps answers for their TTL."""

import os
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from dnsemu.testing.control import ControlClient

TIMEOUT_S = 2.0
"""Real seconds until a query is sent again."""

MAX_ATTEMPTS = 3

A, AAAA = 1, 28
TYPES = {socket.AF_INET: A, socket.AF_INET6: AAAA}

_NOERROR, _NXDOMAIN, _REFUSED = 0, 3, 5
_HEADER = struct.Struct("!HHHHHH")
_FIXED = struct.Struct("!HHIH")
_TRUNCATED = 0x0200
_RECURSION_DESIRED = 0x0100
_OPT = b"\x00" + struct.pack("!HHIH", 41, 1232, 0, 0)
_MAX_MESSAGE_BYTES = 65_535


class NotHosted(Exception):
    """The server hosts no zone with the name: another resolver may know it."""


@dataclass(frozen=True, slots=True)
class Found:
    """The addresses of a name, and their TTL in seconds."""

    addresses: tuple[str, ...]
    ttl_s: int


class Lookups:
    """Finds addresses as a resolver beside the code under test would. Threads may share it."""

    def __init__(self, control: ControlClient, dns: str, place: str | None, *, keeps_ttl: bool) -> None:
        """Creates a resolver with an empty cache.

        Args:
            control: makes control calls, on a connection of this resolver alone.
            dns: the address of the server.
            place: the place of the client; None for the place of this machine.
            keeps_ttl: keep an answer for its TTL, in the server's time. Empty answers are not kept.
        """
        self._control = control
        self._place = place
        self._keeps_ttl = keeps_ttl
        host, _, port = dns.rpartition(":")
        self._server = host.strip("[]"), int(port)
        self._cache: dict[tuple[str, int], tuple[Found, float]] = {}
        self._lock = threading.Lock()

    def addresses(self, name: str, family: socket.AddressFamily) -> tuple[str, ...]:
        """Finds the addresses of a name; empty if it has none of the family.

        Raises:
            NotHosted: no hosted zone has the name.
            OSError: the server does not answer.
        """
        key = name.lower().rstrip("."), TYPES[family]
        now = self._control.get("clock")["now_s"] if self._keeps_ttl else 0.0
        with self._lock:
            kept = self._cache.get(key)
        if self._keeps_ttl and kept is not None and kept[1] > now:
            return kept[0].addresses
        found = self._find(*key)
        if found.addresses and self._keeps_ttl:
            with self._lock:
                self._cache[key] = found, now + found.ttl_s
        return found.addresses

    def close(self) -> None:
        """Closes the connection."""
        self._control.close()

    def _find(self, name: str, type_: int) -> Found:
        if self._place is None:
            return read_reply(exchange(self._server, query(name, type_)), type_)
        question = {"name": name, "type": "A" if type_ == A else "AAAA", "place": self._place}
        return _found_at_place(self._control.get("resolve", question), question["type"])


def _found_at_place(reply: Mapping[str, Any], type_: str) -> Found:
    if reply["rcode"] == "REFUSED":
        raise NotHosted
    records = reply["answer"]
    return Found(
        tuple(record["value"] for record in records if record["type"] == type_),
        min((record["ttl"] for record in records), default=0),
    )


def query(name: str, type_: int) -> bytes:
    """Writes a query; names in other alphabets are sent as IDNA.

    Raises:
        UnicodeError: it is no host name.
    """
    labels = [label.encode("ascii") if label.isascii() else label.encode("idna") for label in name.split(".") if label]
    if any(len(label) > 63 for label in labels):
        raise UnicodeError(f"{name} has a label of more than 63 bytes")
    wire = b"".join(bytes([len(label)]) + label for label in labels) + b"\x00"
    header = _HEADER.pack(int.from_bytes(os.urandom(2), "big"), _RECURSION_DESIRED, 1, 0, 0, 1)
    return header + wire + struct.pack("!HH", type_, 1) + _OPT


def exchange(server: tuple[str, int], packet: bytes) -> bytes:
    """Sends a query over UDP, and over TCP if the reply is truncated.

    Raises:
        OSError: no reply.
    """
    with socket.socket(socket.AF_INET6 if ":" in server[0] else socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(TIMEOUT_S)
        sock.connect(server)
        for attempt in range(1, MAX_ATTEMPTS + 1):
            sock.send(packet)
            try:
                reply = sock.recv(_MAX_MESSAGE_BYTES)
                while reply[:2] != packet[:2]:
                    reply = sock.recv(_MAX_MESSAGE_BYTES)
                break
            except TimeoutError:
                if attempt == MAX_ATTEMPTS:
                    raise
    if not int.from_bytes(reply[2:4], "big") & _TRUNCATED:
        return reply
    with socket.create_connection(server, TIMEOUT_S) as stream, stream.makefile("rwb") as file:
        file.write(len(packet).to_bytes(2, "big") + packet)
        file.flush()
        return file.read(int.from_bytes(file.read(2), "big"))


def read_reply(packet: bytes, type_: int) -> Found:
    """Reads the addresses in a reply.

    Raises:
        NotHosted: the server refuses the name.
        OSError: any other error.
    """
    _, flags, questions, answers, *_ = _HEADER.unpack_from(packet)
    rcode = flags & 0xF
    if rcode == _REFUSED:
        raise NotHosted
    if rcode not in (_NOERROR, _NXDOMAIN):
        raise OSError(f"the server answers with response code {rcode}")
    position = _HEADER.size
    for _ in range(questions):
        position = _after_name(packet, position) + 4
    addresses, ttls = [], []
    for _ in range(answers):
        position = _after_name(packet, position)
        found_type, _, ttl, length = _FIXED.unpack_from(packet, position)
        position += _FIXED.size + length
        ttls.append(ttl)
        if found_type == type_:
            addresses.append(str(ip_address(packet[position - length : position])))
    return Found(tuple(addresses), min(ttls, default=0))


def _after_name(packet: bytes, position: int) -> int:
    while length := packet[position]:
        if length >= 0xC0:
            return position + 2
        position += 1 + length
    return position + 1
