"""A server in a separate process, on free ports of loopback."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from select import select

from dnsemu.testing.control import ServerLost

READY_WITHIN_S = 30.0
"""Real seconds until a server is ready; it takes about one."""

STOPPED_WITHIN_S = 5.0
"""Real seconds until a server that was told to stop is killed."""

_READY = re.compile(rb"dnsemu ready dns=(\S+) http=(\S+)")
_OPTIONS = (
    *("--dns", "127.0.0.1:0", "--http", "127.0.0.1:0"),
    *("--clock", "virtual=2026-01-01T00:00:00Z", "--endpoints", "simulated", "--probes", "on"),
)
_LOG_LINES_SHOWN = 15

_BOOT = """
import os, sys, threading
def watch():
    sys.stdin.buffer.read()  # ends when the process of the tests does, even if that was killed
    os.kill(os.getpid(), 15)
threading.Thread(target=watch, daemon=True).start()
sys.path.append(sys.argv.pop(1))
sys.argv[0] = "dnsemu"
from dnsemu.cli import main
main()
"""


class ServerProcess:
    """A running server: `dns` are its addresses for queries, the first on a free port, `http` is its URL."""

    def __init__(self, program: str | None = None, *, seed: int = 1, more: Sequence[str] = ()) -> None:
        """Starts a server and waits until it is ready.

        Args:
            program: a `dnsemu` that is installed elsewhere; None for the one beside this module.
            seed: fixes all random draws.
            more: further options of `dnsemu serve`.
        Raises:
            ServerLost: it cannot be started; the message holds its log.
        """
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        command = [*_command(program), "serve", *_OPTIONS, *_port_53(), "--seed", str(seed), *more]
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, env=_environment()
            )
        except OSError as failure:
            self._log.close()
            raise ServerLost(f"{command[0]} cannot be started: {failure}") from failure
        try:
            self.dns, self.http = self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    @property
    def is_running(self) -> bool:
        """True until the process ends."""
        return self._process.poll() is None

    def last_lines(self) -> str:
        """The last lines of its log."""
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - 8192))
        lines = self._log.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-_LOG_LINES_SHOWN:])

    def stop(self) -> None:
        """Stops the process and waits for its end."""
        if self._log.closed:
            return
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.terminate()
        try:
            self._process.wait(STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def _wait_until_ready(self) -> tuple[tuple[str, ...], str]:
        assert self._process.stdout is not None
        output, deadline, found = self._process.stdout.fileno(), time.monotonic() + READY_WITHIN_S, b""
        while (left_s := deadline - time.monotonic()) > 0:
            if not select([output], [], [], left_s)[0]:
                break
            data = os.read(output, 4096)
            found += data
            if match := _READY.search(found):
                return tuple(match[1].decode().split(",")), f"http://{match[2].decode()}"
            if not data:
                raise ServerLost(f"the server ended before it was ready:\n{self.last_lines()}")
        raise ServerLost(f"the server was not ready in {READY_WITHIN_S:g} seconds:\n{self.last_lines()}")


def _command(program: str | None) -> list[str]:
    if program is None:
        return [sys.executable, "-P", "-c", _BOOT, str(Path(__file__).parents[2])]
    found = shutil.which(program)
    if found is None:
        raise ServerLost(f"there is no program {program}: write the path of a dnsemu, or the URL of a running server")
    return [found]


def _port_53() -> tuple[str, ...]:
    """A loopback address on which this user may listen on port 53, as an option; nothing if there is none."""
    address = f"127.53.{os.getpid() >> 8 & 0xFF}.{os.getpid() & 0xFF}"
    try:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(socket.AF_INET, kind) as sock:
                sock.bind((address, 53))
    except OSError:
        return ()
    return ("--dns", f"{address}:53")


def _environment() -> dict[str, str]:
    """The environment without what would configure a server by accident, or let it import the tests' modules.

    Folders of installed packages stay in PYTHONPATH, as some systems have no other place for them.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DNSEMU_")}
    paths = [path for path in kept.pop("PYTHONPATH", "").split(os.pathsep) if Path(path).name.endswith("-packages")]
    return kept | ({"PYTHONPATH": os.pathsep.join(paths)} if paths else {})
