"""Loads the sections of documents; what later documents declare is merged with what earlier ones do."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path as FilePath
from typing import TypeVar

from immutables import Map

from dnsemu.config import names
from dnsemu.config.aws.name_servers import derived_zone_id
from dnsemu.config.aws.services import names_of
from dnsemu.config.errors import Path, Problem
from dnsemu.config.file.declarations import Declarations
from dnsemu.config.file.documents import LEFT_OUT, Document
from dnsemu.config.file.load_zones import ZoneLoader, written_record_sets
from dnsemu.config.file.progress import Progress
from dnsemu.config.file.report import ErrorReport
from dnsemu.config.model.geo import CidrCollection, DeclaredPlace, Geo, GeoLatency, GeoNetwork
from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS, HealthCheckers
from dnsemu.config.model.health_checks import CheckConfig, EndpointCheck, HealthCheck, HealthCheckId
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.resources import Resource
from dnsemu.config.model.settings import ApiSettings, ServerSettings
from dnsemu.config.model.world import World
from dnsemu.config.names import DName
from dnsemu.config.rules import health_check as check_rules
from dnsemu.config.rules.resource import resource_problems
from dnsemu.config.shapes import health_checks as checks
from dnsemu.config.shapes import resources
from dnsemu.config.shapes.base import Shape, snake, validate
from dnsemu.config.shapes.file import FileShape
from dnsemu.config.shapes.geo import CidrCollectionShape, GeoShape
from dnsemu.config.shapes.health_checkers import HealthCheckersShape
from dnsemu.config.shapes.networks import client_network
from dnsemu.config.shapes.settings import ApiShape, ServerShape
from dnsemu.config.text.ids import bare_id

S = TypeVar("S", bound=Shape)


class SectionLoader:
    """Loads documents one after the other, and makes a World of them.

    Hosted zones, and references between health checks, are checked at the end: they may refer to later documents.
    """

    def __init__(self, report: ErrorReport, progress: Progress) -> None:
        self._report = report
        self._progress = progress
        self._declarations = Declarations(report)
        self._checks: dict[HealthCheckId, HealthCheck] = {}
        self._check_entries: list[tuple[Document, Path, HealthCheck]] = []
        self._check_ids: set[str] = set()
        """The ids of all health checks, also of those with an error."""
        self._collections: dict[str, CidrCollection | None] = {}
        """By name; None for a collection with an error."""
        self._resources: dict[DName, Resource | None] = {}
        """By all names; None for a resource with an error."""
        self._resource_entries: list[tuple[Document, Path, Resource]] = []
        self._zone_entries: list[tuple[Document, Path, object]] = []
        self._listed: list[tuple[Document, str, list[object]]] = []
        """Record sets as the API lists them, with the name of their hosted zone."""
        self._networks: list[GeoNetwork] = []
        self._default: DeclaredPlace | None = None
        self._database: str | None = None
        self._latency: list[GeoLatency] = []
        self._divides_by_bias = False
        self._server = ServerSettings()
        self._api = ApiSettings()
        self._checkers = HealthCheckers(ALL_CHECKER_REGIONS)

    def load(self, document: Document, folder: FilePath | None) -> None:
        """Loads a document.

        Args:
            document: the document.
            folder: the file's folder, to which paths in the document are relative.
        """
        shape = self._valid(FileShape, document, (), {} if document.data is None else document.data)
        if shape is None:
            return
        if (server := self._settings(ServerShape, document, "server", shape.server)) is not None:
            self._server = server.declared(self._server, lambda path: str(_beside(folder, path)))
        if (api := self._settings(ApiShape, document, "api", shape.api)) is not None:
            self._api = api.declared(self._api)
        checkers = self._settings(HealthCheckersShape, document, "health_checkers", shape.health_checkers)
        if checkers is not None:
            self._checkers = checkers.declared(self._checkers)
        self._load_geo(document, shape.geo, folder)
        for index, entry in _entries(shape.health_checks):
            self._load_check(document, ("health_checks", index), entry)
        for index, entry in _entries(shape.cidr_collections):
            self._load_collection(document, ("cidr_collections", index), entry)
        for index, entry in _entries(shape.resources):
            self._load_resource(document, ("resources", index), entry)
        zones = _entries(shape.hosted_zones)
        self._zone_entries += [(document, ("hosted_zones", index), entry) for index, entry in zones]
        if shape.resource_record_sets is not None:
            self._load_listed(document, shape.resource_record_sets)

    def world(self) -> World:
        """Loads the hosted zones, checks references, and makes the World; with errors it is incomplete."""
        for document, name, record_sets in self._listed:
            self._add_listed(document, name, record_sets)
        for document, path, check in self._check_entries:
            self._report.add(document, path, check_rules.child_problems(check, self._kind_of))
            if self._checkers.strict_addresses:
                self._report.add(document, path, check_rules.address_problems(check))
        loader = ZoneLoader(
            self._report,
            self._declarations,
            self._check_ids,
            self._collections,
            self._resources,
            dict(zone for _, _, entry in self._zone_entries for zone in _written_zones(entry)),
            divides_by_bias=self._divides_by_bias,
            total=sum(len(listed) for _, _, entry in self._zone_entries for _, listed in written_record_sets(entry)),
            progress=self._progress,
        )
        for document, path, entry in self._zone_entries:
            loader.load(document, path, entry)
        loader.finish()
        zone_names = {zone.name for zone in loader.zones.values()}
        for document, path, resource in self._resource_entries:
            self._report.add(document, path, resource_problems(resource, self._check_ids, zone_names))
        return World(
            hosted_zones=Map(loader.zones),
            health_checks=Map(self._checks),
            cidr_collections=Map({found.id: found for found in self._collections.values() if found}),
            resources=Map({resource.name: resource for _, _, resource in self._resource_entries}),
            geo=Geo(tuple(self._networks), self._default or Geo().default, self._database, tuple(self._latency)),
            health_checkers=self._checkers,
            server=self._server,
            api=self._api,
        )

    def _valid(self, shape: type[S], document: Document, path: Path, data: object) -> S | None:
        found, problems = validate(shape, data)
        self._report.add(document, path, problems)
        return found

    def _settings(self, shape: type[S], document: Document, section: str, data: object) -> S | None:
        """Checks a section of settings, each of which only one document may give."""
        found = self._valid(shape, document, (section,), data) if data is not None else None
        for name in found.model_dump(exclude_none=True) if found is not None else ():
            self._declarations.claim(section, name, document, (section, name))
        return found

    def _load_geo(self, document: Document, data: object, folder: FilePath | None) -> None:
        shape = self._valid(GeoShape, document, ("geo",), data) if data is not None else None
        if shape is None:
            return
        claim = self._declarations.claim
        for index, entry in enumerate(shape.networks or ()):
            network = client_network(entry.network, "R135")
            if claim("network", str(network), document, ("geo", "networks", index)):
                self._networks.append(GeoNetwork(network, entry.declared()))
        for index, times in enumerate(shape.latency or ()):
            latency = times.declared()
            clients = str(latency.network or latency.region or latency.country)
            if claim("latency of", clients, document, ("geo", "latency", index)):
                self._latency.append(latency)
        if shape.default is not None and claim("geo", "default", document, ("geo", "default")):
            self._default = shape.default.declared()
        if shape.negative_bias is not None:
            claim("geo", "negative_bias", document, ("geo", "negative_bias"))
            self._divides_by_bias = shape.negative_bias == "divides"
        if shape.database is not None and claim("geo", "database", document, ("geo", "database")):
            path = _beside(folder, shape.database)
            self._database = str(path)
            if not path.is_file():
                problem = Problem("no-database", "R135", f"there is no file {path}", "write the path of a .mmdb file")
                self._report.add(document, ("geo", "database"), [problem])

    def _load_check(self, document: Document, path: Path, data: object) -> None:
        self._check_ids.update(_written_texts(data, "id"))
        shape = self._valid(checks.HealthCheckShape, document, path, data)
        if shape is None:
            return
        problems = list(check_rules.problems(shape))
        self._report.add(document, path, problems)
        if self._declarations.claim("health check", shape.id, document, path) and not problems:
            check = checks.convert(shape)
            self._checks[check.id] = check
            self._check_entries.append((document, path, check))

    def _kind_of(self, check: HealthCheckId) -> type[CheckConfig] | None:
        if (found := self._checks.get(check)) is not None:
            return type(found.config)
        return EndpointCheck if check in self._check_ids else None  # one with an error may be a child

    def _load_collection(self, document: Document, path: Path, data: object) -> None:
        shape = self._valid(CidrCollectionShape, document, path, data)
        if shape is None:
            self._collections.update(dict.fromkeys(_written_texts(data, "name")))
        elif self._declarations.claim("CIDR collection", shape.name, document, path):
            collection = shape.declared()
            if self._declarations.claim("CIDR collection id", collection.id, document, path):
                self._collections[shape.name] = collection

    def _load_listed(self, document: Document, record_sets: list[object]) -> None:
        """Loads the record sets that the API listed as those of the hosted zone whose SOA is among them."""
        name = next(filter(None, map(_name_of_soa, record_sets)), None)
        if name is not None:
            self._listed.append((document, name, record_sets))
            return
        message = "no SOA record set says which hosted zone these record sets are of"
        instead = "put them under hosted_zones: [{name: …, resource_record_sets: …}]"
        problem = Problem("no-soa", "R25", message, instead, ("resource_record_sets",))
        self._report.add(document, (), [problem])

    def _add_listed(self, document: Document, name: str, record_sets: list[object]) -> None:
        """Adds record sets to the hosted zone of their name that has none, as the API lists zones, or to a new one."""
        new = {"name": name}
        for at, (_, _, entry) in enumerate(self._zone_entries):
            is_it = set(_written_names(entry, "name")) == set(_written_names(new, "name"))
            if is_it and isinstance(entry, dict) and not any(written_record_sets(entry)):
                self._zone_entries[at] = (document, (), {**entry, "resource_record_sets": record_sets})
                return
        self._zone_entries.append((document, (), {**new, "resource_record_sets": record_sets}))

    def _load_resource(self, document: Document, path: Path, data: object) -> None:
        shape = self._valid(resources.ResourceShape, document, path, data)
        resource, problems = resources.convert(shape) if shape is not None else (None, [])
        self._report.add(document, path, problems)
        if resource is None:
            self._resources.update(dict.fromkeys(_written_names(data, "dns_name")))
        elif self._declarations.claim("resource", names.display(resource.name), document, path):
            self._resources.update(dict.fromkeys(names_of(resource), resource))
            self._resource_entries.append((document, path, resource))


def _entries(listed: Sequence[object] | None) -> Iterator[tuple[int, object]]:
    """Yields the entries of a section with their positions, without those that are left out."""
    return ((index, entry) for index, entry in enumerate(listed or ()) if entry is not LEFT_OUT)


def _beside(folder: FilePath | None, path: str) -> FilePath:
    """Resolves a path in a document, relative to the file's folder."""
    return folder / path if folder is not None else FilePath(path)


def _written_texts(data: object, field: str) -> Iterator[str]:
    """Yields the text of a field, also of an entry with errors."""
    for key, value in data.items() if isinstance(data, dict) else ():
        if snake(key) == field and isinstance(value, str):
            yield value


def _name_of_soa(entry: object) -> str | None:
    """Returns the name of an SOA record set, None for others."""
    if next(_written_texts(entry, "type"), None) != "SOA":
        return None
    return next(_written_texts(entry, "name"), None)


def _written_zones(data: object) -> Iterator[tuple[HostedZoneId, DName]]:
    """Yields the id and the name of a hosted zone, also of one with errors."""
    for name in _written_names(data, "name"):
        written = next(_written_texts(data, "id"), None)
        yield HostedZoneId(bare_id(written)) if written is not None else derived_zone_id(name), name


def _written_names(data: object, field: str) -> Iterator[DName]:
    """Yields the domain name in a field, also of an entry with errors."""
    for text in _written_texts(data, field):
        with suppress(names.BadName):
            yield names.parse(text)
