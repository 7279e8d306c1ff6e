"""sender.c in Python, for machines without a C compiler: the same options and figures, at a lower rate.

It has one socket and sends one query per call, so it limits the rate sooner; CPU per answer stays comparable.
"""

import argparse
import json
import random
import re
import select
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

HEADER = 12
SLOTS = 255
NOT_A_SLOT = 255
LETTERS = b"abcdefghijklmnopqrstuvwxyz234567"
NETWORKS_FROM, NETWORKS_TO = 1 << 16, 224 << 16
SWEEP_EVERY_S = 0.02
RCODES = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")
QR, TC = 0x80, 0x02

_MASK = (1 << 64) - 1
_LETTER = re.compile(rb"[A-Za-z]")


def main() -> None:
    """Sends as the command line says and prints the figures."""
    options = _options()
    packets = read_packets(options.packets.read_bytes())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect(("127.0.0.1", options.port))
        sock.settimeout(0)
        print(json.dumps(Sending(sock, packets, options).run()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--packets", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--window", type=int, default=100)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--timeout", type=float, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--patch", type=_patch, action="append", default=[])
    parser.add_argument("--garbage-every", type=int, default=0)
    parser.add_argument("--sockets", type=int, default=1, help="taken, and not heeded")
    parser.add_argument("--spin", action="store_true")
    options = parser.parse_args()
    if not 0 < options.window <= SLOTS:
        parser.error("no such window")
    return options


Patching = Callable[[bytearray, int, random.Random], None]
"""Makes a part of a query fresh, from a counter or from dice."""


def _patch(text: str) -> Patching:
    kind, at_text, length_text = text.split(",")
    at, end = int(at_text), int(at_text) + int(length_text)

    def label(data: bytearray, number: int, dice: random.Random) -> None:
        bits = mixed(number)
        data[at:end] = bytes(LETTERS[(bits >> 5 * place) & 31] for place in range(end - at))

    def network(data: bytearray, number: int, dice: random.Random) -> None:
        data[at:end] = network_of(number).to_bytes(3)

    def case(data: bytearray, number: int, dice: random.Random) -> None:
        bits = iter(dice.randbytes(end - at))
        data[at:end] = _LETTER.sub(lambda letter: bytes((letter[0][0] ^ (next(bits) & 0x20),)), data[at:end])

    def eight_bytes(data: bytearray, number: int, dice: random.Random) -> None:
        data[at:end] = mixed(number).to_bytes(8)

    return {"label": label, "network": network, "case": case, "bytes": eight_bytes}[kind]


def mixed(number: int) -> int:
    """The finishing steps of splitmix64, a bijection on 64 bits."""
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    number = (number ^ number >> 27) * 0x94D049BB133111EB & _MASK
    return number ^ number >> 31


def network_of(number: int) -> int:
    """Returns the first three bytes of a network; each number gives another one until all are used."""
    networks = NETWORKS_TO - NETWORKS_FROM
    return NETWORKS_FROM + number % networks * 0x9E3779B1 % networks


def read_packets(data: bytes) -> Sequence[bytes]:
    """Reads messages, each after its length in two bytes."""
    packets = []
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("!H", data, at)
        packets.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    return packets


def question_end(packet: bytes) -> int:
    """Returns the offset of the end of the first question."""
    end = HEADER
    while packet[end]:
        end += 1 + packet[end]
    return end + 5


@dataclass(slots=True)
class Slot:
    """A place in the window of queries in flight; a query's id is the slot's generation and number."""

    number: int
    is_busy: bool = False
    generation: int = 0
    question: bytes = b""
    asked: float = 0.0


class Sending:
    """One run: sends queries and matches the replies to them."""

    def __init__(self, sock: socket.socket, packets: Sequence[bytes], options: argparse.Namespace) -> None:
        self._socket = sock
        self._packets = packets
        self._ends = [question_end(packet) for packet in packets]
        self._options = options
        self._slots = [Slot(number) for number in range(options.window)]
        self._free = list(reversed(self._slots))
        self._fresh = options.first
        self._turn = 0
        self._dice = random.Random(options.first)
        self._counts: Counter[str] = Counter()
        self._rcodes: Counter[int] = Counter()
        self._latencies: list[float] = []

    def run(self) -> dict[str, object]:
        """Sends for the time that the options say, then waits for the replies in flight."""
        options = self._options
        interval = 1 / options.rate if options.rate else 0.0
        began = now = due = swept = last_reply = time.perf_counter()
        end, idle = began + options.seconds, 0.0
        while now < end or len(self._free) < len(self._slots):
            did = False
            while now < end and self._free and (not interval or due <= now):
                self._ask(due if interval else now)
                due += interval
                did = True
            if not did and not options.spin:
                wait = min(SWEEP_EVERY_S, max(due - now, 0)) if interval and now < end else SWEEP_EVERY_S
                select.select([self._socket], [], [], wait)
            received = self._receive()
            was, now = now, time.perf_counter()
            if received:
                last_reply = now
            elif not did:
                idle += now - was
            if now - swept > SWEEP_EVERY_S or now >= end:
                swept = now
                self._sweep(now)
        return self._figures(max(last_reply - began, 1e-6), idle / (now - began))

    def _ask(self, asked: float) -> None:
        options, which = self._options, self._turn % len(self._packets)
        if options.garbage_every and self._turn % options.garbage_every == 0:
            self._send_garbage(self._packets[which])
        self._turn += 1
        slot = self._free[-1]
        slot.generation = slot.generation + 1 & 0xFF
        data = bytearray(self._packets[which])
        data[0], data[1] = slot.generation, slot.number
        for patch in options.patch:
            patch(data, self._fresh, self._dice)
        self._fresh += 1
        try:
            self._socket.send(data)
        except OSError:
            return
        self._free.pop()
        slot.is_busy, slot.asked, slot.question = True, asked, bytes(data[HEADER : self._ends[which]])
        self._counts["sent"] += 1

    def _send_garbage(self, packet: bytes) -> None:
        """Sends noise, a truncated query and a name that points at itself, in turn, with ids that no query has."""
        kind, dice = self._counts["garbage_sent"] % 3, self._dice
        data = bytearray(packet)
        if kind == 0:
            data = bytearray(dice.randbytes(dice.randrange(2, 100)))
        elif kind == 1:
            del data[dice.randrange(2, len(packet)) :]
        else:
            data[HEADER : HEADER + 2] = 0xC0, HEADER
        data[0], data[1] = dice.randrange(256), NOT_A_SLOT
        self._counts["garbage_sent"] += 1
        try:
            self._socket.send(data)
        except OSError:
            return

    def _receive(self) -> bool:
        received = False
        try:
            while True:
                data = self._socket.recv(4096)
                received = True
                self._take(data)
        except OSError:
            return received

    def _take(self, data: bytes) -> None:
        if len(data) >= 2 and data[1] == NOT_A_SLOT:
            self._counts["garbage_replies"] += 1
            return
        slot = self._slots[data[1]] if len(data) >= HEADER and data[1] < len(self._slots) else None
        if slot is None or not slot.is_busy or data[0] != slot.generation or not data[2] & QR:
            self._counts["stray"] += 1
            return
        self._release(slot)
        if data[HEADER : HEADER + len(slot.question)] != slot.question:
            self._counts["wrong"] += 1
            return
        self._counts["completed"] += 1
        self._rcodes[data[3] & 15] += 1
        self._counts["answered"] += data[6:8] != b"\0\0"
        self._counts["truncated"] += bool(data[2] & TC)
        self._latencies.append(time.perf_counter() - slot.asked)

    def _release(self, slot: Slot) -> None:
        slot.is_busy = False
        self._free.append(slot)

    def _sweep(self, now: float) -> None:
        for slot in self._slots:
            if slot.is_busy and now - slot.asked > self._options.timeout:
                self._release(slot)
                self._counts["lost"] += 1

    def _figures(self, seconds: float, idle_share: float) -> dict[str, object]:
        kinds = "sent completed lost wrong stray answered truncated garbage_sent garbage_replies"
        latencies = sorted(self._latencies)
        shares = {"p50": 0.5, "p99": 0.99, "most": 1.0}
        return {
            "seconds": seconds,
            "idle_share": idle_share,
            **{kind: self._counts[kind] for kind in kinds.split()},
            "next": self._fresh,
            "latency_us": {
                key: latencies[int(share * (len(latencies) - 1))] * 1e6 if latencies else 0.0
                for key, share in shares.items()
            },
            "rcodes": {
                RCODES[code] if code < len(RCODES) else f"RCODE{code}": number for code, number in self._rcodes.items()
            },
        }


if __name__ == "__main__":
    main()
