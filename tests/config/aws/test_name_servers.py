"""Name servers, default NS and SOA, zone ids (R25–R27, A47, A84)."""

import re
from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config import names
from dnsemu.config.aws.name_servers import (
    SERVER_COUNT,
    addresses,
    default_ns,
    default_soa,
    derived_zone_id,
    draw,
    name_server,
)

ZONE = names.parse("shop.test")


@pytest.mark.parametrize(
    ("number", "name", "ipv4", "ipv6"),
    [
        pytest.param(0, "ns-0.awsdns-00.com", "205.251.192.0", "2600:9000:5300::1", id="R28 R26.com"),
        pytest.param(511, "ns-511.awsdns-63.com", "205.251.193.255", "2600:9000:5301:ff00::1", id="R26 last of com"),
        pytest.param(522, "ns-522.awsdns-01.net", "205.251.194.10", "2600:9000:5302:a00::1", id="R26 R27 net"),
        pytest.param(1033, "ns-1033.awsdns-01.org", "205.251.196.9", "2600:9000:5304:900::1", id="R26 R27 org"),
        pytest.param(1536, "ns-1536.awsdns-00.co.uk", "205.251.198.0", "2600:9000:5306::1", id="R28 co.uk"),
        pytest.param(2047, "ns-2047.awsdns-63.co.uk", "205.251.199.255", "2600:9000:5307:ff00::1", id="R26 last"),
    ],
)
def test_servers(number, name, ipv4, ipv6):
    assert name_server(number) == name
    assert [str(address) for address in addresses(number)] == [ipv4, ipv6]


def test_r26_names_and_addresses_are_distinct():
    numbers = range(SERVER_COUNT)
    assert len({name_server(number) for number in numbers}) == SERVER_COUNT
    assert len({address for number in numbers for address in addresses(number)}) == 2 * SERVER_COUNT


@given(st.from_regex(r"[a-z0-9]{1,20}\.[a-z]{2,6}", fullmatch=True))
def test_r26_a_zone_draws_one_of_each_quarter(text):
    zone = names.parse(text)
    servers = draw(zone)
    assert sorted(map(top_level, servers)) == ["co.uk", "com", "net", "org"]
    assert servers == draw(zone)
    assert re.fullmatch(r"Z[0-9A-Z]{13,20}", derived_zone_id(zone))
    assert derived_zone_id(zone) == derived_zone_id(names.parse(text.upper()))


def test_r26_zones_list_their_top_levels_in_every_order():
    orders = Counter(tuple(map(top_level, draw(names.parse(f"shop{number}.test")))) for number in range(2400))
    assert orders.keys() == set(permutations(["com", "net", "org", "co.uk"]))
    assert min(orders.values()) > 50


def top_level(server):
    return server.split(".", 2)[2]


def test_a85_zones_of_one_name_differ_by_salt():
    assert draw(ZONE) != draw(ZONE, "second")
    assert derived_zone_id(ZONE) != derived_zone_id(names.parse("shop2.test"))


def test_r25_defaults():
    servers = draw(ZONE)
    ns, soa = default_ns(ZONE, servers), default_soa(ZONE, servers)
    assert (ns.ttl, len(ns.values), ns.values[0]) == (172800, 4, f"{servers[0]}.")
    assert ns.rdata[0] == names.parse(servers[0])
    assert (soa.ttl, soa.values) == (
        900,
        (f"{servers[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400",),
    )
