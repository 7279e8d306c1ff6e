"""docs/limits.md lists every bound with a name, and no other."""

import re

from dnsemu.runtime.limits import Limit
from tests.house.sources import ROOT


def test_the_page_lists_every_limit_once():
    page = (ROOT / "docs" / "limits.md").read_text()
    listed = re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE)
    assert sorted(listed) == sorted(Limit)
