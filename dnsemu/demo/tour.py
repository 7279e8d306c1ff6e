"""Runs the demo: sample apps, a server with the embedded zone, and the commands to paste."""

import shlex
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from string import Template

from dnsemu.app import Application
from dnsemu.config.file.load import load_text
from dnsemu.config.text.addresses import Address
from dnsemu.demo.app import start
from dnsemu.explain.lines import Line
from dnsemu.files.loading import compile_world
from dnsemu.healthcheck.verdict.history import Event
from dnsemu.runner import announce, exit_unless_it_listens, handle_signals, run_registered
from dnsemu.runtime.lifecycle import Ready
from dnsemu.runtime.logs import configure_logs, timestamp
from dnsemu.server.options import Options
from dnsemu.server.transport.listeners import CannotListen
from dnsemu.server.transport.sockets import bind_tcp

REGIONS = {"us": "us-east-1", "eu": "eu-west-1", "ap": "ap-northeast-1", "us2": "us-east-1"}
"""The sample apps and their Regions."""
APP_PORT = 8100
"""Port of the sample apps; if it is taken they use another one."""


COLUMNS = 79
"""Width of every line that the demo prints, as far as its words allow."""

_QUERIES = (
    ("weighted: 60 % us, 30 % eu, 10 % ap", "www", ""),
    ("failover: us, then eu", "api", ""),
    ("latency, for a client in Japan", "near", "203.0.113.0/24"),
    ("geolocation, for a client in Frankfurt", "geo", "198.51.100.0/24"),
    ("geoproximity, biased towards Europe", "close", "198.51.100.0/24"),
    ("IP-based: the network of an office", "office", "203.0.113.0/24"),
    ("multivalue: every healthy address", "all", ""),
    ("failover over latency, by a calculated check", "tree", ""),
    ("alias to a load balancer: its healthy targets", "lb", ""),
)
"""Each query: the policy that it shows, the name, and the client's network."""


@dataclass(frozen=True, slots=True)
class SampleApp:
    """A sample app and the socket that it will listen on."""

    name: str
    region: str
    sock: socket.socket

    @property
    def address(self) -> Address:
        """The address that it listens on."""
        return Address(*self.sock.getsockname()[:2])


def run_demo(options: Options, *, as_json: bool) -> None:
    """Run the demo until SIGTERM or SIGINT."""

    async def main() -> None:
        apps = bind_apps()
        runners = [await start(app.region, app.sock) for app in apps]
        loaded = compile_world(load_text("demo.yaml", demo_file(apps)))
        server = Application(loaded, options, on_change=None if as_json else print_change)
        configure_logs(server.clock.now, as_json=as_json, reached=server.limits.reached)
        handle_signals(server)

        def ready(where: Ready) -> None:
            announce(where, as_json=as_json)
            if not as_json:
                print("\n".join(tour(where, apps)), flush=True)

        try:
            await run_registered(server, ready)
        finally:
            for runner in runners:
                await runner.cleanup()

    exit_unless_it_listens(main)


def bind_apps() -> list[SampleApp]:
    """Bind the sockets of the apps.

    On Linux each app has a loopback address and all have one port, so that an answer can be pasted into a URL. Other
    systems have 127.0.0.1 only, and the apps differ by port.
    """
    if sys.platform != "linux":
        return [SampleApp(name, region, _bind_one("127.0.0.1")) for name, region in REGIONS.items()]
    hosts = [f"127.0.0.{11 + number}" for number in range(len(REGIONS))]
    for port in (APP_PORT, *(0 for _ in range(10))):
        socks: list[socket.socket] = []
        try:
            for host in hosts:
                socks.append(bind_tcp(host, port or (socks[0].getsockname()[1] if socks else 0)))
        except OSError:
            for sock in socks:
                sock.close()
        else:
            return [SampleApp(*item, sock) for item, sock in zip(REGIONS.items(), socks, strict=True)]
    raise CannotListen(f"no port is free on all of {', '.join(hosts)} for the sample apps")


def _bind_one(host: str) -> socket.socket:
    try:
        return bind_tcp(host, 0)
    except OSError as failure:
        raise CannotListen(f"the sample apps cannot listen on {host}: {failure.strerror}") from failure


def demo_file(apps: list[SampleApp]) -> str:
    """The embedded file, with the apps' addresses filled in."""
    text = files("dnsemu.demo").joinpath("demo.yaml").read_text("utf-8")
    values: dict[str, object] = {}
    for app in apps:
        values |= {app.name: app.address.host, f"{app.name}_port": app.address.port}
    head, _, body = text.partition("\ngeo:")
    return f"{head}\ngeo:{Template(body).substitute(values)}"


def tour(ready: Ready, apps: list[SampleApp]) -> Iterator[str]:
    """Yields the lines that explain the demo, with commands to paste into another terminal."""
    dns = ready.dns[0]
    dig = f"dig +short -p {dns.port} @{dns.host}"
    us = apps[0].address
    dnsemu = _command()
    server = "" if str(ready.http) == "127.0.0.1:8053" else f" --server http://{ready.http}"
    yield "\nQuery it, in another terminal:\n"
    for what, name, client in _QUERIES:
        yield f"  # {what}"
        yield f"  {dig} {name}.demo.test{f' +subnet={client}' if client else ''}"
    yield "  # follow an answer to its app"
    yield f"  curl http://$({dig} www.demo.test | head -1):{us.port}/"
    yield "\nAsk why:\n"
    yield f"  {dnsemu} explain tree.demo.test --place JP{server}"
    yield f"  {dnsemu} status{server}"
    yield "\nMake an app sick, and see the answers move within five seconds;"
    yield "then make it well:\n"
    yield f"  curl -X POST http://{us}/sick"
    yield f"  curl -X POST http://{us}/well"
    yield "  # or override the health check; 'auto' ends it"
    yield f"  {dnsemu} force app-eu unhealthy{server}"
    yield f"\nMetrics at http://{ready.http}/metrics."
    yield "Health changes appear below; Ctrl-C stops.\n"


def _command() -> str:
    """The command that starts this program: its name if it is on the PATH, else its path."""
    return "dnsemu" if shutil.which("dnsemu") else shlex.quote(sys.argv[0])


def print_change(event: Event) -> None:
    """Print a change of health."""
    when = timestamp(event.at)[11:19]
    old, new = (status.value if status else "" for status in (event.old, event.new))
    change = Line(f"{when}  {event.name or event.check_id}  {old} → {new}  {event.cause}", 10)
    print("\n".join(change.wrapped(COLUMNS)), flush=True)
