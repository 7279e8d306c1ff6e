"""The service model in the package is botocore's, and nothing in it is dropped without a word."""

import ast
import json
import re
from importlib.metadata import version
from itertools import chain

import pytest
from botocore import xform_name

from dnsemu.commands.registry import COMMANDS
from dnsemu.route53.model import service
from dnsemu.route53.not_implemented import MEMBERS
from scripts.service_model import DATA, extract, installed_model, written
from tests.house.sources import MODULES, ROOT, room_of, tree
from tests.house.test_documents import DOCUMENTS


def test_the_data_file_is_extracted_from_the_installed_botocore():
    now = written(version("botocore"), extract(installed_model()))
    assert DATA.read_text() == now, "run `make model`, then see CONTRIBUTING.md"


def test_it_has_no_documentation():
    text = DATA.read_text()
    assert "documentation" not in text.partition("\n},\n")[2]
    assert "<p>" not in text


def test_it_names_its_source_and_licence():
    source = json.loads(DATA.read_text())["_source"]
    assert version("botocore") in source["source"]
    assert "Apache License 2.0" in source["licence"]
    notice = (ROOT / "NOTICE").read_text()
    assert DATA.relative_to(ROOT).as_posix() in notice
    assert source["copyright"] in notice


def test_a_key_that_the_codec_does_not_know_is_refused():
    model = {"operations": {}, "shapes": {"A": {"type": "list", "flattened": True}}}
    with pytest.raises(ValueError, match="flattened"):
        extract(model)


def members(shape, seen):
    """Yields (structure, member) of a shape and of all shapes in it, without those inside a refused member."""
    if shape.name in seen:
        return
    seen.add(shape.name)
    for name, member in shape.members.items():
        yield shape.name, name
        if name not in MEMBERS.get(shape.name, {}):
            yield from members(member.shape, seen)
    if shape.item:
        yield from members(shape.item, seen)


def words_of(room_prefixes):
    """The strings and names in the modules of some rooms."""
    words = set()
    for module, path in MODULES.items():
        if room_of(module).startswith(room_prefixes):
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    words.add(node.value)
                elif isinstance(node, ast.Name):
                    words.add(node.id)
    return words


def spellings(member):
    """The names by which a command may read a member: `StartRecordName` as f"StartRecord{part}"."""
    return {member, xform_name(member), re.sub("^Start(?:Record)?", "", member)}


def test_a450_every_member_of_a_request_is_read_or_refused_by_name():
    seen = set()
    inputs = [service().operations[name].input for name in COMMANDS]
    asked = set(chain.from_iterable(members(shape, seen) for shape in inputs))
    known = words_of(("commands", "config"))
    refused = {(shape, member) for shape, listed in MEMBERS.items() for member in listed}
    unread = {(s, m) for s, m in asked - refused if not spellings(m) & known}
    assert not unread, "read these members in a command, or list them in MEMBERS of dnsemu.route53.not_implemented"
    assert refused <= asked


def test_no_document_counts_the_operations():
    counted = re.compile(r"\b\d+ operations\b|\ball \d+ must be routed", re.IGNORECASE)
    pages = [*DOCUMENTS, *(ROOT / "docs" / "spec").glob("*.md")]
    assert not [f"{path.name}: {found[0]}" for path in pages if (found := counted.search(path.read_text()))]
