"""Tests the questions that a user may ask: all names at once, what is down, and the places that matter; paths and names in the report."""

from ipaddress import ip_network

import pytest

from dnsemu.config.model.geo import DeclaredPlace, Geo, GeoNetwork
from dnsemu.explain.questions import BadQuestion
from dnsemu.explain.shares import Way
from dnsemu.what_if.plan import what_if
from dnsemu.what_if.populations import MAX_OWN_NAMES, Population
from dnsemu.what_if.questions import read_places
from tests.builders import geo, latency, primary, record_set, resource, secondary, target, weighted
from tests.dnsemu.what_if.test_what_if import done, published
from tests.serving import dnsemu_here

W = "www.test"
LB = "lb-1.us-east-1.elb.amazonaws.com"
REGIONS = (
    latency(W, "us-east-1", id="use1", alias="us.test"),
    latency(W, "eu-west-1", id="euw1", alias="eu.test"),
    weighted("us.test", 1, "blue", values="192.0.2.1", check="u1"),
    weighted("us.test", 1, "green", values="192.0.2.2", check="u2"),
    weighted("eu.test", 1, "red", values="192.0.2.3", check="e1"),
)
OTHERS = (
    primary("api.test", type_="AAAA", values="2001:db8::1", check="a"),
    secondary("api.test", type_="AAAA", values="2001:db8::2"),
    record_set("plain.test"),
    record_set("plain.test", "TXT", '"text"'),
)


def asked(*names, record_sets=(*REGIONS, *OTHERS), type=None, fail=1, down=(), places=(), **more):
    work = what_if(published(*record_sets, **more), names, type, fail, down=down, places=places)
    return done(work)[0]["names"]


def gets(row):
    return {"/".join(answer["path"]): answer["percent"] for answer in row["answers"]}


# --- all names ---


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        pytest.param(None, ["api.test. AAAA", "eu.test. A", "us.test. A", "www.test. A"], id="every type"),
        pytest.param("A", ["eu.test. A", "us.test. A", "www.test. A"], id="one type"),
    ],
)
def test_without_a_name_all_that_may_change_are_simulated(type_, expected):
    assert [f"{name['name']} {name['type']}" for name in asked(type=type_)] == expected


def test_without_a_name_there_must_be_one_that_may_change():
    with pytest.raises(BadQuestion, match="no failure matters"):
        asked(record_sets=[record_set("plain.test")])


def test_in_text_names_that_keep_their_answers_are_counted(tmp_path):
    file = tmp_path / "zone.yaml"
    file.write_text(
        "health_checks:\n  - {id: us, type: TCP, ip_address: 127.0.0.1, port: 9}\n"
        "hosted_zones:\n  - name: shop.test\n    record_sets:\n"
        "      - {name: api, type: A, ttl: 1, set_identifier: p, failover: PRIMARY, health_check_id: us, resource_records: [192.0.2.1]}\n"
        "      - {name: api, type: A, ttl: 1, set_identifier: s, failover: SECONDARY, resource_records: [192.0.2.2]}\n"
        '      - {name: "@", type: A, alias_target: {dns_name: plain.shop.test, evaluate_target_health: false}}\n'
        "      - {name: plain, type: A, ttl: 1, resource_records: [192.0.2.1]}\n"
    )
    lines = [
        " ".join(line.split()) for line in dnsemu_here("what-if", "--file", file, "--down", "us").stdout.splitlines()
    ]
    assert lines == [
        "api.shop.test. A 1 health check · 2 scenarios · 1 population",
        "clients before after",
        "with us down everyone p → 192.0.2.1 100 % → s → 192.0.2.2 100 %",
        "1 name keeps its answers whatever fails",
    ]


# --- down ---


@pytest.mark.parametrize(
    ("down", "when", "after"),
    [
        pytest.param(["u1"], "with u1 down", {"use1/green": 100.0}, id="H102 a check"),
        pytest.param(["u*"], "with u* down", {"euw1/red": 100.0}, id="a glob"),
        pytest.param(["region:us-*"], "with all of us-* down", {"euw1/red": 100.0}, id="R67 a Region"),
        pytest.param(["u1", "u2"], "with u1 and u2 down", {"euw1/red": 100.0}, id="several fail together"),
        pytest.param(["address:192.0.2.2/32"], "with 192.0.2.2/32 down", {"use1/blue": 100.0}, id="an address"),
        pytest.param(["e1"], "with e1 down", {}, id="no answer changes"),
    ],
)
def test_only_what_is_down_fails(down, when, after):
    (name,) = asked(W, down=down, places=["us-east-1"])
    everything_up, failure = name["scenarios"]
    assert gets(everything_up["gets"][0]) == {"use1/blue": 50.0, "use1/green": 50.0}
    assert failure["when"] == when
    assert [gets(row) for row in failure["gets"]] == ([after] if after else [])


def test_a_pattern_that_matches_nothing_is_refused():
    with pytest.raises(BadQuestion, match="down: nothing matches x\\*"):
        asked(W, down=["e1", "x*"])


# --- places ---


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param(["JP"], ["JP"], id="one"),
        pytest.param(["JP,US-CA", "DE"], ["JP", "US-CA", "DE"], id="several"),
        pytest.param(["JP,50.1,8.6,us-east-1"], ["JP", "50.1,8.6", "us-east-1"], id="a latitude and a longitude"),
        pytest.param(["50.1, -8.6"], ["50.1,-8.6"], id="with a blank"),
    ],
)
def test_places(texts, expected):
    assert list(read_places(texts)) == expected


def test_only_the_places_asked_about_are_clients():
    (name,) = asked(W, places=["us-west-2,DE,eu-west-1"])
    assert sorted(population["clients"] for population in name["populations"]) == [["DE", "eu-west-1"], ["us-west-2"]]


# --- names of populations ---


@pytest.mark.parametrize(
    ("names", "own", "shown"),
    [
        pytest.param("abcde", "", "a, b, c and 2 more", id="others are folded"),
        pytest.param("abcde", "e", "a, b, e and 2 more", id="the user's stay"),
        pytest.param("abcde", "bcde", "b, c, d, e and 1 more", id="all of the user's stay"),
        pytest.param("abc", "", "a, b, c", id="few"),
    ],
)
def test_networks_that_the_user_named_are_never_folded(names, own, shown):
    assert Population(tuple(names), (), (), frozenset(own)).name == shown


def test_a_cidr_collection_does_not_fill_the_screen():
    names = tuple(f"10.0.{n}.0/24" for n in range(MAX_OWN_NAMES + 7))
    assert Population(names, (), (), frozenset(names)).name.endswith(f"{names[MAX_OWN_NAMES - 1]} and 7 more")


def test_declared_networks_are_the_users():
    networks = [GeoNetwork(ip_network(f"10.{n}.0.0/16"), DeclaredPlace(region="eu-west-1")) for n in range(5)]
    (name,) = asked(W, geo=Geo(tuple(networks)))
    (europe,) = (p["name"] for p in name["populations"] if "10.0.0.0/16" in p["clients"])
    assert all(f"10.{n}.0.0/16" in europe for n in range(5))


# --- paths ---


@pytest.mark.parametrize(
    ("one", "other", "merged"),
    [
        pytest.param(("a", "b"), ("a", "b"), Way(("a", "b")), id="the same"),
        pytest.param(("a", "b"), ("c", "b"), Way(("b",), is_whole=False), id="a common end"),
        pytest.param(("a",), ("c", "a"), Way(("a",), is_whole=False), id="one is longer"),
        pytest.param(("a",), ("b",), Way((), is_whole=False), id="nothing in common"),
    ],
)
def test_two_ways_to_one_leaf_are_told_by_their_common_end(one, other, merged):
    assert Way(one).merged(Way(other)) == merged
    assert merged.is_whole or merged.after(("x",)) == merged


def test_answers_have_the_path_to_them():
    """R65, R106: along aliases and CNAMEs, down to a resource."""
    sets = (
        weighted(W, 1, "cname", type_="CNAME", values="x.test"),
        weighted("x.test", 1, "here", values="192.0.2.1"),
        weighted("x.test", 1, "lb", alias=LB, alias_zone="Z0", type_="A"),
    )
    (name,) = asked(W, record_sets=sets, fail=0, resources=[resource(LB, target("10.0.0.1"))])
    found = {(*answer["path"], answer["resource"]) for answer in name["scenarios"][0]["gets"][0]["answers"]}
    assert found == {("cname", "here", None), ("cname", "lb", f"{LB}.")}


def test_clients_with_other_ways_to_the_same_answers_are_one_population():
    """R80: two locations lead to one pool, which is shown by what their paths share."""
    sets = (
        geo(W, "jp", country="JP", alias="us.test"),
        geo(W, "all", country="*", alias="us.test"),
        *REGIONS[2:4],
    )
    (name,) = asked(W, record_sets=sets, fail=0)
    (row,) = name["scenarios"][0]["gets"]
    assert [(answer["path"], answer["is_whole_path"]) for answer in row["answers"]] == [
        (["blue"], False),
        (["green"], False),
    ]
