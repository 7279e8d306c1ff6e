"""The checkout service in Node, tested by the same server."""

import asyncio
import json
import os
import shutil

import aiohttp
import pytest


@pytest.fixture
async def node(dnsemu, port):
    """The URL of the Node service."""
    program = shutil.which("node")
    if program is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("node is not installed")
    process = await asyncio.create_subprocess_exec(
        program, "service.mjs", str(port), env={**os.environ, **dnsemu.env}, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}/"
    finally:
        process.kill()
        await process.communicate()


async def test_the_node_service_moves(dnsemu, node, prices):
    dnsemu.load("shop.yaml")
    async with aiohttp.ClientSession() as session:

        async def asked():
            async with session.get(node) as reply:
                return json.loads(await reply.text()).get("from")

        assert await asked() == "us"
        await prices["us"].stop()
        dnsemu.fail("web-us")
        assert await asked() is None
        dnsemu.advance("40s")
        assert await asked() == "eu"
