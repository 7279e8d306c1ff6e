"""The force file: forces statuses by a watched file, which an editor or a script can change."""

import asyncio
from contextlib import suppress
from pathlib import Path

import structlog

from dnsemu.clock.clock import Clock
from dnsemu.config.errors import FileError, FilesRefused
from dnsemu.config.file.guarded_reading import read_guarded
from dnsemu.faults.force_rules import ForceRule, parse_force_file
from dnsemu.faults.forced_statuses import Forcing
from dnsemu.files.watch import OffLoop, Stamp, changes, stamp
from dnsemu.runtime.turns import in_turns

MAX_BYTES = 1 << 20
"""Bound on the file's size."""

log = structlog.get_logger()


class ForceFile:
    """Keeps the rules of one file in force; a file with an error changes nothing."""

    def __init__(self, forcing: Forcing, clock: Clock, off_loop: OffLoop = asyncio.to_thread) -> None:
        """Follow no file yet.

        Args:
            off_loop: calls a function outside the event loop, as a file may be slow to read.
        """
        self._forcing = forcing
        self._clock = clock
        self._off_loop = off_loop
        self._text = ""
        """The content that was read last."""
        self._path: Path | None = None
        self._stamp: Stamp = ()
        self._started_at: dict[ForceRule, float] = {}
        """Rules in force and the times when each was first read, in seconds since the epoch; durations start there."""
        self.errors: tuple[FileError, ...] = ()

    def follow(self, path: str | None) -> None:
        """Follows this file from now on, or none: `watch` reads it soon, `read` at once."""
        self._path = Path(path) if path else None

    def restart(self) -> None:
        """Applies the rules as at the start: durations begin now, also those of rules that have expired."""
        self._started_at = {}
        self._apply(self._text)

    async def watch(self) -> None:
        """Reads the file at each change of its name or content, until cancelled."""
        async for _ in changes(self._files, self._stamp, self._off_loop):
            await self.read()

    async def read(self) -> None:
        """Reads the file now and applies its rules."""
        path = self._path
        self._stamp = await self._off_loop(stamp, self._files())
        try:
            text = await self._off_loop(_text_of, path) if path else ""
        except (OSError, ValueError) as failure:
            self._refuse((FileError(str(path), 0, "", "", "force-file", f"cannot be read: {_reason(failure)}"),))
            return
        if path != self._path:
            return
        with suppress(FilesRefused):
            patterns = {rule.pattern for rule in parse_force_file(str(path), text, self._clock.now())}
            await in_turns(self._forcing.search(patterns))
        if path == self._path:
            self._apply(text)

    def _files(self) -> tuple[Path, ...]:
        return (self._path,) if self._path else ()

    def _apply(self, text: str) -> None:
        try:
            rules = self._with_earlier_ends(parse_force_file(str(self._path), text, self._clock.now()))
        except FilesRefused as refused:
            self._refuse(refused.errors)
            return
        self._text = text
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


def _text_of(path: Path) -> str:
    """Reads the file; one that does not exist yet has no rules."""
    try:
        content = read_guarded(path, MAX_BYTES)
    except FileNotFoundError:
        return ""
    if len(content) > MAX_BYTES:
        raise OSError(f"it is larger than {MAX_BYTES >> 20} MiB")
    return content.decode()


def _reason(failure: OSError | ValueError) -> str:
    return getattr(failure, "strerror", None) or str(failure)
