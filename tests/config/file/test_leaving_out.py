"""Faulty entries are left out on request, with what refers to them; the rest is loaded as if they were not there."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config import names
from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_files, load_text

FILE = """\
health_checks:
  - {id: good, type: TCP, ip_address: 127.0.0.1, port: 9}
  - {id: bad, type: TCPX}
  - {id: parent, type: CALCULATED, health_threshold: 1, child_health_checks: [good, bad]}
cidr_collections:
  - {name: offices, locations: {paris: [198.51.100.0/24]}}
  - {name: bad, locations: {paris: [198.51.100.0/30]}}
resources:
  - {dns_name: d1.cloudfront.net, kind: nonsense}
hosted_zones:
  - name: a.test
    record_sets:
      - {name: ok, type: A, ttl: 60, resource_records: [192.0.2.1]}
      - {name: bad, type: A, ttl: 60, resource_records: [192.0.2]}
      - {name: alias, type: A, alias_target: {dns_name: bad.a.test, evaluate_target_health: false}}
      - {name: alias2, type: A, alias_target: {dns_name: alias.a.test, evaluate_target_health: false}}
      - {name: checked, type: A, ttl: 60, set_identifier: x, weight: 1, health_check_id: bad, resource_records: [192.0.2.1]}
      - {name: calculated, type: A, ttl: 60, set_identifier: x, weight: 1, health_check_id: parent, resource_records: [192.0.2.1]}
      - {name: ip, type: A, ttl: 60, set_identifier: x, cidr_routing_config: {collection_id: bad, location_name: paris}, resource_records: [192.0.2.1]}
      - {name: ok, type: A, ttl: 60, resource_records: [192.0.2.3]}
  - {name: "*.b.test"}
  - {name: c.test}
  - {name: a.test}
"""
LINES = [3, 4, 7, 9, 14, 15, 16, 17, 18, 19, 20, 21, 23]
"""The lines of the faulty entries and of what refers to them."""


def load(tmp_path, text, *, name="f.yaml"):
    path = tmp_path / name
    path.write_text(text)
    return load_files([path], skips_faulty=True)


def test_what_can_be_served_is_and_the_rest_is_listed(tmp_path):
    loaded = load(tmp_path, FILE)
    assert [error.line for error in loaded.left_out] == LINES
    assert set(loaded.world.health_checks) == {"good"}
    assert [collection.name for collection in loaded.world.cidr_collections.values()] == ["offices"]
    zones = {names.display(zone.name): zone for zone in loaded.world.hosted_zones.values()}
    assert zones.keys() == {"a.test.", "c.test."}
    assert [names.display(name) for name, type, _ in zones["a.test."].record_sets if type.name == "A"] == ["ok.a.test."]


def test_it_is_as_if_the_faulty_entries_were_not_there(tmp_path):
    without = "\n".join(line for number, line in enumerate(FILE.splitlines(), 1) if number not in LINES)
    assert load(tmp_path, FILE).world == load_text("f.yaml", without.replace("resources:\n", "")).world


def test_without_errors_nothing_is_left_out(tmp_path):
    text = "hosted_zones: [{name: a.test}]"
    loaded = load(tmp_path, text)
    assert loaded.left_out == ()
    assert loaded.world == load_text("f.yaml", text).world


@pytest.mark.parametrize("text", [
    pytest.param("server: {http: nowhere}", id="a setting"),
    pytest.param("api: {rate_limit: x}\nhosted_zones: [{name: '*.a.test'}]", id="a setting beside a faulty entry"),
    pytest.param("geo: {networks: [{network: x, country: JP}]}", id="a network"),
    pytest.param("zones: []", id="an unknown section"),
    pytest.param("hosted_zones: {a: b}", id="a section that is no list"),
    pytest.param("hosted_zones: [", id="syntax"),
    pytest.param("{HealthChecks: [], IsTruncated: true}", id="a page of a list"),
])  # fmt: skip
def test_what_is_no_entry_has_to_be_right(tmp_path, text):
    with pytest.raises(FilesRefused):
        load(tmp_path, text)


SOA = {"Name": "a.test.", "Type": "SOA", "TTL": 900, "ResourceRecords": [{"Value": "a. b. 1 2 3 4 5"}]}
GOOD = {"Name": "www.a.test.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
AFFINE = {**GOOD, "SetIdentifier": "x", "AZAffinity": {"LocationType": "Global", "LocationId": "global"}}


def test_listed_record_sets_are_left_out_one_by_one(tmp_path):
    loaded = load(tmp_path, json.dumps({"ResourceRecordSets": [SOA, AFFINE, GOOD]}), name="f.json")
    assert [error.where for error in loaded.left_out] == ["ResourceRecordSets[1].AZAffinity"]
    (zone,) = loaded.world.hosted_zones.values()
    assert len(zone.record_sets) == 3


@pytest.mark.parametrize("fault", [
    pytest.param({"Name": "*.a.test."}, id="a bad name"),
    pytest.param({"Name": "other.test."}, id="a zone that is declared twice"),
])  # fmt: skip
def test_a_listed_zone_is_left_out_as_a_whole(tmp_path, fault):
    (tmp_path / "other.yaml").write_text("hosted_zones: [{name: other.test, record_sets: []}]")
    (tmp_path / "f.json").write_text(json.dumps({"ResourceRecordSets": [SOA | fault], "HealthChecks": []}))
    loaded = load_files([tmp_path / "other.yaml", tmp_path / "f.json"], skips_faulty=True)
    assert len(loaded.left_out) == 1
    assert [names.display(zone.name) for zone in loaded.world.hosted_zones.values()] == ["other.test."]


def test_a_private_zone_of_a_list_is_left_out(tmp_path):
    zones = [{"Name": f"{name}.test.", "Config": {"PrivateZone": name == "b"}} for name in "abc"]
    loaded = load(tmp_path, json.dumps({"HostedZones": zones}), name="f.json")
    assert [error.where for error in loaded.left_out] == ["HostedZones[1]"]
    assert len(loaded.world.hosted_zones) == 2


NAMES = st.sampled_from("abcdef")
RECORD_SETS = st.one_of(
    st.builds(lambda n: {"name": n, "type": "A", "ttl": 60, "resource_records": ["192.0.2.1"]}, NAMES),
    st.builds(lambda n: {"name": n, "type": "A", "ttl": 60, "resource_records": ["x"]}, NAMES),
    st.builds(
        lambda n, t: {
            "name": n,
            "type": "A",
            "alias_target": {"dns_name": f"{t}.a.test", "evaluate_target_health": True},
        },
        NAMES,
        NAMES,
    ),
)


@given(st.lists(RECORD_SETS, max_size=8))
def test_any_zone_is_served_without_its_faulty_record_sets(tmp_path_factory, record_sets):
    """The rest has no error by itself, and every record set is served or listed."""
    path = tmp_path_factory.mktemp("zone") / "f.json"
    path.write_text(json.dumps({"hosted_zones": [{"name": "a.test", "record_sets": record_sets}]}))
    loaded = load_files([path], skips_faulty=True)
    (zone,) = loaded.world.hosted_zones.values()
    left_out = {int(error.where.split("[")[2].split("]")[0]) for error in loaded.left_out}
    kept = [record_set for at, record_set in enumerate(record_sets) if at not in left_out]
    assert len(zone.record_sets) == len(kept) + 2
    again = load_text("f.json", json.dumps({"hosted_zones": [{"name": "a.test", "record_sets": kept}]}))
    assert again.world == loaded.world
