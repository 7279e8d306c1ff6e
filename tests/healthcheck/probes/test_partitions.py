"""Checkers that are cut off from endpoints, and the 18 % rule (health-checks.md §5, §6)."""

from ipaddress import ip_network

import pytest

from dnsemu.config.model.health_checkers import BlockedPath, HealthCheckers
from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.partitions import MAX_ADDED, Partitions, TooManyPaths
from dnsemu.healthcheck.probes.prober import Prober
from dnsemu.healthcheck.verdict.results import TIMED_OUT
from tests.healthcheck.endpoints import endpoint as listening
from tests.healthcheck.endpoints import response, sends
from tests.healthcheck.stage import DOWN, UP, Stage

HERE = "127.0.0.1"
EAST, WEST = Checker("us-east-1", 0), Checker("us-west-1", 1)


@pytest.mark.parametrize(("blocked", "east", "west"), [
    pytest.param(("*", None), True, True, id="H62 all checkers from everything"),
    pytest.param(("us-east-1", None), True, False, id="H62 a Region"),
    pytest.param((WEST.address, None), False, True, id="H124 one checker by its address"),
    pytest.param(("us-east-1", "127.0.0.0/8"), True, False, id="H62 a Region from a network"),
    pytest.param(("*", "127.0.0.1/32"), True, True, id="H62 all checkers from an address"),
    pytest.param(("*", "192.0.2.0/24"), False, False, id="H62 from another network"),
    pytest.param(("*", "::/0"), False, False, id="H62 from another family's networks"),
    pytest.param(("eu-west-1", None), False, False, id="H62 another Region"),
])  # fmt: skip
@pytest.mark.parametrize("is_declared", [True, False], ids=["declared", "added"])
def test_cut_off_checkers(blocked, east, west, is_declared):
    checkers, network = blocked
    path, partitions = BlockedPath(checkers, network and ip_network(network)), Partitions()
    if is_declared:
        partitions.declared = (path,)
    else:
        partitions.block(path)
    assert (partitions.is_cut_off(EAST, HERE), partitions.is_cut_off(WEST, HERE)) == (east, west)


def test_an_ipv6_endpoint_may_be_cut_off():
    partitions = Partitions()
    partitions.block(BlockedPath("*", ip_network("2001:db8::/32")))
    assert partitions.is_cut_off(EAST, "2001:db8::1")
    assert not partitions.is_cut_off(EAST, "2001:db9::1")


def test_added_paths_are_unblocked_but_not_declared_ones():
    partitions, path, declared = Partitions(), BlockedPath("us-east-1"), BlockedPath("us-west-1")
    partitions.declared = (declared,)
    partitions.block(path)
    partitions.block(path)
    assert partitions.added == (path,)
    assert [partitions.unblock(path), partitions.unblock(path), partitions.unblock(declared)] == [True, False, False]
    assert (partitions.is_cut_off(EAST, HERE), partitions.is_cut_off(WEST, HERE)) == (False, True)


# --- at work, on a real endpoint and a stepped clock ---


class Watched:
    """A healthy HTTP endpoint, with checkers that may be cut off from it."""

    def __init__(self, port, *, regions, per_region, interval_s=30.0, **more):
        self.partitions = Partitions()
        self.stage = Stage(is_stepped=True, probe=Prober(None, is_cut_off=self.partitions.is_cut_off))
        config = EndpointCheck(
            EndpointType.HTTP, HERE, port=port, failure_threshold=1, request_interval_s=interval_s, **more
        )
        self.stage.apply(HealthCheck("web", config), fleet=HealthCheckers(regions, per_region))

    @property
    def seen(self):
        return self.stage.status("web"), self.stage.monitor.state("web").votes

    async def passes(self):
        """An interval, and what a time-out takes."""
        await self.stage.passes(34)


async def test_h70_two_of_three_regions_cut_off_are_not_enough_but_one_checker_more_is():
    async with listening(sends(response())) as web:
        watched = Watched(web.port, regions=("us-east-1", "eu-west-1", "sa-east-1"), per_region=2)
        await watched.passes()
        assert watched.seen == (UP, (6, 6))
        watched.partitions.block(BlockedPath("us-east-1"))
        watched.partitions.block(BlockedPath("eu-west-1"))
        await watched.passes()
        assert watched.seen == (UP, (2, 6))
        last = BlockedPath(Checker("sa-east-1", 1).address)
        watched.partitions.block(last)
        await watched.passes()
        assert watched.seen == (DOWN, (1, 6))
        watched.partitions.unblock(last)
        await watched.passes()
        assert watched.seen == (UP, (2, 6))


EIGHT = ("us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1")  # fmt: skip


@pytest.mark.parametrize(("regions", "per_region", "needed"), [
    pytest.param(EIGHT[:1], 1, 1, id="H70 one of one"),
    pytest.param(EIGHT[:3], 1, 1, id="H70 one of three"),
    pytest.param(EIGHT[:3], 2, 2, id="H70 two of six"),
    pytest.param(EIGHT[:5], 3, 3, id="H70 three of fifteen"),
    pytest.param(EIGHT, 2, 3, id="H70 H172 H173 three of sixteen"),
    pytest.param(EIGHT[:4], 25, 19, id="H70 nineteen of a hundred"),
])  # fmt: skip
async def test_as_many_checkers_as_are_needed(regions, per_region, needed):
    async with listening(sends(response())) as web:
        watched = Watched(web.port, regions=regions, per_region=per_region)
        checkers = list(watched.stage.monitor.state("web").checkers)
        watched.partitions.declared = tuple(BlockedPath(checker.address) for checker in checkers[needed:])
        await watched.passes()
        assert watched.seen == (UP, (needed, len(checkers)))
        watched.partitions.block(BlockedPath(checkers[0].address))
        await watched.passes()
        assert watched.seen == (DOWN, (needed - 1, len(checkers)))


async def test_h114_a_checker_that_is_cut_off_times_out_and_the_endpoint_is_not_asked():
    async with listening(sends(response())) as web:
        watched = Watched(web.port, regions=("us-east-1",), per_region=1)
        watched.partitions.block(BlockedPath("*"))
        (due,) = (watched.stage.monitor.next_probe("web", c) for c in watched.stage.monitor.state("web").checkers)
        await watched.passes()
        (change,) = watched.stage.changes
        assert (web.connections, change.at) == (0, due + Budgets().connect_s)
        assert change.cause == f"0 of 1 checkers up, {TIMED_OUT.removeprefix('Failure: ').partition('. ')[0]}"


async def test_other_checkers_are_not_delayed():
    async with listening(sends(response())) as web:
        watched = Watched(web.port, regions=("us-east-1", "eu-west-1"), per_region=8)
        watched.partitions.block(BlockedPath("eu-west-1", ip_network("127.0.0.0/8")))
        await watched.passes()
        assert watched.seen == (UP, (8, 16))
        assert web.connections in range(8, 12)


def test_h70_no_more_paths_are_blocked_than_the_bound():
    partitions = Partitions()
    paths = [BlockedPath("*", ip_network(f"10.{n >> 8}.{n & 255}.0/24")) for n in range(MAX_ADDED + 1)]
    for path in paths[:-1]:
        partitions.block(path)
    partitions.block(paths[0])
    with pytest.raises(
        TooManyPaths, match="1,000 paths are blocked already; unblock some, or write one larger network"
    ):
        partitions.block(paths[-1])
    partitions.unblock(paths[0])
    partitions.block(paths[-1])
    assert len(partitions.added) == MAX_ADDED
