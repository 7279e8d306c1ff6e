"""compose.yaml and the Dockerfile agree with each other and with the examples. No container engine is needed."""

import ipaddress
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dnsemu.config.file.load import load_files

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def served():
    return yaml.safe_load((ROOT / "examples" / "compose" / "dnsemu.yaml").read_text())


def address(service):
    (network,) = service["networks"].values()
    return network["ipv4_address"]


EXAMPLES = [path for path in sorted((ROOT / "examples").rglob("*.yaml")) if not path.read_text().startswith("drill:")]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_example_loads_without_warnings(path):
    loaded = load_files([path])
    assert loaded.world.hosted_zones
    assert not loaded.warnings


def test_the_client_asks_dnsemu(compose):
    services = compose["services"]
    assert services["client"]["dns"] == address(services["dnsemu"])


def test_every_address_is_on_the_network_and_taken_once(compose):
    (network,) = compose["networks"].values()
    subnet = ipaddress.ip_network(network["ipam"]["config"][0]["subnet"])
    addresses = [ipaddress.ip_address(address(service)) for service in compose["services"].values()]
    # The subnet's first address is the gateway's.
    assert len(set(addresses)) == len(addresses)
    assert all(a in subnet and a != subnet[1] for a in addresses)


def test_health_checks_and_values_point_at_the_sample_applications(compose, served):
    apps = {address(s): s["command"] for name, s in compose["services"].items() if name.startswith("app-")}
    assert len(apps) == 3
    for check in served["health_checks"]:
        assert str(check["port"]) in apps[check["ip_address"]]
    values = {v for zone in served["hosted_zones"] for r in zone["record_sets"] for v in r["resource_records"]}
    assert values == apps.keys()


def test_the_client_asks_for_names_that_are_served(compose, served):
    asked = re.search(r"for name in ([\w ]+);", compose["services"]["client"]["command"][-1])[1].split()
    (zone,) = served["hosted_zones"]
    assert set(asked) == {r["name"] for r in zone["record_sets"]}
    assert f"$$name.{zone['name']}:" in compose["services"]["client"]["command"][-1]


def test_what_is_mounted_and_built_exists(compose):
    for service in compose["services"].values():
        assert "image" in service or (ROOT / service["build"] / "Dockerfile").is_file()
        for volume in service.get("volumes", []):
            assert (ROOT / volume.split(":")[0]).is_file()


def test_published_ports_are_the_images_and_stay_on_loopback(compose):
    exposed = set(re.search(r"^EXPOSE (.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1].split())
    published = compose["services"]["dnsemu"]["ports"]
    assert {port.rsplit(":", 1)[1] for port in published} == exposed
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_build_context_lists_what_goes_in():
    """Everything else is ignored, and every listed entry exists."""
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert {"config", "dnsemu", "healthcheck", "policies", "pyproject.toml"} <= set(allowed)
    assert all((ROOT / name).exists() for name in allowed)


@pytest.mark.parametrize(("host", "asked"), [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "127.0.0.1")])
def test_the_health_check_follows_dnsemu_http(host, asked):
    """It asks at the port of DNSEMU_HTTP; the reply's status is its exit code."""
    program = json.loads(re.search(r"CMD (\[.*-c.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1])[2]
    with socket.create_server((asked, 0)) as listening:
        command = [sys.executable, "-c", program]
        env = {**os.environ, "DNSEMU_HTTP": f"{host}:{listening.getsockname()[1]}"}
        with subprocess.Popen(command, env=env) as process:
            listening.settimeout(10)
            connection = listening.accept()[0]
            with connection:
                assert connection.recv(1000).startswith(b"GET /readyz ")
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            assert process.wait(10) == 0


def test_the_image_needs_no_file_capability():
    """With `allowPrivilegeEscalation: false`, or all capabilities dropped, a program that has one does not start."""
    assert not re.search("setcap|security.capability", (ROOT / "Dockerfile").read_text())
