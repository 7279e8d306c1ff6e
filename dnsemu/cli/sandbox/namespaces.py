"""Linux namespaces: a process sees other files in place of some of the machine's.

A mount namespace needs CAP_SYS_ADMIN; without it, a user namespace in which the user keeps its id gives the capability.
"""

import ctypes
import errno
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_BIND = 4096
MS_REC = 16384
MS_SLAVE = 1 << 19

_SETTINGS = (
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "kernel.apparmor_restrict_unprivileged_userns=0"),
    ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
    ("user/max_user_namespaces", "0", "user.max_user_namespaces=10000"),
)
"""Settings of the kernel below /proc/sys that forbid user namespaces: the value that forbids, and what to set."""

_IN_CONTAINERS = "in a container, run it with --cap-add SYS_ADMIN --security-opt apparmor=unconfined"


class NamespaceRefused(Exception):
    """The system gives no mount namespace; the message says why, and what to change."""


def show_files(instead: Mapping[Path, Path]) -> None:
    """Lets this process and its children read other files in place of existing ones; all else stays.

    Args:
        instead: paths that exist, without symbolic links, and the file to read in place of each.
    Raises:
        OSError: the system refuses.
    """
    _enter_mount_namespace()
    _mount(None, "/", MS_REC | MS_SLAVE)  # mounts made here stay here
    for path, file in instead.items():
        _mount(str(file), str(path), MS_BIND)


def try_to_show_files(instead: Mapping[Path, Path], then: Callable[[], object] = lambda: None) -> None:
    """Does the same in a process that then ends.

    Args:
        then: tried afterwards in that process; raises OSError if it does not work.
    Raises:
        NamespaceRefused: it does not work.
    """
    if sys.platform != "linux":
        raise NamespaceRefused("this needs Linux")
    child = os.fork()
    if child == 0:
        os._exit(_trial(instead, then))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        reason = os.strerror(code) if code > 0 else f"it ended by signal {-code}"
        raise NamespaceRefused(f"a mount namespace is refused ({reason}); {_advice()}")


def _trial(instead: Mapping[Path, Path], then: Callable[[], object]) -> int:
    """Returns 0, or the number of the system's error."""
    try:
        show_files(instead)
        shown = all(path.read_bytes() == file.read_bytes() for path, file in instead.items())
        then()
    except OSError as refusal:
        return refusal.errno or errno.EPERM
    return 0 if shown else errno.EPERM


def _advice() -> str:
    for setting, forbidding, allowed in _SETTINGS:
        try:
            value = Path("/proc/sys", setting).read_text().strip()
        except OSError:
            continue
        if value == forbidding:
            return f"allow it with: sudo sysctl {allowed}"
    return _IN_CONTAINERS


def _enter_mount_namespace() -> None:
    user, group = os.geteuid(), os.getegid()
    try:
        _unshare(CLONE_NEWNS)
    except PermissionError:
        _unshare(CLONE_NEWUSER | CLONE_NEWNS)
        Path("/proc/self/setgroups").write_text("deny")  # the kernel asks for it before gid_map
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _unshare(flags: int) -> None:
    if hasattr(os, "unshare"):  # Python 3.12
        os.unshare(flags)
    else:
        _check(_c_library().unshare(flags))


def _mount(source: str | None, target: str, flags: int) -> None:
    _check(
        _c_library().mount(
            None if source is None else os.fsencode(source), os.fsencode(target), None, ctypes.c_ulong(flags), None
        )
    )


def _c_library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
