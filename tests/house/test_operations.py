"""The command table, the installed service model and the notes list the same operations and errors."""

import re

from botocore.loaders import Loader

from dnsemu.commands.registry import COMMANDS
from scripts.fidelity import ROOT
from scripts.operations import asserted_codes, called_by, documented_codes, read_operation_notes

MODEL = Loader().load_service_model("route53", "service-2")
NOTES = read_operation_notes((ROOT / "docs" / "spec" / "notes.yaml").read_text())


def test_a70_a377_a435_every_operation_of_the_installed_model_has_a_command():
    assert COMMANDS.keys() == MODEL["operations"].keys()


def test_a370_every_operation_is_called_by_a_client():
    assert called_by(ROOT / "tests").keys() == COMMANDS.keys()


def test_a22_every_documented_error_is_asserted_by_a_test():
    assert documented_codes() - asserted_codes(ROOT / "tests") == set()


def test_errors_that_come_on_request_only_are_raised_nowhere():
    raised = re.compile(rf"\b(?:{'|'.join(NOTES.on_request)})\(")
    errors = ROOT / "dnsemu" / "commands" / "errors"
    sources = [path for path in (ROOT / "dnsemu").rglob("*.py") if not path.is_relative_to(errors)]
    assert not [f"{path.name}: {found[0]}" for path in sources if (found := raised.search(path.read_text()))]


def test_every_note_about_operations_names_one():
    assert NOTES.stores.keys() | NOTES.differs.keys() <= COMMANDS.keys()
