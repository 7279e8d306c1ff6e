"""IP-based routing: the location whose blocks contain the client's network (routing.md R92–R99)."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from immutables import Map

from dnsemu.config.model.geo import CidrCollection, Geo
from dnsemu.policies.decide import Why, decide
from dnsemu.policies.location.locator import Locator
from tests.builders import FakeSurroundings, group, ip_based, shares_by_id


def located(client, **locations):
    """The client at a network, given the blocks of the locations of one collection `c`."""
    blocks = {name: tuple(map(ip_network, networks.split())) for name, networks in locations.items()}
    locator = Locator(Geo(), collections=[CidrCollection("c", "c", Map(blocks))])
    network = ip_network(client)
    return locator.locate(network.network_address.packed, network.prefixlen).client


def test_locations_contain_only_whole_networks():
    assert located("192.0.2.0/24", paris="192.0.2.0/25").cidr_locations == ()


PARIS = {"paris": "192.0.2.0/24 2001:db8:1::/48", "france": "192.0.0.0/16 2001:db8::/32", "tokyo": "203.0.113.0/24"}


@pytest.mark.parametrize(
    ("client", "members", "down", "served"),
    [
        pytest.param("192.0.2.7/32", "paris tokyo *", "", "paris", id="R94.1 an address inside a block"),
        pytest.param("192.0.2.0/24", "paris tokyo *", "", "paris", id="R94.2 a network equal to a block"),
        pytest.param("192.0.2.0/23", "paris tokyo *", "", "*", id="R94.3 a network larger than the block"),
        pytest.param("2001:db8::/32", "paris *", "", "*", id="R94.4 IPv6: a block longer than the query network"),
        pytest.param(
            "2001:db8:1:7::/64", "paris *", "", "paris", id="R94.5 IPv6: a block shorter than the query network"
        ),
        pytest.param("198.51.100.1/32", "paris *", "", "*", id="R92.1 no block: the default"),
        pytest.param("198.51.100.1/32", "paris tokyo", "", None, id="R92.2 no block and no default: no answer"),
        pytest.param("192.0.2.7/32", "france paris *", "", "paris", id="R97.1 nested blocks: the longest"),
        pytest.param("192.0.2.7/32", "france tokyo *", "", "france", id="R97.2 the longest has no record set here"),
        pytest.param("192.0.2.7/32", "france paris *", "paris", "france", id="R97.3 unhealthy: the larger location"),
        pytest.param("192.0.2.7/32", "france paris *", "paris france", "*", id="R97.4 then the default"),
        pytest.param(
            "192.0.2.7/32", "france paris *", "paris france *", "paris", id="R98 none healthy: the most specific"
        ),
    ],
)
def test_locations(client, members, down, served):
    sets = [ip_based("www.test", location, check=location) for location in members.split()]
    decision = decide(group(*sets), located(client, **PARIS), FakeSurroundings.of(down=down.split()))
    assert shares_by_id(decision) == ({served: 1} if served else {})
    assert (decision.why is Why.NO_CANDIDATE) == (served is None)
    assert decision.reads_client


def test_r96_the_family_is_the_clients_not_the_record_types():
    sets = [ip_based("www.test", "paris", type_="A"), ip_based("www.test", "*", type_="A")]
    assert shares_by_id(decide(group(*sets), located("2001:db8:1::1/128", **PARIS), FakeSurroundings.of())) == {
        "paris": 1
    }


def test_an_ipv4_mapped_client_is_the_ipv4_client():
    assert located("::ffff:192.0.2.7/128", **PARIS).cidr_locations == (("c", "paris"), ("c", "france"))


networks = st.builds(
    lambda number, bits: ip_network((number & ~((1 << (32 - bits)) - 1), bits)),
    st.integers(0, 255).map(lambda low: 0xC0000000 | low << 16),
    st.integers(1, 24),
)


@given(st.dictionaries(st.sampled_from("abcde"), st.lists(networks, max_size=4), max_size=5), networks)
def test_r94_r97_locations_are_those_of_a_plain_search(locations, client):
    """Longest block first, each location once, only blocks that contain the whole network."""
    hits = sorted(
        ((-block.prefixlen, name) for name, blocks in locations.items() for block in blocks if client.subnet_of(block))
    )
    blocks = {name: " ".join(map(str, found)) for name, found in locations.items()}
    found = [name for _, name in located(str(client), **blocks).cidr_locations]
    assert sorted(found) == sorted({name for _, name in hits})
    longest = {}
    for bits, name in hits:
        longest.setdefault(name, bits)
    assert [longest[name] for name in found] == sorted(longest[name] for name in found)
