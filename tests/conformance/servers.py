"""The servers under test, each on a free loopback port, without privileges and with minimal configuration."""

import contextlib
import subprocess
from dataclasses import dataclass

import dns.exception
import dns.message
import dns.query

from tests.conformance.zones import ZONES, master_file, yaml
from tests.serving import free_port, serving_files
from tests.waiting import until

NSD = """
server:
  ip-address: 127.0.0.1@{port}
  server-count: 1
  username: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/nsd.pid"
  zonelistfile: "{folder}/zone.list"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
"""
KNOT = """
server:
  rundir: "{folder}"
  listen: 127.0.0.1@{port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: "{folder}"
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: "{folder}"
    zonefile-sync: -1
    journal-content: none
zone:
"""
NAMED = """
options {{
  directory "{folder}";
  pid-file "{folder}/named.pid";
  session-keyfile "{folder}/session.key";
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion no;
  allow-transfer {{ none; }};
  empty-zones-enable no;
  check-names primary ignore;
}};
controls {{ }};
"""


@dataclass(frozen=True)
class Peer:
    """Another server: its program, its arguments and its configuration of a zone, whose master file is `{path}`."""

    program: str
    arguments: tuple[str, ...]
    config: str
    zone: str


PEERS = {
    "nsd": Peer("nsd", ("-d", "-c"), NSD, 'zone:\n  name: "{zone}"\n  zonefile: "{path}"\n'),
    "knot": Peer("knotd", ("-c",), KNOT, '  - domain: "{zone}"\n    file: "{path}"\n'),
    "bind": Peer("named", ("-g", "-n", "1", "-c"), NAMED, 'zone "{zone}" {{ type primary; file "{path}"; }};\n'),
}
SERVERS = ("dnsemu", *PEERS)


@dataclass(frozen=True)
class Server:
    """A running server; `name` is one of `SERVERS`."""

    name: str
    port: int


@contextlib.contextmanager
def running(name, folder, require_tool):
    """Runs a server with the suite's zones until the block ends.

    Args:
        folder: an empty directory, for configuration and state.
        require_tool: skips or fails if a program is missing.
    """
    if name == "dnsemu":
        file = folder / "zones.yaml"
        file.write_text(yaml())
        with serving_files(file) as server:
            yield Server(name, server.dns)
        return
    peer, port = PEERS[name], free_port()
    command = [require_tool(peer.program), *peer.arguments, folder / "config"]
    config = peer.config.format(folder=folder, port=port)
    for zone in ZONES:
        path = folder / f"{zone}.zone"
        path.write_text(master_file(zone))
        config += peer.zone.format(zone=zone, path=path)
    (folder / "config").write_text(config)
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        until(lambda: _answers(process, port, log), what=f"{name} to answer")
        yield Server(name, port)
    finally:
        process.terminate()
        process.wait(10)


def _answers(process, port, log):
    assert process.poll() is None, log.read_text()
    with contextlib.suppress(OSError, dns.exception.DNSException):
        replies = [dns.query.udp(dns.message.make_query(zone, "SOA"), "127.0.0.1", 0.2, port) for zone in ZONES]
        return all(reply.answer for reply in replies)
