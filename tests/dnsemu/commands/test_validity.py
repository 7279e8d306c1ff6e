"""A snapshot obeys the rules of every other entrance, and a refusal names the row by its path in the snapshot."""

import json
from dataclasses import replace

import pytest

from dnsemu.commands.registry import TABLES
from dnsemu.commands.validity import KEY_PARTS, invalid_rows
from dnsemu.config.file.load import load_text
from dnsemu.config.model.health_checks import CalculatedCheck, HealthCheck, HealthCheckId
from dnsemu.state.state import State
from dnsemu.store.snapshot import Snapshot, SnapshotUnusable, load, save

FILE = """
health_checks:
  - {id: web, type: HTTP, ip_address: 192.0.2.1, port: 80, request_interval: 10}
  - {id: both, type: CALCULATED, child_health_checks: [web], health_threshold: 1}
  - {id: alarm, type: CLOUDWATCH_METRIC, alarm_identifier: {region: us-east-1, name: high},
     cloud_watch_alarm_configuration: {evaluation_periods: 1, threshold: 2, comparison_operator: GreaterThanThreshold,
       period: 60, metric_name: m, namespace: n, statistic: Average, dimensions: [{name: a, value: b}]}}
cidr_collections: [{name: offices, locations: {paris: [192.0.2.0/24]}}]
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: a, type: A, ttl: 60, resource_records: [192.0.2.1]}
      - {name: w, type: A, ttl: 60, set_identifier: x, weight: 1, resource_records: [192.0.2.1]}
      - {name: w, type: A, ttl: 60, set_identifier: z, weight: 1, resource_records: [192.0.2.2]}
      - {name: l, type: A, ttl: 60, set_identifier: x, region: us-east-1, resource_records: [192.0.2.1]}
      - {name: g, type: A, ttl: 60, set_identifier: x, geo_proximity_location: {aws_region: us-east-1},
         resource_records: [192.0.2.1]}
      - {name: c, type: A, ttl: 60, set_identifier: x, cidr_routing_config: {collection_id: offices, location_name: paris},
         resource_records: [192.0.2.1]}
      - {name: f, type: A, ttl: 60, set_identifier: x, failover: PRIMARY, health_check_id: web, resource_records: [192.0.2.1]}
      - {name: t, type: CNAME, ttl: 60, resource_records: [a.shop.test]}
"""


@pytest.fixture
def document():
    state = State(load_text("shop.yaml", FILE).world)
    return json.loads("".join(save(Snapshot(state, 0.0), TABLES)))


def record_set_at(document, name):
    record_sets = document["hosted_zones"][0]["record_sets"]
    return next(one for one in record_sets if one["name"] == f"{name}.shop.test.")


def check_at(document, check_id):
    return next(one for one in document["health_checks"] if one["id"] == check_id)


def loaded(document):
    return load(json.dumps(document), TABLES, invalid_rows).state


def test_a_sound_snapshot_is_accepted(document):
    assert loaded(document).world.hosted_zones


def test_each_table_has_its_number_of_key_parts():
    assert KEY_PARTS.keys() == TABLES.keys()


@pytest.mark.parametrize(("name", "changes", "message"), [
    pytest.param("a", {"name": "."}, "name: RRSet with DNS name . is not permitted in zone shop.test.", id="R10 the root"),
    pytest.param("a", {"name": "www.other.test."}, "is not permitted in zone shop.test.", id="R10 another zone"),
    pytest.param("a", {"ttl": -1}, "ttl: -1 is below 0; write a number from 0 to 2147483647 \\[R20 ttl-range\\]", id="R20 a TTL below zero"),
    pytest.param("a", {"ttl": 2**31}, "ttl: 2147483648 is above 2147483647", id="R20 a TTL of 32 bits"),
    pytest.param("a", {"ttl": None}, "ttl is missing", id="R20 no TTL"),
    pytest.param("a", {"values": []}, "there are no values", id="A125 no values"),
    pytest.param("a", {"values": ["192.0.2.1"] * 2}, "Duplicate Resource Record", id="A174 a value twice"),
    pytest.param("a", {"values": [f"192.0.{n // 256}.{n % 256}" for n in range(401)]}, "Cannot have more than 400", id="A118 401 values"),
    pytest.param("a", {"set_identifier": "x"}, "set_identifier without a routing policy", id="R30 an identifier alone"),
    pytest.param("a", {"routing": {"is": "weighted", "weight": 1}}, "weighted routing needs a set_identifier", id="R30 no identifier"),
    pytest.param("a", {"health_check_id": "web"}, "must have alternate ResourceRecordSet responses", id="H155 simple with a check"),
    pytest.param("a", {"name": "t.shop.test."}, "conflicting RRSet of type CNAME|conflicts with other records", id="R24 beside a CNAME"),
    pytest.param("w", {"routing": {"is": "weighted", "weight": 256}}, "weight: 256 is above 255", id="R62 a weight above 255"),
    pytest.param("w", {"routing": {"is": "weighted", "weight": -1}}, "weight: -1 is below 0", id="R62 a weight below 0"),
    pytest.param("w", {"routing": {"is": "multivalue"}}, "cannot be created", id="R32 mixed policies"),
    pytest.param("w", {"ttl": 61}, "weighted sets must contain the same TTL", id="R22 two TTLs"),
    pytest.param("w", {"set_identifier": "y" * 129}, "the set identifier has 129 characters", id="R30 a long identifier"),
    pytest.param("l", {"routing": {"is": "latency", "region": "mars-1"}}, "region: Cannot find region 'mars-1'", id="R69 an unknown Region"),
    pytest.param("g", {"routing": {"is": "geoproximity", "region": "mars-1"}}, "Cannot find GeoProximityLocation", id="A167 an unknown place"),
    pytest.param("g", {"routing": {"is": "geoproximity", "latitude": 91.0, "longitude": 0.0}}, "91.0 is above 90", id="R83 beyond the pole"),
    pytest.param("g", {"routing": {"is": "geoproximity"}}, "one place is wanted", id="R83 no place"),
    pytest.param("g", {"routing": {"is": "geoproximity", "region": "us-east-1", "bias": 100}}, "100 is above 99", id="R83 a bias above 99"),
    pytest.param("c", {"routing": {"is": "ip_based", "collection_id": "x", "location": "a b"}}, "'a b' is no location name", id="R199 a location's name"),
    pytest.param("f", {"health_check_id": None}, "must have an associated health check", id="R34 a primary without a check"),
])  # fmt: skip
def test_a_record_set_of_a_snapshot_obeys_the_rules_of_files(document, name, changes, message):
    record_set = record_set_at(document, name)
    record_set.update(changes)
    with pytest.raises(
        SnapshotUnusable, match=rf"^snapshot: hosted_zones\[0\]\.record_sets\[\d+\].*(?:{message})"
    ) as refused:
        loaded(document)
    at = int(str(refused.value).partition("record_sets[")[2].partition("]")[0])
    assert document["hosted_zones"][0]["record_sets"][at]["name"] == record_set["name"]


@pytest.mark.parametrize(("check_id", "changes", "message"), [
    pytest.param("web", {"request_interval_s": float("nan")}, "request_interval_s: a number is wanted, not nan", id="H63 NaN"),
    pytest.param("web", {"request_interval_s": float("inf")}, "request_interval_s: a number is wanted, not inf", id="H63 infinite"),
    pytest.param("web", {"request_interval_s": 0}, "request_interval: 0.* is below 0.1", id="H63 zero"),
    pytest.param("web", {"request_interval_s": -5}, "request_interval: -5.* is below 0.1", id="H63 below zero"),
    pytest.param("web", {"request_interval_s": 10**400}, "request_interval_s: a number is wanted", id="H63 huge"),
    pytest.param("web", {"failure_threshold": 0}, "failure_threshold: 0 is below 1", id="H64 no threshold"),
    pytest.param("web", {"failure_threshold": 11}, "failure_threshold: 11 is above 10", id="H64 a threshold of 11"),
    pytest.param("web", {"port": 65536}, "port: 65536 is above 65535", id="H10 a port of 17 bits"),
    pytest.param("web", {"ip_address": "300.1.1.1"}, "'300.1.1.1' is no address", id="H7 no address"),
    pytest.param("web", {"ip_address": None}, "IP address and fully qualified domain name can not be both empty", id="H4 no endpoint"),
    pytest.param("web", {"regions": ["mars-1"] * 3}, "'mars-1' is not known here", id="H14 an unknown Region"),
    pytest.param("web", {"search_string": "ok"}, "must not have a search string", id="H19 a search string"),
    pytest.param("web", {"enable_sni": True}, "must not enable SNI", id="H34 SNI without TLS"),
    pytest.param("both", {"children": ["both"]}, "calculated health checks are their own children: both → both", id="H81 its own child"),
    pytest.param("both", {"children": ["x"] * 257}, "children|longer than 256", id="H82 257 children"),
    pytest.param("both", {"health_threshold": -1}, "health_threshold: -1 is below 0", id="H79 a threshold below 0"),
])  # fmt: skip
def test_a_health_check_of_a_snapshot_obeys_the_rules_of_files(document, check_id, changes, message):
    check_at(document, check_id)["config"].update(changes)
    at = document["health_checks"].index(check_at(document, check_id))
    with pytest.raises(SnapshotUnusable, match=rf"^snapshot: health_checks\[{at}\].*(?:{message})"):
        loaded(document)


def test_h81_a_ring_of_many_calculated_checks_is_found_once_and_without_recursion():
    count = 3000
    checks = {
        HealthCheckId(f"c{n}"): HealthCheck(
            HealthCheckId(f"c{n}"), CalculatedCheck((HealthCheckId(f"c{(n + 1) % count}"),), 1)
        )
        for n in range(count)
    }
    world = replace(State().world, health_checks=State().world.health_checks.update(checks))
    (row,) = invalid_rows(State(world))
    assert row.problem.id == "child-ring"


@pytest.mark.parametrize(("changes", "message"), [
    pytest.param({"name": "."}, "hosted_zones[0].name: the root cannot be a hosted zone", id="R12 the root"),
    pytest.param({"name": "*.test."}, "hosted_zones[0].name: Creation of hosted zone with a wildcard", id="R8 a wildcard"),
    pytest.param({"id": "x"}, "hosted_zones[0].id: 'x' is not accepted", id="A47 an id"),
    pytest.param({"comment": "x" * 257}, "hosted_zones[0].comment: ", id="A80 a long comment"),
    pytest.param({"record_sets": []}, "hosted_zones[0]: the hosted zone has no NS record set of its name", id="A171 no NS"),
])  # fmt: skip
def test_a_hosted_zone_of_a_snapshot_obeys_the_rules_of_files(document, changes, message):
    document["hosted_zones"][0].update(changes)
    with pytest.raises(SnapshotUnusable) as refused:
        loaded(document)
    assert str(refused.value).startswith(f"snapshot: {message}")


@pytest.mark.parametrize(("locations", "message"), [
    pytest.param({"a b": []}, "'a b' is no location name", id="R199 a location's name"),
    pytest.param({"paris": ["192.0.2.0/25"]}, "has a prefix of 25 bits", id="R93 a long prefix"),
    pytest.param({"paris": ["0.0.0.0/0"]}, "has a prefix of 0 bits", id="R93 every address"),
    pytest.param({"a": ["192.0.2.0/24"], "b": ["192.0.2.0/24"]}, "is in a and in b", id="R201 a block twice"),
])  # fmt: skip
def test_a_cidr_collection_of_a_snapshot_obeys_the_rules_of_files(document, locations, message):
    document["cidr_collections"][0]["locations"] = locations
    with pytest.raises(SnapshotUnusable, match=rf"cidr_collections\[0\]\.locations.*{message}"):
        loaded(document)


POLICY = '{"AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartRule": "a", "Endpoints": {}, "Rules": %s}'
RING = POLICY % (
    '{"a": {"RuleType": "weighted", "Items": [{"RuleReference": "b", "Weight": "1"}]},'
    ' "b": {"RuleType": "weighted", "Items": [{"RuleReference": "a", "Weight": "1"}]}}'
)


@pytest.mark.parametrize(("table", "key", "row", "message"), [
    pytest.param("zones", ["Z1", "x"], {"caller_reference": "x"}, "its key has 2 texts instead of 1", id="a key of two parts"),
    pytest.param("zones", ["Z1"], {"caller_reference": "x", "created_at": 1e20}, "row.created_at: 1e+20 is no time", id="a time after all years"),
    pytest.param("changes", ["C1"], {"comment": None, "submitted_at": -1.0, "insync_at": 0.0}, "row.submitted_at: -1.0 is no time", id="a time before 1970"),
    pytest.param("traffic_policies", ["p", "1"], {"name": "p", "type": "A", "document": RING}, "lead in a circle", id="R191 a ring of rules"),
    pytest.param("traffic_policies", ["p", "one"], {"name": "p", "type": "A", "document": RING}, "'one' is no version", id="A301 no version"),
    pytest.param("traffic_policies", ["p", "1"], {"name": "p", "type": "A", "document": "[" * 100_000}, "row.document", id="R191 deep JSON"),
    pytest.param("record_set_protections", ["Z1", "a..b", "A"], {"comment": None}, "Domain label is empty", id="A435 a name"),
    pytest.param("record_set_protections", ["Z1", "a.test.", "X"], {"comment": None}, "'X' is no record type", id="A435 a type"),
    pytest.param("traffic_policy_instances", ["i"], {"hosted_zone_id": "Z1", "name": "a.test.", "ttl_s": -1, "policy_id": "p", "policy_version": 1, "type": "A"}, "row.ttl_s: -1 is no TTL", id="R20 an instance's TTL"),
    pytest.param("health_checks", ["h"], {"caller_reference": "x", "version": 1, "config": {}, "original": {}}, "the type of the health check is missing", id="H1 a config without a type"),
])  # fmt: skip
def test_the_other_rows_of_a_snapshot_can_be_read_by_commands(document, table, key, row, message):
    document["tables"][table] = [{"key": key, "row": row}]
    with pytest.raises(SnapshotUnusable) as refused:
        loaded(document)
    assert f"tables.{table}[0].row" in str(refused.value)
    assert message in str(refused.value)


def test_a_snapshot_with_many_errors_tells_the_first_and_their_number(document):
    for record_set in document["hosted_zones"][0]["record_sets"]:
        record_set["ttl"] = -1
    with pytest.raises(SnapshotUnusable, match=r"-1 is below 0.*\(\d+ more rows break rules\)$"):
        loaded(document)


def test_numbers_that_python_does_not_read_are_refused(document):
    text = json.dumps(document).replace('"port": 80', f'"port": {"1" * 5000}')
    with pytest.raises(SnapshotUnusable, match="snapshot: "):
        load(text, TABLES, invalid_rows)
