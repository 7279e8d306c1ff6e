"""Files, or texts, to one `World`: read, checked, merged; every fault of all of them is reported at once."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

from immutables import Map

from dnsemu.config import names
from dnsemu.config.aws.services import names_of
from dnsemu.config.errors import FileError, FilesRefused, Path, Problem, Severity
from dnsemu.config.file import opening
from dnsemu.config.file.documents import Document, parse
from dnsemu.config.file.load_zones import ZoneReader, written_record_sets
from dnsemu.config.file.progress import Progress, unseen
from dnsemu.config.file.report import ErrorReport
from dnsemu.config.model.addresses import IPNetwork
from dnsemu.config.model.geo import CidrCollection, DeclaredPlace, Geo, GeoLatency, GeoNetwork
from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS, HealthCheckers
from dnsemu.config.model.health_checks import CheckConfig, EndpointCheck, HealthCheck, HealthCheckId
from dnsemu.config.model.resources import Resource
from dnsemu.config.model.settings import ApiSettings, ServerSettings, VantagePoint
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
from dnsemu.config.shapes.networks import client_network, parse_network
from dnsemu.config.shapes.settings import ApiShape, ServerShape

_COLLECTIONS = uuid5(NAMESPACE_URL, "https://route53.amazonaws.com/cidrcollection")
S = TypeVar("S", bound=Shape)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the files declare, and what is odd about them but no fault."""

    world: World
    warnings: tuple[FileError, ...] = ()


def load_files(paths: Sequence[FilePath], progress: Progress = unseen) -> Loaded:
    """Read files and merge what they declare.

    Args:
        paths: YAML, or JSON where the name ends in `.json`; their order matters to nothing but the order of errors.
        progress: told how far it has come.
    Raises:
        Refused: with every fault of all files.
    """
    documents: list[tuple[Document, FilePath]] = []
    errors: list[FileError] = []
    seen: dict[opening.Identity, FilePath] = {}
    for path in paths:
        progress("reading", 0, 0)
        try:
            documents.append((parse(str(path), opening.read(path, seen)), path.parent))
        except FilesRefused as refused:
            errors += refused.errors
    return _load(documents, errors, progress)


def load_text(name: str, text: str | bytes) -> Loaded:
    """Read one text.

    Args:
        name: what errors call it; it is JSON if this ends in `.json`, else YAML.
        text: its content; bytes are UTF-8.
    Raises:
        Refused: with every fault there is.
    """
    return _load([(parse(name, text), None)], [])


def collection_id(name: str) -> str:
    """The id of a CIDR collection that a file declares: the UUIDv5 of its name."""
    return str(uuid5(_COLLECTIONS, name))


def _load(
    documents: Sequence[tuple[Document, FilePath | None]], unread: Iterable[FileError], progress: Progress = unseen
) -> Loaded:
    loader = _Loader(ErrorReport([document for document, _ in documents]), progress)
    for document, folder in documents:
        loader.sections(document, folder)
    world = loader.world()
    errors = [*unread, *loader.report.told(Severity.ERROR)]
    if errors:
        raise FilesRefused(errors)
    return Loaded(world, tuple(loader.report.told(Severity.WARNING)))


@dataclass(frozen=True, slots=True)
class _Placed:
    """Where something was declared."""

    document: Document
    path: Path


class _Loader:
    """Takes the documents' sections one after the other, and makes a World of them."""

    def __init__(self, report: ErrorReport, progress: Progress) -> None:
        self.report = report
        self._progress = progress
        self._first: dict[tuple[str, str], _Placed] = {}
        self._checks: dict[HealthCheckId, HealthCheck] = {}
        self._check_entries: list[tuple[_Placed, HealthCheck]] = []
        self._check_ids: set[str] = set()
        self._collections: dict[str, CidrCollection | None] = {}
        """By name; None for one that is refused itself."""
        self._resources: dict[DName, Resource | None] = {}
        """By all names; None for one that is refused itself."""
        self._resource_entries: list[tuple[_Placed, Resource]] = []
        self._zone_entries: list[tuple[Document, int, object]] = []
        self._networks: list[GeoNetwork] = []
        self._default: DeclaredPlace | None = None
        self._database: str | None = None
        self._latency: list[GeoLatency] = []
        self._divides_by_bias = False
        self._server = ServerSettings()
        self._api = ApiSettings()
        self._checkers = HealthCheckers(ALL_CHECKER_REGIONS)

    def sections(self, document: Document, folder: FilePath | None) -> None:
        """Take all of one document but its hosted zones, which may refer to what later documents declare."""
        data = {} if document.data is None else document.data
        shape = self._valid(FileShape, document, (), data)
        if shape is None:
            return
        self._take_server(document, shape.server, folder)
        self._take_api(document, shape.api)
        self._take_checkers(document, shape.health_checkers)
        self._take_geo(document, shape.geo, folder)
        for index, entry in enumerate(shape.health_checks or ()):
            self._take_check(_Placed(document, ("health_checks", index)), entry)
        for index, entry in enumerate(shape.cidr_collections or ()):
            self._take_collection(_Placed(document, ("cidr_collections", index)), entry)
        for index, entry in enumerate(shape.resources or ()):
            self._take_resource(_Placed(document, ("resources", index)), entry)
        self._zone_entries += [(document, index, entry) for index, entry in enumerate(shape.hosted_zones or ())]

    def world(self) -> World:
        """All that was declared, once all documents were taken; errors may have left holes in it."""
        for placed, check in self._check_entries:
            self.report.add(placed.document, placed.path, check_rules.child_problems(check, self._kind_of))
            if self._checkers.strict_addresses:
                self.report.add(placed.document, placed.path, check_rules.address_problems(check))
        reader = ZoneReader(
            self.report,
            self._check_ids,
            self._collections,
            self._resources,
            {name for _, _, entry in self._zone_entries for name in _written_names(entry, "name")},
            divides_by_bias=self._divides_by_bias,
            total=sum(len(listed) for _, _, entry in self._zone_entries for _, listed in written_record_sets(entry)),
            progress=self._progress,
        )
        for document, index, entry in self._zone_entries:
            reader.take(document, index, entry)
        zones = {zone.name for zone in reader.zones.values()}
        for placed, resource in self._resource_entries:
            self.report.add(placed.document, placed.path, resource_problems(resource, self._check_ids, zones))
        geo = Geo(tuple(self._networks), self._default or Geo().default, self._database, tuple(self._latency))
        return World(
            hosted_zones=Map(reader.zones),
            health_checks=Map(self._checks),
            cidr_collections=Map({found.id: found for found in self._collections.values() if found}),
            resources=Map({resource.name: resource for _, resource in self._resource_entries}),
            geo=geo,
            health_checkers=self._checkers,
            server=self._server,
            api=self._api,
        )

    def _valid(self, shape: type[S], document: Document, path: Path, data: object) -> S | None:
        found, problems = validate(shape, data)
        self.report.add(document, path, problems)
        return found

    def _claim(self, kind: str, name: str, placed: _Placed) -> bool:
        """Whether this is the first of its name; a fault if not."""
        first = self._first.setdefault((kind, name), placed)
        if first is placed:
            return True
        before = self.report.place(first.document, first.path)
        message = f"{kind} {name} is already declared at {before}"
        self.report.add(placed.document, placed.path, [Problem("declared-twice", "", message, "declare it once")])
        return False

    def _take_server(self, document: Document, data: object, folder: FilePath | None) -> None:
        shape = self._valid(ServerShape, document, ("server",), data) if data is not None else None
        if shape is None:
            return
        given = shape.model_dump(exclude_none=True)
        for name in given:
            self._claim("server", name, _Placed(document, ("server", name)))
        changes: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
        }
        if shape.vantage_points is not None:
            changes["vantage_points"] = tuple(VantagePoint(v.dns, v.declared()) for v in shape.vantage_points)
        if shape.force_file is not None:
            changes["force_file"] = str(_beside(folder, shape.force_file))
        if shape.query_log is not None and shape.query_log != "-":
            changes["query_log"] = str(_beside(folder, shape.query_log))
        self._server = replace(self._server, **changes)

    def _take_api(self, document: Document, data: object) -> None:
        shape = self._valid(ApiShape, document, ("api",), data) if data is not None else None
        if shape is None:
            return
        for name in shape.model_dump(exclude_none=True):
            self._claim("api", name, _Placed(document, ("api", name)))
        self._api = shape.declared(self._api)

    def _take_checkers(self, document: Document, data: object) -> None:
        path = ("health_checkers",)
        shape = self._valid(HealthCheckersShape, document, path, data) if data is not None else None
        if shape is None:
            return
        for name in shape.model_dump(exclude_none=True):
            self._claim("health_checkers", name, _Placed(document, (*path, name)))
        self._checkers = shape.declared(self._checkers)

    def _take_geo(self, document: Document, data: object, folder: FilePath | None) -> None:
        shape = self._valid(GeoShape, document, ("geo",), data) if data is not None else None
        if shape is None:
            return
        for index, entry in enumerate(shape.networks or ()):
            network = client_network(entry.network, "R135")
            if self._claim("network", str(network), _Placed(document, ("geo", "networks", index))):
                self._networks.append(GeoNetwork(network, entry.declared()))
        for index, times in enumerate(shape.latency or ()):
            latency = times.declared()
            whose = str(latency.network or latency.region or latency.country)
            if self._claim("latency of", whose, _Placed(document, ("geo", "latency", index))):
                self._latency.append(latency)
        if shape.default is not None and self._claim("geo", "default", _Placed(document, ("geo", "default"))):
            self._default = shape.default.declared()
        if shape.negative_bias is not None:
            self._claim("geo", "negative_bias", _Placed(document, ("geo", "negative_bias")))
            self._divides_by_bias = shape.negative_bias == "divides"
        placed = _Placed(document, ("geo", "database"))
        if shape.database is not None and self._claim("geo", "database", placed):
            path = _beside(folder, shape.database)
            self._database = str(path)
            if not path.is_file():
                problem = Problem("no-database", "R135", f"there is no file {path}", "write the path of a .mmdb file")
                self.report.add(document, placed.path, [problem])

    def _take_check(self, placed: _Placed, data: object) -> None:
        if isinstance(data, dict):
            self._check_ids.update(
                value for key, value in data.items() if snake(key) == "id" and isinstance(value, str)
            )
        shape = self._valid(checks.HealthCheckShape, placed.document, placed.path, data)
        if shape is None:
            return
        problems = list(check_rules.problems(shape))
        self.report.add(placed.document, placed.path, problems)
        if self._claim("health check", shape.id, placed) and not problems:
            check = checks.convert(shape)
            self._checks[check.id] = check
            self._check_entries.append((placed, check))

    def _kind_of(self, check: HealthCheckId) -> type[CheckConfig] | None:
        if (found := self._checks.get(check)) is not None:
            return type(found.config)
        return EndpointCheck if check in self._check_ids else None  # it is refused itself

    def _take_collection(self, placed: _Placed, data: object) -> None:
        shape = self._valid(CidrCollectionShape, placed.document, placed.path, data)
        if shape is None and isinstance(data, dict):
            written = (value for key, value in data.items() if snake(key) == "name" and isinstance(value, str))
            self._collections.update(dict.fromkeys(written))
        if shape is None or not self._claim("CIDR collection", shape.name, placed):
            return
        locations: dict[str, tuple[IPNetwork, ...]] = {
            name: tuple(dict.fromkeys(parse_network(block, "R93") for block in blocks))
            for name, blocks in shape.locations.items()
        }
        self._collections[shape.name] = CidrCollection(collection_id(shape.name), shape.name, Map(locations))

    def _take_resource(self, placed: _Placed, data: object) -> None:
        shape = self._valid(resources.ResourceShape, placed.document, placed.path, data)
        resource, problems = resources.convert(shape) if shape is not None else (None, [])
        self.report.add(placed.document, placed.path, problems)
        if resource is None:
            self._resources.update(dict.fromkeys(_written_names(data, "dns_name")))
        elif self._claim("resource", names.display(resource.name), placed):
            self._resources.update(dict.fromkeys(names_of(resource), resource))
            self._resource_entries.append((placed, resource))


def _beside(folder: FilePath | None, path: str) -> FilePath:
    """A path that a file names: a relative one is relative to the file's folder."""
    return folder / path if folder is not None else FilePath(path)


def _written_names(data: object, field: str) -> Iterator[DName]:
    """A domain name that stands in a field, whatever else is wrong with the thing it names."""
    for key, value in data.items() if isinstance(data, dict) else ():
        if snake(key) == field and isinstance(value, str):
            with suppress(names.BadName):
                yield names.parse(value)
