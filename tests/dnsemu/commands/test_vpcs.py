"""VPCs of private hosted zones. There is one account: NotAuthorizedException cannot occur (A241)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dnsemu.commands.hosted_zones.hosted_zones import ZONES
from dnsemu.commands.vpcs import AUTHORIZATIONS, AuthorizationRow
from dnsemu.config.model.settings import ApiSettings
from dnsemu.state.step import Step
from tests.dnsemu.commands.emulation import NOW, Emulation

VPC = {"VPCRegion": "us-east-1", "VPCId": "vpc-1"}
OTHER = {"VPCRegion": "us-east-1", "VPCId": "vpc-2"}
ABROAD = {"VPCRegion": "eu-west-1", "VPCId": "vpc-1"}
QUOTAS = ApiSettings(has_quotas=True)


@pytest.fixture
def aws() -> Emulation:
    return Emulation()


def created(aws, name="example.test", reference="r1", vpc=VPC):
    response = aws.call("CreateHostedZone", Name=name, CallerReference=reference, **({"VPC": vpc} if vpc else {}))
    return response["HostedZone"]["Id"].rpartition("/")[2]


def vpcs(aws, zone_id):
    return aws.call("GetHostedZone", Id=zone_id)["VPCs"]


# --- associations ---


def test_a240_a241_a214_associate(aws):
    zone_id = created(aws)
    change = aws.call("AssociateVPCWithHostedZone", HostedZoneId=zone_id, VPC=ABROAD, Comment="c")["ChangeInfo"]
    assert change == {
        "Id": change["Id"],
        "Status": "PENDING",
        "SubmittedAt": datetime.fromtimestamp(NOW, UTC),
        "Comment": "c",
    }
    assert vpcs(aws, zone_id) == [VPC, ABROAD]
    assert "Comment" not in aws.call("AssociateVPCWithHostedZone", HostedZoneId=zone_id, VPC=OTHER)["ChangeInfo"]


def test_a241_a_public_zone(aws):
    zone_id = created(aws, vpc=None)
    error = aws.refused("AssociateVPCWithHostedZone", HostedZoneId=zone_id, VPC=VPC)
    assert (error.code, error.message) == (
        "PublicZoneVPCAssociation", f"Attempting to associate public zone: {zone_id} with vpc: vpc-1",
    )  # fmt: skip


@pytest.mark.parametrize(("name", "vpc", "holder"), [
    pytest.param("example.test", OTHER, 0, id="A241 A85 a zone of the same name has it"),
    pytest.param("example.test", VPC, 1, id="A241 this very zone has it"),
])  # fmt: skip
def test_conflicting_domain(aws, name, vpc, holder):
    zones = [created(aws, vpc=OTHER), created(aws, name, "r2", vpc=VPC)]
    error = aws.refused("AssociateVPCWithHostedZone", HostedZoneId=zones[1], VPC=vpc)
    assert error.code == "ConflictingDomainExists"
    assert error.message == (
        f"The VPC {vpc['VPCId']} in region us-east-1 has already been associated with the hosted zone {zones[holder]} "
        "with the same domain name."
    )
    assert vpcs(aws, zones[1]) == [VPC]


def test_a241_one_vpc_for_many_names(aws):
    zone_id = created(aws)
    created(aws, "other.test", "r2", vpc=OTHER)
    aws.call("AssociateVPCWithHostedZone", HostedZoneId=zone_id, VPC=OTHER)
    assert vpcs(aws, zone_id) == [VPC, OTHER]


@pytest.mark.parametrize("gone", [VPC, OTHER])
def test_a244_disassociate(aws, gone):
    zone_id = created(aws)
    aws.call("AssociateVPCWithHostedZone", HostedZoneId=zone_id, VPC=OTHER)
    change = aws.call("DisassociateVPCFromHostedZone", HostedZoneId=zone_id, VPC=gone, Comment="c")["ChangeInfo"]
    assert (change["Status"], change["Comment"]) == ("PENDING", "c")
    assert vpcs(aws, zone_id) == [VPC if gone == OTHER else OTHER]


def test_a244_the_last_one(aws):
    zone_id = created(aws)
    error = aws.refused("DisassociateVPCFromHostedZone", HostedZoneId=zone_id, VPC=VPC)
    assert error.code == "LastVPCAssociation"
    assert "is the last VPC" in error.message
    assert vpcs(aws, zone_id) == [VPC]


@pytest.mark.parametrize(("vpc_of_zone", "vpc"), [
    pytest.param(VPC, OTHER, id="A244 another VPC"),
    pytest.param(VPC, ABROAD, id="A240 A244 the same id in another Region"),
    pytest.param(None, VPC, id="A244 a public zone"),
])  # fmt: skip
def test_not_associated(aws, vpc_of_zone, vpc):
    zone_id = created(aws, vpc=vpc_of_zone)
    error = aws.refused("DisassociateVPCFromHostedZone", HostedZoneId=zone_id, VPC=vpc)
    assert (error.code, error.message) == (
        "VPCAssociationNotFound", "The specified VPC and hosted zone are not currently associated.",
    )  # fmt: skip


OPERATIONS = [
    "AssociateVPCWithHostedZone",
    "DisassociateVPCFromHostedZone",
    "CreateVPCAssociationAuthorization",
    "DeleteVPCAssociationAuthorization",
]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("vpc", "code", "part"), [
    pytest.param(VPC | {"VPCId": "subnet-1"}, "InvalidVPCId", "The VPC ID is invalid.", id="A90 no VPC's id"),
    pytest.param({"VPCId": "vpc-1"}, "InvalidInput", "no VPCRegion", id="A240 no Region"),
    pytest.param({"VPCRegion": "us-east-1"}, "InvalidInput", "no VPCId", id="A240 no id"),
])  # fmt: skip
def test_no_vpc(aws, operation, vpc, code, part):
    error = aws.refused(operation, HostedZoneId=created(aws), VPC=vpc)
    assert error.code == code
    assert part in error.message


@pytest.mark.parametrize("operation", [*OPERATIONS, "ListVPCAssociationAuthorizations"])
def test_a30_a88_no_such_zone(aws, operation):
    error = aws.refused(operation, HostedZoneId="Z1", VPC=VPC | {"VPCId": "subnet-1"})
    assert (error.code, error.message) == ("NoSuchHostedZone", "No hosted zone found with ID: Z1")


def test_a242_a351_r209_8_quota(aws):
    zone_id = created(aws)
    step = Step(aws.state)
    row = step.get(ZONES, zone_id)
    step.put(ZONES, zone_id, row=replace(row, vpcs=tuple(("us-east-1", f"vpc-{number}") for number in range(300))))
    aws.state = step.state
    asked = {"HostedZoneId": zone_id, "VPC": ABROAD}
    replace(aws).call("AssociateVPCWithHostedZone", **asked)  # quotas are off by default
    aws.settings = QUOTAS
    error = aws.refused("AssociateVPCWithHostedZone", **asked)
    assert str(error) == "LimitsExceeded: Limits Exceeded: Cannot associate more VPCs to hosted zone."


# --- authorizations ---


def authorized(aws, zone_id, **more):
    return aws.call("ListVPCAssociationAuthorizations", HostedZoneId=zone_id, **more)


def test_a243_authorise_as_often_as_you_like(aws):
    zone_id = created(aws)
    for _ in range(2):
        response = aws.call("CreateVPCAssociationAuthorization", HostedZoneId=zone_id, VPC=OTHER)
        assert response == {"HostedZoneId": zone_id, "VPC": OTHER}
        assert authorized(aws, zone_id) == {"HostedZoneId": zone_id, "VPCs": [OTHER]}
    assert vpcs(aws, zone_id) == [VPC]


def test_a243_take_it_back(aws):
    zone_id = created(aws)
    asked = {"HostedZoneId": zone_id, "VPC": OTHER}
    aws.call("CreateVPCAssociationAuthorization", **asked)
    aws.call("AssociateVPCWithHostedZone", **asked)
    assert aws.call("DeleteVPCAssociationAuthorization", **asked) == {}
    assert authorized(aws, zone_id) == {"HostedZoneId": zone_id, "VPCs": []}
    assert vpcs(aws, zone_id) == [VPC, OTHER]  # the association stays
    error = aws.refused("DeleteVPCAssociationAuthorization", **asked)
    assert (error.code, error.message) == (
        "VPCAssociationAuthorizationNotFound",
        "The VPC that you specified is not authorized to be associated with the hosted zone.",
    )


def test_a243_not_for_public_zones(aws):
    zone_id = created(aws, vpc=None)
    error = aws.refused("CreateVPCAssociationAuthorization", HostedZoneId=zone_id, VPC=VPC)
    assert error.code == "InvalidInput"
    assert f"{zone_id} is public" in error.message


def authorize_many(aws, zone_id, number):
    step = Step(aws.state)
    for at in range(number):
        step.put(AUTHORIZATIONS, zone_id, "us-east-1", f"vpc-{at:04}", row=AuthorizationRow(NOW))
    aws.state = step.state


def test_a243_a196_pages_of_fifty(aws):
    zone_id = created(aws)
    other = created(aws, "other.test", "r2")
    authorize_many(aws, other, 1)
    authorize_many(aws, zone_id, 120)
    for size, pages in (
        ({}, [50, 50, 20]),
        ({"MaxResults": "100"}, [50, 50, 20]),
        ({"MaxResults": "40"}, [40, 40, 40]),
    ):
        found, more = [], {}
        for expected in pages:
            response = authorized(aws, zone_id, **size, **more)
            assert len(response["VPCs"]) == expected
            found += response["VPCs"]
            more = {"NextToken": response.get("NextToken")}
        assert more == {"NextToken": None}
        assert [vpc["VPCId"] for vpc in found] == [f"vpc-{at:04}" for at in range(120)]


def test_a191_the_first_of_the_next_page_may_be_gone(aws):
    zone_id = created(aws)
    authorize_many(aws, zone_id, 4)
    token = authorized(aws, zone_id, MaxResults="2")["NextToken"]
    aws.call("DeleteVPCAssociationAuthorization", HostedZoneId=zone_id, VPC=VPC | {"VPCId": "vpc-0002"})
    assert [vpc["VPCId"] for vpc in authorized(aws, zone_id, NextToken=token)["VPCs"]] == ["vpc-0003"]


def test_a196_a_bad_token(aws):
    zone_id = created(aws)
    error = aws.refused("ListVPCAssociationAuthorizations", HostedZoneId=zone_id, NextToken="x")
    assert error.code == "InvalidPaginationToken"


def test_a192_a_page_of_nothing(aws):
    zone_id = created(aws)
    error = aws.refused("ListVPCAssociationAuthorizations", HostedZoneId=zone_id, MaxResults="0")
    assert error.code == "InvalidInput"
    assert "MaxResults" in error.message


def test_a243_a351_r209_8_quota(aws):
    zone_id = created(aws)
    authorize_many(aws, zone_id, 1000)
    asked = {"HostedZoneId": zone_id, "VPC": OTHER}
    replace(aws).call("CreateVPCAssociationAuthorization", **asked)  # quotas are off by default
    aws.settings = QUOTAS
    assert aws.refused("CreateVPCAssociationAuthorization", **asked).code == "TooManyVPCAssociationAuthorizations"
    again = {"VPCRegion": "us-east-1", "VPCId": "vpc-0000"}
    aws.call("CreateVPCAssociationAuthorization", HostedZoneId=zone_id, VPC=again)  # adds none
