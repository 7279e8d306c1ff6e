"""Reusable delegation sets."""

from dataclasses import replace

import pytest

from dnsemu.commands.hosted_zones.delegation_sets import DELEGATION_SETS, DelegationSetRow
from dnsemu.commands.hosted_zones.hosted_zones import ZONES
from dnsemu.config import names
from dnsemu.config.aws import name_servers
from dnsemu.config.file.load import load_text
from dnsemu.config.model.settings import ApiSettings
from dnsemu.state.state import State
from dnsemu.state.step import Step
from tests.dnsemu.commands.emulation import Emulation

FILE = "hosted_zones: [{name: file.test, id: Z0FILE, record_sets: []}]"
VPC = {"VPCRegion": "us-east-1", "VPCId": "vpc-1"}


@pytest.fixture
def aws() -> Emulation:
    return Emulation()


def created_set(aws, reference="s1", **more):
    return aws.call("CreateReusableDelegationSet", CallerReference=reference, **more)["DelegationSet"]


def created_zone(aws, name="example.test", reference="r1", **more):
    return aws.call("CreateHostedZone", Name=name, CallerReference=reference, **more)


def bare(prefixed):
    return prefixed["Id"].rpartition("/")[2]


def put_sets(aws, number, servers=()):
    step = Step(aws.state)
    for at in range(number):
        step.put(DELEGATION_SETS, f"NX{at}", row=DelegationSetRow(f"x{at}", tuple(servers)))
    aws.state = step.state


def test_a230_a233_a_new_set(aws):
    response = aws.call("CreateReusableDelegationSet", CallerReference="s1")
    made = response["DelegationSet"]
    assert made["Id"].startswith("/delegationset/N")
    assert made["CallerReference"] == "s1"
    assert sorted(server.rpartition(".")[2] for server in made["NameServers"]) == ["com", "net", "org", "uk"]
    assert response["Location"] == f"https://route53.amazonaws.com/2013-04-01/delegationset/{bare(made)}"
    assert aws.call("GetReusableDelegationSet", Id=bare(made)) == {"DelegationSet": made}
    assert aws.call("GetReusableDelegationSet", Id=made["Id"]) == {"DelegationSet": made}
    assert created_set(aws, "s2")["NameServers"] != made["NameServers"]


def test_a232_a83_r29_zones_share_its_servers(aws):
    made = created_set(aws)
    for number, set_id in enumerate((bare(made), made["Id"])):
        response = created_zone(aws, f"z{number}.test", str(number), DelegationSetId=set_id)
        assert response["DelegationSet"] == made
        shown = aws.call("GetHostedZone", Id=bare(response["HostedZone"]))
        assert shown["DelegationSet"] == made


def test_a230_the_servers_of_a_zone_made_reusable(aws):
    zone = created_zone(aws)
    made = created_set(aws, HostedZoneId=zone["HostedZone"]["Id"])
    assert made["NameServers"] == zone["DelegationSet"]["NameServers"]
    assert aws.call("GetHostedZone", Id=bare(zone["HostedZone"]))["DelegationSet"] == made


def test_a230_the_servers_of_a_file_s_zone():
    aws = Emulation(State(load_text("zones.yaml", FILE).world))
    made = created_set(aws, HostedZoneId="Z0FILE")
    shown = aws.call("GetHostedZone", Id="Z0FILE")
    assert (shown["DelegationSet"], shown["HostedZone"]["CallerReference"]) == (made, "file")


def test_a230_already_reusable(aws):
    zone_id = bare(created_zone(aws)["HostedZone"])
    created_set(aws, HostedZoneId=zone_id)
    error = aws.refused("CreateReusableDelegationSet", CallerReference="s2", HostedZoneId=zone_id)
    assert (error.code, error.message) == (
        "DelegationSetAlreadyReusable", "The specified delegation set has already been marked as reusable.",
    )  # fmt: skip


def test_a230_an_unknown_zone(aws):
    error = aws.refused("CreateReusableDelegationSet", CallerReference="s1", HostedZoneId="Z1")
    assert (error.code, error.message) == ("HostedZoneNotFound", "The specified HostedZone can't be found.")


def test_a230_a_private_zone_has_no_servers_of_its_own(aws):
    zone_id = bare(created_zone(aws, VPC=VPC)["HostedZone"])
    error = aws.refused("CreateReusableDelegationSet", CallerReference="s1", HostedZoneId=zone_id)
    assert error.code == "InvalidInput"
    assert f"{zone_id} is private" in error.message


def test_a231_a_caller_reference_is_used_once(aws):
    created_set(aws)
    error = aws.refused("CreateReusableDelegationSet", CallerReference="s1")
    assert (error.code, error.message) == (
        "DelegationSetAlreadyCreated", "A delegation set has already been created with the specified caller reference.",
    )  # fmt: skip


@pytest.mark.parametrize("operation", [
    pytest.param("GetReusableDelegationSet", id="A232 get"),
    pytest.param("DeleteReusableDelegationSet", id="A232 delete"),
])  # fmt: skip
def test_no_such_set(aws, operation):
    error = aws.refused(operation, Id="N1")
    assert (error.code, error.message) == (
        "NoSuchDelegationSet", "A reusable delegation set with the specified ID does not exist.",
    )  # fmt: skip


def test_a232_a_set_in_use_stays(aws):
    made = created_set(aws)
    zone_id = bare(created_zone(aws, DelegationSetId=bare(made))["HostedZone"])
    error = aws.refused("DeleteReusableDelegationSet", Id=bare(made))
    assert error.code == "DelegationSetInUse"
    assert error.message.startswith("The specified delegation contains associated hosted zones")
    aws.call("DeleteHostedZone", Id=zone_id)
    assert aws.call("DeleteReusableDelegationSet", Id=bare(made)) == {}
    assert aws.refused("GetReusableDelegationSet", Id=bare(made)).code == "NoSuchDelegationSet"


@pytest.mark.parametrize(("first", "second"), [
    pytest.param("a.test", "a.test", id="A85 R29 one name"),
    pytest.param("a.test", "b.a.test", id="A85 R29 a child"),
    pytest.param("c.b.a.test", "a.test", id="A85 R29 a parent"),
])  # fmt: skip
def test_zones_that_cannot_share_servers(aws, first, second):
    set_id = bare(created_set(aws))
    created_zone(aws, first, DelegationSetId=set_id)
    error = aws.refused("CreateHostedZone", Name=second, CallerReference="r2", DelegationSetId=set_id)
    assert error.code == "ConflictingDomainExists"
    assert error.message == (
        f"Cannot create hosted zone with DelegationSetId DelegationSetId:{set_id} as the DNSName {second}. conflicts "
        "with existing ones sharing the delegation set"
    )


def test_r29_one_common_server_is_enough(aws):
    servers = created_zone(aws)["DelegationSet"]["NameServers"]
    put_sets(aws, 1, [servers[0], "ns-1.awsdns-00.net", "ns-2.awsdns-00.org", "ns-3.awsdns-00.co.uk"])
    error = aws.refused("CreateHostedZone", Name="example.test", CallerReference="r2", DelegationSetId="NX0")
    assert error.code == "ConflictingDomainExists"


def test_r29_neighbours_may_share_servers(aws):
    set_id = bare(created_set(aws))
    made = [created_zone(aws, name, name, DelegationSetId=set_id) for name in ("a.test", "b.test", "xa.test")]
    assert len({tuple(zone["DelegationSet"]["NameServers"]) for zone in made}) == 1


def test_a232_a351_r209_9_quotas(aws):
    put_sets(aws, 100, name_servers.draw(names.ROOT))
    zone = created_zone(aws, DelegationSetId="NX0")
    step = Step(aws.state)
    declared, row = step.world.hosted_zones[bare(zone["HostedZone"])], step.get(ZONES, bare(zone["HostedZone"]))
    for number in range(99):
        step.put_hosted_zone(replace(declared, id=f"Z{number}"))
        step.put(ZONES, f"Z{number}", row=row)
    aws.state = step.state
    created_set(replace(aws))  # quotas are off by default
    created_zone(replace(aws), "free.test", "r2", DelegationSetId="NX0")
    aws.settings = ApiSettings(has_quotas=True)
    assert aws.refused("CreateReusableDelegationSet", CallerReference="s1").code == "LimitsExceeded"
    error = aws.refused("CreateHostedZone", Name="a.test", CallerReference="r2", DelegationSetId="NX0")
    assert error.code == "TooManyHostedZones"
    assert "MAX_ZONES_BY_REUSABLE_DELEGATION_SET" in error.message


def test_a232_a_file_s_zone_that_is_gone_uses_no_set():
    aws = Emulation(State(load_text("zones.yaml", FILE).world))
    made = created_set(aws, HostedZoneId="Z0FILE")
    step = Step(aws.state)
    step.drop_hosted_zone("Z0FILE")
    aws.state = step.state
    aws.call("DeleteReusableDelegationSet", Id=bare(made))
    assert aws.call("ListReusableDelegationSets")["DelegationSets"] == []


# --- lists ---


def test_a190_a191_pages_of_sets(aws):
    sets = [created_set(aws, f"s{number}") for number in range(3)]
    first = aws.call("ListReusableDelegationSets", MaxItems="2")
    assert first == {"DelegationSets": sets[:2], "MaxItems": "2", "IsTruncated": True, "NextMarker": bare(sets[2])}
    second = aws.call("ListReusableDelegationSets", MaxItems="2", Marker=first["NextMarker"])
    assert second == {"DelegationSets": sets[2:], "MaxItems": "2", "IsTruncated": False, "Marker": bare(sets[2])}


def test_a191_a_marker_that_is_gone_starts_at_the_next(aws):
    sets = [created_set(aws, f"s{number}") for number in range(3)]
    aws.call("DeleteReusableDelegationSet", Id=bare(sets[1]))
    assert aws.call("ListReusableDelegationSets", Marker=bare(sets[1]))["DelegationSets"] == sets[2:]


def test_a190_no_sets(aws):
    assert aws.call("ListReusableDelegationSets") == {"DelegationSets": [], "MaxItems": "100", "IsTruncated": False}


def test_a192_a_page_of_nothing(aws):
    assert aws.refused("ListReusableDelegationSets", MaxItems="0").code == "InvalidInput"
