"""Locating clients: declared networks, databases, the default, and ECS scopes (routing.md R71, R79, R132, R135)."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st
from immutables import Map

from dnsemu.config.aws.places import REGIONS
from dnsemu.config.model.geo import CidrCollection, DeclaredPlace, Geo, GeoNetwork
from dnsemu.policies.geodata.countries import country_point
from dnsemu.policies.geodata.database import UnusableDatabase
from dnsemu.policies.location.locator import Locator
from dnsemu.policies.location.place import Place
from tests.policies import mmdb


def network(text, **place):
    return GeoNetwork(ip_network(text), DeclaredPlace(**place))


def locate(locator, text):
    """A client written as `ADDRESS` or `NETWORK/BITS`."""
    client = ip_network(text)
    return locator.locate(client.network_address.packed, client.prefixlen)


NESTED = Locator(
    Geo(
        networks=(
            network("10.0.0.0/8", country="FR"),
            network("10.1.0.0/16", country="DE"),
            network("10.1.2.0/24", country="JP"),
            network("10.1.2.128/25", country="BR"),
            network("8.8.8.0/24", country="IE"),
            network("0.0.0.0/1", country="CA"),
            network("2001:db8::/32", country="SE"),
            network("2001:db8:1::/48", country="KR"),
            network("2001:db8:1:0:8000::/65", country="IN"),
            network("::ffff:192.0.2.0/120", country="NZ"),
        )
    )
)


@pytest.mark.parametrize(
    ("client", "country"),
    [
        pytest.param("10.9.9.9", "FR", id="R135 the network that contains the client"),
        pytest.param("10.1.9.9", "DE", id="R135 a longer prefix wins"),
        pytest.param("10.1.2.3", "JP", id="R135 the longest prefix wins"),
        pytest.param("10.1.2.200", "BR", id="R135 inside a /24 too"),
        pytest.param("10.1.2.0/24", "JP", id="R135 a network counts by its base address"),
        pytest.param("10.1.0.0/16", "DE", id="R135 a network that contains only part of the client's does not count"),
        pytest.param("10.0.0.0/7", "FR", id="R135 a base address may lie in a network smaller than the client's"),
        pytest.param("8.8.8.8", "IE", id="R135 a declared network comes before the database"),
        pytest.param("9.9.9.9", "CA", id="R135 however short its prefix is"),
        pytest.param("2001:db8:9::/56", "SE", id="R135 IPv6"),
        pytest.param("2001:db8:1:0:1::1", "KR", id="R135 IPv6, longer"),
        pytest.param("2001:db8:1:0:9000::1", "IN", id="R135 IPv6, longest"),
        pytest.param("::ffff:10.1.2.3", "JP", id="R135 an IPv4-mapped client is an IPv4 client"),
        pytest.param("::ffff:10.1.2.0/120", "JP", id="R135 an IPv4-mapped network is an IPv4 network"),
        pytest.param("192.0.2.9", "NZ", id="R135 a network declared IPv4-mapped contains IPv4 clients"),
    ],
)
def test_longest_declared_prefix(client, country):
    assert locate(NESTED, client).place.country == country


def test_source_names_the_network():
    """R135 explanations can say which of the user's networks placed a client."""
    assert locate(NESTED, "10.1.9.9").place.source == "geo.networks 10.1.0.0/16"


@given(
    st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)), max_size=12),
    st.integers(0, 2**32 - 1),
    st.integers(0, 32),
)
def test_declared_networks_against_a_plain_search(prefixes, address, bits):
    """R132, R135 place and scope are those of a search through all networks."""
    networks = list({ip_network((number, length), strict=False) for number, length in prefixes})
    geo = Geo(tuple(network(str(n), latitude=float(i), longitude=0.0) for i, n in enumerate(networks)))
    client = ip_network((address, bits), strict=False)
    located = locate(Locator(geo), str(client))
    holding = [n for n in networks if client.network_address in n]
    if holding:
        assert located.place.source == f"geo.networks {max(holding, key=lambda n: n.prefixlen)}"
    else:
        assert not located.place.source.startswith("geo.networks")
    block = ip_network((client.network_address, 24), strict=False)
    assert located.scope_bits == max([24, *(n.prefixlen for n in networks if n.overlaps(block))])


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(22, 32)), max_size=6), st.integers(0, 255))
def test_a_cached_answer_is_right_for_everyone_in_its_scope(prefixes, last_octet):
    """R132 all clients within the scope share one place, and every client of the /24 gets the same scope."""
    networks = {ip_network((0xC0000200 + number, length), strict=False) for number, length in prefixes}
    geo = Geo(tuple(network(str(n), latitude=float(i), longitude=0.0) for i, n in enumerate(networks)))
    locator = Locator(geo)
    client = locate(locator, f"192.0.2.{last_octet}")
    cached = ip_network((0xC0000200 + last_octet, client.scope_bits), strict=False)
    everyone = [locate(locator, str(address)) for address in ip_network("192.0.2.0/24")]
    assert {located.scope_bits for located in everyone} == {client.scope_bits}
    assert {
        located.place
        for address, located in zip(ip_network("192.0.2.0/24"), everyone, strict=True)
        if address in cached
    } == {client.place}


@pytest.mark.parametrize(
    ("networks", "client", "scope_bits"),
    [
        pytest.param([], "8.8.8.8", 24, id="R132 IPv4: /24"),
        pytest.param([], "8.8.0.0/16", 24, id="R132 IPv4: /24 for a shorter source too"),
        pytest.param([], "10.0.0.1", 24, id="R132 IPv4: /24 for an unlocated client"),
        pytest.param([], "2001:db8::1", 48, id="R132 IPv6: /48"),
        pytest.param([], "2001:db8::/32", 48, id="R132 IPv6: /48 for a shorter source too"),
        pytest.param([], "::ffff:8.8.8.8", 120, id="R132 IPv4-mapped: the /24, counted in the address as it came"),
        pytest.param(["10.0.0.0/8"], "10.1.2.3", 24, id="R132 a shorter network changes nothing"),
        pytest.param(["10.1.2.0/24"], "10.1.2.3", 24, id="R132 nor does one as long"),
        pytest.param(["10.1.2.0/25"], "10.1.2.3", 25, id="R132 a network inside the /24 that contains the client"),
        pytest.param(["10.1.2.0/25"], "10.1.2.200", 25, id="R132 a network inside the /24 beside the client"),
        pytest.param(["10.1.2.0/25", "10.1.2.240/28"], "10.1.2.3", 28, id="R132 the longest network inside the /24"),
        pytest.param(["10.1.2.240/28", "10.1.2.0/25"], "10.1.2.3", 28, id="R132 whichever is declared first"),
        pytest.param(["10.1.2.3/32"], "10.1.2.0/24", 32, id="R132 one host inside the client's own network"),
        pytest.param(["10.1.3.0/25"], "10.1.2.3", 24, id="R132 a network in the next /24 changes nothing"),
        pytest.param(["10.1.3.0/25"], "10.1.0.0/16", 24, id="R132 nor one outside the /24 that the source contains"),
        pytest.param(["2001:db8::/64"], "2001:db8::/56", 64, id="R132 IPv6: a network inside the /48"),
        pytest.param(["2001:db8::7/128"], "2001:db8:0:9::1", 128, id="R132 IPv6: one host inside the /48"),
        pytest.param(["2001:db8:1::/64"], "2001:db8::1", 48, id="R132 IPv6: a network in the next /48"),
        pytest.param(["10.1.2.0/25"], "::ffff:10.1.2.3", 121, id="R132 IPv4-mapped: inside the /24"),
        pytest.param(["::/1"], "8.8.8.8", 24, id="R132 networks count in their own family"),
    ],
)
def test_scope(networks, client, scope_bits):
    locator = Locator(Geo(tuple(network(text, country="JP") for text in networks)))
    assert locate(locator, client).scope_bits == scope_bits


@pytest.mark.parametrize(
    ("client", "continent", "country", "subdivision"),
    [
        pytest.param("8.8.8.8", "NA", "US", "CA", id="R135 8.8.8.8 California"),
        pytest.param("8.8.8.0/24", "NA", "US", "CA", id="R135 8.8.8.0/24 California"),
        pytest.param("1.1.1.1", "OC", "AU", None, id="R135 1.1.1.1 Australia"),
        pytest.param("193.0.0.1", "EU", "NL", None, id="R135 193.0.0.1 Netherlands"),
        pytest.param("203.178.136.1", "AS", "JP", None, id="R135 203.178.136.1 Japan"),
        pytest.param("200.160.0.1", "SA", "BR", None, id="R135 200.160.0.1 Brazil"),
        pytest.param("5.58.0.1", "EU", "UA", "61", id="R135 5.58.0.1 Ternopil"),
        pytest.param("2001:200::1", "AS", "JP", None, id="R135 2001:200::1 Japan"),
        pytest.param("2600:1f18::1", "NA", "US", "VA", id="R135 2600:1f18::1 Virginia"),
        pytest.param("2a05:d018::1", "EU", "IE", None, id="R135 2a05:d018::1 Ireland"),
        pytest.param("::ffff:8.8.8.8", "NA", "US", "CA", id="R135 IPv4-mapped 8.8.8.8 California"),
    ],
)
def test_embedded_database(client, continent, country, subdivision):
    place = locate(Locator(Geo()), client).place
    assert (place.continent, place.country, place.subdivision) == (continent, country, subdivision)
    assert (place.source, place.region) == ("database", None)


@pytest.mark.parametrize(
    "client", ["10.0.0.1", "192.168.1.1", "127.0.0.1", "169.254.1.1", "224.0.0.1", "::1", "fe80::1"]
)
def test_unlocated(client):
    """R71, R79 in neither networks nor database: the default's point, but no country, continent or subdivision."""
    locator = Locator(Geo(default=DeclaredPlace(region="eu-west-3")))
    place = locate(locator, client).place
    assert place is locator.unlocated
    assert (place.continent, place.country, place.subdivision) == (None, None, None)
    assert (place.latitude, place.longitude) == (REGIONS["eu-west-3"].lat, REGIONS["eu-west-3"].lon)
    assert place.source == "geo.default"


def test_default_is_us_east_1():
    """R71, R136 unless the user says otherwise."""
    place = locate(Locator(Geo()), "10.0.0.1").place
    assert (place.latitude, place.longitude) == (REGIONS["us-east-1"].lat, REGIONS["us-east-1"].lon)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param(
            {
                "country": {"iso_code": "TR"},
                "continent": {"code": "AS"},
                "location": {"latitude": 39.5, "longitude": 32.5},
            },
            Place(39.5, 32.5, "EU", "TR", source="database"),
            id="R81 Route 53's continent wins over the database's",
        ),
        pytest.param(
            {"country": {"iso_code": "DE"}, "subdivisions": [{"iso_code": "BE"}]},
            Place(*country_point("DE"), "EU", "DE", source="database"),
            id="R75 subdivisions that Route 53 does not know are dropped",
        ),
        pytest.param(
            {"country": {"iso_code": "US"}, "subdivisions": [{"iso_code": "OR"}]},
            Place(*country_point("US", "OR"), "NA", "US", "OR", source="database"),
            id="R135 without coordinates, the state's population centre",
        ),
        pytest.param(
            {"country": {"iso_code": "QQ"}, "continent": {"code": "SA"}, "latitude": -1.5, "longitude": -2.5},
            Place(-1.5, -2.5, "SA", "QQ", source="database"),
            id="R81 a country that Route 53 does not know keeps the database's continent",
        ),
        pytest.param({"autonomous_system_number": 64512}, None, id="R79 a record without a place"),
    ],
)
def test_users_database(tmp_path, record, expected):
    locator = Locator(Geo(), mmdb.write(tmp_path / "own.mmdb", {"192.0.2.0/24": record}))
    place = locate(locator, "192.0.2.1").place
    assert place == expected if expected else place.source == "geo.default"


def test_users_database_replaces_the_embedded_one(tmp_path):
    """R135 a client that the user's database does not know is unlocated; the embedded one is not consulted."""
    locator = Locator(Geo(), mmdb.write(tmp_path / "own.mmdb", {"192.0.2.0/24": {"country": {"iso_code": "JP"}}}))
    assert locate(locator, "192.0.2.1").place.country == "JP"
    assert locate(locator, "8.8.8.8").place.source == "geo.default"


def test_users_database_is_refused_at_once(tmp_path):
    """R135 a missing file stops the start, not the first query."""
    with pytest.raises(UnusableDatabase):
        Locator(Geo(), tmp_path / "missing.mmdb")


def test_the_memo_is_exact_and_bounded():
    """R94, R135 one base address with two prefix lengths is two clients; the memo of clients is bounded."""
    locator = Locator(Geo((network("10.1.2.0/25", country="JP"),)), max_remembered=4)
    for last_octet in range(10):
        locate(locator, f"10.1.2.{last_octet}")
        assert locator.remembered <= 4
    assert locator.remembered >= 2
    base = ip_address("10.1.2.0").packed
    assert locator.locate(base, 24) is locator.locate(base, 24)
    assert locator.locate(base, 24) is not locator.locate(base, 25)


def test_equal_records_share_a_place():
    """R135 clients with equal database records share one place object, so that they are one client class."""
    locator = Locator(Geo())
    assert locate(locator, "8.8.8.8").place is locate(locator, "8.8.8.9").place


def test_r199_the_locations_of_a_client_come_in_one_order():
    """Collections by id, then locations by name, whatever the hashes of this process are."""
    blocks = (ip_network("198.51.100.0/24"),)
    collections = [
        CidrCollection(f"c{number}", "n", Map((f"l{letter}", blocks) for letter in "dbca")) for number in (3, 1, 2)
    ]
    found = locate(Locator(Geo(), collections=collections), "198.51.100.7").client.cidr_locations
    assert list(found) == [(f"c{number}", f"l{letter}") for number in (1, 2, 3) for letter in "abcd"]
