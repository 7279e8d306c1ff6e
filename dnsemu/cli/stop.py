"""The command `stop`: ends a server, and workers that a killed server left behind."""

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from dnsemu.cli.client import ConnectionLost, call
from dnsemu.cli.options import DEFAULT_SERVER, AsJson, Server, count, fail, or_exit, print_json
from dnsemu.runtime.registry import LEFT_BEHIND, SERVER, Registered, registered

REPLY_WITHIN_S = 5.0
STOP_WITHIN_S = 10.0
LOOK_EVERY_S = 0.02


def stop(
    is_everything: Annotated[
        bool, typer.Option("--all", help="Stop all servers of this user on this machine.", show_default=False)
    ] = False,
    server: Server = DEFAULT_SERVER,
    as_json: AsJson = False,
) -> None:
    """Stop a server, and the workers that a killed server left behind; no server to stop is no error.

    The server answers what is queued, as at SIGTERM. The command ends when the server has ended.
    """
    if is_everything:
        stopped = [str(one.about.get("http")) for one in _end(registered(SERVER))]
    else:
        stopped = [server] if or_exit(lambda: _stop_at(server), as_json=as_json) else []
    workers = [one.pid for one in _end(registered(LEFT_BEHIND))]
    if as_json:
        print_json({"stopped": stopped, "workers": workers})
        return
    for address in stopped:
        print(f"stopped the server at {address}")
    if workers:
        print(f"stopped {count(len(workers), 'worker')} of a server that was killed")
    if not stopped and not workers:
        print("no server runs" if is_everything else f"no server answers at {server}: nothing to stop")


def _stop_at(server: str) -> bool:
    """Stops the server at a URL; returns False if there is none."""
    here = [one for one in registered(SERVER) if _listens_at(str(one.about.get("http")), server)]
    try:
        found: dict[str, Any] = call(server, "stop", "stopping", body={}, timeout_s=REPLY_WITHIN_S)
    except ConnectionLost:
        return bool(_end(here))  # it may run and not answer
    here = [one for one in here if one.pid == found["pid"]]
    if not _wait(lambda: all(one.has_ended for one in here) and not _answers(server)):
        _end(here)
        if _answers(server):
            fail(f"the server at {server} accepted to stop, and still answers after {STOP_WITHIN_S:g} s")
    return True


def _end(processes: Iterable[Registered]) -> list[Registered]:
    """Ends processes by SIGTERM, those that do not follow by SIGKILL; returns them."""
    found = list(processes)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for one in found:
            if not one.has_ended:
                with suppress(ProcessLookupError):
                    os.kill(one.pid, number)
        if _wait(lambda: all(one.has_ended for one in found)):
            break
    return found


def _wait(is_so: Any) -> bool:
    """Waits until something is so; returns False at the time limit."""
    until = time.monotonic() + STOP_WITHIN_S
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_EVERY_S)
    return True


def _answers(server: str) -> bool:
    try:
        call(server, "clock", "now", timeout_s=REPLY_WITHIN_S)
    except Exception:  # a refused connection, another program, a server that is stopping
        return False
    return True


def _listens_at(registered_as: str, server: str) -> bool:
    """True if a server that registered an `ADDRESS:PORT` is reached at a URL."""
    url = urlsplit(server if "//" in server else f"//{server}")
    host, _, port = registered_as.rpartition(":")
    names = {"127.0.0.1", "0.0.0.0"} if url.hostname == "localhost" else {url.hostname, "0.0.0.0", "::"}
    return host.strip("[]") in names and port == str(url.port)
