"""Rules of routing.md that involve a file, health and DNS replies together."""

import pytest

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_text
from dnsemu.config.model.geo import Geo
from dnsemu.explain.questions import explain_question
from dnsemu.explain.text import explanation_lines
from dnsemu.files.loading import compile_world
from dnsemu.healthcheck.verdict.snapshot import Status
from dnsemu.policies.location.locator import Locator
from tests.asking import Server, ecs, lines, rcode
from tests.builders import multivalue, primary, record_set, secondary, weighted, zone


def served(text):
    """Makes a server from the text of a file."""
    published = compile_world(load_text("shop.yaml", text)).published
    server = Server()
    server.board.publish(published)
    return server


def answers(reply):
    return [line.split()[-1] for line in lines(reply.answer)]


def test_r58_a_query_reads_the_status_that_is_published():
    """H77: a query causes no probe. R59: an unhealthy primary does not answer."""
    server = Server(
        zone(
            "example.test",
            primary("www.example.test", check="hc", values="192.0.2.1"),
            secondary("www.example.test", values="192.0.2.2"),
        )
    )
    assert answers(server.ask("www.example.test")) == ["192.0.2.1"]
    server.health.set("hc", Status.UNHEALTHY)
    assert answers(server.ask("www.example.test")) == ["192.0.2.2"]
    server.health.set("hc", Status.HEALTHY)
    assert answers(server.ask("www.example.test")) == ["192.0.2.1"]


def test_r16_a_weighted_record_set_may_hold_several_values_and_answers_all():
    server = Server(zone("example.test", weighted("w.example.test", 1, "a", values=("192.0.2.1", "192.0.2.2"))))
    assert answers(server.ask("w.example.test")) == ["192.0.2.1", "192.0.2.2"]


OFFICES = """
cidr_collections:
  - {{name: offices, locations: {{paris: [{paris}]}}}}
hosted_zones:
  - name: shop.test
    record_sets:
      - {{name: www, type: A, ttl: 5, set_identifier: p, resource_records: [192.0.2.1],
         cidr_routing_config: {{collection_id: offices, location_name: paris}}}}
      - {{name: www, type: A, ttl: 5, set_identifier: d, resource_records: [192.0.2.9],
         cidr_routing_config: {{collection_id: offices, location_name: "*"}}}}
"""


@pytest.mark.parametrize(
    ("source", "options", "answer"),
    [
        pytest.param("203.0.113.7", [], "192.0.2.1", id="R95.1 without ECS the sender's address counts"),
        pytest.param("198.51.100.1", [ecs("203.0.113.0/24")], "192.0.2.1", id="R95.2 with ECS its network"),
        pytest.param("203.0.113.7", [ecs("198.51.100.0/24")], "192.0.2.9", id="R95.3 and not the sender's"),
    ],
)
def test_r95_the_network_that_decides_in_ip_based_routing(source, options, answer):
    server = served(OFFICES.format(paris="203.0.113.0/24"))
    assert answers(server.ask("www.shop.test", source=source, use_edns=0, options=options)) == [answer]


def test_r99_editing_a_collection_moves_every_record_set_that_refers_to_it():
    server = served(OFFICES.format(paris="203.0.113.0/24"))
    assert answers(server.ask("www.shop.test", source="198.51.100.1")) == ["192.0.2.9"]
    server.board.publish(compile_world(load_text("shop.yaml", OFFICES.format(paris="198.51.100.0/24"))).published)
    assert answers(server.ask("www.shop.test", source="198.51.100.1")) == ["192.0.2.1"]


@pytest.mark.parametrize(
    ("block", "accepted"),
    [
        pytest.param("128.0.0.0/1", True, id="R93.1 IPv4 from /1"),
        pytest.param("192.0.2.0/24", True, id="R93.2 to /24"),
        pytest.param("192.0.2.0/25", False, id="R93.3 and no longer"),
        pytest.param("0.0.0.0/0", False, id="R93.4 everything is the default's, not /0"),
        pytest.param("'8000::/1'", True, id="R93.5 IPv6 from /1"),
        pytest.param("'2001:db8:1::/48'", True, id="R93.6 to /48"),
        pytest.param("'2001:db8:1::/49'", False, id="R93.7 and no longer"),
    ],
)
def test_r93_block_sizes(block, accepted):
    text = OFFICES.format(paris=block)
    if accepted:
        assert load_text("shop.yaml", text).world.cidr_collections
    else:
        with pytest.raises(FilesRefused, match="R93 block-size"):
            load_text("shop.yaml", text)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        pytest.param("'*.shop.test'", "R8 zone-name", id="R8.1 a zone cannot be a wildcard"),
        pytest.param("'a.*.test'", None, id="R8.2 elsewhere an asterisk is a character"),
        pytest.param("bücher.test", "R1 bad-name", id="R11.1 an IDN is not converted"),
        pytest.param("xn--bcher-kva.test", None, id="R11.2 it is written in Punycode"),
        pytest.param("test", None, id="R12.1 a single label is taken: local users want .test"),
    ],
)
def test_names_of_hosted_zones(name, fault):
    text = f"hosted_zones: [{{name: {name}, record_sets: []}}]"
    if fault is None:
        assert len(load_text("shop.yaml", text).world.hosted_zones) == 1
    else:
        with pytest.raises(FilesRefused, match=fault.replace(" ", ".*")):
            load_text("shop.yaml", text)


def test_r12_two_zones_of_one_name_cannot_share_a_file():
    with pytest.raises(FilesRefused, match="already declared"):
        load_text("shop.yaml", "hosted_zones: [{name: a.test}, {name: A.test.}]")


def test_r74_two_failover_aliases_to_cloudfront_are_accepted():
    """R35 does not hold: a PRIMARY needs a health check or evaluated target health, so it has a check here (A159)."""
    alias = (
        "alias_target: {{hosted_zone_id: Z2FDTNDATAQYW2, dns_name: {}.cloudfront.net, evaluate_target_health: false}}"
    )
    server = served(
        f"""
health_checks: [{{id: hc, type: TCP, ip_address: 127.0.0.1, port: 9}}]
hosted_zones:
  - name: shop.test
    record_sets:
      - {{name: www, type: A, set_identifier: p, failover: PRIMARY, health_check_id: hc, {alias.format("d1")}}}
      - {{name: www, type: A, set_identifier: s, failover: SECONDARY, {alias.format("d2")}}}
"""
    )
    assert (rcode(server.ask("www.shop.test")), answers(server.ask("www.shop.test"))) == ("NOERROR", [])


def test_r79_r71_an_unlocated_client_has_the_default_place_and_no_country():
    place = Locator(Geo()).unlocated
    assert (place.country, round(place.latitude)) == (None, 39)


@pytest.mark.parametrize("levels", [17, 1200])
def test_r112_aliases_that_are_too_deep_are_servfail(levels):
    """A branch that is too deep to answer counts as unhealthy."""
    chain = [record_set(f"a{n}.example.test", alias=f"a{n + 1}.example.test") for n in range(levels)]
    server = Server(
        zone(
            "example.test",
            *chain,
            record_set(f"a{levels}.example.test"),
            primary("f.example.test", alias="a0.example.test"),
            secondary("f.example.test", values="192.0.2.2"),
        )
    )
    reply = server.ask("a0.example.test")
    assert (rcode(reply), reply.answer) == ("SERVFAIL", [])
    assert answers(server.ask("f.example.test")) == ["192.0.2.2"]


def test_an_rrset_is_a_set():
    """RFC 2181 §5: two multivalue record sets with the same value make one record."""
    server = Server(zone("example.test", multivalue("m.example.test", "a"), multivalue("m.example.test", "b")))
    assert lines(server.ask("m.example.test").answer) == ["m.example.test. 60 A 192.0.2.1"]


def test_r144_additional_repeats_no_answer_and_has_no_records_of_other_zones():
    server = Server(
        zone(
            "example.test",
            record_set("ns1.example.test"),
            record_set("example.test", "MX", "10 mail.kid.example.test"),
            record_set("mail.kid.example.test"),
            ns=("ns1.example.test",),
        ),
        zone("kid.example.test"),
    )
    assert server.ask("ns1.example.test").additional == []
    assert lines(server.ask("example.test", "MX").additional) == ["ns1.example.test. 60 A 192.0.2.1"]
    assert server.ask("ns1.example.test", "ANY").additional == []


def test_r71_explain_places_an_unlocated_client_as_the_wire_does():
    text = """
geo: {latency: [{region: us-east-1, latency_ms: {us-east-1: 500}}]}
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: www, type: A, ttl: 5, set_identifier: us, region: us-east-1, resource_records: [192.0.2.1]}
      - {name: www, type: A, ttl: 5, set_identifier: eu, region: eu-west-1, resource_records: [192.0.2.2]}
"""
    server = served(text)
    explained = explain_question(server.board.current, server.health.current, {"name": "www.shop.test"}, str)
    assert explained["answers"][0]["values"] == answers(server.ask("www.shop.test")) == ["192.0.2.2"]


def test_explain_shows_the_failed_branch_and_every_reason():
    server = Server(
        zone(
            "example.test",
            primary("www.example.test", alias="p.example.test", check="gate"),
            secondary("www.example.test", values="192.0.2.9"),
            weighted("p.example.test", 1, "a", check="a"),
        )
    )

    def explained():
        explanation = explain_question(
            server.board.current, server.health.current, {"name": "www.example.test"}, lambda check: "in detail"
        )
        return explanation["decisions"][0]["candidates"][0], explanation

    first, _ = explained()
    assert first["health"] == "gate: in detail, a healthy record set at p.example.test."
    server.health.set("a", Status.UNHEALTHY)
    first, explanation = explained()
    assert (first["is_healthy"], first["share"], first["health_check_id"]) == (False, "0", "gate")
    assert first["below"]["candidates"][0]["health"] == "a: in detail"
    assert [answer["values"] for answer in explanation["answers"]] == [["192.0.2.9"]]


def test_explain_says_what_is_forwarded():
    server = Server()
    explained = explain_question(
        server.board.current, server.health.current, {"name": "far.test"}, str, ["192.0.2.53:53"]
    )
    assert (explained["result"], explained["forward_to"]) == ("forwarded", ["192.0.2.53:53"])


@pytest.mark.parametrize(
    ("forward_to", "answer"),
    [
        ([], "a referral to the name servers of sub.example.test."),
        (
            ["192.0.2.53:53"],
            "a referral to the name servers of sub.example.test.; with recursion, what 192.0.2.53:53 says",
        ),
    ],
)
def test_explain_says_who_answers_below_a_delegation(forward_to, answer):
    server = Server(zone("example.test", record_set("sub.example.test", "NS", "ns.elsewhere.test")))
    explained = explain_question(
        server.board.current, server.health.current, {"name": "www.sub.example.test"}, str, forward_to
    )
    assert explained["result"] == "referral"
    assert f"answer  {answer}" in [line.text for line in explanation_lines(explained)]
