"""The servers to measure: dnsemu, the echoes that bound it, dnslib's server, and other products."""

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import dns.rcode
from peers import PEERS, running_peer
from servers import (
    DNSEMU_READY,
    SCRIPT_READY,
    Cores,
    DidNotStart,
    Running,
    dnsemu_command,
    dnsemu_program,
    running,
    script_command,
)
from workloads import WORKLOADS, Workload

OURS = "dnsemu"
ECHO, SOCKET_ECHO = "echo", "socket echo"
"""uvloop's datagram transport, and a drained socket as dnsemu has."""

TRIED = 32
"""Queries after which a varying answer has varied."""
ADMINISTRATORS = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"}
"""Environment whose PATH has the folders of servers."""

_VERSION = re.compile(r"\b\d+\.\d+(\.\d+)?\b")


@dataclass(frozen=True, slots=True)
class Contender:
    """A server to measure. `reads_questions` is false for echoes, whose rcodes mean nothing."""

    name: str
    start: Callable[[], AbstractContextManager[Running]]
    workloads: Sequence[str] = tuple(WORKLOADS)
    reads_questions: bool = True


Servers = Sequence[tuple[Contender, Running]]


def contenders(small: Path, scratch: Path, cores: Cores) -> Sequence[Contender]:
    """Returns all contenders, not yet started.

    Args:
        small: the file for dnsemu.
        scratch: a folder for the configuration of the others.
    """

    def script(name: str) -> Callable[[], AbstractContextManager[Running]]:
        return lambda: running([*cores.server, *script_command(name)], SCRIPT_READY)

    def peer(name: str) -> Callable[[], AbstractContextManager[Running]]:
        folder = scratch / name.replace(" ", "-")
        folder.mkdir()
        return lambda: running_peer(PEERS[name], folder, cores.server)

    return [
        Contender(OURS, lambda: running([*cores.server, *dnsemu_command(small)], DNSEMU_READY)),
        Contender(ECHO, script("echo_uvloop.py"), reads_questions=False),
        Contender(SOCKET_ECHO, script("echo_socket.py"), reads_questions=False),
        Contender("dnslib", script("fixed_dnslib.py"), ("static",)),
        *(Contender(name, peer(name), PEERS[name].workloads) for name in PEERS),
    ]


def start_all(contenders: Sequence[Contender], stack: ExitStack, notes: list[str]) -> Servers:
    """Starts every contender. Other products may be missing.

    Raises:
        DidNotStart: a server of this project did not start.
    """
    started = []
    for contender in contenders:
        try:
            started.append((contender, stack.enter_context(contender.start())))
        except DidNotStart as failure:
            if contender.name not in PEERS:
                raise
            notes.append(f"{contender.name} is left out: {failure}")
    return started


def unfit(contender: Contender, server: Running, name: str) -> str | None:
    """Returns the error in a server's answer to a workload; None if it is right or is not checked."""
    if not contender.reads_questions:
        return None
    workload: Workload = WORKLOADS[name]
    packets = workload.asked().packets
    found = set()
    for number in range(TRIED if workload.is_varied else 1):
        question = dns.message.from_wire(packets[number % len(packets)])
        try:
            reply = dns.query.udp(question, "127.0.0.1", port=server.port, timeout=1)
        except (OSError, dns.exception.DNSException) as failure:
            return repr(failure)
        rcode = dns.rcode.to_text(reply.rcode())
        if rcode != workload.rcode:
            return rcode
        if rcode == "NOERROR" and not reply.answer:
            return "no record"
        found.add(" ".join(str(rdata) for rrset in reply.answer for rdata in rrset))
    return f"nothing but {found.pop()}" if workload.is_varied and len(found) == 1 else None


def versions() -> dict[str, str]:
    """Returns the version that each installed program prints."""
    commands = {"gdnsd": ["gdnsd", "version"], "Knot": ["knotd", "-V"], "NSD": ["nsd", "-v"]}
    commands |= {"PowerDNS": ["pdns_server", "--version"], OURS: [dnsemu_program(), "--version"]}
    found = {}
    for name, command in commands.items():
        with suppress(OSError, subprocess.TimeoutExpired):
            said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20, env=ADMINISTRATORS)
            number = _VERSION.search(said.stdout + said.stderr)
            found[name] = number[0] if number else "?"
    return found
