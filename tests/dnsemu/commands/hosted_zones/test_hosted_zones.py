"""Creates, shows, changes and deletes hosted zones."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from dnsemu.commands.dnssec.key_signing_keys import DNSSEC, KEY_SIGNING_KEYS, DnssecRow, KeySigningKeyRow
from dnsemu.commands.hosted_zones.hosted_zones import ZONE_REFERENCES, ZONES
from dnsemu.commands.hosted_zones.query_logging import QUERY_LOGGING, QueryLoggingRow
from dnsemu.commands.tags import TAGS, TagsRow
from dnsemu.commands.traffic.policies import INSTANCES
from dnsemu.commands.vpcs import AUTHORIZATIONS
from dnsemu.config import names
from dnsemu.config.aws import name_servers
from dnsemu.config.file.load import load_text
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId, RecordSet
from dnsemu.config.model.settings import ApiSettings
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.state.state import State
from dnsemu.state.step import Step
from tests.dnsemu.commands.emulation import NOW, Emulation

VPC = {"VPCRegion": "us-east-1", "VPCId": "vpc-1"}
TIER = {"HostedZoneTier": "STANDARD"}
STRICT = ApiSettings(is_strict=True)
QUOTAS = ApiSettings(has_quotas=True)


@pytest.fixture
def aws() -> Emulation:
    return Emulation()


def create(aws, name="example.test", reference="r1", **more):
    return aws.call("CreateHostedZone", Name=name, CallerReference=reference, **more)


def id_of(response):
    return response["HostedZone"]["Id"].removeprefix("/hostedzone/")


def created(aws, name="example.test", reference="r1", **more):
    return id_of(create(aws, name, reference, **more))


def zone_of(aws, zone_id) -> HostedZone:
    return aws.state.world.hosted_zones[HostedZoneId(zone_id)]


def put(aws, table, *key, row):
    step = Step(aws.state)
    step.put(table, *key, row=row)
    aws.state = step.state


def add_record_set(aws, zone_id, name):
    step = Step(aws.state)
    record_set = RecordSet(names.parse(name), RRType.A, ttl=60, values=("192.0.2.1",), rdata=(bytes([192, 0, 2, 1]),))
    step.change_record_sets(HostedZoneId(zone_id), put=[record_set])
    aws.state = step.state


def with_file() -> Emulation:
    world = load_text(
        "zones.yaml", "hosted_zones: [{name: file.test, id: Z0FILE, comment: from a file, record_sets: []}]"
    ).world
    return Emulation(State(world))


# --- create ---


def test_a80_a82_a83_a400_a452_a_public_zone(aws):
    response = create(aws, "Example.TEST", HostedZoneConfig={"Comment": "c", "PrivateZone": False})
    zone_id = id_of(response)
    servers = response["DelegationSet"]["NameServers"]
    assert response == {
        "HostedZone": {
            "Id": f"/hostedzone/{zone_id}",
            "Name": "example.test.",
            "CallerReference": "r1",
            "Config": {"Comment": "c", "PrivateZone": False, **TIER},
            "ResourceRecordSetCount": 2,
        },
        "ChangeInfo": {
            "Id": response["ChangeInfo"]["Id"],
            "Status": "PENDING",
            "SubmittedAt": datetime.fromtimestamp(NOW, UTC),
        },
        "DelegationSet": {"NameServers": servers},
        "Location": f"https://route53.amazonaws.com/2013-04-01/hostedzone/{zone_id}",
    }
    assert response["ChangeInfo"]["Id"].startswith("/change/C")
    assert servers == list(name_servers.draw(names.parse("example.test")))


def test_a84_r25_its_ns_and_soa(aws):
    response = create(aws)
    zone = zone_of(aws, id_of(response))
    servers = response["DelegationSet"]["NameServers"]
    ns, soa = zone.record_sets[zone.name, RRType.NS, None], zone.record_sets[zone.name, RRType.SOA, None]
    assert len(zone.record_sets) == 2
    assert (ns.ttl, ns.values) == (172800, tuple(f"{server}." for server in servers))
    assert (soa.ttl, soa.values) == (
        900, (f"{servers[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400",),
    )  # fmt: skip


def test_a401_its_record_sets_listed(aws):
    listed = aws.call("ListResourceRecordSets", HostedZoneId=created(aws))
    assert [record_set["Type"] for record_set in listed.pop("ResourceRecordSets")] == ["NS", "SOA"]
    assert listed == {"IsTruncated": False, "MaxItems": "100"}


def test_a84_r28_a425_a_private_zone(aws):
    response = create(aws, VPC=VPC, HostedZoneConfig={"Comment": "c"})
    assert response["HostedZone"]["Config"] == {"Comment": "c", "PrivateZone": True, **TIER}
    assert response["HostedZone"]["ResourceRecordSetCount"] == 2
    assert response["VPC"] == VPC
    assert "DelegationSet" not in response
    zone = zone_of(aws, id_of(response))
    assert zone.record_sets[zone.name, RRType.NS, None].values == (
        "ns-1536.awsdns-00.co.uk.", "ns-0.awsdns-00.com.", "ns-1024.awsdns-00.org.", "ns-512.awsdns-00.net.",
    )  # fmt: skip
    assert zone.record_sets[zone.name, RRType.SOA, None].values[0].startswith("ns-1536.awsdns-00.co.uk. awsdns-")
    shown = aws.call("GetHostedZone", Id=zone.id)
    assert shown == {"HostedZone": response["HostedZone"], "VPCs": [VPC]}


@pytest.mark.parametrize(("config", "vpc", "is_private"), [
    pytest.param(None, VPC, True, id="A81 a VPC alone makes it private"),
    pytest.param({"PrivateZone": True}, VPC, True, id="A81 both"),
    pytest.param({"PrivateZone": False}, VPC, True, id="A81 the VPC wins"),
    pytest.param({"PrivateZone": False}, None, False, id="A81 neither"),
])  # fmt: skip
def test_public_or_private(aws, config, vpc, is_private):
    more = {"HostedZoneConfig": config} if config else {}
    response = create(aws, **more, **({"VPC": vpc} if vpc else {}))
    assert response["HostedZone"]["Config"]["PrivateZone"] is is_private


@pytest.mark.parametrize(("comment", "config"), [
    pytest.param({}, {"PrivateZone": False}, id="A12 no comment is left out"),
    pytest.param({"Comment": ""}, {"Comment": "", "PrivateZone": False}, id="A12 an empty comment stays"),
    pytest.param({"Comment": " <é> "}, {"Comment": " <é> ", "PrivateZone": False}, id="A12 a comment is kept verbatim"),
])  # fmt: skip
def test_comments(aws, comment, config):
    zone_id = created(aws, HostedZoneConfig=comment)
    assert aws.call("GetHostedZone", Id=zone_id)["HostedZone"]["Config"] == config | TIER


L63, L64 = "a" * 63, "a" * 64
N253 = ".".join([L63, L63, L63, "b" * 61])
N254 = ".".join([L63, L63, L63, "b" * 62])


@pytest.mark.parametrize(("text", "name"), [
    pytest.param("Example.Test.", "example.test.", id="A50 case and trailing dot"),
    pytest.param(r"\101b.test", "ab.test.", id="A50 an escaped letter"),
    pytest.param("a@b/c.test", r"a\100b\057c.test.", id="A49 A54 what the API escapes"),
    pytest.param("_a-1.test", "_a-1.test.", id="A49 A54 what it does not"),
    pytest.param(r"a\b.test", r"a\134b.test.", id="A50 a lone backslash"),
    pytest.param("a.*.test", r"a.\052.test.", id="A55 R8 an asterisk elsewhere"),
    pytest.param("test", "test.", id="A87 one label, not strict"),
    pytest.param(f"{L63}.test", f"{L63}.test.", id="A51 A428 a label of 63"),
    pytest.param(N253, f"{N253}.", id="A51 A428 a name of 253"),
])  # fmt: skip
def test_names(aws, text, name):
    assert create(aws, text)["HostedZone"]["Name"] == name


@pytest.mark.parametrize(("text", "message", "settings"), [
    pytest.param(f"{L64}.test", f"FATAL problem: DomainLabelTooLong (Domain label is too long) encountered with '{L64}'", None, id="A52 A428 a label of 64"),
    pytest.param(N254, "FATAL problem: DomainNameTooLong (Domain name is too long)", None, id="A52 A428 a name of 254"),
    pytest.param("a..b", "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'a..b'", None, id="A52 an empty label"),
    pytest.param("a b.test", "FATAL problem: UnsupportedCharacter (Value contains unsupported characters) encountered with ' '", None, id="A52 a space"),
    pytest.param("é.test", "FATAL problem: UnsupportedCharacter (Value contains unsupported characters) encountered with '?'", None, id="A52 A53 no ASCII"),
    pytest.param("*.example.test", "Creation of hosted zone with a wildcard domain name is not supported.", None, id="A87 R8 a wildcard"),
    pytest.param(r"\052.example.test", "Creation of hosted zone with a wildcard domain name is not supported.", None, id="A50 A87 R8 an escaped wildcard"),
    pytest.param(".", "The root cannot be a hosted zone: write a name such as example.com.", None, id="R12 the root"),
    pytest.param("COM", "com. is reserved by AWS!", STRICT, id="A87 R12 one label, strict"),
])  # fmt: skip
def test_bad_names(aws, text, message, settings):
    aws.settings = settings or aws.settings
    error = aws.refused("CreateHostedZone", Name=text, CallerReference="r1")
    assert (error.code, error.message) == ("InvalidDomainName", message)
    assert not aws.state.world.hosted_zones


def test_a87_strict_takes_two_labels(aws):
    aws.settings = STRICT
    assert create(aws, "example.com")["HostedZone"]["Name"] == "example.com."


@pytest.mark.parametrize(("more", "code", "part"), [
    pytest.param({"HostedZoneConfig": {"PrivateZone": True}}, "InvalidInput", "there is no VPC", id="A81 private without VPC"),
    pytest.param({"VPC": VPC, "DelegationSetId": "N1"}, "InvalidInput", "leave VPC or DelegationSetId out", id="A81 A232 private in a delegation set"),
    pytest.param({"VPC": {"VPCId": "vpc-1"}}, "InvalidInput", "no VPCRegion", id="A81 a VPC without Region"),
    pytest.param({"VPC": {"VPCRegion": "us-east-1"}}, "InvalidInput", "no VPCId", id="A81 a VPC without id"),
    pytest.param({"VPC": VPC | {"VPCId": "eni-1"}}, "InvalidVPCId", "The VPC ID is invalid.", id="A90 no VPC's id"),
    pytest.param({"DelegationSetId": "N1"}, "NoSuchDelegationSet", "does not exist", id="A232 an unknown delegation set"),
])  # fmt: skip
def test_refused(aws, more, code, part):
    error = aws.refused("CreateHostedZone", Name="example.test", CallerReference="r1", **more)
    assert error.code == code
    assert part in error.message


def test_a86_a402_a_caller_reference_is_used_once(aws):
    zone_id = created(aws)
    again = {"Name": "other.test", "CallerReference": "r1"}
    text = "A hosted zone has already been created with the specified caller reference."
    error = aws.refused("CreateHostedZone", **again)
    assert (error.code, error.message) == ("HostedZoneAlreadyExists", text)
    aws.call("DeleteHostedZone", Id=zone_id)
    assert aws.refused("CreateHostedZone", **again).code == "HostedZoneAlreadyExists"
    assert aws.state.row(ZONE_REFERENCES, "r1").zone_id == zone_id


def test_a86_what_was_refused_does_not_use_its_caller_reference(aws):
    aws.refused("CreateHostedZone", Name="*.test", CallerReference="r1")
    assert create(aws)["HostedZone"]["CallerReference"] == "r1"


def test_a95_a351_r209_1_as_many_zones_as_the_quota(aws):
    template = zone_of(aws, created(aws))
    step = Step(aws.state)
    for number in range(499):
        step.put_hosted_zone(replace(template, id=HostedZoneId(f"Z{number}")))
    aws.state = step.state
    assert aws.call("GetHostedZoneCount") == {"HostedZoneCount": 500}
    create(replace(aws), "free.test", "r2")  # quotas are off by default
    aws.settings = QUOTAS
    error = aws.refused("CreateHostedZone", Name="a.test", CallerReference="r2")
    assert str(error) == (
        "TooManyHostedZones: Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER - Cannot create more hosted zones."
    )


# --- name servers ---


@pytest.mark.parametrize(("names_of_zones"), [
    pytest.param(["a.test"] * 40, id="A85 R12 R29 one name"),
    pytest.param(["a.test", *[f"x{number}.a.test" for number in range(200)]], id="R29 children of one parent"),
    pytest.param([*[f"x{number}.a.test" for number in range(40)], "a.test"], id="R29 a parent after its children"),
])  # fmt: skip
def test_no_server_is_shared(aws, names_of_zones):
    for number, name in enumerate(names_of_zones):
        create(aws, name, str(number))
    zones = list(aws.state.world.hosted_zones.values())
    for zone in zones:
        for other in zones:
            if zone is not other and names.is_at_or_below(zone.name, other.name):
                assert set(zone.name_servers).isdisjoint(other.name_servers)


def test_a85_a_file_s_zone_counts_as_well():
    aws = with_file()
    servers = create(aws, "file.test")["DelegationSet"]["NameServers"]
    assert set(servers).isdisjoint(zone_of(aws, "Z0FILE").name_servers)


def test_r28_a_private_zone_takes_no_server_from_a_public_one(aws):
    create(aws, VPC=VPC)
    assert create(aws, reference="r2")["DelegationSet"]["NameServers"] == list(
        name_servers.draw(names.parse("example.test"))
    )


def with_servers(aws, name: str):
    """Returns a zone that uses every existing name server."""
    step = Step(aws.state)
    everything = tuple(map(name_servers.name_server, range(name_servers.SERVER_COUNT)))
    step.put_hosted_zone(HostedZone(HostedZoneId("ZALL"), names.parse(name), name_servers=everything))
    aws.state = step.state


def test_a85_when_a_name_has_used_up_all_servers(aws):
    with_servers(aws, "example.test")
    error = aws.refused("CreateHostedZone", Name="example.test", CallerReference="r1")
    assert error.code == "DelegationSetNotAvailable"
    assert "example.test." in error.message


def test_a85_parents_and_children_are_shunned_only_as_far_as_possible(aws):
    with_servers(aws, "example.test")
    assert len(create(aws, "child.example.test")["DelegationSet"]["NameServers"]) == 4


# --- conflicts ---


def test_a85_one_private_zone_of_a_name_to_a_vpc(aws):
    zone_id = created(aws, VPC=VPC)
    error = aws.refused("CreateHostedZone", Name="example.test.", CallerReference="r2", VPC=VPC)
    assert error.code == "ConflictingDomainExists"
    assert error.message == (
        f"The VPC vpc-1 in region us-east-1 has already been associated with the hosted zone {zone_id} "
        "with the same domain name."
    )


@pytest.mark.parametrize(("name", "vpc"), [
    pytest.param("example.test", VPC | {"VPCId": "vpc-2"}, id="A85 another VPC"),
    pytest.param("example.test", VPC | {"VPCRegion": "eu-west-1"}, id="A240 another Region"),
    pytest.param("sub.example.test", VPC, id="A85 another name"),
    pytest.param("example.test", None, id="A85 a public zone"),
])  # fmt: skip
def test_no_conflict(aws, name, vpc):
    create(aws, VPC=VPC)
    create(aws, name, "r2", **({"VPC": vpc} if vpc else {}))
    assert aws.call("GetHostedZoneCount") == {"HostedZoneCount": 2}


# --- get ---


def test_a88_a83_a_public_zone_has_its_delegation_set(aws):
    response = create(aws)
    shown = aws.call("GetHostedZone", Id=id_of(response))
    assert shown == {"HostedZone": response["HostedZone"], "DelegationSet": response["DelegationSet"]}


@pytest.mark.parametrize(("operation", "request_"), [
    pytest.param("GetHostedZone", {"Id": "Z1"}, id="A88 A423 get"),
    pytest.param("DeleteHostedZone", {"Id": "Z1"}, id="A88 delete"),
    pytest.param("UpdateHostedZoneComment", {"Id": "Z1"}, id="A88 comment"),
    pytest.param("UpdateHostedZoneFeatures", {"HostedZoneId": "Z1"}, id="A88 features"),
])  # fmt: skip
def test_no_such_zone(aws, operation, request_):
    error = aws.refused(operation, **request_)
    assert (error.code, error.message) == ("NoSuchHostedZone", "No hosted zone found with ID: Z1")


def test_a46_a422_an_id_may_carry_its_prefix(aws):
    zone_id = created(aws)
    assert aws.call("GetHostedZone", Id=f"/hostedzone/{zone_id}") == aws.call("GetHostedZone", Id=zone_id)
    assert aws.refused("GetHostedZone", Id="/hostedzone/Z1").message == "No hosted zone found with ID: Z1"


def test_a96_record_sets_are_counted_one_by_one(aws):
    zone_id = created(aws)
    for name in ("a.example.test", "b.example.test"):
        add_record_set(aws, zone_id, name)
    assert aws.call("GetHostedZone", Id=zone_id)["HostedZone"]["ResourceRecordSetCount"] == 4


def test_a82_a_zone_of_a_file():
    aws = with_file()
    shown = aws.call("GetHostedZone", Id="Z0FILE")
    assert shown["HostedZone"] == {
        "Id": "/hostedzone/Z0FILE",
        "Name": "file.test.",
        "CallerReference": "file",
        "Config": {"Comment": "from a file", "PrivateZone": False, **TIER},
        "ResourceRecordSetCount": 2,
    }
    assert shown["DelegationSet"] == {"NameServers": list(name_servers.draw(names.parse("file.test")))}
    create(aws, reference="file")  # the reference shown for zones of files is not reserved


def test_a94_all_zones_count(aws):
    assert aws.call("GetHostedZoneCount") == {"HostedZoneCount": 0}
    create(aws)
    create(aws, reference="r2", VPC=VPC)
    assert aws.call("GetHostedZoneCount") == {"HostedZoneCount": 2}


# --- change ---


@pytest.mark.parametrize(("given", "config"), [
    pytest.param({"Comment": "new"}, {"Comment": "new"}, id="A89 another comment"),
    pytest.param({"Comment": ""}, {"Comment": ""}, id="A89 an empty one"),
    pytest.param({}, {}, id="A89 none"),
])  # fmt: skip
def test_comment(aws, given, config):
    zone_id = created(aws, HostedZoneConfig={"Comment": "old"})
    add_record_set(aws, zone_id, "a.example.test")
    response = aws.call("UpdateHostedZoneComment", Id=zone_id, **given)
    assert response["HostedZone"]["Config"] == config | {"PrivateZone": False} | TIER
    assert response["HostedZone"]["ResourceRecordSetCount"] == 3
    assert response["HostedZone"] == aws.call("GetHostedZone", Id=zone_id)["HostedZone"]


def recovery(aws, zone_id):
    return aws.call("GetHostedZone", Id=zone_id)["HostedZone"].get("Features")


def test_a97_accelerated_recovery(aws):
    zone_id = created(aws)
    assert recovery(aws, zone_id) is None
    for wanted, status in ((True, "ENABLED"), (False, "DISABLED"), (False, "DISABLED")):
        assert aws.call("UpdateHostedZoneFeatures", HostedZoneId=zone_id, EnableAcceleratedRecovery=wanted) == {}
        assert recovery(aws, zone_id) == {"AcceleratedRecoveryStatus": status}
    aws.call("UpdateHostedZoneFeatures", HostedZoneId=zone_id)
    assert recovery(aws, zone_id) == {"AcceleratedRecoveryStatus": "DISABLED"}
    assert aws.call("ListHostedZones")["HostedZones"][0]["Features"] == {"AcceleratedRecoveryStatus": "DISABLED"}


def test_a97_it_settles_on_the_clock(aws):
    aws.settings = ApiSettings(change_delay_s=60)
    zone_id = created(aws)
    for wanted, settling, settled in ((True, "ENABLING", "ENABLED"), (False, "DISABLING", "DISABLED")):
        aws.call("UpdateHostedZoneFeatures", HostedZoneId=zone_id, EnableAcceleratedRecovery=wanted)
        aws.now += 59
        aws.call(
            "UpdateHostedZoneFeatures", HostedZoneId=zone_id, EnableAcceleratedRecovery=wanted
        )  # does not start the delay again
        assert recovery(aws, zone_id) == {"AcceleratedRecoveryStatus": settling}
        aws.now += 1
        assert recovery(aws, zone_id) == {"AcceleratedRecoveryStatus": settled}


def test_a97_not_for_private_zones(aws):
    zone_id = created(aws, VPC=VPC)
    error = aws.refused("UpdateHostedZoneFeatures", HostedZoneId=zone_id, EnableAcceleratedRecovery=True)
    assert error.code == "InvalidInput"
    assert zone_id in error.message


# --- delete ---


def test_a92_a93_deleted(aws):
    zone_id, other = created(aws), created(aws, "other.test", "r2")
    for each in (zone_id, other):
        put(aws, TAGS, "hostedzone", each, row=TagsRow((("k", "v"),)))
        put(aws, QUERY_LOGGING, f"id of {each}", row=QueryLoggingRow(each, "arn"))
    aws.now += 5
    response = aws.call("DeleteHostedZone", Id=zone_id)
    assert response["ChangeInfo"]["Status"] == "PENDING"
    assert response["ChangeInfo"]["SubmittedAt"] == datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=5)
    assert aws.refused("GetHostedZone", Id=zone_id).code == "NoSuchHostedZone"
    for table, mine, others in (
        (ZONES, (zone_id,), (other,)),
        (TAGS, ("hostedzone", zone_id), ("hostedzone", other)),
        (QUERY_LOGGING, (f"id of {zone_id}",), (f"id of {other}",)),
    ):
        assert aws.state.row(table, *mine) is None
        assert aws.state.row(table, *others) is not None


def test_a93_its_vpcs_are_free_again(aws):
    zone_id = created(aws, VPC=VPC)
    aws.call("CreateVPCAssociationAuthorization", HostedZoneId=zone_id, VPC=VPC)
    aws.call("DeleteHostedZone", Id=zone_id)
    assert not list(aws.state.rows(AUTHORIZATIONS))
    create(aws, reference="r2", VPC=VPC)


def test_a93_a429_its_changes_can_be_asked_for(aws):
    response = create(aws)
    aws.call("DeleteHostedZone", Id=id_of(response))
    change = aws.call("GetChange", Id=response["ChangeInfo"]["Id"])["ChangeInfo"]
    assert change == response["ChangeInfo"] | {"Status": "INSYNC"}


def test_a92_a_zone_of_a_file():
    aws = with_file()
    aws.call("DeleteHostedZone", Id="Z0FILE")
    assert not aws.state.world.hosted_zones


def refused_deletion(aws, zone_id):
    error = aws.refused("DeleteHostedZone", Id=zone_id)
    assert error.code == "HostedZoneNotEmpty"
    assert zone_of(aws, zone_id)
    return error.message


@pytest.mark.parametrize("name", [
    pytest.param("a.example.test", id="A92 A424 a record set below the apex"),
    pytest.param("example.test", id="A92 one at the apex"),
])  # fmt: skip
def test_not_empty(aws, name):
    zone_id = created(aws)
    add_record_set(aws, zone_id, name)
    assert refused_deletion(aws, zone_id) == (
        "The specified hosted zone contains non-required resource record sets and so cannot be deleted."
    )


KEY = KeySigningKeyRow("arn", "INACTIVE", NOW, NOW)


def test_a92_a424_key_signing_keys_keep_a_zone(aws):
    zone_id, other = created(aws), created(aws, "other.test", "r2")
    put(aws, KEY_SIGNING_KEYS, zone_id, "key", row=KEY)
    assert refused_deletion(aws, zone_id) == (
        "The specified hosted zone contains DNSSEC Key Signing Keys and so cannot be deleted."
    )
    aws.call("DeleteHostedZone", Id=other)


def test_a92_signing_keeps_a_zone(aws):
    zone_id = created(aws)
    put(aws, DNSSEC, zone_id, row=DnssecRow("SIGNING"))
    assert "DNSSEC signing" in refused_deletion(aws, zone_id)


def test_a435_protections_keep_a_zone(aws):
    zone_id = created(aws)
    entries = [{"RecordName": "a.example.test", "RecordType": "A"}]
    aws.call("CreateResourceRecordSetProtections", HostedZoneId=zone_id, Protections=entries)
    assert "protections" in refused_deletion(aws, zone_id)
    aws.call("DeleteResourceRecordSetProtections", HostedZoneId=zone_id, Protections=entries)
    aws.call("DeleteHostedZone", Id=zone_id)


def test_a92_traffic_policy_instances_keep_a_zone(aws):
    zone_id = created(aws)
    put(aws, INSTANCES, "i", row=SimpleNamespace(hosted_zone_id=zone_id))
    assert "traffic policy instances" in refused_deletion(aws, zone_id)


def test_a92_accelerated_recovery_keeps_a_zone(aws):
    zone_id = created(aws)
    aws.call("UpdateHostedZoneFeatures", HostedZoneId=zone_id, EnableAcceleratedRecovery=True)
    assert "accelerated recovery" in refused_deletion(aws, zone_id)
    aws.call("UpdateHostedZoneFeatures", HostedZoneId=zone_id, EnableAcceleratedRecovery=False)
    aws.call("DeleteHostedZone", Id=zone_id)
