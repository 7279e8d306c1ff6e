"""Does checkout survive the loss of us-east-1?"""

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from service import checkout


@pytest.fixture
async def client(dnsemu, port):
    """Checkout, with dnsemu as its resolver."""
    connector = aiohttp.TCPConnector(resolver=dnsemu.aiohttp_resolver(), use_dns_cache=False, force_close=True)
    async with TestClient(TestServer(checkout(port, connector))) as client:
        yield client


async def asked(client):
    async with client.get("/price") as reply:
        return reply.status, (await reply.json()).get("from")


async def test_checkout_moves_when_us_fails(dnsemu, client, prices):
    dnsemu.load("shop.yaml")
    assert await asked(client) == (200, "us")

    await prices["us"].stop()
    dnsemu.fail("web-us")
    assert await asked(client) == (502, None), "Route 53 has not noticed yet"

    dnsemu.advance("40s")
    assert dnsemu.resolve("api.shop.test") == ["127.0.0.12"], "Route 53 has noticed"
    dnsemu.advance("30s")
    assert await asked(client) == (200, "eu"), "and the TTL has passed"


async def test_checkout_moves_when_real_probes_fail(dnsemu, client, prices, port):
    await dnsemu.aio.load("shop.yaml", endpoints={"web-us": f"127.0.0.11:{port}"})
    assert await asked(client) == (200, "us")
    await prices["us"].stop()
    await dnsemu.aio.advance("70s")
    assert await asked(client) == (200, "eu")


def test_every_client_has_moved_after_a_minute_and_a_half(dnsemu):
    dnsemu.load("shop.yaml")
    dnsemu.assert_fails_over("api.shop.test", "web-us", within="90s")


@pytest.mark.parametrize("place", ["DE", "JP", "us-east-1"])
def test_one_in_ten_gets_the_new_version(dnsemu, place):
    dnsemu.load("shop.yaml")
    dnsemu.assert_split("www.shop.test", {"127.0.0.11": 0.9, "127.0.0.12": 0.1}, place=place)
