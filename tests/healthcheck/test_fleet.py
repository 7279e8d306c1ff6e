"""The simulated addresses of the checkers (H62, H124)."""

from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS
from dnsemu.healthcheck.checkers import ADDRESSES_PER_REGION, PUBLISHED_RANGE, Checker

regions = st.sampled_from(ALL_CHECKER_REGIONS)


@given(regions, st.integers(0, 122))
def test_h124_small_numbers_count_up_in_the_last_octet(region, number):
    octet = 2 + 4 * ALL_CHECKER_REGIONS.index(region)
    assert Checker(region, number).address == f"15.177.{octet}.{133 + number}"


@given(regions, st.integers(0, 10**9))
def test_h124_any_number_has_an_address_in_the_published_range(region, number):
    assert ip_address(Checker(region, number).address) in PUBLISHED_RANGE


def test_h62_the_addresses_of_all_regions_are_distinct():
    checkers = [Checker(region, number) for region in ALL_CHECKER_REGIONS for number in range(ADDRESSES_PER_REGION)]
    assert len({checker.address for checker in checkers}) == len(checkers)
