"""The list of differences speaks of cases that exist."""

import re
from pathlib import Path

from tests.conformance.differences import DIFFERENCES
from tests.conformance.servers import SERVERS


def test_every_difference_belongs_to_a_case_and_a_server():
    """Whether it is still one, its case itself asserts."""
    sources = "".join(path.read_text() for path in Path(__file__).parent.glob("rfc*/test_*.py"))
    assert [case for case in DIFFERENCES if f'id="{case}"' not in sources] == []
    assert {server for servers in DIFFERENCES.values() for server in servers} <= set(SERVERS)


def test_every_case_has_an_id_of_its_own():
    """Otherwise a difference would speak of two."""
    sources = "".join(path.read_text() for path in Path(__file__).parent.glob("rfc*/test_*.py"))
    ids = re.findall(r'id="(RFC [^"]+)"', sources)
    assert sorted(ids) == sorted(set(ids))
    assert len(ids) > 100
