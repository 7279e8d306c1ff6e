"""The JSON schema of a file, so that editors can complete and check it.

It is generated from the shapes that check files. Their lists are untyped, as entries are checked one at a time; here
the entries' shapes are added.
"""

from typing import Annotated, Any

from pydantic import create_model

from dnsemu.config.shapes.base import Shape
from dnsemu.config.shapes.file import FileShape
from dnsemu.config.shapes.geo import CidrCollectionShape, GeoShape
from dnsemu.config.shapes.health_checkers import HealthCheckersShape
from dnsemu.config.shapes.health_checks import HealthCheckShape
from dnsemu.config.shapes.hosted_zones import HostedZoneShape
from dnsemu.config.shapes.record_sets import RecordSetShape
from dnsemu.config.shapes.resources import ResourceShape
from dnsemu.config.shapes.settings import ApiShape, ServerShape

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Generates the schema, in draft 2020-12, with field names in botocore's spelling (`snake_case`)."""
    return {"$schema": DIALECT, **whole_file().model_json_schema(), "title": "dnsemu file"}


def whole_file() -> type[Shape]:
    """Makes the shape of a file together with the entries of its lists."""
    zone = _typed(HostedZoneShape, record_sets=list[RecordSetShape], resource_record_sets=list[RecordSetShape])
    return _typed(
        FileShape,
        server=ServerShape,
        api=ApiShape,
        geo=GeoShape,
        health_checkers=HealthCheckersShape,
        health_checks=list[HealthCheckShape],
        cidr_collections=list[CidrCollectionShape],
        resources=list[ResourceShape],
        hosted_zones=list[zone],  # type: ignore[valid-type]
        resource_record_sets=list[RecordSetShape],
    )


def _typed(base: type[Shape], **types: Any) -> type[Shape]:
    """Makes a shape of the same name whose fields have these types, or may be left out; their descriptions stay."""
    fields: dict[str, Any] = {
        field: (Annotated[type | None, base.model_fields[field]], None) for field, type in types.items()
    }
    return create_model(base.__name__, __base__=base, **fields)
