"""Aliases to resources in the walk: shares, verdicts and reasons (routing.md R106, R108, R111, R119)."""

from fractions import Fraction

import pytest

from dnsemu.policies.decide import BrokenAlias, Reason, decide
from dnsemu.policies.model import ResourceState
from tests.builders import ANYONE, FakeSurroundings, group, record_set, resource, shares_by_id, target, weighted

LB = "lb.us-east-1.elb.amazonaws.com"


def alias(eth=True, **more):
    return record_set("www.test", alias=LB, alias_zone="Z35SXDOTRQ7X7K", eth=eth, **more)


def shares(node):
    return {leaf.values[0]: share for leaf, share in node.outcome.shares()}


@pytest.mark.parametrize("count", [1, 3, 8, 9, 20])
def test_r106_each_address_has_its_exact_chance(count):
    lb = resource(LB, *(target(f"192.0.2.{n}") for n in range(count)))
    decision = decide(group(alias()), ANYONE, FakeSurroundings.of(resources=[lb]))
    node = decision.below(decision.group.record_sets[0])
    assert isinstance(node, ResourceState)
    assert shares(node) == {f"192.0.2.{n}": min(Fraction(1), Fraction(8, count)) for n in range(count)}


@pytest.mark.parametrize(
    ("down", "is_healthy", "answering", "fails_open"),
    [
        pytest.param([], True, {"192.0.2.1", "192.0.2.2"}, False, id="R111 all targets healthy"),
        pytest.param(["one"], True, {"192.0.2.2"}, False, id="R111 one is enough"),
        pytest.param(
            ["one", "two"], False, {"192.0.2.1", "192.0.2.2"}, True, id="R119 it fails open, and is unhealthy"
        ),
    ],
)
def test_an_alias_inherits_the_health_of_a_resource(down, is_healthy, answering, fails_open):
    lb = resource(LB, target("192.0.2.1", "one"), target("192.0.2.2", "two"))
    (candidate,) = (
        decision := decide(group(alias()), ANYONE, FakeSurroundings.of(down=down, resources=[lb]))
    ).candidates
    assert (candidate.verdict.is_healthy, candidate.verdict.reason) == (is_healthy, Reason.RESOURCE)
    assert (candidate.verdict.resource.resource, candidate.verdict.reads_client) == (lb, False)
    node = decision.below(candidate.record_set)
    assert (set(shares(node)), node.fails_open) == (answering, fails_open)


def test_r108_without_evaluation_it_is_healthy():
    surroundings = FakeSurroundings.of(down=["one"], resources=[resource(LB, target("192.0.2.1", "one"))])
    (candidate,) = decide(group(alias(eth=False)), ANYONE, surroundings).candidates
    assert (candidate.verdict.is_healthy, candidate.verdict.reason) == (True, Reason.UNCHECKED)


def test_r119_a_sibling_takes_over_from_an_unhealthy_resource():
    sets = [
        weighted("www.test", 9, "lb", alias=LB, alias_zone="Z35SXDOTRQ7X7K"),
        weighted("www.test", 1, "leaf", values="192.0.2.9"),
    ]
    surroundings = FakeSurroundings.of(down=["one"], resources=[resource(LB, target("192.0.2.1", "one"))])
    assert shares_by_id(decide(group(*sets), ANYONE, surroundings)) == {"leaf": 1}


def test_r107_an_alias_to_an_undeclared_resource_is_broken_and_no_failure():
    decision = decide(group(alias()), ANYONE, FakeSurroundings.of())
    node = decision.below(decision.group.record_sets[0])
    assert isinstance(node, BrokenAlias)
    assert not node.is_failure
