"""Reads the events of a drill file's timeline."""

import re
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from fractions import Fraction
from typing import Any, Protocol

from dnsemu.commands.record_sets.conversion import to_api
from dnsemu.config import names
from dnsemu.config.errors import Path, Problem, message_and_instead, quoted
from dnsemu.config.model.batches import at_once
from dnsemu.config.model.failing import Failing, FailureWay
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.shapes.base import validate
from dnsemu.config.shapes.change_batches import BatchShape
from dnsemu.config.shapes.record_sets import convert
from dnsemu.config.text.durations import parse_duration
from dnsemu.config.text.suggestions import nearest
from dnsemu.drill.answers import NO_DATA, SERVFAIL, addresses_of
from dnsemu.drill.endpoints import nearest_words
from dnsemu.drill.file.shapes import DnsFaultShape, DrillEventShape, HowShape
from dnsemu.drill.model import (
    NEVER_US,
    US_PER_S,
    Action,
    Block,
    ChangeRecordSets,
    DnsFault,
    DrillEvent,
    Fail,
    Heal,
)
from dnsemu.faults.failure_domains import domain_contents
from dnsemu.faults.patterns import Pattern, parse_pattern
from dnsemu.publication.board import Published

_ACTIONS = ("fail", "heal", "change", "block", "dns_fault", "run")
_ONE_OF = "write one of fail, heal, change, block and dns_fault"
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?) ?%")
_HOW = re.compile(r"(slow|status|body): *(.+)")


class Refusals(Protocol):
    """Receives the errors of a drill file, by the paths of its entries."""

    def refuse(self, path: Path, id: str, message: str, instead: str = "") -> None:
        """Adds an error."""

    def add(self, path: Path, problems: Iterable[Problem]) -> None:
        """Adds problems of an entry."""

    def place(self, path: Path) -> str:
        """The `file:line` of an entry."""


def micros(text: str | None) -> int:
    """A duration in microseconds; 0 for None."""
    return 0 if text is None else round(parse_duration(text) * US_PER_S)


class EventReader:
    """Reads events in order of time, and remembers what failed before."""

    def __init__(self, refusals: Refusals, published: Published, asked: Collection[str]) -> None:
        """Prepares to read.

        Args:
            asked: the names that populations ask for, in lower case, without a last dot.
        """
        self._refusals = refusals
        self._published = published
        self._asked = asked
        self._failing: list[Pattern] = []

    def read(self, shape: DrillEventShape, path: Path) -> DrillEvent | None:
        """Reads one event; None if it is refused."""
        given = [action for action in _ACTIONS if getattr(shape, action) is not None]
        if len(given) != 1:
            message = "an event does one thing" if given else "the event does nothing"
            self._refusals.refuse(path, "event", message, _ONE_OF)
            return None
        (kind,) = given
        if kind == "run":
            message = "run needs real mode, which is not supported yet"
            self._refusals.refuse((*path, kind), "not-supported", message, "leave it out")
            return None
        is_how_given = any(value is not None for value in (shape.how, shape.slow, shape.status, shape.body))
        if is_how_given and kind != "fail":
            self._refusals.refuse(path, "event", "only fail takes how", "leave it out")
        if getattr(shape, "for") is not None and kind != "block":
            self._refusals.refuse((*path, "for"), "event", "only block and dns_fault: {…} take for", "leave it out")
        action = self._action(kind, shape, path)
        return None if action is None else DrillEvent(micros(shape.at), action, shape.name, self._refusals.place(path))

    def _action(self, kind: str, shape: DrillEventShape, path: Path) -> Action | None:
        if kind == "fail":
            pattern, how = self._failed(shape.fail or "", (*path, "fail")), self._how(shape, path)
            return None if pattern is None or how is None else Fail(pattern, how)
        if kind == "heal":
            return self._heal(shape.heal or "", (*path, "heal"))
        if kind == "change":
            assert shape.change is not None
            return self._change(shape.change, (*path, "change"))
        if kind == "dns_fault":
            return self._dns_fault(shape, (*path, "dns_fault"))
        assert shape.block is not None
        return Block(shape.block.declared())

    def end_of(self, shape: DrillEventShape, event: DrillEvent) -> DrillEvent | None:
        """The event that ends a block after its time, if it has one."""
        lasting = micros(getattr(shape, "for"))
        if not isinstance(event.action, Block) or not lasting:
            return None
        return DrillEvent(event.at_us + lasting, Block(event.action.path, is_over=True), None, event.place)

    def _dns_fault(self, event: DrillEventShape, path: Path) -> DnsFault | None:
        shape, problems = validate(DnsFaultShape, event.dns_fault)
        self._refusals.add(path, problems)
        if shape is None:
            return None
        reasons = [shape.rcode, SERVFAIL if shape.drop else None, NO_DATA if shape.empty else None]
        given = [reason for reason in reasons if reason is not None]
        if len(given) != 1:
            self._refusals.refuse(path, "dns-fault", "a DNS fault is of one kind", "write one of rcode, drop and empty")
            return None
        name = shape.name.lower().rstrip(".")
        if not any(fnmatchcase(asked, name) for asked in self._asked):
            near = nearest(name, self._asked)
            instead = f"write {near}" if near else f"write a glob that matches {' or '.join(sorted(self._asked))}"
            self._refusals.refuse((*path, "name"), "no-match", f"no population asks for {quoted(shape.name)}", instead)
            return None
        share = _PERCENT.fullmatch(shape.share or "100%")
        if share is None or not 0 < Fraction(share[1]) <= 100:
            self._refusals.refuse((*path, "share"), "share", f"{quoted(shape.share)} is no share", "write such as 20%")
            return None
        lasting = getattr(shape, "for")
        ends_us = micros(event.at) + micros(lasting) if lasting is not None else NEVER_US
        return DnsFault(name, given[0], Fraction(share[1]) / 100, ends_us)

    # --- fail and heal ---

    def _pattern(self, text: str, path: Path) -> Pattern | None:
        try:
            return parse_pattern(text)
        except ValueError as error:
            self._refusals.refuse(path, "pattern", *message_and_instead(error))
            return None

    def _failed(self, text: str, path: Path) -> Pattern | None:
        pattern = self._pattern(text, path)
        if pattern is None:
            return None
        world, catalog = self._published.world, self._published.catalog
        if at_once(domain_contents([pattern], world, catalog))[pattern].is_empty:
            near = nearest(text, nearest_words(world))
            instead = f"write {near}" if near else "write a health check's id, region:, az: or address: and a value"
            self._refusals.refuse(path, "no-match", f"nothing matches {quoted(text)}", instead)
            return None
        if pattern in self._failing:
            self._refusals.refuse(path, "fails-already", f"{text} has failed already", "heal it first")
        self._failing.append(pattern)
        return pattern

    def _heal(self, text: str, path: Path) -> Heal | None:
        pattern = self._pattern(text, path)
        if pattern is not None and pattern not in self._failing:
            failing = list(map(str, self._failing))
            near = nearest(text, failing) or (failing[0] if failing else None)
            instead = f"write {near}" if near else "let it fail before"
            self._refusals.refuse(path, "no-match", f"{quoted(text)} has not failed by then", instead)
            return None
        if pattern is None:
            return None
        self._failing.remove(pattern)
        return Heal(pattern)

    def _how(self, shape: DrillEventShape, path: Path) -> Failing | None:
        """Reads the way in which endpoints fail: `how: timeout`, `how: {slow: 5s}`, or `slow: 5s` beside `fail`."""
        written: Any = shape.how
        if isinstance(written, str) and (found := _HOW.fullmatch(written)):
            written = {found[1]: int(found[2]) if found[1] == "status" and found[2].isdecimal() else found[2]}
        values: HowShape = shape
        if isinstance(written, dict):
            given, problems = validate(HowShape, written)
            self._refusals.add((*path, "how"), problems)
            if given is None:
                return None
            values = given
        elif written is not None and written not in (FailureWay.REFUSE.value, FailureWay.TIMEOUT.value):
            words = [kind.value for kind in FailureWay]
            near = nearest(str(written), words)
            instead = f"write {near}" if near else "write refuse, timeout, or a mapping such as {slow: 5s}"
            self._refusals.refuse((*path, "how"), "how", f"endpoints cannot fail by {quoted(written)}", instead)
            return None
        return self._one_way(values, written, path)

    def _one_way(self, values: HowShape, written: Any, path: Path) -> Failing | None:
        ways = [name for name in ("slow", "status", "body") if getattr(values, name) is not None]
        if len(ways) + isinstance(written, str) > 1:
            self._refusals.refuse(path, "how", "endpoints fail in one way", "write one of how, slow, status and body")
            return None
        if not ways:
            return Failing(FailureWay(written) if isinstance(written, str) else FailureWay.REFUSE)
        kind = FailureWay(ways[0])
        slow_s = micros(values.slow) / US_PER_S
        return Failing(kind, slow_s, 200 if values.status is None else values.status, values.body or "")

    # --- change ---

    def _change(self, shape: BatchShape, path: Path) -> ChangeRecordSets | None:
        zone = self._zone(shape.zone, (*path, "zone"))
        if zone is None:
            return None
        collections = self._published.world.cidr_collections
        ids = {collection.name: collection.id for collection in collections.values()}
        changes: list[dict[str, object]] = []
        addresses: list[str] = []
        for at, change in enumerate(shape.changes):
            record_set, problems = convert(change.record_set, zone.name, zone.id, ids)
            self._refusals.add((*path, "changes", at, "record_set"), problems)
            check = record_set.health_check_id if record_set is not None else None
            if check is not None and check not in self._published.world.health_checks:
                near = nearest(check, self._published.world.health_checks)
                where = (*path, "changes", at, "record_set", "health_check_id")
                self._refusals.refuse(
                    where, "no-such-check", f"there is no health check {check}", f"write {near}" if near else ""
                )
            if record_set is not None:
                changes.append({"Action": change.action, "ResourceRecordSet": to_api(record_set)})
                addresses += addresses_of(record_set)
        request: dict[str, object] = {"HostedZoneId": zone.id, "ChangeBatch": {"Changes": changes}}
        return ChangeRecordSets(names.display(zone.name).rstrip("."), request, tuple(addresses))

    def _zone(self, text: str, path: Path) -> HostedZone | None:
        zones = {names.display(zone.name).rstrip("."): zone for zone in self._published.world.hosted_zones.values()}
        found = zones.get(text.lower().rstrip("."))
        if found is None:
            near = nearest(text, zones)
            instead = f"write {near}" if near else f"write one of {', '.join(zones)}"
            self._refusals.refuse(path, "not-hosted", f"there is no hosted zone {quoted(text)}", instead)
        return found
