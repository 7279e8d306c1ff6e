"""The force file, watched: forced statuses that an editor or a script can change."""

from pathlib import Path

import structlog

from config.faults import Fault, Refused
from config.force_rules import parse_force_file
from dnsemu.forcing import Forcing
from dnsemu.watch import Stamp, changes, stamp
from healthcheck.clock import Clock

log = structlog.get_logger()


class ForceFile:
    """Keeps the rules of one file in force; while it has a fault, those that it had before."""

    def __init__(self, forcing: Forcing, clock: Clock) -> None:
        self._forcing = forcing
        self._clock = clock
        self._path: Path | None = None
        self._seen: Stamp = ()
        self.faults: tuple[Fault, ...] = ()

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
            self._refused((Fault(str(self._path), 0, "", "", "force-file", f"cannot be read: {failure}"),))
            return
        try:
            rules = parse_force_file(str(self._path), text, self._clock.now())
        except Refused as refused:
            self._refused(refused.faults)
            return
        self.faults = ()
        self._forcing.read(rules)
        if self._path:
            log.info("forced statuses read", file=str(self._path), rules=len(rules))

    def _refused(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        for fault in faults:
            log.error("force file refused; what it said before still counts", fault=str(fault))
