"""Reads the expectations of a drill file; one that could never be judged is refused."""

import re
from collections.abc import Iterator, Sequence
from ipaddress import ip_address

from dnsemu.config.errors import Path, quoted
from dnsemu.config.model.world import World
from dnsemu.config.text.suggestions import nearest
from dnsemu.drill.answers import addresses_of
from dnsemu.drill.endpoints import record_sets_of
from dnsemu.drill.file.events import Refusals, micros
from dnsemu.drill.file.shapes import ExpectationShape
from dnsemu.drill.model import (
    EVERY_POPULATION,
    ChangeRecordSets,
    DrillEvent,
    DrillPopulation,
    ErrorMinutes,
    Expectation,
    Gets,
    Incident,
    Never,
    Recovers,
    time_text,
)

_KINDS = ("gets", "never", "recovers", "error_minutes")
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%(?: ?- ?([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%)?")


class ExpectationReader:
    """Reads expectations of the populations and events of one drill, into `found`."""

    def __init__(
        self,
        refusals: Refusals,
        populations: Sequence[DrillPopulation],
        timeline: Sequence[DrillEvent],
        end_us: int,
        world: World,
    ) -> None:
        self._refusals = refusals
        self._populations = [population.name for population in populations]
        self._timeline = timeline
        self._end_us = end_us
        self._known = set(_known_addresses(world, timeline))
        self.found: list[Expectation] = []

    def read(self, shape: ExpectationShape, path: Path) -> None:
        """Reads one expectation."""
        given = [kind for kind in _KINDS if getattr(shape, kind) is not None]
        if len(given) != 1:
            message = "an expectation wants one thing" if given else "the expectation wants nothing"
            self._refusals.refuse(path, "expectation", message, f"write one of {', '.join(_KINDS)}")
            return
        self._check_population(shape.population, path)
        if (shape.share or shape.within) and given != ["gets"]:
            self._refusals.refuse(path, "expectation", "share and within belong to gets", "leave them out")
        after = self._after(shape.after, (*path, "after")) if shape.after is not None else None
        from_us, to_us = self._time(shape, after, path)
        wants = self._wants(shape, path)
        if shape.recovers is not None and after is None:
            self._refusals.refuse(path, "expectation", "recovers needs an event", "write after: and the event's words")
        if wants is not None:
            place = self._refusals.place(path)
            self.found.append(Expectation(shape.population, wants, _words(shape), place, from_us, to_us, after))

    def _check_population(self, name: str, path: Path) -> None:
        if name != EVERY_POPULATION and name not in self._populations:
            near = nearest(name, self._populations)
            instead = f"write {near}" if near else f'write one of {", ".join(self._populations)}, or "*" for each'
            self._refusals.refuse(
                (*path, "population"), "no-population", f"there is no population {quoted(name)}", instead
            )

    def _after(self, text: str, path: Path) -> DrillEvent | None:
        words = " ".join(text.split())
        named = [event for event in self._timeline if event.name == text]
        found = named or [event for event in self._timeline if words in (event.action.words, f"{event.action.words}.")]
        if len(found) == 1:
            return found[0]
        labels = [event.label for event in self._timeline]
        near = nearest(words, labels)
        if found:
            self._refusals.refuse(path, "event-twice", f"{len(found)} events are {quoted(text)}", "give them a name:")
        else:
            instead = f"write {near}" if near else f"write one of: {'; '.join(labels) or 'the timeline has no event'}"
            self._refusals.refuse(path, "no-event", f"no event is {quoted(text)}", instead)
        return None

    def _time(self, shape: ExpectationShape, after: DrillEvent | None, path: Path) -> tuple[int, int]:
        """The time for which an expectation is judged: up to the next event, or the end if nothing else bounds it."""
        start_us = after.at_us if after is not None else 0
        from_us = start_us + micros(shape.within)
        to_us = self._end_us
        if shape.gets is not None and (after is not None or shape.within is not None):
            later = [event.at_us for event in self._timeline if event.at_us > start_us]
            to_us = min([*later, self._end_us])
        if from_us >= to_us:
            next_text = f"the next event at {time_text(to_us)}" if to_us < self._end_us else "the end of the drill"
            message = f"this can never be judged: {time_text(from_us)} is not before {next_text}"
            self._refusals.refuse((*path, "within"), "never-judged", message, "write a shorter duration")
        return from_us, to_us

    def _wants(self, shape: ExpectationShape, path: Path) -> Gets | Never | Recovers | ErrorMinutes | None:
        if shape.never is not None:
            return Never(Incident(shape.never))
        if shape.recovers is not None:
            return Recovers(micros(shape.recovers))
        if shape.error_minutes is not None:
            return ErrorMinutes(float(shape.error_minutes))
        return self._gets(shape.gets or [], shape.share, path)

    def _gets(self, texts: Sequence[str], share: str | None, path: Path) -> Gets | None:
        addresses = []
        for at, text in enumerate(texts):
            address = _normal(text)
            addresses.append(address)
            if address not in self._known:
                near = nearest(address, self._known)
                instead = f"write {near}" if near else "write an address or host name that a record set answers"
                self._refusals.refuse((*path, "gets", at), "no-address", f"nothing answers {quoted(text)}", instead)
        written = _SHARE.fullmatch(share or "100%")
        least = float(written[1]) if written else 0.0
        most = float(written[2]) if written and written[2] else 100.0
        if written is None or not 0 <= least <= most <= 100:
            instead = "write a least share such as 90%, or a range such as 5%-15%"
            self._refusals.refuse((*path, "share"), "share", f"{quoted(share)} is no share", instead)
            return None
        return Gets(tuple(addresses), least, most)


def _known_addresses(world: World, timeline: Sequence[DrillEvent]) -> Iterator[str]:
    """The addresses that may be answered: of record sets, of targets, and of what the timeline changes."""
    for record_set in record_sets_of(world):
        yield from addresses_of(record_set)
    for resource in world.resources.values():
        for target in resource.targets:
            yield str(target).rstrip(".")
    for event in timeline:
        if isinstance(event.action, ChangeRecordSets):
            yield from event.action.addresses


def _normal(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return text.lower().rstrip(".")


def _words(shape: ExpectationShape) -> str:
    """The expectation in one line."""
    who = "each population" if shape.population == EVERY_POPULATION else shape.population
    after = f" after {shape.after}" if shape.after is not None else ""
    if shape.never is not None:
        return f"{who}: never {shape.never}{after}"
    if shape.recovers is not None:
        return f"{who}: recovers within {shape.recovers}{after}"
    if shape.error_minutes is not None:
        return f"{who}: at most {shape.error_minutes:g} error minutes{after}"
    within = f" within {shape.within}" if shape.within is not None else ""
    return f"{who}: gets {', '.join(shape.gets or ())} {shape.share or '100%'}{within}{after}"
