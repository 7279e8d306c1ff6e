"""Ids with and without the API's prefix."""

import pytest

from dnsemu.config.text.ids import bare_id


@pytest.mark.parametrize(("text", "bare"), [("Z1", "Z1"), ("/hostedzone/Z1", "Z1"), ("hostedzone/Z1", "Z1"), ("", "")])
def test_a46_ids_lose_their_prefix(text, bare):
    assert bare_id(text) == bare
