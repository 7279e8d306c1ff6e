"""A server with a token: control calls and commands need it, probes and the Route 53 API do not."""

import http.client
import json

import pytest

from tests.e2e.aws import route53
from tests.serving import dnsemu, serving_files

from .conftest import SHOP

TOKEN = "correct-horse-battery"
IN_FILE = f"server: {{token: {TOKEN}}}\n"


@pytest.fixture(scope="module", params=["file", "variable"])
def server(request, tmp_path_factory):
    more = tmp_path_factory.mktemp("token") / "token.yaml"
    more.write_text(IN_FILE if request.param == "file" else "{}")
    with serving_files(SHOP, more, env={"DNSEMU_TOKEN": TOKEN} if request.param == "variable" else {}) as server:
        yield server


def get(server, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.http, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()
    finally:
        connection.close()


def test_a_control_call_needs_the_token(server):
    status, headers, body = get(server, "/dnsemu/v1/status")
    assert status == 401
    assert headers["WWW-Authenticate"] == "Bearer"
    assert json.loads(body)["error"]["where"] == "header Authorization"
    assert get(server, "/dnsemu/v1/status", Authorization="Bearer wrong")[0] == 401
    assert get(server, "/dnsemu/v1/status", Authorization=f"Bearer {TOKEN}")[0] == 200


def test_probes_metrics_and_the_route_53_api_do_not(server):
    for path in ("/", "/healthz", "/readyz", "/metrics"):
        assert get(server, path)[0] == 200
    assert route53(server).list_hosted_zones()["HostedZones"]


def test_commands_send_it(server):
    refused = dnsemu("status", "--server", server.url)
    assert refused.returncode == 2
    assert "a token is required; give the server's with --token or DNSEMU_TOKEN" in refused.stderr
    wrong = dnsemu("clock", "--server", server.url, "--token", "wrong")
    assert wrong.returncode == 2
    assert "wrong token" in wrong.stderr
    assert dnsemu("clock", "--server", server.url, "--token", TOKEN).returncode == 0
    assert dnsemu("status", "--server", server.url, env={"DNSEMU_TOKEN": TOKEN}).returncode == 0
    assert dnsemu("wait", "--server", server.url, env={"DNSEMU_TOKEN": TOKEN}).returncode == 0


def test_the_command_line_wins_over_the_file(tmp_path):
    file = tmp_path / "token.yaml"
    file.write_text(IN_FILE)
    with serving_files(file, options=["--token", "another"]) as server:
        assert get(server, "/dnsemu/v1/status", Authorization=f"Bearer {TOKEN}")[0] == 401
        assert get(server, "/dnsemu/v1/status", Authorization="Bearer another")[0] == 200


def test_a_token_that_no_header_can_hold_is_refused(tmp_path):
    file = tmp_path / "token.yaml"
    file.write_text("server: {token: two words}\n")
    refused = dnsemu("check", file)
    assert refused.returncode == 2
    assert "visible ASCII characters without spaces" in refused.stdout + refused.stderr
