"""A snapshot stands where a file does: the same hosted zones, health checks and CIDR collections."""

import json

import pytest
from immutables import Map

from dnsemu.commands.health_checks.health_checks import HEALTH_CHECKS
from dnsemu.commands.registry import TABLES
from dnsemu.commands.tags import TAGS, TagsRow
from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_files, load_text
from dnsemu.state.state import State
from dnsemu.store.snapshot import Snapshot, save

UUID = "0e4f7dcb-60bc-4e4c-97a9-924d2a0703a4"
EVERYTHING = f"""\
health_checks:
  - {{id: web, name: the web, type: HTTPS_STR_MATCH, fully_qualified_domain_name: a.test, port: 8443, resource_path: /h,
     search_string: ok, request_interval: 0.5, failure_threshold: 2, measure_latency: true, enable_sni: false,
     regions: [us-east-1, eu-west-1, sa-east-1], inverted: true, disabled: true}}
  - {{id: tcp, type: TCP, ip_address: 127.0.0.1, port: 80}}
  - {{id: any, type: CALCULATED, child_health_checks: [web, tcp], health_threshold: 1}}
  - {{id: alarm, type: CLOUDWATCH_METRIC, alarm_identifier: {{region: us-east-1, name: a}}, insufficient_data_health_status: Healthy,
     cloud_watch_alarm_configuration: {{evaluation_periods: 2, threshold: 1.5, comparison_operator: LessThanThreshold, period: 60,
     metric_name: m, namespace: n, statistic: Sum, dimensions: [{{name: d, value: v}}]}}}}
  - {{id: control, type: RECOVERY_CONTROL, routing_control_arn: 'arn:aws:route53-recovery-control::1:controlpanel/a/routingcontrol/b'}}
cidr_collections:
  - {{id: {UUID}, name: offices, locations: {{paris: [192.0.2.0/24, '2001:db8::/32'], tokyo: [203.0.113.0/24]}}}}
hosted_zones:
  - name: shop.test
    id: Z1234567890ABC
    comment: a comment
    record_sets:
      - {{name: a, type: A, ttl: 60, resource_records: [192.0.2.1, 192.0.2.2]}}
      - {{name: '*.x', type: TXT, ttl: 60, resource_records: ['"a" "b"']}}
      - {{name: 'a\\052b', type: A, ttl: 60, resource_records: [192.0.2.1]}}
      - {{name: w, type: A, ttl: 60, set_identifier: s, weight: 0, health_check_id: web, resource_records: [192.0.2.1]}}
      - {{name: r, type: A, ttl: 60, set_identifier: s, region: us-east-1, resource_records: [192.0.2.1]}}
      - {{name: f, type: A, ttl: 60, set_identifier: s, failover: PRIMARY, health_check_id: any, resource_records: [192.0.2.1]}}
      - {{name: g, type: A, ttl: 60, set_identifier: s, geo_location: {{country_code: US, subdivision_code: CA}}, resource_records: [192.0.2.1]}}
      - {{name: g, type: A, ttl: 60, set_identifier: t, geo_location: {{continent_code: EU}}, resource_records: [192.0.2.1]}}
      - {{name: p, type: A, ttl: 60, set_identifier: s, geo_proximity_location: {{coordinates: {{latitude: '49.20', longitude: -1.5}}, bias: 5}},
         resource_records: [192.0.2.1]}}
      - {{name: p, type: A, ttl: 60, set_identifier: t, geo_proximity_location: {{aws_region: us-east-1, bias: 0}}, resource_records: [192.0.2.1]}}
      - {{name: p, type: A, ttl: 60, set_identifier: u, geo_proximity_location: {{coordinates: {{latitude: 1, longitude: 2}}}},
         resource_records: [192.0.2.1]}}
      - {{name: c, type: A, ttl: 60, set_identifier: s, cidr_routing_config: {{collection_id: offices, location_name: paris}},
         resource_records: [192.0.2.1]}}
      - {{name: m, type: A, ttl: 60, set_identifier: s, multi_value_answer: true, resource_records: [192.0.2.1]}}
      - {{name: '@', type: A, alias_target: {{dns_name: w.shop.test, evaluate_target_health: true}}}}
"""


def saved(world, tables=None):
    """Returns the text of a snapshot of this World."""
    return "".join(save(Snapshot(State(world, Map(tables or {})), 0.0), TABLES))


@pytest.fixture
def document():
    return json.loads(saved(load_text("f.yaml", EVERYTHING).world))


def refused(document):
    with pytest.raises(FilesRefused) as caught:
        load_text("s.json", json.dumps(document, indent=1))
    return caught.value.errors


@pytest.mark.parametrize("name", ["s.json", "s.yaml", "s.snapshot"])
def test_a_snapshot_is_the_same_world(name):
    """Every policy, every kind of health check and all of their fields."""
    world = load_text("f.yaml", EVERYTHING).world
    loaded = load_text(name, saved(world))
    assert loaded.warnings == ()
    assert loaded.world.hosted_zones == world.hosted_zones
    assert loaded.world.health_checks == world.health_checks
    assert loaded.world.cidr_collections == world.cidr_collections


def test_a_snapshot_is_merged_with_files(tmp_path, document):
    (tmp_path / "s.json").write_text(json.dumps(document))
    (tmp_path / "f.yaml").write_text("server: {scale_ttls: true}\nhosted_zones: [{name: other.test}]")
    world = load_files([tmp_path]).world
    assert len(world.hosted_zones) == 2
    assert world.server.scale_ttls


def test_a_snapshot_and_the_file_that_it_came_from_are_refused_together(tmp_path, document):
    (tmp_path / "s.json").write_text(json.dumps(document))
    (tmp_path / "f.yaml").write_text(EVERYTHING)
    with pytest.raises(FilesRefused) as caught:
        load_files([tmp_path / "f.yaml", tmp_path / "s.json"])
    assert {error.id for error in caught.value.errors} == {"declared-twice"}
    assert all("give the file or the snapshot, not both" in error.instead for error in caught.value.errors)
    assert all(error.line for error in caught.value.errors)


def test_what_a_file_cannot_hold_is_left_out_with_a_warning(document):
    document["hosted_zones"].append(document["hosted_zones"][0] | {"id": "Z2", "is_private": True})
    document["tables"] = {
        "traffic_policies": [{"key": ["a", "1"], "row": {}}, {"key": ["a", "2"], "row": {}}],
        "tags": [{"key": ["hostedzone", "Z1"], "row": {"tags": [["team", "x"]]}}],
        "changes": [{"key": ["C1"], "row": {}}],
    }
    loaded = load_text("s.json", json.dumps(document))
    assert len(loaded.world.hosted_zones) == 1
    private, rest = sorted(loaded.warnings, key=lambda warning: warning.where)
    assert private.message == "the private hosted zone shop.test. is left out"
    assert rest.message == (
        "left out, as files cannot hold it: versions of traffic policies (2), resources with tags (1)"
    )
    assert "dnsemu snapshot load FILE" in rest.instead


def test_the_tag_name_is_a_health_checks_name():
    world = load_text("f.yaml", EVERYTHING).world
    tags = Map({("healthcheck", "web"): TagsRow((("Name", "the web"),))})
    loaded = load_text("s.json", saved(world, {TAGS.name: tags, HEALTH_CHECKS.name: Map()}))
    assert loaded.warnings == ()
    assert loaded.world.health_checks["web"].label == "the web"


def test_what_was_deleted_since_is_a_warning(document):
    """R117, A170: a record set stays when its health check or its target is deleted."""
    record_sets = document["hosted_zones"][0]["record_sets"]
    record_sets[:] = [record_set for record_set in record_sets if record_set["name"] != "w.shop.test."]
    document["health_checks"] = [check for check in document["health_checks"] if check["id"] != "any"]
    loaded = load_text("s.json", json.dumps(document))
    assert {warning.id for warning in loaded.warnings} == {"no-such-check", "alias-target-missing"}
    (zone,) = loaded.world.hosted_zones.values()
    assert len(zone.record_sets) == len(record_sets)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.update(format_version=2, product_version="9.9"), "this snapshot has format version 2"),
        (lambda d: d.update(format_version=2, product_version="9.9"), "use the dnsemu that wrote it, 9.9"),
        (lambda d: d.update(later=1), "'later' is no field here"),
        (lambda d: d["hosted_zones"][0].update(later=1), "'later' is no field here"),
        (lambda d: d["hosted_zones"][0]["record_sets"][0].update(later=1), "'later' is no field here"),
        (
            lambda d: d["hosted_zones"][0]["record_sets"][0].update(routing={"is": "later"}),
            "'routing' is no field here",
        ),
        (lambda d: d["hosted_zones"][0]["record_sets"][0].update(routing=1), "'routing' is no field here"),
        (lambda d: d["hosted_zones"][0]["record_sets"][0].update(values=["x"]), "'x' is no value of type A"),
        (lambda d: d["hosted_zones"][0]["record_sets"].append(1), "1 is a whole number"),
        (lambda d: d["health_checks"][0]["config"].update({"is": "later"}), "'config' is no field here"),
        (lambda d: d["health_checks"][0].update(config=None), "'config' is no field here"),
        (lambda d: d.update(health_checks={}), "a mapping stands here"),
        (lambda d: d.update(hosted_zones=1), "1 is a whole number"),
    ],
)
def test_another_version_or_a_damaged_snapshot_is_refused(document, change, says):
    document["hosted_zones"][0]["record_sets"].sort(key=lambda record_set: record_set["name"] != "a.shop.test.")
    change(document)
    found = [error for error in refused(document) if says in str(error)]
    assert found
    assert found[0].line
