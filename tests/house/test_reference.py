"""docs/reference.md lists every field of a file as the shapes have it; its examples are files that hold each of them."""

import copy
import json
import re
from ipaddress import ip_address
from typing import get_args

import pytest

from dnsemu.clock.spec import parse_clock
from dnsemu.config import names
from dnsemu.config.aws.places import CONTINENT_OF, REGIONS, parse_place
from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.documents import parse
from dnsemu.config.file.load import load_files
from dnsemu.config.file.schema import json_schema
from dnsemu.config.rdata.parsing import parse_value
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.shapes.about import Notation
from dnsemu.config.shapes.base import Shape, snake, validate
from dnsemu.config.shapes.networks import parse_network
from dnsemu.config.shapes.record_sets import RecordSetShape
from dnsemu.config.text.addresses import parse_address
from dnsemu.config.text.durations import parse_duration
from dnsemu.config.text.rates import parse_rate
from dnsemu.server.options import DEFAULT_DNS, DEFAULT_HTTP
from scripts.fidelity import DOCUMENTS, rules_of
from scripts.reference import PAGE, filled, shapes, tables
from tests.house.sources import room_of
from tests.house.test_readme import DATABASE

TEXT = PAGE.read_text()
SHAPES = shapes()
SCHEMAS = {name: shape.model_json_schema(ref_template="{model}") for name, shape in SHAPES.items()}
FIELDS = [(name, field) for name, shape in SHAPES.items() for field in shape.model_fields]
API_ONLY = {"health_check_config", "cidr_blocks", "traffic_policy_instance_id"}
"""Fields of the API that hold fields of a shape in another form, or mark an entry that is left out."""


def properties(shape):
    schema = SCHEMAS[shape]
    return schema.get("properties") or schema["$defs"][shape]["properties"]


def sections():
    """The text below each heading."""
    parts = re.split(r"^#+ (.+)$", TEXT, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


EXAMPLES = {
    shape: re.findall(r"^```yaml\n(.*?)^```$", sections()[heading], re.DOTALL | re.MULTILINE)
    for shape, heading in tables(TEXT)
}


def descendants(kind):
    for below in kind.__subclasses__():
        yield below
        yield from descendants(below)


def model_in(annotation):
    """The shape in an annotation such as `list[TargetShape] | None`, if there is one."""
    if isinstance(annotation, type) and issubclass(annotation, Shape):
        return annotation
    return next(filter(None, map(model_in, get_args(annotation))), None)


def mappings(shape, data, path=()):
    """Yields (shape, path, mapping) of each mapping in a document that has a shape."""
    yield shape, path, data
    for key, value in data.items():
        field = shape.model_fields.get(snake(key))
        inner = model_in(field.annotation) if field else None
        for at, item in enumerate(value if isinstance(value, list) else [value]):
            if inner and isinstance(item, dict):
                yield from mappings(inner, item, (*path, key, *([at] if isinstance(value, list) else [])))


def document(text):
    return parse("example.yaml", text).data


@pytest.fixture
def load(tmp_path):
    """Loads data as a file, beside the database that examples name."""
    (tmp_path / DATABASE).touch()

    def loaded(data):
        path = tmp_path / "example.json"
        path.write_text(json.dumps(data))
        return load_files([path]).world

    return loaded


def test_the_tables_are_those_of_the_shapes():
    assert filled(TEXT) == TEXT, "run `make reference`"


def test_every_shape_has_one_table():
    in_files = [shape for shape in descendants(Shape) if not shape.__module__.endswith(".change_batches")]
    defined = {shape.__name__ for shape in in_files if room_of(shape.__module__) == "config.shapes"}
    public = {name for name in defined if not name.startswith("_")}
    assert len(public) > 20
    assert sorted(shape for shape, _ in tables(TEXT)) == sorted(public)


def test_every_table_is_listed_at_the_head():
    head = TEXT.partition("## Notations")[0]
    assert re.findall(r"\(#(\w+)\)", head) == [heading for _, heading in tables(TEXT)]


def test_every_rule_on_the_page_exists():
    rules = set(re.findall(r" ([RHA]\d+) \|$", TEXT, re.MULTILINE))
    spec = {rule.id for name, letter in DOCUMENTS.items() for rule in rules_of(document_text(name), letter)}
    assert len(rules) > 40
    assert [rule for rule in rules if not any(known == rule or known.startswith(f"{rule}.") for known in spec)] == []


def document_text(name):
    return (PAGE.parent / "spec" / name).read_text()


def test_editors_show_the_sentences_of_the_page():
    schema = json_schema()
    shown = [
        field["description"] for model in (schema, *schema["$defs"].values()) for field in model["properties"].values()
    ]
    assert len(shown) == len(FIELDS)
    assert [sentence for sentence in shown if f" | {sentence} | " not in TEXT] == []


@pytest.mark.parametrize(("shape", "field"), FIELDS)
def test_every_field_is_described_in_sentences(shape, field):
    described = properties(shape)[field].get("description", "")
    assert re.fullmatch(r"[A-Z`].*\.", described), "describe it in its shape with `about`, then run `make reference`"


def test_the_page_names_no_field_that_no_shape_has():
    known = {field for _, field in FIELDS} | {name for shape in SHAPES.values() for name in shape.OUTPUT_FIELDS}
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", TEXT))
    assert len(named) > 60
    assert named - known - API_ONLY == set()


@pytest.mark.parametrize("shape", EXAMPLES)
def test_the_examples_of_a_mapping_hold_each_of_its_fields(shape, load):
    held = set()
    for text in EXAMPLES[shape]:
        data = document(text)
        load(data)
        held |= {
            snake(key)
            for model, _, mapping in mappings(SHAPES["FileShape"], data)
            if model.__name__ == shape
            for key, value in mapping.items()
            if value is not None
        }
    assert set(SHAPES[shape].model_fields) - held == set()


DEFAULTS = [
    pytest.param(shape, field, properties(shape)[field]["default"], id=f"{shape} {field}")
    for shape, field in FIELDS
    if properties(shape)[field].get("default") is not None
]
LISTED_IF_WRITTEN = {("GeoProximityLocationShape", "bias")}
"""Fields that the API lists if they were written, also with their default (A132)."""


@pytest.mark.parametrize(("shape", "field", "default"), DEFAULTS)
def test_a_field_that_is_left_out_has_the_default_of_the_page(shape, field, default, load):
    compared = 0
    for text in EXAMPLES[shape]:
        for model, path, _ in mappings(SHAPES["FileShape"], document(text)):
            if model.__name__ != shape:
                continue
            with_it, without_it = copy.deepcopy(document(text)), copy.deepcopy(document(text))
            at(with_it, path)[field] = default
            at(without_it, path).pop(field, None)
            try:
                worlds = load(with_it), load(without_it)
            except FilesRefused:
                continue  # not a field of every kind
            compared += 1
            assert worlds[0] == worlds[1] or (shape, field) in LISTED_IF_WRITTEN
    assert compared


def at(data, path):
    for part in path:
        data = data[part]
    return data


def test_the_addresses_to_listen_on_have_the_defaults_of_the_page():
    assert f"`{', '.join(DEFAULT_DNS)}`" in properties("ServerShape")["dns"]["description"]
    assert f"`{DEFAULT_HTTP}`" in properties("ServerShape")["http"]["description"]


# --- notations ---


def one_of(words):
    def check(text):
        if text not in words:
            raise ValueError(text)

    return check


def ttl(text):
    record_set = {"name": "a", "type": "A", "ttl": document(text), "resource_records": ["192.0.2.1"]}
    problems = validate(RecordSetShape, record_set)[1]
    if problems:
        raise ValueError(problems)


PARSERS = {
    Notation.DOMAIN_NAME.value: lambda text: text == "@" or names.parse(text),
    Notation.ADDRESS.value: ip_address,
    Notation.ADDRESS_AND_PORT.value: parse_address,
    Notation.NETWORK.value: lambda text: parse_network(text, ""),
    Notation.REGION.value: one_of(REGIONS),
    Notation.AVAILABILITY_ZONE.value: one_of({az for region in REGIONS.values() for az in region.az_ids}),
    Notation.COUNTRY.value: one_of(CONTINENT_OF),
    Notation.PLACE.value: parse_place,
    Notation.DURATION.value: parse_duration,
    Notation.RATE.value: parse_rate,
    Notation.PATH.value: str,
    Notation.VALUE.value: lambda text: parse_value(RRType.A, text),
    "TTL": ttl,
    "clock": parse_clock,
}
ROWS = {
    cells[0]: [re.findall(r"`([^`]+)`", cell) for cell in cells[1:]]
    for line in sections()["Notations"].splitlines()
    if line.startswith("| ") and len(cells := line.strip("| ").split(" | ")) >= 3
}
ROWS.pop("notation")


def test_every_notation_is_explained():
    assert ROWS.keys() == PARSERS.keys()
    assert {notation.value for notation in Notation} <= ROWS.keys()


@pytest.mark.parametrize(("notation", "text"), [(n, text) for n, cells in ROWS.items() for text in cells[0]])
def test_a_notation_accepts_its_examples(notation, text):
    PARSERS[notation](text)


@pytest.mark.parametrize(
    ("notation", "text"), [(n, text) for n, cells in ROWS.items() if len(cells) > 2 for text in cells[1]]
)
def test_a_notation_refuses_what_not_to_write(notation, text):
    with pytest.raises(ValueError):
        PARSERS[notation](text)


VALUES = re.findall(r"^\| ([A-Z]+) \| `(.+?)` \|", sections()["Record values"], re.MULTILINE)


def test_every_record_type_has_a_value():
    assert [name for name, _ in VALUES] == sorted(RRType.__members__)


@pytest.mark.parametrize(("type", "value"), VALUES)
def test_the_example_of_a_value_is_one(type, value):
    assert parse_value(RRType[type], value)
