"""Mistakes of newcomers are answered with what to write."""

import pytest

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("zones: []", "'zones' is no field here; write hosted_zones "),
        ("records: []", "put them under hosted_zones"),
        ("hosted_zones: [{name: a.test, records: []}]", "write record_sets "),
        ("health_checks: [{id: a, type: HTTP, ip_address: 127.0.0.1, path: /}]", "write resource_path "),
        ("hosted_zones:\n  - name: a.test\n    comment: x\n   id: Z1\n", "the indentation fits no line above"),
        ("hosted_zones:\n  - name: a.test\n      comment: x\n", "a name with a colon cannot stand here"),
    ],
)
def test_a_mistake_is_answered_with_what_to_write(text, says):
    with pytest.raises(FilesRefused) as refused:
        load_text("f.yaml", text)
    assert says in str(refused.value)
