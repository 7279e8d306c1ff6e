"""octoDNS plans, applies and dumps a zone with dynamic records; answers come from its pools and follow their health."""

import os
import subprocess

import dns.edns
import pytest
import yaml

from tests.e2e.asking import served
from tests.e2e.aws import CREDENTIALS, environment, route53
from tests.serving import dnsemu_here, serving_files

PLACES = """
geo:
  networks:
    - {network: 192.0.2.0/24, country: FR}
    - {network: 198.51.100.0/24, country: US}
"""
CONFIG = {
    "providers": {
        "files": {"class": "octodns.provider.yaml.YamlProvider", "directory": "zones", "enforce_order": False},
        "route53": {
            "class": "octodns_route53.Route53Provider",
            "access_key_id": CREDENTIALS["aws_access_key_id"],
            "secret_access_key": CREDENTIALS["aws_secret_access_key"],
        },
    },
    "zones": {"octo.test.": {"sources": ["files"], "targets": ["route53"]}},
}
ZONE = """
'':
  - {type: MX, value: {preference: 10, exchange: mail.octo.test.}}
  - {type: CAA, value: {flags: 0, tag: issue, value: ca.test}}
'*':
  type: A
  value: 192.0.2.42
text:
  type: TXT
  values: ['v=spf1 -all', 'semi\\;colon']
v6:
  type: AAAA
  value: 2001:db8::1
www:
  type: A
  ttl: 60
  value: 10.0.9.9
  dynamic:
    pools:
      eu:
        fallback: us
        values: [{value: 10.0.1.1, weight: 1}, {value: 10.0.1.2, weight: 3}]
      us:
        values: [{value: 10.0.2.1, weight: 1}]
    rules:
      - {geos: [EU], pool: eu}
      - {pool: us}
  octodns:
    healthcheck: {protocol: TCP, port: 80}
"""
NO_CHANGES = "No changes were planned"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server whose virtual clock stands still: nothing is probed, so a check is healthy until it is forced."""
    file = tmp_path_factory.mktemp("octodns") / "places.yaml"
    file.write_text(PLACES)
    with serving_files(file, options=("--clock", "virtual")) as server:
        yield server


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """The folder with octoDNS' configuration and zone."""
    directory = tmp_path_factory.mktemp("octodns")
    (directory / "config.yaml").write_text(yaml.safe_dump(CONFIG))
    (directory / "zones").mkdir()
    (directory / "zones" / "octo.test.yaml").write_text(ZONE)
    return directory


@pytest.fixture(scope="module")
def octodns(server, directory, require_module):
    """A function that runs one of octoDNS' commands and returns its output."""
    require_module("octodns_route53")

    def run(command, *arguments):
        done = subprocess.run(
            [*require_module(f"octodns.cmds.{command}"), "--config-file", "config.yaml", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
            cwd=directory,
            env={**os.environ, **environment(server)},
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    return run


@pytest.fixture(scope="module")
def applied(octodns):
    """The output of applying the zone."""
    assert "Create Zone" in octodns("sync")
    return octodns("sync", "--doit")


@pytest.fixture
def answers(server, applied):
    """A function from a client's network to the values that it is answered, over many queries."""

    def answers(network):
        where = [dns.edns.ECSOption(network, 24)]
        return {value for _ in range(40) for value in served(server.dns, "www.octo.test", options=where)}

    return answers


def test_a373_a_second_plan_finds_nothing_to_do(octodns, applied):
    assert "6 total changes" in applied  # one for each record
    assert NO_CHANGES in octodns("sync")


def test_a373_simple_records_answer_as_written(server, applied):
    assert served(server.dns, "octo.test", "MX") == ["10 mail.octo.test."]
    assert served(server.dns, "octo.test", "CAA") == ['0 issue "ca.test"']
    assert served(server.dns, "text.octo.test", "TXT") == ['"semi;colon"', '"v=spf1 -all"']
    assert served(server.dns, "v6.octo.test", "AAAA") == ["2001:db8::1"]
    assert served(server.dns, "anything.octo.test") == ["192.0.2.42"]


def test_a373_pools_answer_by_place_and_health(server, answers):
    client = route53(server)
    checks = {
        check["HealthCheckConfig"].get("IPAddress"): check["Id"]
        for check in client.list_health_checks()["HealthChecks"]
    }
    assert set(checks) == {"10.0.1.1", "10.0.1.2", "10.0.2.1"}

    def force(address, status):
        done = dnsemu_here("force", checks[address], status, "--server", server.url)
        assert done.returncode == 0, done.stderr

    paris, seattle = "192.0.2.0", "198.51.100.0"
    assert answers(paris) == {"10.0.1.1", "10.0.1.2"}
    assert answers(seattle) == {"10.0.2.1"}
    force("10.0.1.1", "unhealthy")
    assert answers(paris) == {"10.0.1.2"}
    force("10.0.1.2", "unhealthy")
    assert answers(paris) == {"10.0.2.1"}  # the pool's fallback
    force("10.0.2.1", "unhealthy")
    assert answers(paris) == answers(seattle) == {"10.0.9.9"}  # the record's value outside the pools
    for address in checks:
        force(address, "auto")
    assert answers(paris) == {"10.0.1.1", "10.0.1.2"}


def test_a373_a_dump_equals_what_was_applied(octodns, applied, directory):
    octodns("dump", "--output-dir", "dumped", "octo.test.", "route53")
    written = yaml.safe_load(ZONE)
    dumped = yaml.safe_load((directory / "dumped" / "octo.test.yaml").read_text())
    assert dumped.keys() == written.keys()
    assert dumped["www"]["dynamic"]["pools"].keys() == {"eu", "us"}
    eu = dumped["www"]["dynamic"]["pools"]["eu"]
    assert eu["fallback"] == "us"
    assert [(one["value"], one["weight"]) for one in eu["values"]] == [("10.0.1.1", 1), ("10.0.1.2", 3)]
    assert dumped["www"]["dynamic"]["rules"] == [{"geos": ["EU"], "pool": "eu"}, {"pool": "us"}]
