"""The JSON schema accepts what the loader accepts, and refuses what it refuses."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from dnsemu.config.file.load import load_files, load_text
from dnsemu.config.file.schema import json_schema
from dnsemu.config.shapes.file import FileShape
from dnsemu.demo.tour import bind_apps, demo_file

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
EXAMPLES = sorted(path for path in (ROOT / "examples").rglob("*.yaml") if path.parent.name != "drills")
"""Files with zones; drills have fields of another kind."""
METRIC_CHECK = """\
health_checks:
  - id: a
    type: CLOUDWATCH_METRIC
    alarm_identifier: {region: us-east-1, name: cpu}
    cloud_watch_alarm_configuration:
      {evaluation_periods: 1, threshold: 80, comparison_operator: GreaterThanThreshold, period: 60,
       metric_name: CPUUtilization, namespace: AWS/EC2, statistic: Average, dimensions: [{name: a, value: b}]}
"""


def schema_errors(data):
    return [f"{list(error.path)}: {error.message}" for error in VALIDATOR.iter_errors(data)]


def test_the_schema_is_valid_json():
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_match_the_schema(path):
    assert load_files([path]).world.hosted_zones
    assert schema_errors(yaml.safe_load(path.read_text())) == []


@pytest.mark.outside
def test_the_demo_matches_the_schema():
    apps = bind_apps()
    try:
        assert schema_errors(yaml.safe_load(demo_file(apps))) == []
    finally:
        for app in apps:
            app.sock.close()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("hosted_zone: []", id="an unknown section"),
        pytest.param("hosted_zones: [{name: a.test, record_sets: [{type: A}]}]", id="a record set without a name"),
        pytest.param("hosted_zones: [{name: a.test, record_sets: [{name: b, type: A, weight: 256}]}]", id="R62 weight"),
        pytest.param("hosted_zones: [{name: a.test, record_sets: [{name: b, type: WKS}]}]", id="R13 type"),
        pytest.param("health_checks: [{id: a, type: PING}]", id="H1 type"),
        pytest.param("health_checkers: {blocked: [{to: 10.0.0.0/8}]}", id="a blocked path without its checkers"),
        pytest.param("health_checkers: {blocked: [{from: sa-east-1, by: x}]}", id="a blocked path with another field"),
        pytest.param("health_checkers: {probes: never}", id="H160 probes"),
        pytest.param(METRIC_CHECK.replace("period: 60", "period: 59"), id="H31 an alarm's period"),
        pytest.param(METRIC_CHECK.replace("Average", "p90"), id="H30 an alarm's statistic"),
        pytest.param("server: {force_file: ''}", id="a force file without a name"),
        pytest.param("server: {dns: 53}", id="an address that is a number"),
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(text):
    assert schema_errors(yaml.safe_load(text)) != []


@pytest.mark.parametrize(
    "text",
    [
        "health_checkers: {blocked: [{from: sa-east-1, to: 10.1.0.0/16}, {from: '*'}], strict_addresses: true}",
        METRIC_CHECK,
    ],
)
def test_the_schema_accepts_what_the_loader_accepts(text):
    load_text("f.yaml", text)
    assert schema_errors(yaml.safe_load(text)) == []


def test_every_section_of_a_file_has_a_schema():
    assert set(SCHEMA["properties"]) == set(FileShape.model_fields)
    assert all("Any" not in str(section) and section != {} for section in SCHEMA["properties"].values())
