"""Outputs of `aws route53 list-…` are files as they are."""

import json
from ipaddress import ip_network
from pathlib import Path

import pytest

from dnsemu.config import names
from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_files
from dnsemu.config.model.health_checks import CalculatedCheck, EndpointCheck, MetricCheck, RecoveryCheck
from dnsemu.config.model.routing import IpBased
from dnsemu.config.rdata.rrtypes import RRType

DUMPS = Path(__file__).parent / "dumps"
RECORD_SETS, HEALTH_CHECKS, COLLECTIONS = (
    DUMPS / name for name in ("record-sets.json", "health-checks.json", "collections.yaml")
)
COLLECTION = "c8c02a84-aaaa-bbbb-e0d2-d833a2f80106"
CHECK = "12b8a0b4-8a6f-4d1e-9a3c-1b1f0f6a000{}"


@pytest.fixture(scope="module")
def loaded():
    return load_files([RECORD_SETS, HEALTH_CHECKS, COLLECTIONS])


def only_zone(loaded):
    (zone,) = loaded.world.hosted_zones.values()
    return zone


def listed(*record_sets):
    """Record sets as the API lists them, with the SOA of example.com."""
    soa = {"Name": "example.com.", "Type": "SOA", "TTL": 900, "ResourceRecords": [{"Value": "a. b. 1 2 3 4 5"}]}
    return {"ResourceRecordSets": [soa, *record_sets]}


def a(name, **more):
    return {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}], **more}


def files(tmp_path, *contents):
    paths = [tmp_path / f"{number}.json" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_text(json.dumps(content))
    return paths


def test_the_record_sets_are_those_of_the_zone_of_their_soa(loaded):
    zone = only_zone(loaded)
    assert names.display(zone.name) == "example.com."
    assert len(zone.record_sets) == 10
    assert zone.name_servers[:2] == ("ns-771.awsdns-32.net", "ns-1431.awsdns-50.org")


def test_a311_what_belongs_to_a_traffic_policy_instance_is_left_out_and_said(loaded):
    zone = only_zone(loaded)
    assert not zone.record_sets.at(names.parse("flow.example.com"))
    (warning,) = [warning for warning in loaded.warnings if warning.id == "policy-instance"]
    assert str(warning).startswith(
        f"{RECORD_SETS}:55: ResourceRecordSets[6]: this record set belongs to a traffic policy"
    )
    assert zone.record_sets.at(names.parse("flow-alias.example.com")), "an alias to it stays, without data"


def test_every_health_check_is_there_by_its_id(loaded):
    checks = loaded.world.health_checks
    kinds = {id: type(check.config) for id, check in checks.items()}
    expected = [EndpointCheck, CalculatedCheck, MetricCheck, EndpointCheck, RecoveryCheck]
    assert kinds == {CHECK.format(number): kind for number, kind in enumerate(expected, 1)}
    api = only_zone(loaded).record_sets[names.parse("api.example.com"), RRType.A, "primary"]
    assert api.health_check_id == CHECK.format(1)


def test_a47_cidr_collections_have_their_ids_and_blocks(loaded):
    collection = loaded.world.cidr_collections[COLLECTION]
    assert collection.name == "offices"
    assert dict(collection.locations) == {
        "paris": (ip_network("198.51.100.0/24"),),
        "tokyo": (ip_network("203.0.113.0/24"),),
    }
    office = only_zone(loaded).record_sets[names.parse("office.example.com"), RRType.A, "paris"]
    assert office.routing == IpBased(COLLECTION, "paris")


def test_nothing_but_aliases_to_resources_and_instances_is_warned_about(loaded):
    assert {warning.id for warning in loaded.warnings} == {"alias-elsewhere", "policy-instance"}


@pytest.mark.parametrize("zones_first", [True, False])
def test_a_list_of_hosted_zones_gives_the_id_and_the_comment(tmp_path, zones_first):
    config = {"Comment": "mine", "PrivateZone": False, "HostedZoneTier": "STANDARD"}
    zone = {"Id": "/hostedzone/Z0EXAMPLEOFAWS000001", "Name": "example.com.", "CallerReference": "r", "Config": config}
    zones = {"HostedZones": [{**zone, "ResourceRecordSetCount": 2}], "IsTruncated": False, "MaxItems": "100"}
    paths = files(tmp_path, zones, listed(a("www.example.com.")))
    found = only_zone(load_files(paths if zones_first else paths[::-1]))
    assert (found.id, found.comment) == ("Z0EXAMPLEOFAWS000001", "mine")
    assert found.record_sets.at(names.parse("www.example.com"))


def test_a_zone_that_has_record_sets_is_declared_twice(tmp_path):
    own = {"hosted_zones": [{"name": "example.com", "record_sets": [a("www")]}]}
    with pytest.raises(FilesRefused, match="already declared"):
        load_files(files(tmp_path, own, listed()))


def test_errors_have_their_lines(tmp_path):
    (path,) = files(tmp_path, listed(a("www.example.com."), a("bad.example.com.", TTL="x")))
    path.write_text(json.dumps(json.loads(path.read_text()), indent=1))
    with pytest.raises(FilesRefused) as refused:
        load_files([path])
    (error,) = refused.value.errors
    assert error.where == "ResourceRecordSets[2].TTL"
    assert '"x"' in path.read_text().splitlines()[error.line - 1]


def test_a_page_of_a_longer_list_is_refused(tmp_path):
    with pytest.raises(FilesRefused, match="only one page"):
        load_files(files(tmp_path, listed() | {"IsTruncated": True, "NextRecordName": "www.example.com."}))
