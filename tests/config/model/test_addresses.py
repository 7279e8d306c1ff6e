"""IPv4-mapped IPv6 addresses and networks."""

from ipaddress import ip_network

import pytest

from dnsemu.config.model.addresses import unmapped


@pytest.mark.parametrize(("network", "expected"), [
    pytest.param("192.0.2.0/24", "192.0.2.0/24", id="IPv4"),
    pytest.param("2001:db8::/32", "2001:db8::/32", id="IPv6"),
    pytest.param("::ffff:192.0.2.1/128", "192.0.2.1/32", id="a mapped address"),
    pytest.param("::ffff:192.0.2.0/120", "192.0.2.0/24", id="a mapped network"),
    pytest.param("::ffff:0:0/96", "0.0.0.0/0", id="all mapped addresses"),
    pytest.param("::/95", "::/95", id="a network that holds more than mapped addresses"),
    pytest.param("::192.0.2.1/128", "::192.0.2.1/128", id="an IPv4-compatible address"),
])  # fmt: skip
def test_unmapped(network, expected):
    given = ip_network(network)
    assert ip_network(unmapped(given.network_address.packed, given.prefixlen)) == ip_network(expected)
