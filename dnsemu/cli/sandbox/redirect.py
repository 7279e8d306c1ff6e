"""Redirects the connections of a command from port 53 of an address to another port, without any privilege.

The C library asks name servers at port 53 only, where most users may not listen. A seccomp filter hands each `connect`
of the command to this process (seccomp_unotify(2)), which connects the socket itself if the address is the name
server's; all others go on in the kernel. UDP sockets of glibc, Go and c-ares are connected, those of musl are not.
"""

import ctypes
import errno
import fcntl
import os
import platform
import select
import signal
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

from dnsemu.config.text.addresses import DNS_PORT, Address

_SYSTEM_CALLS = {"x86_64": (0xC000003E, 42, 317), "aarch64": (0xC00000B7, 203, 277)}
"""By machine: the architecture's number in filters, and the numbers of connect and seccomp."""
_PIDFD_GETFD = 438
_SET_MODE_FILTER, _NEW_LISTENER, _USER_NOTIF, _ALLOW = 1, 8, 0x7FC00000, 0x7FFF0000
_RECEIVE, _SEND, _CONTINUE = 0xC0502100, 0xC0182101, 1
_REQUEST = struct.Struct("=QIIiIQ6Q")
_REPLY = struct.Struct("=QqiI")
_IPV4 = struct.Struct("=H2s4s")
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
MAX_SOCKADDR_BYTES = 128


class _Filter(ctypes.Structure):
    _fields_ = (("count", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def can_redirect() -> bool:
    """True if the system has what a redirection needs, apart from the right to install a filter."""
    if sys.platform != "linux" or platform.machine() not in _SYSTEM_CALLS:
        return False
    ctypes.set_errno(0)
    _c_library().syscall(_PIDFD_GETFD, -1, -1, 0)
    return ctypes.get_errno() == errno.EBADF  # Linux 5.6


def install_filter() -> int:
    """Installs the filter in this process and its children; returns the descriptor on which calls arrive.

    Raises:
        OSError: the system refuses.
    """
    architecture, connect, seccomp = _SYSTEM_CALLS[platform.machine()]
    instructions = (
        (_LOAD, 0, 0, 4),  # the architecture
        (_JUMP_IF_EQUAL, 0, 3, architecture),
        (_LOAD, 0, 0, 0),  # the number of the system call
        (_JUMP_IF_EQUAL, 0, 1, connect),
        (_RETURN, 0, 0, _USER_NOTIF),
        (_RETURN, 0, 0, _ALLOW),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *one) for one in instructions))
    program = _Filter(len(instructions), ctypes.addressof(code))
    listener = _c_library().syscall(seccomp, _SET_MODE_FILTER, _NEW_LISTENER, ctypes.byref(program))
    if listener < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(listener)


class Redirection:
    """The connections of one command: those to port 53 of a host go to another port of it."""

    def __init__(self, to: Address) -> None:
        self._to = to
        self._ours, self._theirs = socket.socketpair()

    def enter(self) -> None:
        """Runs in the command's process: installs the filter."""
        listener = install_filter()
        socket.send_fds(self._theirs, [b"\0"], [listener])
        os.close(listener)

    def start(self) -> None:
        """Starts the process that carries the connections out, when the command has started.

        It ends with the last process that the command has left: without it those could not connect to anything.
        """
        with self._ours, self._theirs:
            _, [listener], _, _ = socket.recv_fds(self._ours, 1, 1)
        if os.fork() == 0:
            try:
                self._serve(_detached(listener))
            finally:
                os._exit(0)
        os.close(listener)

    def _serve(self, listener: int) -> None:
        calls = select.poll()
        calls.register(listener, select.POLLIN)
        while any(events & select.POLLIN for _, events in calls.poll()):  # else its last process has ended
            with suppress(OSError):  # the caller has ended
                request = bytearray(_REQUEST.size)
                fcntl.ioctl(listener, _RECEIVE, request)
                call, thread, _, _, _, _, descriptor, address, size, *_ = _REQUEST.unpack(request)
                error, flags = self._connect(thread, descriptor, address, size)
                fcntl.ioctl(listener, _SEND, bytearray(_REPLY.pack(call, 0, error, flags)))
        os.close(listener)

    def _connect(self, thread: int, descriptor: int, address: int, size: int) -> tuple[int, int]:
        """Carries out one call; returns the negative error, and the flag that lets the kernel do it instead."""
        try:
            if not self._is_name_server(_memory(thread, address, size)):
                return 0, _CONTINUE
            copy = _descriptor_of(thread, descriptor & 0xFFFFFFFF)
        except OSError:
            return 0, _CONTINUE
        with socket.socket(fileno=copy) as sock:
            return -sock.connect_ex(self._to), 0

    def _is_name_server(self, sockaddr: bytes) -> bool:
        if len(sockaddr) < _IPV4.size:
            return False
        family, port, host = _IPV4.unpack_from(sockaddr)
        here = socket.inet_aton(self._to.host)
        return bool(family == socket.AF_INET and int.from_bytes(port, "big") == DNS_PORT and host == here)


def _detached(listener: int) -> int:
    """Leaves the terminal, signal handlers and open files of the parent; returns the listener, the only one kept."""
    os.setsid()
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    kept = os.dup2(listener, 3)
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))
    return kept


def _memory(thread: int, address: int, size: int) -> bytes:
    memory = os.open(f"/proc/{thread}/mem", os.O_RDONLY)
    try:
        return os.pread(memory, min(size, MAX_SOCKADDR_BYTES), address)
    finally:
        os.close(memory)


def _descriptor_of(thread: int, descriptor: int) -> int:
    """Returns a copy of another process's descriptor.

    Raises:
        OSError: that process has ended, or the system refuses.
    """
    status = Path(f"/proc/{thread}/status").read_text()
    process = int(status.partition("\nTgid:")[2].split(maxsplit=1)[0])
    handle = os.pidfd_open(process)
    try:
        copy = _c_library().syscall(_PIDFD_GETFD, handle, descriptor, 0)
        if copy < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return int(copy)
    finally:
        os.close(handle)


def _c_library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
