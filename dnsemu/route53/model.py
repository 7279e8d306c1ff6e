"""Route 53's service model, read once from `data/service-model.json`, which scripts/service_model.py writes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
DATA = "data/service-model.json"

Location = Literal["body", "uri", "querystring", "header"]
ShapeType = Literal["structure", "list", "string", "integer", "long", "double", "boolean", "timestamp"]

ID_SHAPES = frozenset(
    {
        *("ChangeId", "HealthCheckId", "QueryLoggingConfigId", "ResourceId"),
        *("TrafficPolicyId", "TrafficPolicyInstanceId", "UUID"),
    }
)
"""Shapes whose prefix, such as `/hostedzone/`, is stripped once the id's length is checked (A46). Not TagResourceId."""


@dataclass(frozen=True, slots=True, eq=False)
class ModelShape:
    """One type of the model. `minimum` and `maximum` bound a number's value, a string's length or a list's."""

    name: str
    type: ShapeType
    members: "Mapping[str, Member]"
    """Of a structure, in the model's order, which is the order on the wire (A201)."""
    required: tuple[str, ...]
    item: "ModelShape | None"
    item_name: str
    """The element that repeats in a list (A6)."""
    enum: tuple[str, ...]
    pattern: str | None
    minimum: int | None
    maximum: int | None

    @property
    def is_id(self) -> bool:
        return self.name in ID_SHAPES


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """One member of a structure. In a body its element has the name of the member."""

    name: str
    shape: ModelShape
    location: Location
    wire_name: str
    """Its name in the path's template, the query string or the headers."""


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation: method and path, input and output, and the codes of its errors."""

    name: str
    method: str
    path: str
    """A template such as `/2013-04-01/hostedzone/{Id}`."""
    status: int
    """The HTTP status of success."""
    input: ModelShape
    output: ModelShape
    errors: tuple[str, ...]
    root: str | None
    """The root element of its request's body; None for an operation without one (A4)."""

    def __repr__(self) -> str:
        return f"<{self.name}: {self.method} {self.path}>"


@dataclass(frozen=True, slots=True, eq=False)
class ServiceModel:
    """All operations by name, and all errors by code."""

    operations: Mapping[str, Operation]
    errors: Mapping[str, ModelShape]


@cache
def service() -> ServiceModel:
    """Returns the model of Route 53 that this version of dnsemu was built for."""
    return read_service(json.loads((files("dnsemu.route53") / DATA).read_bytes()))


def error_codes() -> Mapping[str, tuple[str, ...]]:
    """Returns the codes of the errors that the model lists for each operation."""
    return {name: operation.errors for name, operation in service().operations.items()}


def read_service(model: dict[str, Any]) -> ServiceModel:
    """Reads a service model from the parsed data file."""
    shapes = _Shapes(model["shapes"])
    operations = {name: _operation(name, described, shapes) for name, described in model["operations"].items()}
    errors = {name: shapes.of(name) for name, described in model["shapes"].items() if described.get("exception")}
    return ServiceModel(MappingProxyType(operations), MappingProxyType(errors))


def _operation(name: str, described: dict[str, Any], shapes: "_Shapes") -> Operation:
    http = described["http"]
    return Operation(
        name=name,
        method=http["method"],
        path=http["requestUri"],
        status=http.get("responseCode", 200),
        input=shapes.of(described["input"]["shape"]),
        output=shapes.of(described["output"]["shape"]),
        errors=tuple(described.get("errors", ())),
        root=described["input"].get("locationName"),
    )


class _Shapes:
    """Builds each shape once, after those that it contains; Route 53's model has no cycles."""

    def __init__(self, described: dict[str, Any]) -> None:
        self._described = described
        self._built: dict[str, ModelShape] = {}

    def of(self, name: str) -> ModelShape:
        if name not in self._built:
            self._built[name] = self._build(name, self._described[name])
        return self._built[name]

    def _build(self, name: str, described: dict[str, Any]) -> ModelShape:
        item = described.get("member")
        return ModelShape(
            name=name,
            type=described["type"],
            members=MappingProxyType({n: self._member(n, m) for n, m in described.get("members", {}).items()}),
            required=tuple(described.get("required", ())),
            item=self.of(item["shape"]) if item else None,
            item_name=item.get("locationName", "member") if item else "",
            enum=tuple(described.get("enum", ())),
            pattern=described.get("pattern"),
            minimum=described.get("min"),
            maximum=described.get("max"),
        )

    def _member(self, name: str, described: dict[str, Any]) -> Member:
        return Member(
            name=name,
            shape=self.of(described["shape"]),
            location=described.get("location", "body"),
            wire_name=described.get("locationName", name),
        )
