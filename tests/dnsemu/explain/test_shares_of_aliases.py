"""Health and shares below aliases, against a computation that follows every path by hand: R109, R110, R112, R118, R119.

Aliases form trees, rings and chains that are too deep, within one hosted zone and through two that have groups of the
same names.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import cycle, pairwise
from unittest.mock import patch

from hypothesis import example, given
from hypothesis import strategies as st
from immutables import Map

from dnsemu.answering.resolution import resolve
from dnsemu.config import names
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.explain.shares import EmptyReply, shares_of
from dnsemu.healthcheck.verdict.snapshot import HealthSnapshot, Status
from dnsemu.policies import decide as walk
from dnsemu.policies.decide import AliasProblem
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import compile_zone
from tests.builders import ANYONE, hosted_zone, weighted

ZONES = {"Z1": "a.test", "Z2": "b.a.test"}
"""Names below `b.a.test` may be in both: an alias says in which zone it looks."""
TOP = ("Z1", "www.a.test")
MISSING = "gone.b.a.test"


@dataclass(frozen=True)
class Member:
    weight: int
    target: tuple[str, str] | None = None
    evaluates: bool = True
    check: str | None = None


@dataclass
class World:
    """Groups by zone and name, the checks that are down, and the number of levels that are followed."""

    groups: dict
    down: set
    levels: int

    def resolved(self):
        zones = []
        for zone_id, apex in ZONES.items():
            sets = [
                weighted(
                    name, member.weight, f"{zone_id} {name} {n}", check=member.check, eth=member.evaluates,
                    alias=member.target and member.target[1], alias_zone=member.target[0] if member.target else "Z1",
                )
                for (zone, name), members in self.groups.items()
                if zone == zone_id
                for n, member in enumerate(members)
            ]  # fmt: skip
            zones.append(compile_zone(replace(hosted_zone(apex, *sets), id=HostedZoneId(zone_id))))
        health = HealthSnapshot(1, Map(dict.fromkeys(self.down, Status.UNHEALTHY)))
        with patch.object(walk, "MAX_ALIAS_LEVELS", self.levels):
            return shares_of(resolve(Catalog.of(zones), health, ANYONE, names.parse(TOP[1]), RRType.A))

    # --- by hand ---

    def passes(self, member):
        return member.check not in self.down

    def target(self, zone, member):
        """The group that an alias leads to, if it is there; from elsewhere the names of Z2 are found in Z2 only."""
        target = member.target
        is_found = target in self.groups and (target[0] in (zone, "Z2") or not target[1].endswith("b.a.test"))
        return target if is_found else None

    def group_is_healthy(self, decided, start, level):
        """Follows every path: to a healthy end within the levels, or into a ring not too far below."""
        if level >= self.levels:
            return False
        near = {decided}
        for _ in range(self.levels):
            passing = [(node, member) for node in near for member in self.groups[node] if self.passes(member)]
            near |= {self.target(node[0], member) for node, member in passing if member.evaluates} - {None}

        def leads_on(node, path):
            for member in filter(self.passes, self.groups[node]):
                target = self.target(node[0], member)
                if target is None or not member.evaluates:
                    if level + len(path) <= self.levels:
                        return True
                elif (target in path and near.issuperset(path)) or (
                    target not in path and leads_on(target, (*path, target))
                ):
                    return True
            return False

        return leads_on(start, (start,))

    def is_healthy(self, decided, member, level):
        target = self.target(decided[0], member)
        if not self.passes(member) or target is None or not member.evaluates:
            return self.passes(member)
        return self.group_is_healthy(decided, target, level + 1)

    def expected(self):
        """Passes the replies on from level to level, and returns the shares of leaves and of empty replies."""
        answers, empty = {}, {}
        here = {TOP: Fraction(1)}
        for level in range(self.levels):
            below = {}
            for (zone, name), share in here.items():
                members = self.groups[zone, name]
                pool = [n for n, m in enumerate(members) if self.is_healthy((zone, name), m, level)] or list(
                    range(len(members))
                )
                heavy = [n for n in pool if members[n].weight]
                tickets = {n: members[n].weight for n in heavy} or dict.fromkeys(pool, 1)
                for n, count in tickets.items():
                    part, target = share * Fraction(count, sum(tickets.values())), self.target(zone, members[n])
                    if members[n].target is None:
                        into, key = answers, f"{zone} {name} {n}"
                    elif target is None:
                        into, key = empty, AliasProblem.NO_TARGET
                    elif level + 1 == self.levels:
                        into, key = empty, AliasProblem.TOO_DEEP
                    else:
                        into, key = below, target
                    into[key] = into.get(key, 0) + part
            here = below
        return answers, empty


def check(world):
    shares = world.resolved()
    answers = {record_set.set_identifier: share for record_set, share in shares.answers.items()}
    empty = {}
    for reply, share in shares.empty.items():
        assert isinstance(reply, EmptyReply)
        empty[reply.why] = empty.get(reply.why, 0) + share
    assert (answers, empty) == world.expected()
    assert sum(answers.values()) + sum(empty.values()) == 1


nodes = st.sampled_from([(zone, f"g{n}.b.a.test") for zone in ZONES for n in range(3)])
members = st.builds(
    Member,
    st.integers(0, 3),
    st.none() | nodes | nodes | st.just(TOP) | st.just(("Z1", MISSING)),
    st.sampled_from([True, True, True, False]),
    st.none() | st.sampled_from(["h1", "h2"]),
)
groups = st.lists(members, min_size=1, max_size=3)


@st.composite
def worlds(draw):
    found = {TOP: draw(groups)}
    for zone in ZONES:
        for n in range(3):
            if draw(st.integers(0, 5)):  # some are missing
                found[zone, f"g{n}.b.a.test"] = draw(groups)
    return World(found, draw(st.sets(st.sampled_from(["h1", "h2"]))), draw(st.sampled_from([2, 3, 4, 16])))


def chain(length, *, end, top, zones=("Z1",)):
    """A world in which `top` leads into a chain of groups of one alias each, with a last group of these members."""
    at = [(zone, f"c{n}.{ZONES[zone]}") for n, zone in zip(range(length), cycle(zones), strict=False)]
    found = {node: [Member(1, following)] for node, following in pairwise(at)}
    return World({TOP: top(at), **found, at[-1]: end}, {"h1"}, 16)


@given(worlds())
@example(chain(15, end=[Member(1)], top=lambda at: [Member(1, at[0]), Member(1, at[14])]))
@example(chain(16, end=[Member(1)], top=lambda at: [Member(1, at[0]), Member(1, at[15])]))
@example(chain(16, end=[Member(1)], top=lambda at: [Member(1, at[15]), Member(1, at[0])]))
@example(chain(20, end=[Member(1)], top=lambda at: [Member(1, at[0]), Member(1, at[10])], zones=("Z1", "Z2")))
@example(World({TOP: [Member(5, TOP), Member(1)]}, set(), 16))
@example(
    World(
        {
            TOP: [Member(1, ("Z1", "g0.b.a.test")), Member(1, ("Z2", "g0.b.a.test"))],
            ("Z1", "g0.b.a.test"): [Member(1)],
            ("Z2", "g0.b.a.test"): [Member(1)],
        },
        set(),
        16,
    )
)
@example(chain(18, end=[Member(1, check="h1")], top=lambda at: [Member(1, at[n]) for n in range(18)]))
def test_r109_r110_r112_r118_r119_shares_are_those_of_every_path_followed_by_hand(world):
    check(world)


def test_r112_a_group_judged_too_deep_on_one_path_is_healthy_on_a_shorter_one():
    """The memory of a verdict once ignored the level: half of the replies were SERVFAIL."""
    world = chain(16, end=[Member(1)], top=lambda at: [Member(1, at[0]), Member(1, at[1])])
    shares = world.resolved()
    assert sum(shares.answers.values()) == 1
    assert not shares.empty


def test_r118_the_record_sets_of_a_group_in_a_ring_are_counted_each_time_they_come_up():
    """One in six was told, and it is more than three in four."""
    ring = {TOP: [Member(5, ("Z1", "g0.b.a.test")), Member(1)], ("Z1", "g0.b.a.test"): [Member(1, TOP)]}
    shares = World(ring, set(), 16).resolved()
    ((_, share),) = shares.answers.items()
    assert share == 1 - Fraction(5, 6) ** 8
    assert float(share) > 0.767


def test_r112_all_levels_full_of_groups_that_are_down_are_searched_once():
    """Without memory that is 6 ** 15 ways."""
    names_ = [[f"l{level}n{n}.b.a.test" for n in range(6)] for level in range(18)]
    found = {TOP: [Member(1, ("Z1", name)) for name in names_[0]]}
    for level, row in enumerate(names_[:-1]):
        found |= {("Z1", name): [Member(1, ("Z1", below)) for below in names_[level + 1]] for name in row}
    found |= {("Z1", name): [Member(1, check="h1")] for name in names_[-1]}
    shares = World(found, {"h1"}, 16).resolved()
    assert {reply.why for reply in shares.empty} == {AliasProblem.TOO_DEEP}
