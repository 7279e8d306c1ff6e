"""Real servers to forward to: two resolvers that know a few zones, and an authoritative server."""

import contextlib
import subprocess
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from tests.serving import free_port
from tests.waiting import until

LONG = "\n".join(f'long TXT "{n:02}{"x" * 200}"' for n in range(12))
HEAD = "$TTL 60\n@ SOA ns.up.test. me.up.test. 1 2 3 4 300\n@ NS ns.up.test.\n"
ZONES = {
    "up.test": f"""{HEAD}
@ MX 10 MaiL.Elsewhere.TesT.
@ APL
ns A 127.0.0.1
www A 192.0.2.77
back CNAME www.here.test.
{LONG}
""",
    "sub.here.test": f"{HEAD}www A 192.0.2.78\n",
    ".": f"{HEAD}ns.up.test. A 127.0.0.1\n",
}
"""Master files by origin. The root keeps resolvers from asking the real one."""

UNBOUND = """
server:
  interface: 127.0.0.1
  port: {port}
  directory: "{folder}"
  pidfile: ""
  username: ""
  chroot: ""
  use-syslog: no
  module-config: "iterator"
  num-threads: 1
  local-zone: "test." nodefault
remote-control:
  control-enable: no
"""
NAMED = """
options {{
  directory "{folder}";
  pid-file "{folder}/named.pid";
  session-keyfile "{folder}/session.key";
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 {{ none; }};
  recursion yes;
  dnssec-validation no;
  empty-zones-enable no;
  minimal-responses yes;
}};
controls {{ }};
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
mod-cookies:
  - id: default
template:
  - id: default
    storage: "{folder}"
    zonefile-sync: -1
    journal-content: none
    global-module: mod-cookies/default
zone:
"""


@contextlib.contextmanager
def running(program, arguments, config, zone_config, require_tool, folder):
    """Runs a server with `ZONES` during the block; yields its port."""
    port = free_port()
    text = config.format(folder=folder, port=port)
    for number, (zone, lines) in enumerate(ZONES.items()):
        path = Path(folder, f"{number}.zone")
        path.write_text(f"$ORIGIN {zone.rstrip('.')}.\n{lines}")
        text += zone_config.format(zone=zone, path=path)
    Path(folder, "config").write_text(text)
    log = Path(folder, "log")
    command = [require_tool(program), *arguments, folder / "config"]
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)

    def answers():
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError, dns.exception.DNSException):
            return dns.query.udp(dns.message.make_query("www.up.test", "A"), "127.0.0.1", 0.2, port).answer

    try:
        until(answers, what=f"{program} to answer")
        yield port
    finally:
        process.kill()
        process.wait()


def unbound(require_tool, folder):
    """A resolver that has its zones without asking anyone."""
    zone = 'auth-zone:\n  name: "{zone}"\n  zonefile: "{path}"\n  for-downstream: no\n  for-upstream: yes\n'
    return running("unbound", ("-d", "-c"), UNBOUND, zone, require_tool, folder)


def named(require_tool, folder):
    """A resolver that answers a client's cookie."""
    zone = 'zone "{zone}" {{ type primary; file "{path}"; }};\n'
    return running("named", ("-g", "-n", "1", "-c"), NAMED, zone, require_tool, folder)


def knotd(require_tool, folder):
    """An authoritative server that answers a client's cookie."""
    zone = '  - domain: "{zone}"\n    file: "{path}"\n'
    return running("knotd", ("-c",), KNOT, zone, require_tool, folder)


UPSTREAMS = {"unbound": unbound, "named": named, "knotd": knotd}
