"""Runs `dnsemu serve`, `dnsemu demo` and other commands for tests, on free ports."""

import contextlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import sysconfig
import tempfile
from pathlib import Path

from typer.testing import CliRunner

from dnsemu.cli.commands import app
from tests.waiting import until

DNSEMU = str(Path(sysconfig.get_path("scripts"), "dnsemu"))
FREE_PORTS = ("--dns", "127.0.0.1:0", "--http", "127.0.0.1:0")
READY = re.compile(r"dnsemu ready dns=(?P<dns>\S+:(?P<port>\d+)) http=\S+:(?P<http>\d+)(?: \S+)*\n")
READY_WITHIN_S = 30
STOPPED_WITHIN_S = 15
PORTS = range(10_000, 32_000)
"""Ports for programs that need a number. The system hands out higher ones (Linux from 32768, macOS from 49152), so that
nothing that binds port 0 meanwhile, in this process or another, can take one of these."""
_DICE = random.SystemRandom()


class Server:
    """A running process, its output and its addresses; `dns` is the port of the last DNS address."""

    def __init__(self, process, output, errors):
        self.process = process
        self._output = output
        self._errors = errors
        ready = until(lambda: READY.search(self.output) or self.has_ended, within_s=READY_WITHIN_S, what="a ready line")
        assert ready is not True, f"it ended with {process.returncode}:\n{self.output}{self.errors}"
        self.line = ready[0].rstrip("\n")
        self.addresses = ready["dns"].split(",")
        self.dns = int(ready["port"])
        self.http = int(ready["http"])
        self.url = f"http://127.0.0.1:{self.http}"

    @property
    def output(self):
        return _text(self._output)

    @property
    def errors(self):
        return _text(self._errors)

    @property
    def has_ended(self):
        return self.process.poll() is not None

    def status(self):
        """Returns the output of `dnsemu status --json`."""
        return json.loads(dnsemu_here("status", "--json", "--server", self.url).stdout)

    def stop(self, number=signal.SIGTERM):
        """Sends a signal and waits for the end; returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(STOPPED_WITHIN_S)


@contextlib.contextmanager
def serving(command, **options):
    """Runs a command until the block ends, then stops it by SIGTERM; yields a `Server`. Fails unless the exit code is 0.

    Args:
        command: program and arguments.
        options: for `subprocess.Popen`, such as `cwd`; `env` is added to this process's environment.
    """
    env = {**os.environ, **options.pop("env", {})}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=output, stderr=errors, env=env, **options)
        try:
            server = Server(process, output, errors)
            yield server
            if not server.has_ended:
                server.stop()
            assert process.returncode == 0, server.errors[-4000:]
        finally:
            process.kill()
            process.wait()


def serving_files(*files, dns="127.0.0.1:0", options=(), **more):
    """Runs `dnsemu serve` on files, with free ports."""
    return serving([DNSEMU, "serve", *map(str, files), "--dns", dns, "--http", "127.0.0.1:0", *options], **more)


def dnsemu(*arguments, within_s=30, before=(), **options):
    """Runs a command of dnsemu to its end, in a process; returns `returncode`, `stdout` and `stderr`.

    Args:
        before: a program that runs it, with its arguments.
        options: for `subprocess.run`; `env` is added to this process's environment.
    """
    command = [*before, DNSEMU, *map(str, arguments)]
    env = {**os.environ, "NO_COLOR": "1", "COLUMNS": "120", **options.pop("env", {})}
    return subprocess.run(command, capture_output=True, text=True, timeout=within_s, check=False, env=env, **options)


def dnsemu_here(*arguments):
    """Runs a command of dnsemu in this process, which saves the start-up; not for commands that start a server."""
    result = CliRunner().invoke(app, list(map(str, arguments)), env={"NO_COLOR": "1", "COLUMNS": "120"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return subprocess.CompletedProcess(arguments, result.exit_code, result.stdout, result.stderr)


def free_port():
    """Returns a port of 127.0.0.1 that is free over UDP and TCP, for a program that cannot take port 0 itself."""
    while True:
        port = _DICE.choice(PORTS)
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp, contextlib.suppress(OSError):
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
            return port


def _text(file):
    # pread does not move the offset, which the child shares.
    return os.pread(file.fileno(), 1 << 20, 0).decode()
