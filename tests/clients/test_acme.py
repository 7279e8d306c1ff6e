"""Certificates for a name and its wildcard: Pebble, an ACME server, asks dnsemu for the records that the clients create."""

import contextlib
import json
import socket
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.clients.proxy import proxying
from tests.e2e.aws import new_zone
from tests.serving import free_port
from tests.waiting import until

HOOK = Path(__file__).with_name("shell_hook.sh")


@pytest.fixture(scope="module")
def trusted(run, require_tool, tmp_path_factory):
    """The certificate of the servers here; its key lies beside it as `key.pem`."""
    folder = tmp_path_factory.mktemp("certificates")
    names = "subjectAltName=DNS:localhost,DNS:route53.amazonaws.com,IP:127.0.0.1"
    key = ("-newkey", "rsa:2048", "-nodes", "-keyout", folder / "key.pem", "-out", folder / "cert.pem")
    run(require_tool("openssl"), "req", "-x509", *key, "-days", "7", "-subj", "/CN=localhost", "-addext", names)
    return folder / "cert.pem"


@pytest.fixture(scope="module")
def authority(server, trusted, variables, require_tool):
    """The address of Pebble's directory."""
    port, management = free_port(), free_port()
    config = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{management}",
        "certificate": str(trusted),
        "privateKey": str(trusted.with_name("key.pem")),
        "httpPort": 1,
        "tlsPort": 1,
    }
    file = trusted.with_name("pebble.json")
    file.write_text(json.dumps({"pebble": config}))
    plain = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}
    command = [require_tool("pebble"), "-config", str(file), "-dnsserver", f"127.0.0.1:{server.dns}"]
    output = trusted.with_name("pebble.log")
    with output.open("w") as log, subprocess.Popen(command, env=variables | plain, stdout=log, stderr=log) as process:
        try:
            until(lambda: listens(port) or process.poll() is not None, what="Pebble")
            assert process.poll() is None, output.read_text()
            yield f"https://127.0.0.1:{port}/dir"
        finally:
            process.terminate()


@pytest.fixture
def zone(boto):
    """A function that creates a zone; after the test it must hold no records of challenges."""
    made = []

    def zone(name):
        made.append(new_zone(boto, name))

    yield zone
    listed = boto.list_resource_record_sets(HostedZoneId=made[0])["ResourceRecordSets"]
    assert [found["Type"] for found in listed] == ["NS", "SOA"]


@pytest.fixture
def check(run, require_tool):
    """A function that checks that Pebble issued a file's certificate, for a name and its wildcard."""

    def check(file, name):
        shown = run(require_tool("openssl"), "x509", "-in", file, "-noout", "-issuer", "-ext", "subjectAltName")
        assert "Pebble Intermediate CA" in shown
        assert {f"DNS:{name}", f"DNS:*.{name}"} <= set(shown.replace(",", " ").split())

    return check


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def test_certbot(authority, trusted, zone, check, run, tmp_path):
    zone("certbot.test")
    folders = [f"--{name}-dir={tmp_path / name}" for name in ("config", "work", "logs")]
    options = ("--non-interactive", "--agree-tos", "--register-unsafely-without-email", "--dns-route53", *folders)
    names = ("-d", "certbot.test", "-d", "*.certbot.test")
    command = (Path(sysconfig.get_path("scripts"), "certbot"), "certonly", "--server", authority, *options, *names)
    run(*command, env={"REQUESTS_CA_BUNDLE": str(trusted)})
    check(tmp_path / "config" / "live" / "certbot.test" / "cert.pem", "certbot.test")


def test_dehydrated_with_a_hook_in_shell(authority, trusted, zone, check, run, require_tool, tmp_path):
    zone("dehydrated.test")
    config = tmp_path / "config"
    config.write_text(f'CA="{authority}"\nCURL_OPTS="--cacert {trusted}"\nBASEDIR={tmp_path}\nKEYSIZE=2048\n')
    command = tmp_path / "hook"
    command.write_text(f'#!/bin/sh\nexec sh "{HOOK}" "$@"\n')
    command.chmod(0o755)
    program = require_tool("dehydrated")
    run(program, "--config", config, "--register", "--accept-terms")
    names = ("--domain", "dehydrated.test *.dehydrated.test")
    run(program, "--config", config, "--cron", *names, "--challenge", "dns-01", "--hook", command)
    check(tmp_path / "certs" / "dehydrated.test" / "cert.pem", "dehydrated.test")


def test_lego_through_a_proxy(server, authority, trusted, zone, check, run, require_tool, tmp_path):
    """lego takes no other endpoint, so a proxy hands its requests on."""
    zone("lego.test")
    options = ("--accept-tos", "--email", "shop@lego.test", "--path", tmp_path, "--server", authority)
    dns = ("--dns", "route53", "--dns.disable-cp", "--dns.resolvers", f"127.0.0.1:{server.dns}")
    names = ("--domains", "lego.test", "--domains", "*.lego.test")
    with proxying(server, trusted, trusted.with_name("key.pem")) as proxy:
        trust = {"LEGO_CA_CERTIFICATES": str(trusted), "AWS_CA_BUNDLE": str(trusted)}
        through = {
            **trust,
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "AWS_REGION": "us-east-1",
            "AWS_POLLING_INTERVAL": "1",
        }
        run(require_tool("lego"), *options, *dns, *names, "run", env=through)
    check(tmp_path / "certificates" / "lego.test.crt", "lego.test")
