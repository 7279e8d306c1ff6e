"""`schema` prints the JSON schema, or the fields of one mapping in words."""

import json
import re

import pytest
from typer.testing import CliRunner

from dnsemu.cli.commands import app
from dnsemu.cli.files import mapping_names
from dnsemu.config.file.fields import TOP, mappings


def printed(*arguments, code=0):
    done = CliRunner().invoke(app, ["schema", *arguments], env={"COLUMNS": "80"}, prog_name="dnsemu")
    assert done.exit_code == code, done.output
    return done.output


def test_without_a_mapping_it_is_the_json_schema():
    assert json.loads(printed())["title"] == "dnsemu file"


@pytest.mark.parametrize("mapping", mappings())
def test_the_fields_of_a_mapping_are_listed_with_type_and_meaning(mapping):
    lines = printed(mapping).splitlines()
    names = [line.partition(":")[0] for line in lines[::2]]
    assert names == list(mappings()[mapping].model_fields)
    assert all(line.startswith("    ") for line in lines[1::2])


def test_types_defaults_and_rules_are_shown():
    lines = printed("health_checks").splitlines()
    assert "failure_threshold: whole number, 1 to 10; default 3" in lines
    assert "id: text, ^[0-9A-Za-z._-]{1,64}$, required" in lines
    assert "    `true` swaps healthy and unhealthy. (H72)" in lines


@pytest.mark.parametrize(
    ("mapping", "instead"),
    [
        pytest.param("record_set", "write record_sets", id="a misspelled mapping"),
        pytest.param("zonk", "write one of file, server, vantage_points", id="no mapping"),
    ],
)
def test_an_unknown_mapping_is_refused(mapping, instead):
    assert instead in " ".join(printed(mapping, code=2).split())


def test_mappings_are_completed():
    assert mapping_names() == list(mappings())


def test_fields_of_one_name_hold_one_shape():
    """An error names a mapping by the field that holds it."""
    held = {
        (name, found.__name__)
        for shape in mappings().values()
        for name, field in shape.model_fields.items()
        for found in mappings().values()
        if found.__name__ in re.findall(r"\w+", str(field.annotation))
    }
    assert len(held) == len(mappings()) - 1
    assert {name for name, _ in held} == mappings().keys() - {TOP}
