"""The command line's choices for a server, and their defaults."""

from dataclasses import dataclass, field
from pathlib import Path

from dnsemu.clock.clock import Clock
from dnsemu.config.model.health_checkers import ProbeMode
from dnsemu.config.text.addresses import Address
from dnsemu.healthcheck.monitor import Probe
from dnsemu.healthcheck.probes.resolve import Resolver
from dnsemu.query_log.log_file import LogFile
from dnsemu.store.store import Store

DEFAULT_DNS = ("127.0.0.1:1053",)
DEFAULT_HTTP = "127.0.0.1:8053"


@dataclass(frozen=True, slots=True)
class Options:
    """The command line's choices; None leaves a choice to the files, then to the default.

    `seed` makes dice, ids and probe times repeatable. `workers` is how many processes answer DNS.
    `simulates_endpoints` makes every endpoint up unless it fails on purpose, and no probe opens a socket.
    `token` is what control calls must send. `probe` and `resolver` replace the network, in simulations.
    """

    dns: tuple[Address, ...] | None = None
    http: Address | None = None
    forward: tuple[Address, ...] = ()
    probes: ProbeMode | None = None
    simulates_endpoints: bool = False
    seed: int | None = None
    clock: Clock | None = None
    scale_ttls: bool = False
    force_file: Path | None = None
    query_log: LogFile | None = None
    store: Store | None = None
    workers: int = 1
    logs_as_json: bool = False
    skips_faulty: bool = False
    repairs: bool = False
    allowed_hosts: tuple[str, ...] = ()
    token: str | None = field(default=None, repr=False)
    probe: Probe | None = None
    resolver: Resolver | None = None
