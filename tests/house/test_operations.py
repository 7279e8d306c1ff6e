"""The command table, the service model and the notes agree about operations and errors."""

import re

from dnsemu.commands.registry import COMMANDS
from dnsemu.route53.model import service
from scripts.fidelity import ROOT
from scripts.operations import asserted_codes, called_by, documented_codes, read_operation_notes

NOTES = read_operation_notes((ROOT / "docs" / "spec" / "notes.yaml").read_text())


def test_a377_a435_every_command_is_an_operation_of_the_model():
    assert COMMANDS.keys() <= service().operations.keys()


def test_every_operation_of_the_rules_has_a_command():
    rules = (ROOT / "docs" / "spec" / "api.md").read_text()
    assert COMMANDS.keys() == set(re.findall(r"^\| [123] \| (\w+) \|", rules, re.MULTILINE))


def test_a370_every_operation_is_called_by_a_client():
    assert called_by(ROOT / "tests").keys() >= COMMANDS.keys()


def test_a22_every_documented_error_is_asserted_by_a_test():
    assert documented_codes() - asserted_codes(ROOT / "tests") == set()


def test_errors_that_come_on_request_only_are_raised_nowhere():
    raised = re.compile(rf"\b(?:{'|'.join(NOTES.on_request)})\(")
    errors = ROOT / "dnsemu" / "commands" / "errors"
    sources = [path for path in (ROOT / "dnsemu").rglob("*.py") if not path.is_relative_to(errors)]
    assert not [f"{path.name}: {found[0]}" for path in sources if (found := raised.search(path.read_text()))]


def test_every_note_about_operations_names_one():
    assert NOTES.stores.keys() | NOTES.differs.keys() <= COMMANDS.keys()
