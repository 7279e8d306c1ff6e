"""The command `wait`: blocks until a server is ready."""

import time
from typing import Annotated

import typer

from dnsemu.cli.client import Declined, NoServer, NotDnsemu, call
from dnsemu.cli.options import DEFAULT_SERVER, AsJson, Server, fail, print_json

ASK_EVERY_S = 0.1


def wait(
    at_most: Annotated[float, typer.Option("--timeout", min=0, metavar="SECONDS", help="Give up after this.")] = 30,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Wait until a server answers: exit code 0 when it is ready, 1 after the timeout."""
    deadline = time.monotonic() + at_most
    while True:
        try:
            call(server, "clock", "now")
            break
        except (NoServer, Declined) as absent:
            if time.monotonic() >= deadline or isinstance(absent, NotDnsemu):
                fail(str(absent), as_json=as_json)
        time.sleep(ASK_EVERY_S)
    if as_json:
        print_json({"ready": server})
    else:
        print(f"{server} is ready")
