"""The force file: forces statuses by a watched file, which an editor or a script can change."""

from pathlib import Path

import structlog

from dnsemu.clock.clock import Clock
from dnsemu.config.errors import FileError, FilesRefused
from dnsemu.faults.force_rules import ForceRule, parse_force_file
from dnsemu.faults.forced_statuses import Forcing
from dnsemu.files.watch import Stamp, changes, stamp

log = structlog.get_logger()


class ForceFile:
    """Keeps the rules of one file in force; a file with an error changes nothing."""

    def __init__(self, forcing: Forcing, clock: Clock) -> None:
        self._forcing = forcing
        self._clock = clock
        self._path: Path | None = None
        self._stamp: Stamp = ()
        self._started_at: dict[ForceRule, float] = {}
        """Rules in force and the times when each was first read, in seconds since the epoch; durations start there."""
        self.errors: tuple[FileError, ...] = ()

    def follow(self, path: str | None) -> None:
        """Reads this file from now on, or none; does nothing if it is the same as before."""
        new = Path(path) if path else None
        if new != self._path:
            self._path = new
            self._read()

    def restart(self) -> None:
        """Reads the file again as at the start: durations begin now, also those of rules that have expired."""
        self._started_at = {}
        self._read()

    async def watch(self) -> None:
        """Reads the file again at each change, until cancelled."""
        async for _ in changes(self._files, self._stamp):
            if stamp(self._files()) != self._stamp:
                self._read()

    def _files(self) -> tuple[Path, ...]:
        return (self._path,) if self._path else ()

    def _read(self) -> None:
        self._stamp = stamp(self._files())
        try:
            text = self._path.read_text("utf-8") if self._path else ""
        except FileNotFoundError:
            text = ""  # no rules until the file exists
        except (OSError, ValueError) as failure:
            self._refuse((FileError(str(self._path), 0, "", "", "force-file", f"cannot be read: {failure}"),))
            return
        try:
            rules = self._with_earlier_ends(parse_force_file(str(self._path), text, self._clock.now()))
        except FilesRefused as refused:
            self._refuse(refused.errors)
            return
        self.errors = ()
        self._forcing.read(rules)
        if self._path:
            log.info("forced statuses read", file=str(self._path), rules=len(rules))

    def _with_earlier_ends(self, rules: tuple[ForceRule, ...]) -> tuple[ForceRule, ...]:
        """The rules, with unchanged lines ending when they did before: an edit of another line does not extend them."""
        now = self._clock.now()
        earlier = {
            (rule.pattern, rule.status, round(rule.until - started_at, 6)): (rule, started_at)
            for rule, started_at in self._started_at.items()
            if rule.until is not None
        }
        kept = []
        for rule in rules:
            unchanged = None
            if rule.until is not None:
                unchanged = earlier.get((rule.pattern, rule.status, round(rule.until - now, 6)))
            kept.append(unchanged or (rule, now))
        self._started_at = dict(kept)
        return tuple(rule for rule, _ in kept)

    def _refuse(self, errors: tuple[FileError, ...]) -> None:
        self.errors = errors
        for error in errors:
            log.error("force file refused; its earlier rules stay in force", fault=str(error))
