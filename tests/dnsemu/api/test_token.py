"""The token of control calls, and the ready line's word of warning without one."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from dnsemu.api.errors import failure
from dnsemu.api.guard import token_required
from dnsemu.api.server import open_words
from dnsemu.config.text.addresses import Address

TOKEN = "s3cret-é".encode().hex()


def refuse(_request, status, what, where=""):
    return failure(status, what, where)


async def status(path, authorization=None, *, token=TOKEN, method="GET"):
    async def handler(_request):
        return web.Response(status=204)

    headers = {} if authorization is None else {"Authorization": authorization}
    request = make_mocked_request(method, path, headers=headers)
    return (await token_required(lambda: token, refuse)(request, handler)).status


@pytest.mark.parametrize(("authorization", "expected"), [
    pytest.param(f"Bearer {TOKEN}", 204, id="the token"),
    pytest.param(f"bearer  {TOKEN} ", 204, id="the scheme in lower case"),
    pytest.param(None, 401, id="none"),
    pytest.param("", 401, id="an empty header"),
    pytest.param("Bearer", 401, id="no token"),
    pytest.param("Bearer ", 401, id="an empty token"),
    pytest.param(TOKEN, 401, id="no scheme"),
    pytest.param(f"Basic {TOKEN}", 401, id="another scheme"),
    pytest.param(f"Bearer {TOKEN[:-1]}", 401, id="the token without its end"),
    pytest.param(f"Bearer {TOKEN}x", 401, id="the token and more"),
    pytest.param(f"Bearer {TOKEN.upper()}", 401, id="the token in upper case"),
    pytest.param("Bearer é", 401, id="a letter that no token has"),
])  # fmt: skip
async def test_a_control_call_must_send_the_token(authorization, expected):
    assert await status("/dnsemu/v1/status", authorization) == expected


@pytest.mark.parametrize("path", ["/dnsemu", "/dnsemu/", "/dnsemu/v1/reset", "/dnsemu/v2/x", "/%64nsemu/v1/status"])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS"])
async def test_every_control_path_is_guarded(path, method):
    assert await status(path, method=method) == 401


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/readyz", "/2013-04-01/hostedzone", "/dnsemus"])
async def test_nothing_else_is(path):
    assert await status(path) == 204


async def test_without_a_token_every_call_is_answered():
    assert await status("/dnsemu/v1/status", token=None) == 204


@pytest.mark.parametrize(("host", "token", "words"), [
    pytest.param("127.0.0.1", None, (), id="loopback"),
    pytest.param("127.9.9.9", None, (), id="another loopback address"),
    pytest.param("::1", None, (), id="loopback over IPv6"),
    pytest.param("0.0.0.0", None, ("open-control-api",), id="every address"),
    pytest.param("::", None, ("open-control-api",), id="every address over IPv6"),
    pytest.param("192.168.1.2", None, ("open-control-api",), id="a private address"),
    pytest.param("0.0.0.0", TOKEN, (), id="every address, with a token"),
])  # fmt: skip
def test_the_ready_line_warns_of_control_calls_without_a_token(host, token, words):
    assert open_words(Address(host, 8053), token, forwards=False) == words
    assert open_words(Address(host, 8053), token, forwards=True) == ("open-resolver", *words)
