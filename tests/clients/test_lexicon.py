"""dns-lexicon's Route 53 provider."""

import json
from pathlib import Path

import pytest

from tests.e2e.asking import served
from tests.e2e.aws import new_zone

SCRIPT = Path(__file__).parent / "lexicon" / "run.py"
NAME = "www.example.com"


@pytest.fixture
def lexicon(boto, run_json, installed):
    """A function that runs actions of the provider, each with the name `NAME`, and returns their results."""
    program = installed("lexicon") / "bin" / "python"
    new_zone(boto, "example.com")

    def lexicon(*actions):
        rows = [(action, type_, NAME, content) for action, type_, content in actions]
        return run_json(program, SCRIPT, json.dumps(rows))

    return lexicon


def test_records_are_created_listed_updated_and_deleted(server, lexicon):
    created = lexicon(("create", "A", "192.0.2.1"), ("create", "A", "192.0.2.2"), ("create", "TXT", "token-1"))
    assert created == [True, True, True]
    assert served(server.dns, NAME) == ["192.0.2.1", "192.0.2.2"]
    addresses, texts = lexicon(("list", "A", None), ("list", "TXT", None))
    assert {row["content"] for row in addresses} == {"192.0.2.1", "192.0.2.2"}
    assert [(row["name"], row["content"]) for row in texts] == [(NAME, "token-1")]
    assert lexicon(("update", "TXT", "token-2"), ("delete", "A", "192.0.2.1")) == [True, True]
    assert served(server.dns, NAME, "TXT") == ['"token-2"']
    assert served(server.dns, NAME) == ["192.0.2.2"]
    assert lexicon(("delete", "A", None), ("delete", "TXT", None)) == [True, True]
    assert lexicon(("list", "A", None), ("list", "TXT", None)) == [[], []]
