"""`serve --detach`: a server in the background."""

import fcntl
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, NoReturn

import typer

from dnsemu.cli.background import arguments_of, server_environment
from dnsemu.cli.options import DEFAULT_SERVER, fail, refuse
from dnsemu.cli.sandbox.processes import BackgroundServer, StartFailed, addresses_in
from dnsemu.runtime.registry import private_folder

MAX_ENDED_LOGS = 20
"""Logs that are kept of detached servers that have ended, when another one starts."""

_LOG_NAME = "serve-", ".log"
_NOT_PASSED = frozenset({"is_detached", "log"})


def start_detached(context: typer.Context) -> None:
    """Starts `serve` with the same options in the background; returns when it is ready.

    Raises:
        typer.Exit: it did not start; what it wrote is printed, the exit code is its own.
    """
    options = context.params
    as_json: bool = options["as_json"]
    if options["query_log"] == "-":
        refuse("--query-log -: a server in the background has no standard output; name a file", as_json=as_json)
    log = options["log"] or _new_log(as_json=as_json)
    try:
        server = BackgroundServer(
            arguments_of(context, _NOT_PASSED),
            server_environment(context),
            log,
            files=options["files"] or (),
            ends_with_parent=False,
        )
    except OSError as failure:
        fail(f"the server cannot be started: {failure}", as_json=as_json)
    try:
        ready = server.wait_until_ready()
    except StartFailed as failure:
        if options["log"] is None:
            log.unlink()
        show_failure(failure)
    except BaseException:  # an interrupt
        server.stop()
        raise
    _show(ready, server, log, as_json=as_json)


def show_failure(failure: StartFailed) -> NoReturn:
    """Prints what a server wrote that did not start, and ends the command with its exit code."""
    print(failure.output, end="")
    print(failure.errors, file=sys.stderr, end="")
    raise typer.Exit(failure.exit_code)


def prune_logs(folder: Path) -> None:
    """Removes the oldest logs of servers that have ended, so that `MAX_ENDED_LOGS` remain."""
    ended = [log for log in folder.glob(f"{_LOG_NAME[0]}*{_LOG_NAME[1]}") if not _is_written(log)]
    for log in sorted(ended, key=_changed_at)[: max(len(ended) - MAX_ENDED_LOGS, 0)]:
        log.unlink(missing_ok=True)


def _is_written(log: Path) -> bool:
    """True if a process holds the lock that it was started with, or the log cannot be read."""
    try:
        with log.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


def _changed_at(log: Path) -> float:
    try:
        return log.stat().st_mtime
    except OSError:
        return 0.0  # removed meanwhile


def _new_log(*, as_json: bool) -> Path:
    prefix, suffix = _LOG_NAME
    try:
        folder = private_folder()
        prune_logs(folder)
        descriptor, path = tempfile.mkstemp(suffix, prefix, folder)
    except OSError as failure:
        fail(f"no folder for the log: {failure}; name a file with --log FILE", as_json=as_json)
    os.close(descriptor)
    return Path(path)


def _show(ready: str, server: BackgroundServer, log: Path, *, as_json: bool) -> None:
    for line in server.new_lines():
        print(line, file=sys.stderr)
    pid = server.process.pid
    if as_json:
        found: dict[str, Any] = json.loads(ready)
        found["ready"] |= {"pid": pid, "log": str(log)}
        print(json.dumps(found))
        return
    print(ready)
    url = f"http://{addresses_in(ready)[1]}".replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    which = "" if url == DEFAULT_SERVER else f" --server {url}"
    print(f"process {pid}, log {log}; stop it with: dnsemu stop{which}", file=sys.stderr)
