"""A dead failure domain: its load balancers fail over without a health check, and what goes on answering is said."""

import json

import pytest

from tests.e2e.asking import ask, served
from tests.serving import dnsemu_here, serving_files
from tests.waiting import until

EAST, WEST = "lb.us-east-1.elb.amazonaws.com", "lb.us-west-2.elb.amazonaws.com"
FILE = f"""
resources:
  - dns_name: {EAST}
    kind: application-load-balancer
    targets:
      - {{address: 10.0.0.1, availability_zone: use1-az1}}
      - {{address: 10.0.0.2, availability_zone: use1-az2}}
  - {{dns_name: {WEST}, kind: application-load-balancer, targets: [{{address: 10.0.1.1}}]}}
hosted_zones:
  - name: shop.test
    record_sets:
      - {{name: www, type: A, set_identifier: p, failover: PRIMARY, alias_target: {{dns_name: {EAST}, evaluate_target_health: true}}}}
      - {{name: www, type: A, set_identifier: s, failover: SECONDARY, alias_target: {{dns_name: {WEST}, evaluate_target_health: true}}}}
      - {{name: api, type: A, ttl: 60, set_identifier: use1, region: us-east-1, resource_records: [192.0.2.1]}}
      - {{name: api, type: A, ttl: 60, set_identifier: euw1, region: eu-west-1, resource_records: [192.0.2.2]}}
"""
WARNING = "1 record set in us-east-1 has no check and keeps answering"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("domains") / "shop.yaml"
    path.write_text(FILE)
    return path


@pytest.fixture(params=[(), ("--workers", "2")], ids=["one process", "workers"])
def server(file, request):
    with serving_files(file, options=request.param) as running:
        yield running


def cli(server, *arguments):
    done = dnsemu_here(*arguments, "--server", server.url)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_h162a_a_dead_region_takes_its_load_balancer_down(server, run):
    def dig(name="www"):
        return set(run("dig", "@127.0.0.1", "-p", server.dns, f"{name}.shop.test", "A", "+short").split())

    assert dig() == {"10.0.0.1", "10.0.0.2"}
    said = cli(server, "force", "region:us-east-1", "unhealthy")
    assert f"10.0.0.1 of {EAST}. forced unhealthy (no health check)" in said
    assert f"warning: {WARNING}" in said
    until(lambda: dig() == {"10.0.1.1"})
    assert "192.0.2.1" in dig("api")
    assert WARNING in cli(server, "force")
    assert f"forced by region:us-east-1: {EAST}. unhealthy at 10.0.0.1 10.0.0.2" in cli(server, "status")
    assert EAST not in cli(server, "status", "api.shop.test")
    assert json.loads(cli(server, "status", "--json"))["health_checks"] == []
    explained = cli(server, "explain", "www.shop.test")
    assert "down with its failure domain: forced unhealthy by region:us-east-1" in explained
    over_dns = ask(server.dns, "www.shop.test._explain", "TXT", use_edns=0, payload=4096).to_text()
    assert "down with its failure domain" in over_dns
    assert f"10.0.0.1 of {EAST}.  forced unhealthy" in cli(server, "history")
    assert WARNING in cli(server, "what-if", "--down", "region:us-east-1")
    cli(server, "force", "region:us-east-1", "auto")
    until(lambda: dig() == {"10.0.0.1", "10.0.0.2"})


def test_h162a_a_dead_zone_takes_one_target_down(server):
    cli(server, "force", "az:use1-az1", "unhealthy")
    until(lambda: served(server.dns, "www.shop.test") == ["10.0.0.2"])
    cli(server, "force", "address:10.0.0.1", "healthy")
    until(lambda: sorted(served(server.dns, "www.shop.test")) == ["10.0.0.1", "10.0.0.2"])
