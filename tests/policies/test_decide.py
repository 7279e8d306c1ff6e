"""The shared walk, and the policies that do not read the client (routing.md §3.0–§3.4, §3.7, §4, §5)."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.policies.decide import AliasProblem, BrokenAlias, Reason, Why, decide
from dnsemu.policies.model import Sample
from dnsemu.policies.weighted import shares
from tests.builders import (
    ANYONE,
    FakeSurroundings,
    at,
    geo,
    group,
    latency,
    leaf_shares,
    multivalue,
    primary,
    record_set,
    secondary,
    shares_by_id,
    weighted,
)

F = Fraction


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        pytest.param("1H 255H", {0: F(1, 256), 1: F(255, 256)}, id="R63.1 in proportion to weight"),
        pytest.param("10H 20H 20U", {0: F(1, 3), 1: F(2, 3)}, id="R63.2 the unhealthy never"),
        pytest.param("0- 0- 0-", {0: F(1, 3), 1: F(1, 3), 2: F(1, 3)}, id="R63.3 all zero: evenly"),
        pytest.param("10H 0H", {0: F(1)}, id="R63.4 zero only when nothing heavier is left"),
        pytest.param("10U 20U 0H 0H", {2: F(1, 2), 3: F(1, 2)}, id="R63.5 H152 zero weights step in"),
        pytest.param("10U 0U", {0: F(1)}, id="R63.6 fail open, then weights apply"),
        pytest.param("10U 20U", {0: F(1, 3), 1: F(2, 3)}, id="R63.7 fail open keeps the proportion"),
        pytest.param("0U 0H", {1: F(1)}, id="R63.8 the healthy zero"),
        pytest.param("0U 0U", {0: F(1, 2), 1: F(1, 2)}, id="R63.9 fail open among zeros"),
        pytest.param("10- 20U", {0: F(1)}, id="R63.10 without a health check it is healthy (R114)"),
    ],
)
def test_weighted(members, expected):
    sets, down = [], []
    for index, text in enumerate(members.split()):
        check = None if text.endswith("-") else f"hc{index}"
        sets.append(weighted("www.test", int(text[:-1]), str(index), check=check))
        if text.endswith("U"):
            down.append(check)
    decision = decide(group(*sets), ANYONE, FakeSurroundings.of(down=down))
    assert shares_by_id(decision) == {str(index): share for index, share in expected.items()}


@given(st.lists(st.integers(0, 255), min_size=1, max_size=6).filter(any))
def test_r62_shares_are_proportional_to_weight(weights):
    sets = [weighted("www.test", weight, str(index)) for index, weight in enumerate(weights)]
    assert dict(shares(sets).tickets) == {r: r.routing.weight for r in sets if r.routing.weight}


def test_r64_a_weighted_alias_of_weight_zero_waits_like_a_leaf():
    sets = [weighted("www.test", 0, "alias", alias="a.test"), weighted("www.test", 5, "leaf")]
    assert shares_by_id(decide(group(*sets), ANYONE, FakeSurroundings.of(record_set("a.test")))) == {"leaf": 1}


def test_r65_probabilities_multiply_level_by_level():
    ring = [latency("l.test", region) for region in ("us-east-1", "eu-west-1", "ap-southeast-2")]
    top = [weighted("www.test", 100, "old"), weighted("www.test", 1, "new", alias="l.test")]
    found = leaf_shares(decide(group(*top), ANYONE, FakeSurroundings.of(*ring)))
    assert found == {"old": F(100, 101), "us-east-1": F(1, 101)}


UP, DOWN, NONE = "up", "down", "none"


def _member(role, state, name):
    return role("www.test", check=None if state is NONE else name)


@pytest.mark.parametrize(
    ("primary_state", "secondary_state", "served"),
    [
        pytest.param(UP, UP, "primary", id="R72.1 H153 a healthy primary serves alone"),
        pytest.param(UP, DOWN, "primary", id="R72.1 whatever the secondary is"),
        pytest.param(DOWN, UP, "secondary", id="R72.2 H153 the secondary takes over"),
        pytest.param(DOWN, DOWN, "primary", id="R72.3 H153 nothing is healthy: fail open to the first candidate"),
        pytest.param(DOWN, NONE, "secondary", id="R72.4 H150 without a health check it is always healthy"),
        pytest.param(DOWN, None, "primary", id="R72.5 no secondary: fail open"),
        pytest.param(None, DOWN, "secondary", id="R72.6 no primary: the secondary, healthy or not"),
    ],
)
def test_failover(primary_state, secondary_state, served):
    sets = []
    if secondary_state:
        sets.append(_member(secondary, secondary_state, "s"))
    if primary_state:
        sets.append(_member(primary, primary_state, "p"))
    down = [name for name, state in (("p", primary_state), ("s", secondary_state)) if state is DOWN]
    assert shares_by_id(decide(group(*sets), ANYONE, FakeSurroundings.of(down=down))) == {served: 1}


@pytest.mark.parametrize(
    ("eth", "down", "served"),
    [
        pytest.param(True, ["t1"], "t2", id="R72.7 H154 one healthy target is enough for the alias"),
        pytest.param(True, ["t1", "t2"], "secondary", id="R72.8 H154 no healthy target: the secondary"),
        pytest.param(
            False, ["t1", "t2"], "primary side", id="R72.9 without evaluating the target it stays, and fails open"
        ),
    ],
)
def test_failover_alias(eth, down, served):
    """R73 too: an alias and a leaf share one failover group."""
    targets = [weighted("t.test", 1, "t1", check="t1"), weighted("t.test", 1, "t2", check="t2")]
    sets = [primary("www.test", alias="t.test", eth=eth), secondary("www.test", check="s")]
    found = leaf_shares(decide(group(*sets), ANYONE, FakeSurroundings.of(*targets, down=down)))
    assert found == ({"t1": F(1, 2), "t2": F(1, 2)} if served == "primary side" else {served: 1})


CA = at(continent="NA", country="US", subdivision="CA")
OREGON = at(continent="NA", country="US", subdivision="OR")
SOMEWHERE_US = at(continent="NA", country="US")
CANADA = at(continent="NA", country="CA")
FRANCE = at(continent="EU", country="FR")
NOWHERE = at()


@pytest.mark.parametrize(
    ("client", "down", "default", "served"),
    [
        pytest.param(CA, "", True, "a", id="R82.1 the state"),
        pytest.param(CA, "a", True, "b", id="R82.2 then the country"),
        pytest.param(CA, "ab", True, "c", id="R82.3 then the continent"),
        pytest.param(CA, "abc", True, "d", id="R82.4 then the default"),
        pytest.param(CA, "abcd", True, "a", id="R82.5 nothing healthy: the most specific, not the default (R80)"),
        pytest.param(OREGON, "", True, "b", id="R82.6 a state without record set: the country"),
        pytest.param(SOMEWHERE_US, "", True, "b", id="R82.7 state unknown: the country"),
        pytest.param(CANADA, "c", True, "d", id="R82.8 the continent is down: the default"),
        pytest.param(FRANCE, "", True, "d", id="R82.9 nothing matches: the default"),
        pytest.param(FRANCE, "", False, None, id="R82.10 nothing matches, no default: no answer (R78)"),
        pytest.param(CANADA, "c", False, "c", id="R82.11 the only match is down: fail open"),
        pytest.param(NOWHERE, "", True, "d", id="R79 an unlocated client gets the default"),
    ],
)
def test_geolocation(client, down, default, served):
    sets = [
        geo("www.test", "a", country="US", subdivision="CA", check="a"),
        geo("www.test", "b", country="US", check="b"),
        geo("www.test", "c", continent="NA", check="c"),
    ]
    if default:
        sets.append(geo("www.test", "d", country="*", check="d"))
    decision = decide(group(*sets), client, FakeSurroundings.of(down=down))
    assert shares_by_id(decision) == ({served: 1} if served else {})
    assert (decision.why is Why.NO_CANDIDATE) == (served is None)


@pytest.mark.parametrize(
    ("healthy", "unhealthy", "size", "pool"),
    [
        pytest.param(3, 0, 3, 3, id="R91.1 three healthy: all three"),
        pytest.param(12, 0, 8, 12, id="R91.2 twelve healthy: eight of them"),
        pytest.param(5, 7, 5, 5, id="R91.3 five of twelve healthy: those five"),
        pytest.param(9, 3, 8, 9, id="R91.4 nine of twelve healthy: eight of the nine"),
        pytest.param(0, 12, 8, 12, id="R91.5 none of twelve healthy: eight of all"),
        pytest.param(0, 2, 2, 2, id="R91.6 none of two healthy: both"),
    ],
)
def test_multivalue(healthy, unhealthy, size, pool):
    """R90: an exact sample; nothing is enumerated."""
    sets = [multivalue("www.test", f"{index:02}", check=f"hc{index}") for index in range(healthy + unhealthy)]
    down = [f"hc{index}" for index in range(healthy, healthy + unhealthy)]
    outcome = decide(group(*sets), ANYONE, FakeSurroundings.of(down=down)).outcome
    assert isinstance(outcome, Sample)
    assert (outcome.size, len(outcome.members)) == (size, pool)
    assert sum(share for _, share in outcome.shares()) == size


def test_r91_7_multivalue_without_a_check_is_the_only_healthy_one():
    sets = [multivalue("www.test", "free"), *(multivalue("www.test", str(n), check=f"hc{n}") for n in range(9))]
    decision = decide(group(*sets), ANYONE, FakeSurroundings.of(down=[f"hc{n}" for n in range(9)]))
    assert shares_by_id(decision) == {"free": 1}


@pytest.mark.parametrize(
    ("l1", "down", "without_check", "expected"),
    [
        pytest.param({}, "", "", {"u1", "u2"}, id="R123.1 all healthy: the nearest branch, by weight"),
        pytest.param({}, "u1", "", {"u2"}, id="R123.2 one leaf down: its sibling"),
        pytest.param({}, "u1 u2", "", {"a1", "a2"}, id="R123.3 a branch without healthy leaf is backed out of (R120)"),
        pytest.param({}, "u1 u2 a1 a2", "", {"u1", "u2"}, id="R123.4 H151 all down: fail open at both levels (R119)"),
        pytest.param({}, "u1", "u2", {"u2"}, id="R123.5 no check counts as healthy"),
        pytest.param({"eth": False}, "u1 u2", "", {"u1", "u2"}, id="R123.6 not evaluated: never skipped (R121)"),
        pytest.param({"eth": False}, "u1", "", {"u2"}, id="R123.7 not evaluated: health still filters inside (R121)"),
        pytest.param({"check": "l1"}, "l1", "", {"a1", "a2"}, id="R123.8 a failed check removes the branch (R122)"),
        pytest.param(
            {"check": "l1", "check2": "l2"}, "l1 l2 u1", "", {"u2"}, id="R123.9 level one fails open, level two filters"
        ),
        pytest.param(
            {"check": "l1"}, "u1 u2 a2", "", {"a1"}, id="R123.10 H154 the check passes, the target does not (R109)"
        ),
    ],
)
def test_worked_tree(l1, down, without_check, expected):
    check2 = l1.pop("check2", None) if "check2" in l1 else None
    leaves = [
        weighted(name, 1, id, check=None if id in without_check.split() else id)
        for name, id in (("ue.test", "u1"), ("ue.test", "u2"), ("as.test", "a1"), ("as.test", "a2"))
    ]
    top = [
        latency("www.test", "us-east-1", alias="ue.test", **l1),
        latency("www.test", "ap-southeast-2", alias="as.test", check=check2),
    ]
    decision = decide(group(*top), ANYONE, FakeSurroundings.of(*leaves, down=down.split()))
    found = leaf_shares(decision)
    assert set(found) == expected
    assert sum(found.values()) == 1


def test_r123_11_a_healthy_zero_weight_keeps_the_branch_alive():
    leaves = [weighted("ue.test", 0, "u1", check="u1"), weighted("ue.test", 5, "u2", check="u2"), record_set("as.test")]
    top = [latency("www.test", "us-east-1", alias="ue.test"), latency("www.test", "ap-southeast-2", alias="as.test")]
    assert leaf_shares(decide(group(*top), ANYONE, FakeSurroundings.of(*leaves, down=["u2"]))) == {"u1": 1}


@pytest.mark.parametrize("bottom", ["up", "down"])
def test_r124_octodns_tree_falls_from_pool_to_pool(bottom):
    """R124: geo → failover → weighted values, next pool, default without check; every pool failed in turn (R125)."""
    sets = [
        geo("www.test", "na", continent="NA", alias="pool-us.test"),
        geo("www.test", "*", country="*", alias="pool-eu.test"),
        primary("pool-us.test", alias="values-us.test"),
        secondary("pool-us.test", alias="pool-eu.test"),
        primary("pool-eu.test", alias="values-eu.test"),
        secondary("pool-eu.test", alias="default.test"),
        weighted("values-us.test", 3, "us1", check="us1"),
        weighted("values-us.test", 1, "us2", check="us2"),
        weighted("values-eu.test", 1, "eu1", check="eu1"),
        record_set("default.test"),
    ]
    top = group(*sets[:2])
    american = at(continent="NA", country="US")

    def served(*down):
        return leaf_shares(decide(top, american, FakeSurroundings.of(*sets, down=down)))

    assert served() == {"us1": F(3, 4), "us2": F(1, 4)}
    assert served("us1") == {"us2": 1}
    assert served("us1", "us2") == {"eu1": 1}
    assert served("us1", "us2", "eu1") == {None: 1}


def test_r61_health_never_removes_a_lone_simple_record_set():
    decision = decide(group(record_set("www.test", check="hc")), ANYONE, FakeSurroundings.of(down=["hc"]))
    assert shares_by_id(decision) == {None: 1}
    assert decision.why is Why.FAIL_OPEN


def test_r112_deep_aliases_end_after_sixteen_levels():
    sets = [record_set(f"a{level}.test", alias=f"a{level + 1}.test") for level in range(40)]
    surroundings = FakeSurroundings.of(*sets)
    node = decide(group(sets[0]), ANYONE, surroundings)
    levels = 1
    while not isinstance(node, BrokenAlias):
        node = node.below(node.outcome.tickets[0][0])
        levels += not isinstance(node, BrokenAlias)
    assert (levels, node.problem, node.is_failure) == (16, AliasProblem.TOO_DEEP, True)


@pytest.mark.parametrize(
    ("type_", "problem", "fails"),
    [
        pytest.param("A", AliasProblem.NO_TARGET, False, id="R107 a target that is not there: NODATA"),
        pytest.param(
            "CNAME", AliasProblem.NO_CNAME_TARGET, True, id="R104 a CNAME alias without CNAME target: SERVFAIL"
        ),
    ],
)
def test_broken_alias(type_, problem, fails):
    alias = record_set("www.test", type_, alias="gone.test")
    node = decide(group(alias), ANYONE, FakeSurroundings.of()).below(alias)
    assert (node.problem, node.is_failure) == (problem, fails)


def test_r118_a_vanished_target_counts_as_healthy():
    sets = [primary("www.test", alias="gone.test"), secondary("www.test")]
    decision = decide(group(*sets), ANYONE, FakeSurroundings.of())
    assert decision.candidates[0].verdict.reason is Reason.NO_TARGET
    assert shares_by_id(decision) == {"primary": 1}


def test_r118_a_cycle_of_aliases_counts_as_healthy():
    sets = [record_set("a.test", alias="b.test"), record_set("b.test", alias="a.test")]
    top = [primary("www.test", alias="a.test"), secondary("www.test")]
    assert shares_by_id(decide(group(*top), ANYONE, FakeSurroundings.of(*sets))) == {"primary": 1}


def test_r102a_an_alias_to_another_zone_has_its_groups_health_and_shares():
    there = FakeSurroundings.of(weighted("x.test", 1, "a", check="a"), weighted("x.test", 3, "b"), down=["a"])
    here = FakeSurroundings.of(weighted("x.test", 1, "own"), others={"Z2": there})
    top = [primary("www.test", alias="x.test", alias_zone="Z2"), secondary("www.test")]
    assert leaf_shares(decide(group(*top), ANYONE, here)) == {"b": 1}
    all_down = FakeSurroundings.of(weighted("x.test", 1, "a", check="a"), down=["a"])
    assert leaf_shares(decide(group(*top), ANYONE, FakeSurroundings.of(others={"Z2": all_down}))) == {"secondary": 1}


def test_r102a_an_alias_to_a_zone_that_is_gone_is_not_answered_from_its_own():
    here = FakeSurroundings.of(weighted("x.test", 1, "own"), others={"Z2": None})
    top = [primary("www.test", alias="x.test", alias_zone="Z2"), secondary("www.test")]
    decision = decide(group(*top), ANYONE, here)
    assert decision.candidates[0].verdict.reason is Reason.NO_TARGET
    assert isinstance(decision.below(top[0]), BrokenAlias)


def test_r118_a_ring_of_aliases_through_two_zones_is_evaluated_once():
    """Every group of one zone has aliases to all groups of the other; without memory that is 20 ** 16 ways."""
    numbers = range(20)
    here = FakeSurroundings.of(
        *(
            weighted(f"a{n}.test", 1, f"{m}", alias=f"b{m}.test", alias_zone="Z2", check="down")
            for n in numbers
            for m in numbers
        ),
        down=["down"],
    )
    there = FakeSurroundings.of(
        *(weighted(f"b{n}.test", 1, f"{m}", alias=f"a{m}.test", alias_zone="Z1") for n in numbers for m in numbers),
        down=["down"],
        others={"Z1": here},
    )
    here.others["Z2"] = there
    top = [primary("www.test", alias="b0.test", alias_zone="Z2"), secondary("www.test")]
    assert shares_by_id(decide(group(*top), ANYONE, here)) == {"secondary": 1}


def test_r118_a_location_target_without_candidate_is_unhealthy():
    sets = [primary("www.test", alias="g.test"), secondary("www.test"), geo("g.test", "jp", country="JP")]
    decision = decide(group(*sets[:2]), ANYONE, FakeSurroundings.of(*sets))
    assert shares_by_id(decision) == {"secondary": 1}
    assert decision.reads_client  # R133: another client would have got the primary


def test_r117_an_unknown_check_is_healthy():
    decision = decide(group(primary("www.test", check="deleted"), secondary("www.test")), ANYONE, FakeSurroundings.of())
    assert shares_by_id(decision) == {"primary": 1}


def test_three_levels_of_a_hundred_are_decided_without_multiplying_out():
    """R112: Route 53's own tutorial nests 100 × 100 × 100 weighted record sets."""
    sets = [weighted("l1.test", 1, str(n), alias="l2.test") for n in range(100)]
    sets += [weighted("l2.test", 1, str(n), alias="l3.test") for n in range(100)]
    sets += [weighted("l3.test", 1, str(n), check=f"hc{n}") for n in range(100)]
    surroundings = FakeSurroundings.of(*sets, down=[f"hc{n}" for n in range(100)])
    node = decide(surroundings.groups[sets[0].name, sets[0].type], ANYONE, surroundings)
    assert node.why is Why.FAIL_OPEN
    assert len(node.outcome.tickets) == 100


names = st.sampled_from(["a.test", "b.test", "c.test", "d.test"])
members = st.builds(
    lambda name, weight, alias, eth, check: (name, weight, alias, eth, check),
    names,
    st.integers(0, 3),
    st.none() | names,
    st.booleans(),
    st.none() | st.sampled_from(["h1", "h2", "h3"]),
)


@given(st.lists(members, min_size=1, max_size=10), st.sets(st.sampled_from(["h1", "h2", "h3"])))
def test_r119_every_outcome_sums_to_one_and_answers_whenever_there_are_record_sets(rows, down):
    """Random trees, cycles included: shares are exact, something always answers (R125), healthy ones before others."""
    sets = [
        weighted(name, weight, str(n), alias=alias, eth=eth, check=check)
        for n, (name, weight, alias, eth, check) in enumerate(rows)
    ]
    surroundings = FakeSurroundings.of(*sets, down=down)
    for members_of in surroundings.groups.values():
        decision = decide(members_of, ANYONE, surroundings)
        assert sum(share for _, share in decision.outcome.shares()) == 1
        healthy = {c.record_set.set_identifier for c in decision.candidates if c.verdict.is_healthy}
        assert not healthy or set(shares_by_id(decision)) <= healthy


@given(st.lists(members, min_size=1, max_size=8), st.sets(st.sampled_from(["h1", "h2", "h3"])), names)
def test_r110_adding_a_healthy_member_never_makes_an_alias_unhealthy(rows, down, where):
    sets = [
        weighted(name, weight, str(n), alias=alias, eth=eth, check=check)
        for n, (name, weight, alias, eth, check) in enumerate(rows)
    ]
    before, after = (
        FakeSurroundings.of(*sets, down=down),
        FakeSurroundings.of(*sets, weighted(where, 1, "new"), down=down),
    )
    for key, members_of in before.groups.items():
        verdicts = {c.record_set.set_identifier: c.verdict for c in decide(members_of, ANYONE, before).candidates}
        for candidate in decide(after.groups[key], ANYONE, after).candidates:
            was = verdicts.get(candidate.record_set.set_identifier)
            assert was is None or candidate.verdict.is_healthy >= was.is_healthy


def test_r118_r133_a_ring_that_another_client_would_not_find_depends_on_the_client():
    """The location policy in the ring lies deeper than the search for a healthy end goes from this level."""
    ring = [record_set(f"r{n}.test", alias=f"r{(n + 1) % 12}.test") for n in range(11)]
    sets = [*ring, geo("r11.test", "us", country="US", alias="r0.test")]
    top = [primary("www.test", alias="r0.test"), secondary("www.test")]
    down = [record_set(f"l{n}.test", alias=f"l{n + 1}.test") for n in range(8)] + [
        record_set("l8.test", alias="www.test")
    ]
    surroundings = FakeSurroundings.of(*sets, *top, *down)
    node = decide(surroundings.groups[down[0].name, down[0].type], ANYONE, surroundings)
    while node.group.name != top[0].name:
        (candidate,) = node.candidates
        node = node.below(candidate.record_set)
    assert shares_by_id(node) == {"primary": 1}
    assert node.reads_client
