"""The service model is one that the codec can read."""

import re
import subprocess
import sys

import pytest

from dnsemu.route53.facets import SCHEMA_TYPES, facets
from dnsemu.route53.model import ID_SHAPES, service
from scripts.service_model import installed_model


@pytest.fixture(scope="module")
def document():
    return installed_model()


def reached(shape, seen=None):
    seen = {} if seen is None else seen
    if shape.name not in seen:
        seen[shape.name] = shape
        for inner in [member.shape for member in shape.members.values()] + [shape.item] * bool(shape.item):
            reached(inner, seen)
    return seen


def every_shape(side):
    return {name: s for op in service().operations.values() for name, s in reached(getattr(op, side)).items()}


def test_it_is_read_once():
    assert service() is service()


@pytest.mark.outside
def test_botocore_stays_out():
    """It is not a dependency of the product."""
    code = "import sys, dnsemu.route53.parsing as x; x.parse; from dnsemu.route53.model import service; service(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "dnsemu.route53.model" in loaded
    assert not [name for name in loaded if name.split(".")[0] == "botocore"]


def test_no_operation_uses_what_the_codec_lacks(document):
    for name, shape in document["shapes"].items():
        members = [*shape.get("members", {}).values(), shape.get("member", {})]
        for described in (shape, *members):
            unknown = {"flattened", "xmlAttribute", "streaming", "payload", "eventstream", "timestampFormat"}
            assert not described.keys() & unknown, name
    assert {s.type for s in every_shape("input").values()} == {
        "structure",
        "list",
        "string",
        "integer",
        "long",
        "boolean",
    }
    assert {s.type for s in every_shape("output").values()} - {s.type for s in every_shape("input").values()} == {
        "double",
        "timestamp",
    }
    members = [m for s in (every_shape("input") | every_shape("output")).values() for m in s.members.values()]
    assert all(m.wire_name == m.name for m in members if m.location == "body")


def test_every_demand_of_the_model_can_be_checked():
    for shape in every_shape("input").values():
        if shape.type not in ("structure", "boolean"):
            assert isinstance(facets(shape), tuple)
    assert every_shape("input").keys() >= SCHEMA_TYPES.keys()


def test_a46_every_id_of_a_request_is_known_as_one():
    named_id = {s.name for s in every_shape("input").values() if re.search("Id$|^UUID$", s.name)}
    of_aws = {"VPCId", "SubnetId", "SecurityGroupId", "AvailabilityZoneId", "AZAffinityLocationId"}
    assert named_id - of_aws - {"HealthCheckSourceId", "TagResourceId"} == ID_SHAPES


def test_a4_bodies_have_a_root_named_after_the_operation():
    roots = {op.name: op.root for op in service().operations.values() if op.root}
    assert all(root == f"{name}Request" for name, root in roots.items())
    assert not roots.keys() & {
        "ActivateKeySigningKey",
        "DeactivateKeySigningKey",
        "EnableHostedZoneDNSSEC",
        "DisableHostedZoneDNSSEC",
    }


def test_a6_items_called_member():
    lists = (every_shape("input") | every_shape("output")).values()
    assert {s.name for s in lists if s.item_name == "member"} == {
        *(
            "CheckerIpRanges",
            "KeySigningKeys",
            "CidrBlockSummaries",
            "CollectionSummaries",
            "LocationSummaries",
            "CidrCollectionChanges",
        ),
    }


@pytest.mark.parametrize(("operation", "status"), [
    pytest.param("CreateHostedZone", 201, id="A11 a create answers 201"),
    pytest.param("ChangeResourceRecordSets", 200, id="a change answers 200"),
    pytest.param("CreateVPCAssociationAuthorization", 200, id="an authorization answers 200"),
])  # fmt: skip
def test_statuses_of_success(operation, status):
    assert service().operations[operation].status == status
