"""Other authoritative servers, if installed: the same names as plain records, and policies in their configuration.

Each serves UDP with one thread, if it can be configured so. The caller skips workloads that a server answers wrongly.
"""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import dns.exception
import dns.message
import dns.query
from servers import DidNotStart, Running, stop
from workloads import hot_networks
from zone import WEIGHTS, ZONE, ZONE_FILE

READY_WITHIN_S = 10
ADDRESSES = {f"192.0.2.{weight}": weight for weight in WEIGHTS}
PLACES = [f"192.0.2.{index}" for index in range(1, 18)]
"""Values for the hot networks, in turn."""
NEAR = ("geo", "latency")
PLAIN = ("static", "hot names", "wildcard", "nxdomain", "random case", "cookie", "garbage")


@dataclass(frozen=True, slots=True)
class Peer:
    """Another server: its program, the workloads that it supports, and the function that writes its configuration."""

    program: str
    prepare: Callable[[Path, int], Sequence[str]]
    workloads: Sequence[str]


def gdnsd(folder: Path, port: int) -> Sequence[str]:
    """Configures gdnsd 3 with the plugins `weighted` and, for networks, `geoip`."""
    group = ", ".join(f"a{weight} = [ {address}, {weight} ]" for address, weight in ADDRESSES.items())
    places = ", ".join(f"d{index}" for index in range(len(PLACES)))
    addresses = ", ".join(f"d{index} => {address}" for index, address in enumerate(PLACES))
    networks = ", ".join(f"{network} => [ d{index % len(PLACES)} ]" for index, network in enumerate(hot_networks()))
    (folder / "zones").mkdir()
    near = "".join(f"{name} DYNA geoip!near\n" for name in NEAR)
    (folder / "zones" / ZONE).write_text(f"{ZONE_FILE}weighted DYNA weighted!group\n{near}")
    (folder / "config").write_text(
        f"options => {{ listen => [ 127.0.0.1:{port} ], udp_threads => 1, tcp_threads => 1, "
        f'run_dir => "{folder}", state_dir => "{folder}" }}\n'
        f"plugins => {{ weighted => {{ group => {{ {group} }} }}\n"
        f"geoip => {{ maps => {{ near => {{ datacenters => [ {places} ], nets => {{ {networks} }} }} }}\n"
        f"resources => {{ near => {{ map => near, service_types => up, dcmap => {{ {addresses} }} }} }} }} }}\n"
    )
    return ["-c", str(folder), "start"]


def knot(folder: Path, port: int) -> Sequence[str]:
    """Configures Knot DNS with the module geoip, in the modes `weighted` and `subnet`."""
    weighted = "".join(f"  - weight: {weight}\n    A: {address}\n" for address, weight in ADDRESSES.items())
    networks = "".join(
        f"  - net: {network}\n    A: {PLACES[index % len(PLACES)]}\n" for index, network in enumerate(hot_networks())
    )
    (folder / "weights.conf").write_text(f"weighted.{ZONE}:\n{weighted}")
    (folder / "networks.conf").write_text("".join(f"{name}.{ZONE}:\n{networks}" for name in NEAR))
    # If the module has no entry for a client, the zone answers.
    (folder / "zone").write_text(ZONE_FILE + "".join(f"{name} A 192.0.2.1\n" for name in NEAR))
    (folder / "knot.conf").write_text(
        f"server:\n  rundir: {folder}\n  listen: 127.0.0.1@{port}\n  udp-workers: 1\n  tcp-workers: 1\n"
        "  edns-client-subnet: on\n"
        f"database:\n  storage: {folder}\n"
        f"mod-geoip:\n  - id: weights\n    config-file: {folder}/weights.conf\n    ttl: 60\n    mode: weighted\n"
        f"  - id: networks\n    config-file: {folder}/networks.conf\n    ttl: 60\n    mode: subnet\n"
        f"zone:\n  - domain: {ZONE}\n    storage: {folder}\n    file: zone\n    zonefile-sync: -1\n"
        "    module: [mod-geoip/weights, mod-geoip/networks]\n"
    )
    return ["-c", str(folder / "knot.conf")]


def pdns(lua: str, folder: Path, port: int) -> Sequence[str]:
    """Configures PowerDNS with the bind backend and a Lua record; `lua` is `yes`, the default, or `shared`, one interpreter."""
    pool = ", ".join(f"{{{weight}, '{address}'}}" for address, weight in ADDRESSES.items())
    (folder / "zone").write_text(f'{ZONE_FILE}weighted LUA A "pickwrandom({{{pool}}})"\n')
    (folder / "named.conf").write_text(f'zone "{ZONE}" {{ type master; file "{folder}/zone"; }};\n')
    (folder / "pdns.conf").write_text(
        f"launch=bind\nbind-config={folder}/named.conf\nlocal-address=127.0.0.1\nlocal-port={port}\n"
        f"socket-dir={folder}\nreceiver-threads=1\ndistributor-threads=1\nenable-lua-records={lua}\n"
    )
    return [f"--config-dir={folder}", "--daemon=no", "--guardian=no"]


def nsd(folder: Path, port: int) -> Sequence[str]:
    """Configures NSD, which has no policies."""
    (folder / "zone").write_text(ZONE_FILE)
    (folder / "nsd.conf").write_text(
        f'server:\n  ip-address: 127.0.0.1@{port}\n  server-count: 1\n  username: ""\n  zonesdir: "{folder}"\n'
        f'  database: ""\n  pidfile: ""\n  xfrdfile: "{folder}/xfrd"\n  zonelistfile: "{folder}/zones"\n'
        "  rrl-ratelimit: 0\n  rrl-whitelist-ratelimit: 0\nremote-control:\n  control-enable: no\n"
        f'zone:\n  name: {ZONE}\n  zonefile: "{folder}/zone"\n'
    )
    return ["-d", "-c", str(folder / "nsd.conf")]


PEERS = {
    "gdnsd": Peer("gdnsd", gdnsd, (*PLAIN, "weighted", "geolocation", "latency")),
    "Knot": Peer("knotd", knot, (*PLAIN, "weighted", "geolocation", "latency")),
    "PowerDNS": Peer("pdns_server", partial(pdns, "yes"), ("weighted",)),
    "PowerDNS shared": Peer("pdns_server", partial(pdns, "shared"), ("static", "weighted", "wildcard", "nxdomain")),
    "NSD": Peer("nsd", nsd, PLAIN),
}


@contextlib.contextmanager
def running_peer(peer: Peer, folder: Path, pinned: Sequence[str]) -> Iterator[Running]:
    """Runs a peer until the block ends.

    Args:
        folder: empty, for its configuration and state.
        pinned: command prefix that pins it to a core.
    Raises:
        DidNotStart: it is not installed, or does not answer.
    """
    # These servers may be in sbin folders, which are not on every PATH.
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
