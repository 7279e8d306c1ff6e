"""Lists hosted zones by id, by name, by VPC."""

import pytest

from dnsemu.commands.hosted_zones.hosted_zones import ZONES, ZoneRow
from dnsemu.commands.hosted_zones.lists import SortedKeys
from dnsemu.config import names
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.state.step import Step
from tests.dnsemu.commands.emulation import Emulation

VPC = {"VPCRegion": "us-east-1", "VPCId": "vpc-1"}
OTHER = {"VPCRegion": "us-east-1", "VPCId": "vpc-2"}


@pytest.fixture
def aws() -> Emulation:
    return Emulation()


def declared(aws, **zones):
    """Adds zones by id and name, without record sets; those with an id that starts with ZP are private in `VPC`."""
    step = Step(aws.state)
    for zone_id, name in zones.items():
        is_private = zone_id.startswith("ZP")
        step.put_hosted_zone(HostedZone(HostedZoneId(zone_id), names.parse(name), is_private=is_private))
        step.put(ZONES, zone_id, row=ZoneRow(f"r {zone_id}", vpcs=(("us-east-1", "vpc-1"),) if is_private else ()))
    aws.state = step.state


def ids(response):
    return [zone["Id"].removeprefix("/hostedzone/") for zone in response["HostedZones"]]


def shown_names(response):
    return [zone["Name"] for zone in response["HostedZones"]]


# --- by id ---


def test_a190_a191_pages_by_id(aws):
    declared(aws, Z3="c.test", Z1="a.test", Z2="b.test")
    first = aws.call("ListHostedZones", MaxItems="2")
    assert ids(first) == ["Z1", "Z2"]
    assert {key: value for key, value in first.items() if key != "HostedZones"} == {
        "MaxItems": "2", "IsTruncated": True, "NextMarker": "Z3",
    }  # fmt: skip
    second = aws.call("ListHostedZones", MaxItems="2", Marker="Z3")
    assert ids(second) == ["Z3"]
    assert {key: value for key, value in second.items() if key != "HostedZones"} == {
        "MaxItems": "2", "IsTruncated": False, "Marker": "Z3",
    }  # fmt: skip


def test_a190_a8_no_zones(aws):
    assert aws.call("ListHostedZones") == {"HostedZones": [], "MaxItems": "100", "IsTruncated": False}


@pytest.mark.parametrize(("marker", "found"), [
    pytest.param("Z2", ["Z2", "Z4"], id="A191 the marker is the first shown"),
    pytest.param("/hostedzone/Z2", ["Z2", "Z4"], id="A46 A191 with the API's prefix"),
    pytest.param("Z3", ["Z4"], id="A191 a zone that is gone: the next"),
    pytest.param("Z5", [], id="A191 behind the last"),
    pytest.param("", ["Z1", "Z2", "Z4"], id="A191 an empty marker"),
])  # fmt: skip
def test_markers(aws, marker, found):
    declared(aws, Z1="a.test", Z2="b.test", Z4="d.test")
    response = aws.call("ListHostedZones", Marker=marker)
    assert ids(response) == found
    assert response["Marker"] == marker  # exactly as it was sent


def test_a82_a12_items_are_what_get_shows(aws):
    for number, comment in enumerate(({}, {"Comment": ""}, {"Comment": "c"})):
        aws.call("CreateHostedZone", Name=f"z{number}.test", CallerReference=str(number), HostedZoneConfig=comment)
    zones = aws.call("ListHostedZones")["HostedZones"]
    assert zones == [aws.call("GetHostedZone", Id=zone["Id"])["HostedZone"] for zone in zones]
    assert [zone["Config"].get("Comment") for zone in zones] == [None, "", "c"]


def test_a192_size_of_a_page(aws):
    declared(aws, **{f"Z{number:03}": f"z{number}.test" for number in range(120)})
    for asked, size in (({}, 100), ({"MaxItems": "110"}, 100), ({"MaxItems": "7"}, 7)):
        response = aws.call("ListHostedZones", **asked)
        assert (len(response["HostedZones"]), response["MaxItems"]) == (size, str(size))
    for operation in ("ListHostedZones", "ListHostedZonesByName"):
        assert aws.refused(operation, MaxItems="0").code == "InvalidInput"


def test_a193_private_zones(aws):
    declared(aws, Z1="a.test", ZP2="b.test", Z3="c.test", ZP4="d.test")
    first = aws.call("ListHostedZones", HostedZoneType="PrivateHostedZone", MaxItems="1")
    assert (ids(first), first["NextMarker"]) == (["ZP2"], "ZP4")
    second = aws.call("ListHostedZones", HostedZoneType="PrivateHostedZone", MaxItems="1", Marker="ZP4")
    assert (ids(second), second["IsTruncated"]) == (["ZP4"], False)


def test_a193_zones_of_a_delegation_set(aws):
    set_id = aws.call("CreateReusableDelegationSet", CallerReference="s")["DelegationSet"]["Id"]
    for name in ("a.test", "b.test", "c.test"):
        more = {} if name == "b.test" else {"DelegationSetId": set_id}
        aws.call("CreateHostedZone", Name=name, CallerReference=name, **more)
    for asked in (set_id, set_id.removeprefix("/delegationset/")):
        assert shown_names(aws.call("ListHostedZones", DelegationSetId=asked)) == ["a.test.", "c.test."]


def test_a193_an_unknown_delegation_set(aws):
    assert aws.refused("ListHostedZones", DelegationSetId="N1").code == "NoSuchDelegationSet"


# --- by name ---


def with_names(aws):
    declared(aws, Z1="c.b.test", Z2="z.com", Z3="b.test", Z4="a.test", Z5="b-1.test", Z6="b.test", Z7=r"\052x.test")


EVERYTHING = ["z.com.", r"\052x.test.", "a.test.", "b-1.test.", "b.test.", "b.test.", "c.b.test."]


@pytest.mark.parametrize(("asked", "found"), [
    pytest.param({}, EVERYTHING, id="A194 A427 all of them"),
    pytest.param({"DNSName": "b.test"}, EVERYTHING[4:], id="A194 A427 from a name on"),
    pytest.param({"DNSName": "B.Test."}, EVERYTHING[4:], id="A50 A194 case and trailing dot"),
    pytest.param({"DNSName": "test"}, EVERYTHING[1:], id="A194 a name that is no zone's"),
    pytest.param({"DNSName": "aa.test"}, EVERYTHING[3:], id="A194 between two zones"),
    pytest.param({"DNSName": "*x.test"}, EVERYTHING[1:], id="A50 A194 raw and escaped"),
    pytest.param({"DNSName": "zz.test"}, [], id="A194 behind the last"),
    pytest.param({"DNSName": ""}, EVERYTHING, id="A194 an empty name"),
    pytest.param({"DNSName": "b.test", "HostedZoneId": "Z6"}, EVERYTHING[5:], id="A194 from an id among equals on"),
    pytest.param({"DNSName": "b.test", "HostedZoneId": "Z9"}, EVERYTHING[6:], id="A194 behind all equals"),
    pytest.param({"DNSName": "b.test", "HostedZoneId": "/hostedzone/Z6"}, EVERYTHING[5:], id="A46 A194 an id with prefix"),
])  # fmt: skip
def test_by_name(aws, asked, found):
    with_names(aws)
    response = aws.call("ListHostedZonesByName", **asked)
    assert shown_names(response) == found
    echo = {key: value for key, value in response.items() if key != "HostedZones"}
    assert echo == asked | {"IsTruncated": False, "MaxItems": "100"}  # A195: exactly as sent


def test_a194_a195_a_page_after_the_other(aws):
    with_names(aws)
    found, start = [], {}
    for _ in EVERYTHING:
        response = aws.call("ListHostedZonesByName", MaxItems="1", **start)
        found += ids(response)
        assert response["IsTruncated"] is ("NextDNSName" in response) is ("NextHostedZoneId" in response)
        if response["IsTruncated"]:
            assert response["NextDNSName"].endswith(".")
            start = {"DNSName": response["NextDNSName"], "HostedZoneId": response["NextHostedZoneId"]}
    assert found == ["Z2", "Z7", "Z4", "Z5", "Z3", "Z6", "Z1"]
    assert not response["IsTruncated"]


def test_a194_the_list_follows_every_change(aws):
    with_names(aws)
    aws.call("ListHostedZonesByName")
    before = aws.state
    zone_id = aws.call("CreateHostedZone", Name="a.a.test", CallerReference="r")["HostedZone"]["Id"]
    assert shown_names(aws.call("ListHostedZonesByName", DNSName="a.test"))[:2] == ["a.test.", "a.a.test."]
    aws.call("UpdateHostedZoneComment", Id=zone_id, Comment="new")
    assert aws.call("ListHostedZonesByName", DNSName="a.a.test")["HostedZones"][0]["Config"]["Comment"] == "new"
    aws.state = before
    assert shown_names(aws.call("ListHostedZonesByName")) == EVERYTHING


def test_a194_an_id_without_a_name(aws):
    for asked in ({"HostedZoneId": "Z1"}, {"HostedZoneId": "Z1", "DNSName": ""}):
        error = aws.refused("ListHostedZonesByName", **asked)
        assert error.code == "InvalidInput"
        assert "DNSName" in error.message


def test_a52_a_bad_name(aws):
    error = aws.refused("ListHostedZonesByName", DNSName="a..b")
    assert (error.code, error.message) == (
        "InvalidDomainName",
        "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'a..b'",
    )


def test_the_order_is_worked_out_once_for_one_mapping(aws):
    with_names(aws)
    asked = []
    ordered = SortedKeys(lambda zone: asked.append(zone.id) or (zone.id,))
    zones = aws.state.world.hosted_zones
    assert ordered.keys(zones) is ordered.keys(zones)
    assert len(asked) == len(zones)
    fewer = zones.delete(HostedZoneId("Z1"))
    assert len(ordered.keys(fewer)) == len(zones) - 1


# --- by VPC ---


def by_vpc(aws, vpc=VPC, **more):
    return aws.call("ListHostedZonesByVPC", **vpc, **more)


def summary(zone_id, name):
    return {"HostedZoneId": zone_id, "Name": name, "Owner": {"OwningAccount": "000000000000"}}


def test_a245_a15_zones_of_a_vpc(aws):
    declared(aws, ZP2="b.test", Z1="a.test", ZP1="c.test")
    assert by_vpc(aws) == {
        "HostedZoneSummaries": [summary("ZP1", "c.test."), summary("ZP2", "b.test.")],
        "MaxItems": "100",
    }
    for elsewhere in (OTHER, VPC | {"VPCRegion": "eu-west-1"}):
        assert by_vpc(aws, elsewhere) == {"HostedZoneSummaries": [], "MaxItems": "100"}
    aws.call("AssociateVPCWithHostedZone", HostedZoneId="ZP2", VPC=OTHER)
    assert by_vpc(aws, OTHER)["HostedZoneSummaries"] == [summary("ZP2", "b.test.")]


def test_a245_a196_pages(aws):
    declared(aws, **{f"ZP{number}": f"z{number}.test" for number in range(5)})
    found, more = [], {}
    for expected in (2, 2, 1):
        response = by_vpc(aws, MaxItems="2", **more)
        assert (len(response["HostedZoneSummaries"]), response["MaxItems"]) == (expected, "2")
        found += [zone["HostedZoneId"] for zone in response["HostedZoneSummaries"]]
        more = {"NextToken": response.get("NextToken")}
    assert more == {"NextToken": None}
    assert found == ["ZP0", "ZP1", "ZP2", "ZP3", "ZP4"]


def test_a191_the_first_of_the_next_page_may_be_gone(aws):
    declared(aws, **{f"ZP{number}": f"z{number}.test" for number in range(4)})
    token = by_vpc(aws, MaxItems="2")["NextToken"]
    step = Step(aws.state)
    step.drop_hosted_zone(HostedZoneId("ZP2"))
    step.drop(ZONES, "ZP2")
    aws.state = step.state
    assert by_vpc(aws, NextToken=token)["HostedZoneSummaries"] == [summary("ZP3", "z3.test.")]


def test_a196_a_bad_token(aws):
    error = aws.refused("ListHostedZonesByVPC", **VPC, NextToken="x")
    assert error.code == "InvalidPaginationToken"


def test_a192_a_page_of_nothing(aws):
    assert aws.refused("ListHostedZonesByVPC", **VPC, MaxItems="-1").code == "InvalidInput"
