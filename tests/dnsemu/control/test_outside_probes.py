"""Probes that leave loopback and private networks: found, logged once, and stopped by `--probes` (H160)."""

import asyncio

import pytest
import structlog.testing

from dnsemu.app import Application
from dnsemu.clock.clock import Clock
from dnsemu.config.file.load import load_text
from dnsemu.config.model.batches import at_once
from dnsemu.config.model.health_checkers import HealthCheckers, ProbeMode
from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.control.outside_probes import OutsideProbeLog, outside_probes
from dnsemu.files.loading import compile_world
from dnsemu.healthcheck.monitor import ProbesAreOff
from dnsemu.server.options import Options
from dnsemu.store.store import MemoryStore
from dnsemu.zone.catalog import Catalog
from tests.dnsemu.clock.virtual_time import START, virtual_time

LB = "lb.us-east-1.elb.amazonaws.com"
ZONE = f"""
resources:
  - {{dns_name: {LB}, kind: application-load-balancer, region: us-east-1, targets: [{{host: app.shop.org}}, {{address: 10.0.0.9}}]}}
hosted_zones:
  - name: shop.org
    record_sets:
      - {{name: here, type: A, ttl: 5, resource_records: [127.0.0.1, 10.1.2.3]}}
      - {{name: mixed, type: A, ttl: 5, set_identifier: a, weight: 1, resource_records: [192.168.0.1]}}
      - {{name: mixed, type: A, ttl: 5, set_identifier: b, weight: 0, resource_records: [8.8.4.4]}}
      - {{name: app, type: A, ttl: 5, resource_records: [8.8.8.8]}}
      - {{name: alias, type: A, alias_target: {{dns_name: mixed.shop.org, evaluate_target_health: false}}}}
      - {{name: lb, type: A, alias_target: {{dns_name: {LB}, evaluate_target_health: false}}}}
      - {{name: away, type: CNAME, ttl: 5, resource_records: [Host.Elsewhere.net]}}
      - {{name: near, type: CNAME, ttl: 5, resource_records: [here.shop.org]}}
      - {{name: v6, type: AAAA, ttl: 5, resource_records: ["2001:4860:4860::8888"]}}
      - {{name: "*.any", type: A, ttl: 5, resource_records: [9.9.9.9]}}
      - {{name: sub, type: NS, ttl: 5, resource_records: [ns.elsewhere.net]}}
"""


def published(*checks, more=""):
    rows = "".join(f"  - {{id: c{number}, type: HTTP, port: 80, {check}}}\n" for number, check in enumerate(checks))
    return compile_world(load_text("world.yaml", f"{more}health_checks:\n{rows}{ZONE}"))


def found(*checks, more=""):
    value = published(*checks, more=more).published
    checks, fleet = value.world.health_checks.values(), value.world.health_checkers
    return at_once(outside_probes(checks, value.catalog, fleet))


@pytest.mark.parametrize(("endpoint", "outside"), [
    pytest.param("ip_address: 127.0.0.1", None, id="H160 loopback"),
    pytest.param("ip_address: 10.9.8.7", None, id="H160 a private network"),
    pytest.param("ip_address: 169.254.1.1", None, id="H160 a link-local address"),
    pytest.param("ip_address: 100.64.0.1", None, id="H160 shared address space"),
    pytest.param("ip_address: 192.0.2.1", None, id="H160 a documentation network, which leads nowhere"),
    pytest.param("ip_address: 8.8.8.8", "8.8.8.8", id="H160 a public address"),
    pytest.param("ip_address: '::1'", None, id="H160 IPv6 loopback"),
    pytest.param("ip_address: 'fd00::1'", None, id="H160 a private IPv6 network"),
    pytest.param("ip_address: '2001:4860:4860::8888'", "2001:4860:4860::8888", id="H160 a public IPv6 address"),
    pytest.param("ip_address: '::ffff:127.0.0.1'", None, id="H160 loopback, mapped"),
    pytest.param("fully_qualified_domain_name: www.example.com", "www.example.com", id="H160 a public name"),
    pytest.param("fully_qualified_domain_name: WWW.example.com.", "www.example.com", id="H160 a public name with a dot"),
    pytest.param("fully_qualified_domain_name: www.shop.test", None, id="H160 a name in .test"),
    pytest.param("fully_qualified_domain_name: app.localhost", None, id="H160 a name below localhost"),
    pytest.param("fully_qualified_domain_name: api.default.svc.cluster.local", None, id="H160 a name in .local"),
    pytest.param("fully_qualified_domain_name: web", None, id="H160 a name of one label"),
    pytest.param("fully_qualified_domain_name: 8.8.8.8", "8.8.8.8", id="H160 an address as a name"),
    pytest.param("fully_qualified_domain_name: 127.0.0.1", None, id="H160 loopback as a name"),
    pytest.param("fully_qualified_domain_name: here.shop.org", None, id="H160 a hosted name of private addresses"),
    pytest.param("fully_qualified_domain_name: mixed.shop.org", "8.8.4.4", id="H160 a hosted name, one address public"),
    pytest.param("fully_qualified_domain_name: alias.shop.org", "8.8.4.4", id="H160 an alias"),
    pytest.param("fully_qualified_domain_name: lb.shop.org", "8.8.8.8", id="H160 an alias to a resource"),
    pytest.param("fully_qualified_domain_name: away.shop.org", "host.elsewhere.net", id="H160 a CNAME"),
    pytest.param("fully_qualified_domain_name: near.shop.org", None, id="H160 a CNAME to a private address"),
    pytest.param("fully_qualified_domain_name: v6.shop.org", None, id="H56 H160 only AAAA, which is not probed"),
    pytest.param("fully_qualified_domain_name: x.any.shop.org", "9.9.9.9", id="H160 a wildcard"),
    pytest.param("fully_qualified_domain_name: gone.shop.org", None, id="H160 a hosted name that does not exist"),
    pytest.param("fully_qualified_domain_name: x.sub.shop.org", "x.sub.shop.org", id="H160 below a delegation"),
    pytest.param("ip_address: 8.8.8.8, disabled: true", None, id="H73 H160 a disabled check"),
])  # fmt: skip
def test_endpoints(endpoint, outside):
    assert found(endpoint).endpoints == ({} if outside is None else {"c0": outside})


def test_h160_a_chain_of_cnames_of_any_length_is_followed():
    """Without recursion, or the server would not start."""
    number = 1500
    rows = "".join(
        f"      - {{name: n{n}, type: CNAME, ttl: 5, resource_records: [n{n + 1}.shop.org]}}\n" for n in range(number)
    )
    end = f"      - {{name: n{number}, type: A, ttl: 5, resource_records: [8.8.4.4]}}\n"
    check = "health_checks:\n  - {id: c, type: HTTP, port: 80, fully_qualified_domain_name: n0.shop.org}\n"
    value = compile_world(load_text("world.yaml", check + ZONE + rows + end)).published
    checks, fleet = value.world.health_checks.values(), value.world.health_checkers
    assert at_once(outside_probes(checks, value.catalog, fleet)).endpoints == {"c": "8.8.4.4"}


@pytest.mark.parametrize("mode", ["manual", "off"])
def test_h160_nothing_leaves_without_scheduled_probes(mode):
    assert not found("ip_address: 8.8.8.8", more=f"health_checkers: {{probes: {mode}}}\n").endpoints


@pytest.mark.parametrize(("checks", "line"), [
    pytest.param(
        ["ip_address: 8.8.8.8, request_interval: 10"],
        "1 health check probes an endpoint outside loopback and private networks, from up to 16 checkers each, "
        "96 probes a minute in all: 8.8.8.8",
        id="H160 H62 one",
    ),
    pytest.param(
        [f"ip_address: 8.8.8.{number}, regions: [us-east-1, eu-west-1, sa-east-1]" for number in (1, 1, 2, 3, 4, 5)],
        "6 health checks probe endpoints outside loopback and private networks, from up to 6 checkers each, "
        "72 probes a minute in all: 8.8.8.1, 8.8.8.2, 8.8.8.3 and 2 more",
        id="H160 H14 many, from fewer Regions",
    ),
])  # fmt: skip
def test_the_line(checks, line):
    assert str(found(*checks)) == line


def application(declared, probes=None):
    clock = Clock(start=START, is_paused=True, monotonic=asyncio.get_running_loop().time)
    return Application(declared, Options(seed=1, store=MemoryStore(), clock=clock, probes=probes))


async def started(declared, probes=None):
    """An application with its files published, and time standing still, so that nothing is probed."""
    app = application(declared, probes)
    await app.replacement.open(declared.published)
    return app


def warnings_in(logs):
    return [log["event"] for log in logs if log["log_level"] == "warning" and "outside loopback" in log["event"]]


def next_probes(app):
    return [app.monitor.next_probe(state.check.id, c) for state in app.monitor.states() for c in state.checkers]


@virtual_time
async def test_h160_the_start_is_warned_of_and_a_reload_only_if_there_is_more():
    first, second = published("ip_address: 8.8.8.8"), published("ip_address: 8.8.8.8", "ip_address: 8.8.4.4")
    with structlog.testing.capture_logs() as logs:
        app = await started(first)
        await app._replace(first)
        assert len(warnings_in(logs)) == 1
        assert "1 health check probes" in warnings_in(logs)[0]
        assert warnings_in(logs)[0].endswith("--probes manual or health_checkers: {probes: manual} stops them")
        await app._replace(second)
        assert len(warnings_in(logs)) == 2
        assert "2 health checks probe" in warnings_in(logs)[1]


@virtual_time
async def test_h160_a_health_check_from_the_api_is_warned_of_too():
    with structlog.testing.capture_logs() as logs:
        app = await started(published())
        for reference, address in (("1", "127.0.0.1"), ("2", "8.8.8.8")):
            config = {"Type": "HTTP", "IPAddress": address, "Port": 80}
            request = {"CallerReference": reference, "HealthCheckConfig": config}
            await app.command_runner.run("CreateHealthCheck", request)
        await asyncio.sleep(0)
    (line,) = warnings_in(logs)
    assert "1 health check probes" in line


@pytest.mark.parametrize(("flag", "in_file", "mode"), [
    pytest.param(None, None, ProbeMode.ON, id="H160 neither"),
    pytest.param(None, "off", ProbeMode.OFF, id="H160 the file"),
    pytest.param(ProbeMode.MANUAL, None, ProbeMode.MANUAL, id="H160 the flag"),
    pytest.param(ProbeMode.MANUAL, "on", ProbeMode.MANUAL, id="H160 the flag wins over the file"),
    pytest.param(ProbeMode.ON, "off", ProbeMode.ON, id="H160 the flag wins in the other direction"),
    pytest.param(ProbeMode.OFF, "manual", ProbeMode.OFF, id="H160 off"),
])  # fmt: skip
def test_the_flag(flag, in_file, mode):
    @virtual_time
    async def main():
        declared = published(
            "ip_address: 127.0.0.1", more=f"health_checkers: {{probes: {in_file}}}\n" if in_file else ""
        )
        app = await started(declared, flag)
        await app._replace(declared)  # a reload keeps the flag
        assert app._fleet().probes is mode
        assert all(due is not None for due in next_probes(app)) is (mode is ProbeMode.ON)
        assert any(due is not None for due in next_probes(app)) is (mode is ProbeMode.ON)
        if mode is ProbeMode.OFF:
            with pytest.raises(ProbesAreOff):
                await app.monitor.probe_now("c0")

    main()


def test_endpoints_of_removed_checks_are_forgotten():
    noted, fleet = OutsideProbeLog(), HealthCheckers(("us-east-1",), 1)
    with structlog.testing.capture_logs() as logs:
        for number in range(50):
            check = HealthCheck(f"c{number}", EndpointCheck(EndpointType.TCP, "8.8.8.8", port=1))
            noted.note([f"c{number - 1}", check.id], {check.id: check}, Catalog.of(()), fleet)
            noted.note([check.id], {check.id: check}, Catalog.of(()), fleet)
    assert len(logs) == 50, "each once"
    assert noted._logged == {"c49": "8.8.8.8"}
