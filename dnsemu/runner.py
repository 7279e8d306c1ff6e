"""Running an application as a process: event loop, signals, logs, the ready line, exit codes."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from dnsemu.app import Application
from dnsemu.runtime.event_loop import loop_factory
from dnsemu.runtime.file_limit import raise_file_limit
from dnsemu.runtime.lifecycle import Ready
from dnsemu.runtime.logs import configure_logs
from dnsemu.runtime.registry import SERVER, Registration
from dnsemu.server.transport.listeners import CannotListen
from dnsemu.store.store import StoreFailed, StoreUnusable
from dnsemu.upstream.own_addresses import ForwardsToItself


def run(application: Callable[[], Application], *, as_json: bool) -> None:
    """Run until SIGTERM or SIGINT; SIGHUP reads the files again.

    Args:
        application: makes the application, inside the loop that it will run in.
        as_json: logs and the ready line as JSON.
    Raises:
        SystemExit: with 1, if an address cannot be listened on, with 2 if queries would be forwarded to one of these;
            the reason is on standard error.
    """

    async def main() -> None:
        app = application()
        configure_logs(app.clock.now, as_json=as_json, reached=app.limits.reached)
        handle_signals(app)
        await run_registered(app, lambda ready: announce(ready, as_json=as_json))

    exit_unless_it_listens(main)


async def run_registered(app: Application, on_ready: Callable[[Ready], None]) -> None:
    """Run an application; while it is ready, `dnsemu stop` finds this process in the registry."""
    entries: list[Registration] = []

    def register(ready: Ready) -> None:
        about = {"http": str(ready.http), "listens": [str(address) for address in (*ready.dns, ready.http)]}
        entries.append(Registration(SERVER, about))
        on_ready(ready)

    try:
        await app.run(register)
    finally:
        for entry in entries:
            entry.close()


def exit_unless_it_listens(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a coroutine on the fastest loop there is; if it cannot start, say why and exit with 1 or 2."""
    raise_file_limit()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        try:
            runner.run(main())
        except (CannotListen, StoreFailed, StoreUnusable) as refusal:
            print(f"dnsemu: {refusal}", file=sys.stderr)
            sys.exit(1)
        except ForwardsToItself as refusal:
            print(f"dnsemu: {refusal}", file=sys.stderr)
            sys.exit(2)


def handle_signals(app: Application) -> None:
    """SIGTERM and SIGINT stop the application, SIGHUP makes it read its files again."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, app.stop)
    loop.add_signal_handler(signal.SIGHUP, app.reload)


def announce(ready: Ready, *, as_json: bool) -> None:
    """Print the ready line on standard output."""
    if as_json:
        addresses = {"dns": [str(address) for address in ready.dns], "http": str(ready.http)}
        print(json.dumps({"ready": addresses | {"warnings": list(ready.warnings)}}), flush=True)
    else:
        print(ready, flush=True)
