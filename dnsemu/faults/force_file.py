"""The force file, watched: forced statuses that an editor or a script can change."""

from pathlib import Path

import structlog

from dnsemu.clock.clock import Clock
from dnsemu.config.errors import FileError, FilesRefused
from dnsemu.faults.force_rules import ForceRule, parse_force_file
from dnsemu.faults.forced_statuses import Forcing
from dnsemu.files.watch import Stamp, changes, stamp

log = structlog.get_logger()


class ForceFile:
    """Keeps the rules of one file in force; while it has an error, those that it had before."""

    def __init__(self, forcing: Forcing, clock: Clock) -> None:
        self._forcing = forcing
        self._clock = clock
        self._path: Path | None = None
        self._seen: Stamp = ()
        self._rules: tuple[ForceRule, ...] = ()
        self._read_at = 0.0
        self._began: dict[ForceRule, float] = {}
        """When each rule was first read: a duration counts from there."""
        self.errors: tuple[FileError, ...] = ()

    def follow(self, path: str | None) -> None:
        """Read this file from now on, or none; the same one is not read again."""
        wanted = Path(path) if path else None
        if wanted != self._path:
            self._path = wanted
            self._read()

    async def watch(self) -> None:
        """Read it again whenever it changes, until cancelled."""
        async for _ in changes(self._files, self._seen):
            if stamp(self._files()) != self._seen:
                self._read()

    def _files(self) -> tuple[Path, ...]:
        return (self._path,) if self._path else ()

    def _read(self) -> None:
        self._seen = stamp(self._files())
        try:
            text = self._path.read_text("utf-8") if self._path else ""
        except FileNotFoundError:
            text = ""  # nothing is forced until it is there
        except (OSError, ValueError) as failure:
            self._refused((FileError(str(self._path), 0, "", "", "force-file", f"cannot be read: {failure}"),))
            return
        try:
            rules = self._as_before(parse_force_file(str(self._path), text, self._clock.now()))
        except FilesRefused as refused:
            self._refused(refused.errors)
            return
        self.errors = ()
        self._rules, self._read_at = rules, self._clock.now()
        self._forcing.read(rules)
        if self._path:
            log.info("forced statuses read", file=str(self._path), rules=len(rules))

    def _as_before(self, rules: tuple[ForceRule, ...]) -> tuple[ForceRule, ...]:
        """The rules, where those that were there before end when they were to: another line does not prolong them."""
        now = self._clock.now()
        before = {
            (rule.pattern, rule.status, round(rule.until - self._began.get(rule, self._read_at), 6)): rule
            for rule in self._rules
            if rule.until is not None
        }
        kept = []
        for rule in rules:
            lasts = None if rule.until is None else round(rule.until - now, 6)
            known = before.get((rule.pattern, rule.status, lasts)) if lasts is not None else None
            began = self._began.get(known, self._read_at) if known else now
            kept.append((known or rule, began))
        self._began = dict(kept)
        return tuple(rule for rule, _ in kept)

    def _refused(self, errors: tuple[FileError, ...]) -> None:
        self.errors = errors
        for error in errors:
            log.error("force file refused; what it said before still counts", fault=str(error))
