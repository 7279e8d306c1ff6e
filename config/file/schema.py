"""The JSON schema of a file, so that editors can complete and check it.

It is generated from the shapes that check files. Their lists are untyped, as entries are checked one at a time; here
the entries' shapes are added.
"""

from typing import Any

from pydantic import create_model

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
    zone = create_model(
        "HostedZone",
        __base__=HostedZoneShape,
        record_sets=(list[RecordSetShape] | None, None),
        resource_record_sets=(list[RecordSetShape] | None, None),
    )
    file = create_model(
        "dnsemu file",
        __base__=FileShape,
        server=(ServerShape | None, None),
        api=(ApiShape | None, None),
        geo=(GeoShape | None, None),
        health_checkers=(HealthCheckersShape | None, None),
        health_checks=(list[HealthCheckShape] | None, None),
        cidr_collections=(list[CidrCollectionShape] | None, None),
        resources=(list[ResourceShape] | None, None),
        hosted_zones=(list[zone] | None, None),
    )
    return {"$schema": DIALECT, **file.model_json_schema()}
