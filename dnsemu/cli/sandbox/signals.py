"""Runs a command in the foreground: waits for its end, and passes signals on to it."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

NOT_EXECUTABLE, NOT_FOUND = 126, 127
"""Exit codes of shells for commands that cannot be run."""

PASSED_ON = frozenset(
    {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2},
)


class CannotRun(Exception):
    """A command that does not exist or is not executable; `exit_code` is the shell's."""

    def __init__(self, command: str, reason: str, exit_code: int) -> None:
        super().__init__(f"{command}: {reason}")
        self.exit_code = exit_code


def refuse_unknown(command: str) -> None:
    """Checks that a command can be run, before anything is started for it.

    Raises:
        CannotRun: it does not exist, or is not executable.
    """
    if shutil.which(command) is not None:
        return
    places = [Path()] if os.sep in command else map(Path, os.get_exec_path())
    found = [place / command for place in places if (place / command).exists()]
    if not found:
        raise CannotRun(command, "command not found", NOT_FOUND)
    raise CannotRun(command, "is a directory" if found[0].is_dir() else "permission denied", NOT_EXECUTABLE)


def run_command(
    command: Sequence[str],
    environment: Mapping[str, str],
    prepare: Callable[[], None],
    on_started: Callable[[], None],
    on_child: Callable[[], None],
) -> int:
    """Runs a command to its end; returns its exit code, or 128 and the number of the signal that ended it.

    Args:
        prepare: called in the command's process before the program starts.
        on_started: called in this process when the program has started.
        on_child: called when any child of this process has changed its state.
    Raises:
        CannotRun: the program cannot be started.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON | {signal.SIGCHLD})
    try:
        process = _start(command, environment, prepare, before)
        on_started()
        while (code := process.poll()) is None:
            number = _next_signal()
            if number == signal.SIGCHLD:
                on_child()
            elif number is not None:
                process.send_signal(number)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return 128 - code if code < 0 else code


def _start(
    command: Sequence[str], environment: Mapping[str, str], prepare: Callable[[], None], mask: set[int]
) -> subprocess.Popen[bytes]:
    def in_child() -> None:
        prepare()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    try:
        # Descriptors that this process inherited are the command's, such as those of <(…) in shells.
        return subprocess.Popen(command, env=environment, preexec_fn=in_child, close_fds=False)  # noqa: PLW1509
    except subprocess.SubprocessError:  # `prepare` failed, though it worked in a trial
        raise CannotRun(command[0], "the system refuses its namespace", NOT_EXECUTABLE) from None
    except OSError as failure:
        is_missing = failure.errno == errno.ENOENT
        reason = failure.strerror or str(failure)
        raise CannotRun(command[0], reason, NOT_FOUND if is_missing else NOT_EXECUTABLE) from None


def _next_signal() -> int | None:
    """Waits for a signal; None for one that the terminal has sent to the command as well."""
    if sys.platform == "linux":
        received = signal.sigwaitinfo(PASSED_ON | {signal.SIGCHLD})
        is_from_terminal = received.si_signo != signal.SIGCHLD and received.si_code > 0
        return None if is_from_terminal else received.si_signo
    number = signal.sigwait(PASSED_ON | {signal.SIGCHLD})
    return None if number in {signal.SIGINT, signal.SIGQUIT} and _is_in_foreground() else number


def _is_in_foreground() -> bool:
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
