"""Watches a server while something hostile happens to it: the longest gap in its DNS answers, and its memory.

A thread asks over UDP every few milliseconds. A gap has two bounds, since tests run on busy machines: a strict one for the
time that the server's main thread computed while a query waited, and a loose one for the whole. A reply's time is the kernel's,
so that this process being busy does not count, and neither does the time in which the server waited for a core.
"""

import contextlib
import os
import socket
import struct
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import dns.message
import dns.query
import dns.rcode

MAX_HELD_S = 0.2
"""Bound of the computing in a gap: ten times the 20 ms that nothing may hold the event loop."""
MAX_GAP_S = 2.0
"""Bound of a gap."""
MAX_MORE_BYTES = 100 << 20
"""Bound of the memory that an attack adds at its peak, in the server and its children."""
PING_EVERY_S = 0.004
LOST_AFTER_S = 0.5
"""A packet without a reply for this time is sent again; the gap goes on. A flood fills the socket's buffer."""
SAMPLE_EVERY_S = 0.05

_TIMESTAMPNS = 35
"""Linux's SO_TIMESTAMPNS, which Python does not name."""
_IS_LINUX = sys.platform == "linux"
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Watched:
    """The measurements of one block."""

    longest_gap_s: float = 0.0
    longest_held_s: float = 0.0
    """The longest computing of the server's main thread while a query waited; the whole gap where there is no /proc."""
    pings: int = 0
    resent: int = 0
    """Pings that were sent again, as no reply came."""
    more_bytes: int = 0
    """Peak of the memory of the server and its children, less what it was before."""


@contextlib.contextmanager
def withstands(server, name, *, max_held_s=MAX_HELD_S, max_gap_s=MAX_GAP_S, max_more_bytes=MAX_MORE_BYTES):
    """Fails if DNS had a longer gap during the block, or memory grew by more; or if the server does not answer after it.

    Args:
        server: a running `tests.serving.Server`.
        name: a name that it answers with NOERROR.
    """
    watched = Watched()
    with _Memory(server.process.pid, watched), _Pinger(server, name, watched):
        yield watched
    assert not server.has_ended, server.errors[-2000:]
    reply = dns.query.udp(dns.message.make_query(name, "A"), "127.0.0.1", 5, server.dns)
    assert reply.rcode() == dns.rcode.NOERROR
    assert watched.pings
    assert watched.longest_held_s < max_held_s, f"no DNS for {watched.longest_held_s:.3f} s of computing"
    assert watched.longest_gap_s < max_gap_s, f"no DNS for {watched.longest_gap_s:.3f} s"
    assert watched.more_bytes < max_more_bytes, f"{watched.more_bytes >> 20} MiB more"
    assert "Traceback" not in server.errors, server.errors[-4000:]


class _Pinger:
    """Asks one name again and again in a thread, and measures the longest time until a reply."""

    def __init__(self, server, name, watched):
        self._watched = watched
        self._schedstat = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/schedstat")
        self._packet = dns.message.make_query(name, "A").to_wire()[2:]
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.connect(("127.0.0.1", server.dns))
        self._sock.settimeout(LOST_AFTER_S)
        if _IS_LINUX:
            self._sock.setsockopt(socket.SOL_SOCKET, _TIMESTAMPNS, 1)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()
        self._sock.close()

    def _run(self):
        number = 0
        while not self._ends.is_set():
            number = (number + 1) % 0x10000
            before = self._main_thread_ns()
            gap_ns = self._exchange(number.to_bytes(2, "big") + self._packet)
            computed_ns, waited_ns = (after - then for after, then in zip(self._main_thread_ns(), before, strict=True))
            gap_ns -= waited_ns
            watched = self._watched
            watched.longest_gap_s = max(watched.longest_gap_s, gap_ns / 1e9)
            watched.longest_held_s = max(watched.longest_held_s, min(gap_ns, computed_ns) / 1e9)
            watched.pings += 1
            self._ends.wait(PING_EVERY_S)

    def _exchange(self, packet):
        """Sends a packet until there is a reply; returns the nanoseconds from the first one."""
        self._sock.send(packet)
        began_ns = time.time_ns()
        while True:
            try:
                reply, ancillary, _, _ = self._sock.recvmsg(512, 64)
            except (TimeoutError, ConnectionError):  # ConnectionError: nothing listens any more
                if time.time_ns() - began_ns > 60e9 or self._ends.is_set():
                    return time.time_ns() - began_ns
                self._watched.resent += 1
                self._sock.send(packet)
                continue
            if reply[:2] == packet[:2]:
                return _received_ns(ancillary) - began_ns

    def _main_thread_ns(self):
        """Nanoseconds that the server's main thread has computed, and was ready to run without a core."""
        try:
            computed, waited, _ = self._schedstat.read_text().split()
        except OSError:
            return time.time_ns(), 0
        return int(computed), int(waited)


def _received_ns(ancillary):
    for _, kind, data in ancillary:
        if kind == _TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", data)
            return seconds * 1_000_000_000 + nanoseconds
    return time.time_ns()


class _Memory:
    """Samples the memory of a process and its children in a thread; nothing where there is no /proc."""

    def __init__(self, pid, watched):
        self._pid = pid
        self._watched = watched
        self._before = resident_bytes(pid)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        with contextlib.suppress(OSError):
            Path(f"/proc/{self._pid}/clear_refs").write_text("5")  # the peak starts here
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ends.set()
        self._thread.join()
        self._note(peak_bytes(self._pid))

    def _run(self):
        while not self._ends.wait(SAMPLE_EVERY_S):
            self._note(sum(map(resident_bytes, (self._pid, *children(self._pid)))))

    def _note(self, number):
        self._watched.more_bytes = max(self._watched.more_bytes, number - self._before)


def resident_bytes(pid):
    """Returns the memory of a process; 0 if there is none, or no /proc."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0


def peak_bytes(pid):
    """Returns the largest memory that a process had since its peak was reset."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:")), 0)


def open_descriptors(pid):
    """Returns the number of open descriptors of a process; 0 without /proc."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - only their number
    except OSError:
        return 0


def children(pid):
    """Returns the ids of a process's children."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(path.parent.name))
    return found
