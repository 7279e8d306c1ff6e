"""Folders, standard input and text of either format in place of files."""

import io
import json
import sys
from pathlib import Path

import pytest

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_files
from dnsemu.config.names import display

ZONE = "hosted_zones: [{{name: {}}}]\n"
JSON = json.dumps({"hosted_zones": [{"name": "json.test"}]})


@pytest.fixture
def standard_input(monkeypatch):
    def be(text):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8"))

    return be


def zones(loaded):
    return [display(zone.name) for zone in sorted(loaded.world.hosted_zones.values(), key=lambda zone: zone.name)]


def errors(*paths):
    with pytest.raises(FilesRefused) as caught:
        load_files(list(map(Path, paths)))
    return [(error.file, error.line, error.id) for error in caught.value.errors]


def test_a_folder_stands_for_its_yaml_and_json_files(tmp_path):
    names = ("b.yaml", "a.yml", "c.json", "d.YAML", ".hidden.yaml", "e.yaml~", "#f.yaml#", "g.yaml.swp", "README.md")
    for number, name in enumerate(names):
        (tmp_path / name).write_text(json.dumps({"hosted_zones": [{"name": f"z{number}.test"}]}))
    (tmp_path / "below.yaml").mkdir()
    (tmp_path / "below.yaml" / "h.yaml").write_text(ZONE.format("below.test"))
    assert zones(load_files([tmp_path])) == ["z0.test.", "z1.test.", "z2.test.", "z3.test."]


def test_the_files_of_a_folder_are_read_by_name(tmp_path):
    for name in ("b.yaml", "a.yaml"):
        (tmp_path / name).write_text("x: 1")
    assert [Path(file).name for file, _, _ in errors(tmp_path)] == ["a.yaml", "b.yaml"]


def test_a_folder_through_links_as_a_mounted_config_map(tmp_path):
    data = tmp_path / "..2026"
    data.mkdir()
    (data / "shop.yaml").write_text(ZONE.format("shop.test"))
    (tmp_path / "..data").symlink_to(data)
    (tmp_path / "shop.yaml").symlink_to(tmp_path / "..data" / "shop.yaml")
    assert zones(load_files([tmp_path])) == ["shop.test."]


@pytest.mark.parametrize("name", ["README.md", ".hidden.yaml", "below/shop.yaml"])
def test_a_folder_without_files_is_refused(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(ZONE.format("shop.test"))
    assert errors(tmp_path) == [(str(tmp_path), 0, "empty-folder")]


def test_a_file_of_a_folder_that_leads_nowhere_is_refused(tmp_path):
    (tmp_path / "a.yaml").symlink_to(tmp_path / "missing")
    assert errors(tmp_path) == [(str(tmp_path / "a.yaml"), 0, "unreadable")]


def test_a_file_and_its_folder(tmp_path):
    (tmp_path / "a.yaml").write_text(ZONE.format("a.test"))
    assert errors(tmp_path / "a.yaml", tmp_path) == [(str(tmp_path / "a.yaml"), 0, "file-twice")]


@pytest.mark.parametrize(
    "text", [ZONE.format("json.test"), JSON, f"\n  {JSON}", '{"hosted_zones": [{name: json.test}]}']
)
def test_the_format_of_standard_input_is_detected(standard_input, text):
    standard_input(text)
    loaded = load_files([Path("-")])
    assert zones(loaded) == ["json.test."]
    assert loaded.standard_input == text.encode()


@pytest.mark.parametrize(
    ("text", "line", "id"),
    [
        ("\nhosted_zones: 1", 2, "value-type"),
        ('{"hosted_zones": [\n,]}', 2, "json-syntax"),
        ('{"server":\n{"dns": ["x"]}}', 2, "listen-address"),
        ("a: [", 1, "yaml-syntax"),
    ],
)
def test_errors_name_standard_input(standard_input, text, line, id):
    standard_input(text)
    assert errors("-") == [("<stdin>", line, id)]


def test_standard_input_is_merged_with_files(standard_input, tmp_path):
    standard_input(ZONE.format("in.test"))
    (tmp_path / "a.yaml").write_text(ZONE.format("a.test"))
    assert zones(load_files([Path("-"), tmp_path])) == ["a.test.", "in.test."]


@pytest.mark.parametrize("again", ["-", "/dev/stdin"])
def test_standard_input_twice_is_refused(standard_input, again):
    standard_input(ZONE.format("in.test"))
    assert errors("-", again) == [("<stdin>", 0, "file-twice")]


def test_standard_input_that_was_read_before(standard_input):
    standard_input("other: 1")
    assert zones(load_files([Path("-")], standard_input=ZONE.format("in.test").encode())) == ["in.test."]


def test_closed_standard_input_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert errors("-") == [("<stdin>", 0, "unreadable")]


@pytest.mark.parametrize("suffix", [".txt", ""])
def test_a_file_of_another_suffix_is_json_or_yaml(tmp_path, suffix):
    (tmp_path / f"json{suffix}").write_text(JSON)
    (tmp_path / f"yaml{suffix}").write_text(ZONE.format("yaml.test"))
    assert zones(load_files([tmp_path / f"json{suffix}", tmp_path / f"yaml{suffix}"])) == ["json.test.", "yaml.test."]
