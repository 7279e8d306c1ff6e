"""The groups and their shares, listed in steps."""

from dnsemu.config.model.geo import Geo
from dnsemu.config.model.world import World
from dnsemu.explain.status import MAX_GROUPS, NAMES_PER_STEP, group_shares
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot
from dnsemu.policies.location.client import Client
from dnsemu.policies.location.locator import Locator
from dnsemu.publication.board import Published
from dnsemu.zone.catalog import Catalog
from tests.builders import record_set, weighted, zone


def listed(*record_sets):
    locator = Locator(Geo())
    published = Published(World(), Catalog.of([zone("test", *record_sets)]), locator)
    return list(group_shares(published, HealthSnapshot(), Client.at_place(locator.unlocated)))


def test_the_caller_can_pause_while_a_large_zone_is_listed():
    simple = [record_set(f"r{number}.test") for number in range(3 * NAMES_PER_STEP)]
    found = listed(*simple, weighted("w.test", 3, "a"), weighted("w.test", 1, "b"))
    assert found.count(None) == 3
    (group,) = filter(None, found)
    assert (group["name"], [share["percent"] for share in group["shares"]]) == ("w.test.", [75.0, 25.0])


def test_the_list_of_groups_is_bounded():
    found = listed(*[weighted(f"w{number}.test", 1, "a") for number in range(MAX_GROUPS + 9)])
    assert len(list(filter(None, found))) == MAX_GROUPS
