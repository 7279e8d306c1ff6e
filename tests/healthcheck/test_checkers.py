"""The checkers of an endpoint, and their simulated addresses (H14, H15, H62, H124)."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS, HealthCheckers
from dnsemu.config.model.health_checks import EndpointCheck, EndpointType
from dnsemu.healthcheck.checkers import ADDRESSES_PER_REGION, PUBLISHED_RANGE, Checker, checkers_of

regions = st.sampled_from(ALL_CHECKER_REGIONS)


@pytest.mark.parametrize(("own", "fleet", "expected"), [
    pytest.param((), ALL_CHECKER_REGIONS, ALL_CHECKER_REGIONS, id="H14 all eight"),
    pytest.param((), ("eu-west-1",), ("eu-west-1",), id="H62 the Regions of the fleet"),
    pytest.param(("sa-east-1", "us-east-1"), ("eu-west-1",), ("sa-east-1", "us-east-1"), id="H14 those that the check names"),
    pytest.param(("us-east-1", "us-east-1", "eu-west-1"), ("sa-east-1",), ("us-east-1", "eu-west-1"), id="H15 a Region named twice"),
])  # fmt: skip
def test_regions_of_a_check(own, fleet, expected):
    config = EndpointCheck(EndpointType.HTTP, ip_address="127.0.0.1", regions=own)
    checkers = checkers_of(config, HealthCheckers(fleet, 2))
    assert list(checkers) == [Checker(region, number) for region in expected for number in (0, 1)]


@given(regions, st.integers(0, 122))
def test_h124_small_numbers_count_up_in_the_last_byte(region, number):
    third_byte = 2 + 4 * ALL_CHECKER_REGIONS.index(region)
    assert Checker(region, number).address == f"15.177.{third_byte}.{133 + number}"


@given(regions, st.integers(0, 10**9))
def test_h124_every_address_is_in_the_published_range(region, number):
    assert ip_address(Checker(region, number).address) in PUBLISHED_RANGE


def test_h62_the_addresses_of_all_regions_are_distinct():
    checkers = [Checker(region, number) for region in ALL_CHECKER_REGIONS for number in range(ADDRESSES_PER_REGION)]
    assert len({checker.address for checker in checkers}) == len(checkers)
