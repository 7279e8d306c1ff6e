"""Replays the calls of programs that cannot run here (api.md §21), with their effects on HTTP and DNS."""

import http.client
import re
import socket
from itertools import pairwise

import dns.flags
import pytest

from tests.e2e.asking import ask, served
from tests.e2e.aws import alias, change, create, delete, make_zone, new_check, new_reference, new_zone, refused, upsert
from tests.serving import dnsemu_here

VPC = {"VPCRegion": "us-east-1", "VPCId": "vpc-clients"}


def test_a371_a372_terraform(boto):
    """Creates, reads back, finds nothing to change, deletes what it read, and force-deletes a zone."""
    made = boto.create_hosted_zone(
        Name="terraform.test", CallerReference="terraform-1", HostedZoneConfig={"Comment": "Managed by Terraform"}
    )
    zone = made["HostedZone"]["Id"].rpartition("/")[2]
    assert boto.get_change(Id=made["ChangeInfo"]["Id"])["ChangeInfo"]["Status"] == "INSYNC"
    tags = {"ResourceType": "hostedzone", "ResourceId": zone}
    boto.change_tags_for_resource(**tags, AddTags=[{"Key": "env", "Value": "test"}])
    assert boto.get_hosted_zone(Id=zone)["HostedZone"]["Config"]["Comment"] == "Managed by Terraform"
    assert boto.list_tags_for_resource(**tags)["ResourceTagSet"]["Tags"] == [{"Key": "env", "Value": "test"}]

    change(boto, zone, create("*.Terraform.test", "192.0.2.1"))
    read = boto.list_resource_record_sets(
        HostedZoneId=zone, StartRecordName=r"\052.terraform.test.", StartRecordType="A", MaxItems="1"
    )["ResourceRecordSets"][0]
    assert read["Name"] == r"\052.terraform.test."
    change(boto, zone, {"Action": "UPSERT", "ResourceRecordSet": read})
    replaced = create("*.terraform.test", "192.0.2.1", SetIdentifier="one", Weight=0)
    change(boto, zone, {"Action": "DELETE", "ResourceRecordSet": read}, replaced)
    with_identifier = boto.list_resource_record_sets(
        HostedZoneId=zone,
        StartRecordName=r"\052.terraform.test.",
        StartRecordType="A",
        StartRecordIdentifier="one",
        MaxItems="100",
    )["ResourceRecordSets"][0]
    assert (with_identifier["SetIdentifier"], with_identifier["Weight"]) == ("one", 0)

    for page in boto.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone):
        found = [one for one in page["ResourceRecordSets"] if one["Type"] not in ("NS", "SOA")]
        change(boto, zone, *({"Action": "DELETE", "ResourceRecordSet": one} for one in found))
    assert boto.get_dnssec(HostedZoneId=zone)["Status"]["ServeSignature"] == "NOT_SIGNING"
    boto.delete_hosted_zone(Id=zone)


def test_a375_external_dns(boto):
    zones = [new_zone(boto, f"{n}.external.test") for n in range(10)]
    pages = boto.get_paginator("list_hosted_zones").paginate()
    public = [one["Id"] for page in pages for one in page["HostedZones"] if not one["Config"]["PrivateZone"]]
    assert {f"/hostedzone/{zone}" for zone in zones} <= set(public)
    tagged = boto.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=zones)["ResourceTagSets"]
    assert [one["ResourceId"] for one in tagged] == zones
    name, heritage = "app.0.external.test", '"heritage=external-dns,external-dns/owner=me"'
    pair = [(name, "192.0.2.1", "A"), (f"a-{name}", heritage, "TXT")]
    change(boto, zones[0], *(create(name, value, type_=type_, ttl=300) for name, value, type_ in pair))
    listed = boto.list_resource_record_sets(HostedZoneId=zones[0], MaxItems="300")
    assert (listed["MaxItems"], len(listed["ResourceRecordSets"])) == ("300", 4)
    change(boto, zones[0], *(upsert(name, value, type_=type_, ttl=300) for name, value, type_ in pair))
    change(boto, zones[0], *(delete(name, value, type_=type_, ttl=300) for name, value, type_ in pair))
    status, code, message = refused(change, boto, zones[0], delete(name, "192.0.2.1", ttl=300))
    assert (status, code) == (400, "InvalidChangeBatch")
    assert "but it was not found" in message


def test_a376_a_stack_looks_a_zone_up_and_writes_to_it(boto):
    made = make_zone(boto, "stack.test", new_reference())
    listed = boto.list_hosted_zones_by_name(DNSName="stack.test.", MaxItems="2")
    assert listed["DNSName"] == "stack.test."
    assert (listed["HostedZones"][0]["Name"], listed["HostedZones"][0]["Id"]) == ("stack.test.", made)
    boto.list_resource_record_sets(HostedZoneId=made, StartRecordName="www.stack.test.", StartRecordType="A")
    info = change(boto, made, create("www.stack.test.", "192.0.2.1"))
    assert boto.get_change(Id=info["Id"])["ChangeInfo"]["Status"] == "INSYNC"


def test_a13_one_connection_carries_many_requests(api):
    connection = http.client.HTTPConnection("127.0.0.1", api.http, timeout=10)
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/2013-04-01/hostedzonecount")
        assert b"<HostedZoneCount>" in connection.getresponse().read()
        sockets.add(connection.sock.getsockname())
    connection.close()
    assert len(sockets) == 1


def test_a10_a_shell_client_finds_both_challenge_tokens(api, boto):
    """acme.sh puts `"` in place of each record set's tag and takes the lines between quotation marks."""
    zone = new_zone(boto, "tokens.test")
    change(boto, zone, create("_acme-challenge.tokens.test", '"first"', '"second"', type_="TXT"))
    connection = http.client.HTTPConnection("127.0.0.1", api.http, timeout=10)
    connection.request("GET", f"/2013-04-01/hostedzone/{zone}/rrset?name=_acme-challenge.tokens.test")
    lines = connection.getresponse().read().decode().replace("<ResourceRecordSet>", '"').split('"')
    connection.close()
    (line,) = [line for line in lines if "<Name>_acme-challenge.tokens.test.</Name>" in line]
    values = [f"<ResourceRecord><Value>&quot;{token}&quot;</Value></ResourceRecord>" for token in ("first", "second")]
    assert f"<ResourceRecords>{''.join(values)}</ResourceRecords>" in line


def test_a13_whoever_asks_first_is_told_to_continue(api):
    with socket.create_connection(("127.0.0.1", api.http), timeout=10) as connection:
        head = "POST /2013-04-01/delegationset HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(b"<")
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_h121_the_checkers_addresses_are_told_without_a_signature(api):
    connection = http.client.HTTPConnection("127.0.0.1", api.http, timeout=10)
    connection.request("GET", "/2013-04-01/checkeripranges")
    assert b"<member>15.177.0.0/18</member>" in connection.getresponse().read()
    connection.close()


def test_h112_h123_what_a_checker_saw_and_from_where(api, boto):
    """Probes come from this machine's address."""
    with socket.create_server(("127.0.0.1", 0)) as endpoint:
        endpoint.settimeout(20)
        check = new_check(boto, IPAddress="127.0.0.1", Port=endpoint.getsockname()[1], RequestInterval=10)
        assert dnsemu_here("probe", check, "--server", api.url).returncode == 0
        connection, (source, _) = endpoint.accept()
        connection.close()
        assert source == "127.0.0.1"
    connection = http.client.HTTPConnection("127.0.0.1", api.http, timeout=10)
    connection.request("GET", f"/2013-04-01/healthcheck/{check}/status")
    body = connection.getresponse().read().decode()
    connection.close()
    boto.delete_health_check(HealthCheckId=check)
    times = re.findall(r"<CheckedTime>([^<]+)</CheckedTime>", body)
    assert times
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time) for time in times), times


def test_h158_a_private_zone_takes_any_health_check(boto):
    zone = new_zone(boto, "inner.test", VPC=VPC)
    check = new_check(boto, IPAddress="10.0.0.1", Disabled=True)
    change(boto, zone, create("db.inner.test", "10.0.0.1", SetIdentifier="p", Failover="PRIMARY", HealthCheckId=check))
    listed = boto.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert [record_set.get("HealthCheckId") for record_set in listed] == [None, None, check]


def test_a343_test_dns_answer_follows_aliases_to_addresses(boto):
    zone = new_zone(boto, "aliased.test")
    change(boto, zone, create("a.aliased.test", "192.0.2.1"))
    change(boto, zone, create("b.aliased.test", **alias(zone, "a.aliased.test")))
    change(boto, zone, create("c.aliased.test", **alias("Z2FDTNDATAQYW2", "d1.cloudfront.net")))

    def answer(name):
        found = boto.test_dns_answer(HostedZoneId=zone, RecordName=name, RecordType="A")
        return found["ResponseCode"], found["RecordData"]

    assert answer("b.aliased.test") == ("NOERROR", ["192.0.2.1"])
    assert answer("c.aliased.test") == ("NOERROR", [])  # its target is not declared


# --- limits of one request, which hold under all settings ---


@pytest.fixture(scope="module")
def zone(boto):
    return new_zone(boto, "sizes.test")


def test_a117_r209_15_values_of_a_request_have_32_000_characters(boto, zone):
    """Quotes count, and an UPSERT counts twice."""
    texts = [f'"{letter * 100}"' for letter in "abcdefghij"]  # 1,020 characters

    def sized(make, count):
        return [make(f"{n}.sizes.test", *texts, type_="TXT") for n in range(count)]

    over = "RDATA character limit of 32000 exceeded."
    assert over in refused(change, boto, zone, *sized(create, 32))[2]
    assert over in refused(change, boto, zone, *sized(upsert, 16))[2]
    change(boto, zone, *sized(create, 31))


def test_r209_20_identifiers_values_and_documents_have_a_longest(boto, unchecked, zone):
    def weighted(identifier):
        return create("id.sizes.test", "192.0.2.1", SetIdentifier=identifier, Weight=1)

    change(boto, zone, weighted("i" * 128))
    status, code, message = refused(change, unchecked, zone, weighted("i" * 129))
    assert (status, code) == (400, "InvalidInput")
    assert "is not facet-valid with respect to maxLength '128' for type 'SetIdentifier'" in message
    strings = " ".join(['"{}"'.format("t" * 200)] * 20)  # 4,059 characters
    assert (
        "with respect to maxLength '4000' for type 'RData'"
        in refused(change, unchecked, zone, create("long.sizes.test", strings, type_="TXT"))[2]
    )
    change(boto, zone, create("long.sizes.test", strings[: 19 * 203 - 1], type_="TXT"))
    document = {"Name": "long", "Document": " " * 102401}
    assert refused(unchecked.create_traffic_policy, **document)[:2] == (400, "InvalidInput")


def test_r209_21_a_latency_group_has_as_many_record_sets_as_there_are_regions(boto, zone):
    shape = boto.meta.service_model.shape_for("ResourceRecordSetRegion")
    for region in shape.enum:
        change(boto, zone, create("near.sizes.test", "192.0.2.1", SetIdentifier=region, Region=region))
    more = create("near.sizes.test", "192.0.2.1", SetIdentifier="more", Region=shape.enum[0])
    assert "with the same name, type and region already exists" in refused(change, boto, zone, more)[2]


def test_r209_18_a_datagram_has_512_octets_or_4_096_with_edns(api, boto, zone):
    texts = [f'"{number:03} {"x" * 50}"' for number in range(55)]
    change(
        boto,
        zone,
        create("big.sizes.test", *texts, type_="TXT"),
        create("huge.sizes.test", *(f'"{number:03} {"x" * 100}"' for number in range(70)), type_="TXT"),
    )
    plain = ask(api.dns, "big.sizes.test", "TXT")
    assert plain.flags & dns.flags.TC
    assert len(plain.to_wire()) <= 512
    with_edns = ask(api.dns, "big.sizes.test", "TXT", use_edns=0, payload=4096)
    assert not with_edns.flags & dns.flags.TC
    assert 512 < len(with_edns.to_wire()) <= 4096
    assert ask(api.dns, "huge.sizes.test", "TXT", use_edns=0, payload=65000).flags & dns.flags.TC


def test_r209_23_aliases_lead_over_three_levels(api, boto, zone):
    names = ["level0.sizes.test", "level1.sizes.test", "level2.sizes.test", "level3.sizes.test"]
    change(boto, zone, create(names[0], "192.0.2.9"))
    for target, name in pairwise(names):
        change(boto, zone, create(name, **alias(zone, target)))
    assert served(api.dns, names[-1]) == ["192.0.2.9"]
