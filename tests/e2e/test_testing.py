"""The fixture `dnsemu` and the class behind it, with a real server in a separate process."""

from pathlib import Path

import pytest

from dnsemu.testing.control import Refused
from dnsemu.testing.steering import Dnsemu

SHOP = Path(__file__).parents[2] / "examples" / "shop.yaml"


@pytest.fixture(scope="module")
def server():
    with Dnsemu() as server:
        yield server


@pytest.fixture
def dnsemu(server):
    """The plugin's fixture, also where the plugin is not installed."""
    server.reset()
    return server


def test_a_name_moves_when_its_endpoint_fails(dnsemu):
    dnsemu.load(SHOP)
    assert dnsemu.resolve("api.shop.test", place="DE") == ["192.0.2.1"]
    dnsemu.fail("web-us")
    dnsemu.advance("90s")
    assert dnsemu.shares("api.shop.test", place="DE") == {"192.0.2.2": 1}
    dnsemu.heal("web-us")
    dnsemu.advance("90s")
    assert dnsemu.resolve("api.shop.test") == ["192.0.2.1"]


def test_a_reset_leaves_nothing(dnsemu):
    dnsemu.load(SHOP)
    dnsemu.fail("web-us")
    dnsemu.reset()
    assert dnsemu.resolve("api.shop.test").rcode == "REFUSED"
    with pytest.raises(Refused, match="matches no health check"):
        dnsemu.fail("web-us")


def test_a_wrong_split_is_explained(dnsemu):
    dnsemu.zone(
        "shop.test",
        [
            {
                "name": "www",
                "type": "A",
                "ttl": 60,
                "set_identifier": "old",
                "weight": 90,
                "resource_records": ["192.0.2.1"],
            },
            {
                "name": "www",
                "type": "A",
                "ttl": 60,
                "set_identifier": "new",
                "weight": 10,
                "resource_records": ["192.0.2.2"],
            },
        ],
    )
    dnsemu.assert_split("www.shop.test", {"192.0.2.1": 0.9, "192.0.2.2": 0.1})
    with pytest.raises(AssertionError) as wrong:
        dnsemu.assert_split("www.shop.test", {"192.0.2.1": 1})
    assert "expected: 192.0.2.1 100 %" in str(wrong.value)
    assert "seen:     192.0.2.1 90 %, 192.0.2.2 10 %" in str(wrong.value)
    assert "└ weighted  www.shop.test." in str(wrong.value)
