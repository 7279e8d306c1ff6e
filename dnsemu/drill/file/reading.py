"""Reads a drill file, and refuses everything that could not be carried out or judged, with `file:line`."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from dnsemu.config import names
from dnsemu.config.errors import FilesRefused, Problem, Severity, quoted
from dnsemu.config.errors import Path as DocumentPath
from dnsemu.config.file.documents import Document, parse
from dnsemu.config.file.load import load_files
from dnsemu.config.file.opening import Opener
from dnsemu.config.file.report import ErrorReport
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.shapes.base import Shape, bad_name, validate
from dnsemu.config.text.durations import parse_duration
from dnsemu.config.text.suggestions import nearest
from dnsemu.drill.file.events import EventReader, micros
from dnsemu.drill.file.expectations import ExpectationReader
from dnsemu.drill.file.shapes import DrillEventShape, DrillShape, ExpectationShape, PopulationShape, ResolverShape
from dnsemu.drill.model import ENDLESS, HONEST, JAVA, US_PER_S, Caching, Drill, DrillEvent, DrillPopulation
from dnsemu.files.loading import LoadedFiles, compile_world
from dnsemu.policies.location.client import Client
from dnsemu.policies.location.place import UnknownPlace, place_named
from dnsemu.publication.board import Published

AFTER_LAST_EVENT_US = 300 * US_PER_S
"""The time after the last event for which a drill without a duration goes on."""

_RESOLVERS = {"honest": HONEST, "no-ecs": HONEST, "java": JAVA, "forever": ENDLESS}

S = TypeVar("S", bound=Shape)


def read_drill(path: Path) -> tuple[Drill, LoadedFiles]:
    """Reads a drill and the files that it names.

    Raises:
        FilesRefused: with all errors of the drill, or of its files.
    """
    name, raw = Opener().read(path)
    return parse_drill(name, raw, path.parent)


def parse_drill(name: str, raw: bytes | str, folder: Path) -> tuple[Drill, LoadedFiles]:
    """Reads a drill from text, and the files that it names, relative to a folder; raises as `read_drill` does."""
    reader = _Reader(parse(name, raw))
    shape = reader.valid(DrillShape, reader.document.data, ())
    reader.stop_if_refused()
    assert shape is not None
    files = tuple(folder / file for file in shape.files)
    declared = compile_world(load_files(files))
    return reader.drill(shape, files, declared.published), declared


class _Reader:
    """Reads one document, and collects its errors."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._report = ErrorReport([document])

    def valid(self, shape: type[S], data: Any, path: DocumentPath) -> S | None:
        """Checks an entry against its shape."""
        found, problems = validate(shape, data)
        self._report.add(self.document, path, problems)
        return found

    def refuse(self, path: DocumentPath, id: str, message: str, instead: str = "") -> None:
        """Adds an error."""
        self._report.add(self.document, path, [Problem(id, "", message, instead)])

    def add(self, path: DocumentPath, problems: Iterable[Problem]) -> None:
        """Adds problems of an entry."""
        self._report.add(self.document, path, problems)

    def place(self, path: DocumentPath) -> str:
        """The `file:line` of an entry, the file by its last name, so that a report does not depend on the machine."""
        return f"{Path(self.document.file).name}:{self.document.find(path)[0]}"

    def stop_if_refused(self) -> None:
        """Raises FilesRefused if there are errors."""
        if errors := self._report.of_severity(Severity.ERROR):
            raise FilesRefused(errors)

    def drill(self, shape: DrillShape, files: tuple[Path, ...], published: Published) -> Drill:
        """Reads the sections of a drill."""
        if shape.mode == "real":
            instead = "leave mode out: endpoints are simulated and the clock is virtual"
            self.refuse(("mode",), "not-supported", "drills in real mode are not supported yet", instead)
        populations = tuple(self._populations(shape.populations, published))
        asked = {names.display(population.asks).rstrip(".") for population in populations}
        timeline = tuple(sorted(self._events(shape.timeline or (), published, asked), key=lambda event: event.at_us))
        end_us = timeline[-1].at_us + AFTER_LAST_EVENT_US if timeline else AFTER_LAST_EVENT_US
        if shape.duration is not None:
            end_us = micros(shape.duration)
            self._check_times(shape.timeline or (), end_us)
        self.stop_if_refused()
        reader = ExpectationReader(self, populations, timeline, end_us, published.world)
        for at, entry in enumerate(shape.expect or ()):
            expectation = self.valid(ExpectationShape, entry, ("expect", at))
            if expectation is not None:
                reader.read(expectation, ("expect", at))
        self.stop_if_refused()
        return Drill(shape.drill, files, shape.seed, end_us, populations, timeline, tuple(reader.found))

    # --- populations ---

    def _populations(self, entries: Sequence[Any], published: Published) -> Iterator[DrillPopulation]:
        seen: set[str] = set()
        for at, entry in enumerate(entries):
            path = ("populations", at)
            shape = self.valid(PopulationShape, entry, path)
            if shape is None:
                continue
            if shape.name in seen or shape.name == "*":
                self.refuse((*path, "name"), "declared-twice", f"population {shape.name} exists already", "rename it")
            seen.add(shape.name)
            population = self._population(shape, path, published)
            if population is not None:
                yield population

    def _population(self, shape: PopulationShape, path: DocumentPath, published: Published) -> DrillPopulation | None:
        interval_us = micros(shape.every)
        if not interval_us:
            self.refuse((*path, "every"), "interval", "clients cannot ask every 0s", "write an interval such as 2s")
        caching, resolver_place = self._resolver(shape.resolver, (*path, "resolver"))
        client = self._client(resolver_place or shape.place, path, published)
        asks = self._asks(shape.asks, (*path, "asks"), published)
        if asks is None or client is None or caching is None or not interval_us:
            return None
        type = RRType[shape.type]
        return DrillPopulation(
            shape.name,
            shape.clients,
            asks,
            type,
            interval_us,
            client,
            resolver_place or shape.place,
            caching,
            shape.retries,
        )

    def _client(self, place: str | None, path: DocumentPath, published: Published) -> Client | None:
        locator = published.locator
        if place is None:
            return Client.at_place(locator.unlocated)
        try:
            return Client.at_place(locator.with_latencies(place_named(place)))
        except UnknownPlace as unknown:
            self.refuse((*path, "place"), "no-place", str(unknown))
            return None

    def _asks(self, text: str, path: DocumentPath, published: Published) -> names.DName | None:
        try:
            name = names.parse(text)
        except names.BadName as error:
            self.add(path, [bad_name(error, ())])
            return None
        if published.catalog.zone_of(name) is None:
            known = (
                names.display(name)
                for zone in published.world.hosted_zones.values()
                for name in zone.record_sets.names()
            )
            near = nearest(text.rstrip("."), known)
            instead = f"write {near}" if near else "write a name of a hosted zone"
            self.refuse(path, "not-hosted", f"{quoted(text)} is in no hosted zone of the drill's files", instead)
            return None
        return name

    def _resolver(self, value: Any, path: DocumentPath) -> tuple[Caching | None, str | None]:
        """Reads a resolver: its caching, and its place if name servers see that."""
        if isinstance(value, str):
            if value not in _RESOLVERS:
                near = nearest(value, _RESOLVERS)
                instead = f"write {near or ', '.join(_RESOLVERS)}, or a mapping such as {{min_ttl: 30s}}"
                self.refuse(path, "no-resolver", f"there is no resolver {quoted(value)}", instead)
            return _RESOLVERS.get(value), None
        shape = self.valid(ResolverShape, value, path)
        if shape is None:
            return None, None
        if shape.place is not None and shape.ecs:
            self.refuse((*path, "place"), "ecs", "name servers see the clients' place by ECS", "write ecs: false too")
        low, high = micros(shape.min_ttl), None if shape.max_ttl is None else micros(shape.max_ttl)
        if high is not None and low > high:
            self.refuse((*path, "max_ttl"), "ttl-bounds", "max_ttl is below min_ttl", "write a longer duration")
        return Caching(low, high, stale_us=micros(shape.serve_stale)), None if shape.ecs else shape.place

    # --- the timeline ---

    def _events(self, entries: Sequence[Any], published: Published, asked: Collection[str]) -> Iterator[DrillEvent]:
        reader = EventReader(self, published, asked)
        shapes = [(at, self.valid(DrillEventShape, entry, ("timeline", at))) for at, entry in enumerate(entries)]
        found = [(at, shape) for at, shape in shapes if shape is not None]
        for at, shape in sorted(found, key=lambda pair: micros(pair[1].at)):
            event = reader.read(shape, ("timeline", at))
            if event is not None:
                yield event
                if (end := reader.end_of(shape, event)) is not None:
                    yield end

    def _check_times(self, entries: Sequence[Any], end_us: int) -> None:
        for at, entry in enumerate(entries):
            text = entry.get("at") if isinstance(entry, dict) else None
            if isinstance(text, str) and _micros_or_0(text) >= end_us:
                message = f"the event at {text} is not before the end of the drill"
                self.refuse(
                    ("timeline", at, "at"), "after-the-end", message, "write a longer duration, or an earlier time"
                )


def _micros_or_0(text: str) -> int:
    try:
        return round(parse_duration(text) * US_PER_S)
    except ValueError:
        return 0
