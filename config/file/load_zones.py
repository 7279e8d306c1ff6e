"""Loads hosted zones; each record set is checked and converted before the next is read, to save memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any

from dnsemu.config import names
from dnsemu.config.aws import name_servers
from dnsemu.config.errors import Path, Problem, Severity
from dnsemu.config.file.declarations import Declarations
from dnsemu.config.file.documents import LEFT_OUT, Document
from dnsemu.config.file.load_aliases import AliasLoader
from dnsemu.config.file.progress import RECORD_SETS_PER_STEP, Progress, no_progress
from dnsemu.config.file.report import ErrorReport
from dnsemu.config.model.geo import CidrCollection
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet, RecordSetKey
from dnsemu.config.model.resources import Resource
from dnsemu.config.model.routing import Geoproximity, IpBased
from dnsemu.config.model.zone_contents import RecordSets
from dnsemu.config.names import BadName, DName
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.group import TWICE
from dnsemu.config.rules.health_check import missing_check
from dnsemu.config.rules.hosted_zone import insertion_problems, zone_name_problem
from dnsemu.config.rules.loops import chain_problems
from dnsemu.config.rules.warnings import digest_warnings, unanswered
from dnsemu.config.shapes.base import bad_name, snake, validate
from dnsemu.config.shapes.hosted_zones import HostedZoneShape
from dnsemu.config.shapes.plain_record_sets import parse_plain
from dnsemu.config.shapes.record_sets import RecordSetShape, absolute, convert

MAX_REPORTED = 20
"""Reports per hosted zone, of chains of aliases and of record sets that are never answered."""


class _ZoneDraft:
    """A hosted zone while its record sets are loaded."""

    def __init__(self, id: HostedZoneId, name: DName) -> None:
        self.id = id
        self.name = name
        self.entries: list[RecordSet | None] = []
        """By position in the file; None for an entry with an error."""
        self.refused_names: set[DName] = set()
        self.by_name: dict[DName, list[RecordSet]] = {}
        self._positions: dict[RecordSetKey, int] | None = None

    @property
    def record_sets(self) -> list[RecordSet]:
        """Those without errors, in the order of the file."""
        return [record_set for record_set in self.entries if record_set is not None]

    def position(self, key: RecordSetKey) -> int:
        """Returns the position of a record set in the file; only messages need it, so the index is built on demand."""
        if self._positions is None:
            self._positions = {r.key: at for at, r in enumerate(self.entries) if r is not None}
        return self._positions[key]

    def refuse(self, entry: object) -> None:
        """Skips an entry with an error, and notes its name if that can be read."""
        self.entries.append(None)
        for field, text in entry.items() if isinstance(entry, dict) else ():
            if snake(field) == "name" and isinstance(text, str):
                with suppress(BadName):
                    self.refused_names.add(absolute(text, self.name))

    def at(self, name: DName) -> Sequence[RecordSet]:
        """Returns all record sets of exactly this name."""
        return self.by_name.get(name, ())

    def has_group(self, name: DName, type: RRType) -> bool:
        """True if there is a record set of exactly this name and type."""
        return any(record_set.type is type for record_set in self.at(name))

    def add(self, record_set: RecordSet) -> None:
        """Adds a record set without errors."""
        if self._positions is not None:
            self._positions[record_set.key] = len(self.entries)
        self.entries.append(record_set)
        self.by_name.setdefault(record_set.name, []).append(record_set)


class ZoneLoader:
    """Loads hosted zones one after the other.

    Args:
        report: receives all problems.
        declarations: the names declared so far.
        check_ids: the ids of all health checks of all files.
        collections: the CIDR collections by name; None for a collection with an error.
        resources: the AWS resources by all their names; None for a resource with an error.
        zones: the names of all hosted zones of all files by id.
        divides_by_bias: selects the older formula for negative biases of geoproximity (R86).
        total: the number of record sets in all files, for `progress`.
        progress: called with the progress made.
    """

    def __init__(
        self,
        report: ErrorReport,
        declarations: Declarations,
        check_ids: Collection[str],
        collections: Mapping[str, CidrCollection | None],
        resources: Mapping[DName, Resource | None],
        zones: Mapping[HostedZoneId, DName],
        *,
        divides_by_bias: bool = False,
        total: int = 0,
        progress: Progress = no_progress,
    ) -> None:
        self.zones: dict[HostedZoneId, HostedZone] = {}
        self._report = report
        self._declarations = declarations
        self._check_ids = check_ids
        self._collections = {collection.id: collection for collection in collections.values() if collection}
        self._collection_ids = {collection.name: collection.id for collection in self._collections.values()}
        self._refused_collections = {name for name, collection in collections.items() if collection is None}
        self._zone_names = frozenset(zones.values())
        self._aliases = AliasLoader(report, resources, zones)
        self._divides_by_bias = divides_by_bias
        self._total = total
        self._done = 0
        self._progress = progress
        self._shared: dict[Any, Any] = {}

    def load(self, document: Document, path: Path, entry: object) -> None:
        """Loads the hosted zone at a path."""
        shape, problems = validate(HostedZoneShape, entry)
        self._report.add(document, path, problems)
        name = self._name(document, path, shape.name) if shape is not None else None
        if shape is None or name is None:
            self._check_shapes(document, path, entry)
            return
        id = HostedZoneId(shape.id) if shape.id is not None else name_servers.derived_zone_id(name)
        claim = self._declarations.claim
        if not (
            claim("hosted zone", names.display(name), document, path) and claim("hosted zone id", id, document, path)
        ):
            return
        field, entries = shape.entries
        draft = _ZoneDraft(id, name)
        for at, data in enumerate(entries):
            if at % RECORD_SETS_PER_STEP == 0:
                self._progress("checking", self._done + at, self._total)
            if data is LEFT_OUT:
                draft.refuse(data)
            else:
                self._load_record_set(draft, document, (*path, field, at), data)
        self._done += len(entries)
        self._check_together(draft, document, (*path, field))
        self._report_warnings(draft, document, (*path, field))
        self.zones[id] = _finished(draft, shape.effective_comment)

    def _check_shapes(self, document: Document, path: Path, entry: object) -> None:
        """Checks each record set alone, for a zone with an error."""
        for field, entries in written_record_sets(entry):
            for at, data in enumerate(entries):
                problems = [] if is_of_instance(data) else validate(RecordSetShape, data)[1]
                self._report.add(document, (*path, field, at), problems)

    def _name(self, document: Document, path: Path, text: str) -> DName | None:
        try:
            name = names.parse(text)
        except BadName as error:
            self._report.add(document, (*path, "name"), [bad_name(error, (), "write a domain name such as shop.test")])
            return None
        refused = zone_name_problem(name)
        self._report.add(document, path, [refused] if refused is not None else [])
        return None if refused is not None else name

    def _load_record_set(self, draft: _ZoneDraft, document: Document, path: Path, entry: object) -> None:
        """Checks one record set, and adds it to the draft if it has no errors."""
        problems: list[Problem] = []
        record_set = parse_plain(entry, draft.name)
        if record_set is None and is_of_instance(entry):
            problems = [_OF_INSTANCE]
        elif record_set is None:
            record_set, problems = self._read(draft, entry)
        if record_set is not None:
            problems = [
                self._with_place(p, record_set, draft, document, path) for p in insertion_problems(record_set, draft)
            ]
            problems += self._missing(record_set)
            if document.is_snapshot:
                problems = [*self._report.only_errors(document, path, problems)]
        if record_set is None or problems:
            self._report.add(document, path, problems)
            draft.refuse(entry)
            return
        if self._divides_by_bias and isinstance(record_set.routing, Geoproximity):
            record_set = replace(record_set, routing=replace(record_set.routing, divides_by_bias=True))
        draft.add(self._aliases.with_target_zone(record_set, draft))

    def _read(self, draft: _ZoneDraft, entry: object) -> tuple[RecordSet | None, list[Problem]]:
        shape, problems = validate(RecordSetShape, entry)
        if shape is None:
            return None, problems
        record_set, problems = convert(shape, draft.name, draft.id, self._collection_ids)
        return record_set and self._with_shared_values(record_set), problems

    def _with_shared_values(self, record_set: RecordSet) -> RecordSet:
        """Replaces equal routing and identifiers with one object each, to save memory."""
        shared = self._shared
        routing, identifier = record_set.routing, record_set.set_identifier
        return replace(
            record_set,
            routing=shared.setdefault(routing, routing),
            set_identifier=shared.setdefault(identifier, identifier),
        )

    def _with_place(
        self, problem: Problem, record_set: RecordSet, draft: _ZoneDraft, document: Document, path: Path
    ) -> Problem:
        """Adds the place of the first record set to the problem that a record set exists twice."""
        if problem.id != TWICE:
            return problem
        place = self._report.place(document, (*path[:-1], draft.position(record_set.key)))
        return replace(problem, message=f"{problem.message} ({place})", plain=f"{problem.plain} ({place})")

    def _missing(self, record_set: RecordSet) -> Iterator[Problem]:
        """Yields problems of references outside the zone to things that are not declared."""
        yield from missing_check(record_set.health_check_id, self._check_ids, ("health_check_id",))
        routing = record_set.routing
        if isinstance(routing, IpBased) and routing.collection_id not in self._refused_collections:
            yield from self._missing_location(routing)

    def _missing_location(self, routing: IpBased) -> Iterator[Problem]:
        collection = self._collections.get(routing.collection_id)
        at = ("cidr_routing_config",)
        if collection is None:
            message = f"Cannot find CidrCollection '{routing.collection_id}'. No changes made."
            plain = f"there is no CIDR collection {routing.collection_id}"
            instead = "declare it under cidr_collections, or write the name of one that is"
            yield Problem("no-such-collection", "A166", message, instead, (*at, "collection_id"), plain=plain)
        elif routing.location != "*" and routing.location not in collection.locations:
            message = f"CIDR collection {collection.name} has no location {routing.location}"
            instead = f"write one of {', '.join([*sorted(collection.locations), '*'])}"
            yield Problem("no-such-location", "A166", message, instead, (*at, "location_name"))

    def finish(self) -> None:
        """Checks what depends on several hosted zones, when all are loaded."""
        self._aliases.check_other_zones(self.zones)

    def _check_together(self, draft: _ZoneDraft, document: Document, path: Path) -> None:
        """Checks the targets of aliases, and rings and chains of record sets."""
        found = ((at, record_set) for at, record_set in enumerate(draft.entries) if record_set is not None)
        self._aliases.check(found, draft, draft.refused_names, document, path)
        for key, problem in islice(chain_problems(draft.record_sets, draft.id), MAX_REPORTED):
            self._report.add(document, (*path, draft.position(key)), [problem])

    def _report_warnings(self, draft: _ZoneDraft, document: Document, path: Path) -> None:
        for at, record_set in enumerate(draft.entries):
            if record_set is not None and (problems := list(digest_warnings(record_set))):
                self._report.add(document, (*path, at), problems)
        found = unanswered(draft.record_sets, draft.name, self._zone_names)
        for key, problem in islice(found, MAX_REPORTED):
            self._report.add(document, (*path, draft.position(key)), [problem])


_OF_INSTANCE = Problem(
    "policy-instance",
    "A311",
    "this record set belongs to a traffic policy instance and is left out; aliases to it have no data",
    "write the record sets that it stands for",
    (),
    Severity.WARNING,
)


def is_of_instance(entry: object) -> bool:
    """True if a record set belongs to a traffic policy instance; the API lists it without its answers (A311)."""
    return isinstance(entry, dict) and "traffic_policy_instance_id" in map(snake, entry)


def written_record_sets(entry: object) -> Iterator[tuple[str, list[Any]]]:
    """Yields the lists of record sets in an entry of `hosted_zones`, with their field names, also with errors."""
    for field, listed in entry.items() if isinstance(entry, dict) else ():
        if snake(field) in ("record_sets", "resource_record_sets") and isinstance(listed, list):
            yield field, listed


def _finished(draft: _ZoneDraft, comment: str | None) -> HostedZone:
    """Makes the hosted zone, with Route 53's NS and SOA if it has none (R25)."""
    at_apex = draft.by_name.setdefault(draft.name, [])
    ns = next((record_set for record_set in at_apex if record_set.type is RRType.NS), None)
    servers = name_servers.listed_in(ns) if ns is not None else name_servers.draw(draft.name)
    for default in (name_servers.default_ns(draft.name, servers), name_servers.default_soa(draft.name, servers)):
        if not draft.has_group(draft.name, default.type):
            at_apex.append(default)
    return HostedZone(draft.id, draft.name, RecordSets.grouped(draft.by_name), servers, comment)
