"""Other authoritative servers, where they are installed: the same names as plain records, the weights in their own words.

Each serves with one thread for UDP, as far as it lets itself be told. What a server does not answer as it should is
left out by whoever asks.
"""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import dns.exception
import dns.message
import dns.query
from servers import DidNotStart, Running, stop
from workloads import WEIGHTS, ZONE

READY_WITHIN_S = 10
ADDRESSES = {f"192.0.2.{weight}": weight for weight in WEIGHTS}

ZONE_FILE = """$TTL 60
@ SOA ns hostmaster 1 7200 900 1209600 300
@ NS ns
ns A 192.0.2.53
static A 192.0.2.1
*.wild A 192.0.2.2
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """A server of another make: its program, and how a folder is prepared for it to serve on a port from there."""

    program: str
    prepare: Callable[[Path, int], Sequence[str]]


def gdnsd(folder: Path, port: int) -> Sequence[str]:
    """gdnsd 3 with its `weighted` plugin."""
    group = ", ".join(f"a{weight} = [ {address}, {weight} ]" for address, weight in ADDRESSES.items())
    (folder / "zones").mkdir()
    (folder / "zones" / ZONE).write_text(f"{ZONE_FILE}weighted DYNA weighted!group\n")
    (folder / "config").write_text(
        f"options => {{ listen => [ 127.0.0.1:{port} ], udp_threads => 1, tcp_threads => 1, "
        f'run_dir => "{folder}", state_dir => "{folder}" }}\n'
        f"plugins => {{ weighted => {{ group => {{ {group} }} }} }}\n"
    )
    return ["-c", str(folder), "start"]


def knot(folder: Path, port: int) -> Sequence[str]:
    """Knot DNS with its module geoip in the mode `weighted`."""
    weighted = "".join(f"  - weight: {weight}\n    A: {address}\n" for address, weight in ADDRESSES.items())
    (folder / "weights.conf").write_text(f"weighted.{ZONE}:\n{weighted}")
    (folder / "zone").write_text(ZONE_FILE)
    (folder / "knot.conf").write_text(
        f"server:\n  rundir: {folder}\n  listen: 127.0.0.1@{port}\n  udp-workers: 1\n  tcp-workers: 1\n"
        f"database:\n  storage: {folder}\n"
        f"mod-geoip:\n  - id: weights\n    config-file: {folder}/weights.conf\n    ttl: 60\n    mode: weighted\n"
        f"zone:\n  - domain: {ZONE}\n    storage: {folder}\n    file: zone\n    zonefile-sync: -1\n"
        "    module: mod-geoip/weights\n"
    )
    return ["-c", str(folder / "knot.conf")]


def pdns(folder: Path, port: int) -> Sequence[str]:
    """PowerDNS with its bind backend and a Lua record, its interpreter shared (the quicker way)."""
    pool = ", ".join(f"{{{weight}, '{address}'}}" for address, weight in ADDRESSES.items())
    (folder / "zone").write_text(f'{ZONE_FILE}weighted LUA A "pickwrandom({{{pool}}})"\n')
    (folder / "named.conf").write_text(f'zone "{ZONE}" {{ type master; file "{folder}/zone"; }};\n')
    (folder / "pdns.conf").write_text(
        f"launch=bind\nbind-config={folder}/named.conf\nlocal-address=127.0.0.1\nlocal-port={port}\n"
        f"socket-dir={folder}\nreceiver-threads=1\ndistributor-threads=1\nenable-lua-records=shared\n"
    )
    return [f"--config-dir={folder}", "--daemon=no", "--guardian=no"]


PEERS = {"gdnsd": Peer("gdnsd", gdnsd), "knot": Peer("knotd", knot), "pdns": Peer("pdns_server", pdns)}
PEER_WORKLOADS = ("static", "weighted", "nxdomain", "wildcard")


@contextlib.contextmanager
def running_peer(peer: Peer, folder: Path, pinned: Sequence[str]) -> Iterator[Running]:
    """Run a peer until the block ends, however it ends.

    Args:
        folder: an empty one, for its configuration and state.
        pinned: what to put before the command.
    Raises:
        DidNotStart: it is not installed, or does not answer.
    """
    # These servers are administrators' tools, in folders that are not on everybody's path.
    program = shutil.which(peer.program) or shutil.which(peer.program, path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise DidNotStart(f"{peer.program} is not installed")
    port = _free_port()
    start = time.monotonic()
    with (folder / "said").open("w") as said:
        command = [*pinned, program, *peer.prepare(folder, port)]
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, text=True)
    try:
        while not _answers(port):
            if process.poll() is not None or time.monotonic() - start > READY_WITHIN_S:
                raise DidNotStart(f"{peer.program} does not answer; it said:\n{(folder / 'said').read_text()[-1000:]}")
        yield Running(process.pid, port, time.monotonic() - start)
    finally:
        stop(process)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    question = dns.message.make_query(f"static.{ZONE}", "A")
    try:
        return bool(dns.query.udp(question, "127.0.0.1", port=port, timeout=0.2).answer)
    except (OSError, dns.exception.DNSException):
        time.sleep(0.05)
        return False
