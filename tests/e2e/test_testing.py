"""The fixture `dnsemu` and the class behind it, with a real server in a separate process."""

import asyncio
import json
import socket
from pathlib import Path
from urllib.request import urlopen

import pytest

from dnsemu.testing import AsyncDnsemu, Dnsemu
from dnsemu.testing.control import Refused
from tests.serving import dnsemu as dnsemu_command

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


def test_a_failover_is_timed_from_the_fault_to_the_last_client(dnsemu):
    dnsemu.load(SHOP)
    took_s = dnsemu.assert_fails_over("api.shop.test", "web-us", within="2m")
    assert 20 < took_s - 30 < 40, "two to three intervals of 10 s until the status, and a TTL of 30 s"
    assert dnsemu.resolve("api.shop.test") == ["192.0.2.2"], "it stays failed"
    with pytest.raises(AssertionError) as late:
        dnsemu.assert_fails_over("api.shop.test", "web-us", within="35s")
    assert "after web-us fails, and not within 35s" in str(late.value)
    assert "until resolvers ask again:   30s (TTL)" in str(late.value)
    assert "first   PRIMARY    192.0.2.1  unhealthy" in str(late.value)


def test_a_name_that_never_moves_is_told(dnsemu):
    dnsemu.load(SHOP)
    with pytest.raises(AssertionError, match="never moves when web-us fails"):
        dnsemu.assert_fails_over("mail.shop.test", "web-us", within="2m")


def test_a_change_is_made_and_refused_as_the_api_does(dnsemu):
    dnsemu.load(SHOP)
    new = {"name": "new", "type": "A", "ttl": 5, "resource_records": ["192.0.2.77"]}
    dnsemu.change("shop.test", [{"action": "CREATE", "record_set": new}])
    assert dnsemu.resolve("new.shop.test") == ["192.0.2.77"]
    with pytest.raises(Refused, match="it already exists"):
        dnsemu.change("shop.test", [{"action": "CREATE", "record_set": new}])
    with pytest.raises(Refused, match=r"there is no hosted zone 'shp\.test'; did you mean 'shop\.test'"):
        dnsemu.change("shp.test", [{"action": "CREATE", "record_set": new}])


def test_errors_of_a_file_have_their_lines_and_change_nothing(dnsemu, tmp_path):
    dnsemu.load(SHOP)
    bad = tmp_path / "bad.yaml"
    bad.write_text("hosted_zones:\n  - {name: other.test, record_sts: []}\n")
    with pytest.raises(Refused, match=r"bad\.yaml:2: .*record_sets"):
        dnsemu.load(bad)
    assert dnsemu.resolve("api.shop.test") == ["192.0.2.1"]
    assert dnsemu.resolve("other.test", "SOA").rcode == "REFUSED"


def test_boto3_reaches_the_server(dnsemu):
    dnsemu.load(SHOP)
    assert [zone["Name"] for zone in dnsemu.boto3().list_hosted_zones()["HostedZones"]] == ["shop.test."]


def test_dns_faults_are_refused_clearly(dnsemu):
    with pytest.raises(Refused, match="DNS faults are not supported yet"):
        dnsemu.dns_fault(name="*", rcode="SERVFAIL")


def test_a_patched_look_up_keeps_answers_for_their_ttl_in_the_servers_time(dnsemu):
    dnsemu.load(SHOP)

    def found():
        return socket.getaddrinfo("api.shop.test", 80, type=socket.SOCK_STREAM)[0][4]

    with dnsemu.patched():
        assert found() == ("192.0.2.1", 80)
        dnsemu.force("web-us", "unhealthy")
        assert found() == ("192.0.2.1", 80), "the TTL of 30 s has not passed"
        dnsemu.advance("31s")
        assert found() == ("192.0.2.2", 80)
        with pytest.raises(socket.gaierror):
            socket.getaddrinfo("nothing.shop.test", 80)
        assert socket.gethostbyname("127.0.0.1") == "127.0.0.1"
    assert socket.getaddrinfo.__module__ == "socket"


def test_the_patch_refuses_uvloop(dnsemu):
    uvloop = pytest.importorskip("uvloop")
    dnsemu.load(SHOP)

    async def patch():
        with dnsemu.patched():
            pass

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, pytest.raises(Refused, match="aiohttp_resolver"):
        runner.run(patch())
    with dnsemu.patched(), pytest.raises(Refused, match="uvloop resolves names by itself"):
        uvloop.new_event_loop()


def test_faults_end_with_a_reset_of_the_server(dnsemu):
    dnsemu.load(SHOP)
    dnsemu.fail("web-us", "timeout")
    assert "failing  web-us (timeout)" in dnsemu.report()
    shown = dnsemu_command("fail", "--server", dnsemu.http)
    assert shown.stdout == "web-us: fails (timeout)\n"
    dnsemu_command("reset", "--yes", "--only", "forced", "--server", dnsemu.http)
    assert "failing" not in dnsemu.report()
    shown = dnsemu_command("fail", "web-us", "status: 503", "--server", dnsemu.http)
    assert shown.stdout.startswith("web-us: fails (status: 503)\n")
    assert dnsemu_command("heal", "--server", dnsemu.http).stdout == "no endpoint fails on purpose\n"
    refused = dnsemu_command("heal", "web-us", "--server", dnsemu.http)
    assert refused.returncode == 2
    assert "nothing that web-us matches fails on purpose: no endpoint fails on purpose" in refused.stderr


async def test_the_methods_are_coroutines_too():
    async with AsyncDnsemu() as dnsemu:
        await dnsemu.load(SHOP)
        assert await dnsemu.resolve("api.shop.test", place="DE") == ["192.0.2.1"]
        assert await dnsemu.assert_fails_over("api.shop.test", "web-us", within="2m") > 30
        assert await dnsemu.shares("api.shop.test") == {"192.0.2.2": 1}
        await dnsemu.heal()
        await dnsemu.reset()
        assert await dnsemu.resolve("api.shop.test") == []


async def test_a_plain_method_does_not_hold_a_loop_while_real_endpoints_are_probed(dnsemu):
    await dnsemu.aio.load(SHOP)
    dnsemu.advance("1s")
    with pytest.raises(Refused, match=r"write await dnsemu\.aio\.load"):
        dnsemu.load(SHOP, endpoints="real")
    await dnsemu.aio.load(SHOP, endpoints={"web-us": "127.0.0.1:9"})
    with pytest.raises(Refused, match=r"write await dnsemu\.aio\.advance"):
        dnsemu.advance("1s")
    await dnsemu.aio.advance("60s")
    assert dnsemu.resolve("api.shop.test") == ["192.0.2.2"], "nothing listens there"


def test_a_real_endpoint_that_is_misspelled_is_refused(dnsemu):
    with pytest.raises(Refused, match="did you mean 'web-us'"):
        dnsemu.load(SHOP, endpoints={"web-uss": "127.0.0.1:9"})


def test_simulated_endpoints_elsewhere_are_no_warning(dnsemu):
    """They would be with real probes: the address is one of the internet's."""
    check = {"id": "far", "type": "TCP", "ip_address": "198.51.100.7", "port": 80}
    dnsemu.zone("shop.test", [], health_checks=[check])
    with urlopen(f"{dnsemu.http}/dnsemu/v1/status") as reply:
        status = json.load(reply)
    assert status["probes"]["outside"] == {}
    assert [one["observed"] for one in status["health_checks"]] == ["healthy"]
