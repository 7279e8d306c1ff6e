"""The list of differences names existing cases and servers."""

import re
from pathlib import Path

from tests.conformance.differences import DIFFERENCES
from tests.conformance.servers import SERVERS


def test_every_difference_belongs_to_a_case_and_a_server():
    """The case asserts that the difference still exists."""
    sources = "".join(path.read_text() for path in Path(__file__).parent.glob("rfc*/test_*.py"))
    assert [case for case in DIFFERENCES if f'id="{case}"' not in sources] == []
    assert {server for servers in DIFFERENCES.values() for server in servers} <= set(SERVERS)


def test_case_ids_are_unique():
    """Otherwise a difference would apply to two cases."""
    sources = "".join(path.read_text() for path in Path(__file__).parent.glob("rfc*/test_*.py"))
    ids = re.findall(r'id="(RFC [^"]+)"', sources)
    assert sorted(ids) == sorted(set(ids))
    assert len(ids) > 100
