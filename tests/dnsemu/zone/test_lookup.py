"""Look-up, seen on the wire; each row is a rule (routing.md §2, R41–R57; RFC 1034, 2308, 4592)."""

import pytest

from tests.asking import Server, flags, lines, rcode
from tests.builders import multivalue, record_set, weighted, zone

NS = ["example.test. 172800 NS ns-1.awsdns-00.com.", "example.test. 172800 NS ns-600.awsdns-11.net."]
SOA = ["example.test. 900 SOA ns-1.awsdns-00.com. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"]


@pytest.fixture
def server():
    return Server(
        zone(
            "example.test",
            record_set("example.test", values="192.0.2.1"),
            record_set("www.example.test", "CNAME", "example.test", ttl=300),
            record_set("away.example.test", "CNAME", "www.elsewhere.test", ttl=300),
            record_set("below.example.test", "CNAME", "host.sub.example.test", ttl=300),
            record_set("other.example.test", "CNAME", "www.child.example.test", ttl=300),
            record_set("typeless.example.test", "CNAME", "text.example.test", ttl=300),
            record_set("missing.example.test", "CNAME", "gone.example.test", ttl=300),
            record_set("loop1.example.test", "CNAME", "loop2.example.test", ttl=300),
            record_set("loop2.example.test", "CNAME", "loop1.example.test", ttl=300),
            record_set("text.example.test", "TXT", '"hello"'),
            record_set("*.wild.example.test", values="192.0.2.7"),
            record_set("*.wild.example.test", "MX", "10 mail.example.test"),
            record_set("acme.wild.example.test", "TXT", '"exact"'),
            record_set("cname-*.wild.example.test", values="192.0.2.8"),
            record_set("ab*.example.test", values="192.0.2.10"),
            record_set("in.*.deep.example.test", values="192.0.2.11"),
            record_set("a.b.c.example.test", values="192.0.2.9"),
            record_set("sub.example.test", "NS", ("ns1.sub.example.test", "ns.elsewhere.test"), ttl=3600),
            record_set("sub.example.test", "DS", "1 13 2 " + "AB" * 32, ttl=3600),
            record_set("ns1.sub.example.test", values="192.0.2.53"),
            record_set("ns1.sub.example.test", "AAAA", "2001:db8::53"),
            record_set("plain.example.test", "NS", "ns.elsewhere.test", ttl=3600),
            record_set("mail.example.test", values="192.0.2.25"),
            record_set("mail.example.test", "AAAA", "2001:db8::25"),
            record_set("mx.example.test", "MX", "10 mail.example.test"),
        ),
        zone("child.example.test", record_set("www.child.example.test", values="192.0.2.88")),
    )


TABLE = [
    ("R41.1 the zone with the longest name answers", "www.child.example.test", "A", "NOERROR",
     ["www.child.example.test. 60 A 192.0.2.88"]),
    ("R44 an exact name is never answered from the wildcard", "acme.wild.example.test", "A", "NOERROR", []),
    ("R45 a wildcard matches one level down", "zenith.wild.example.test", "A", "NOERROR",
     ["zenith.wild.example.test. 60 A 192.0.2.7"]),
    ("R45 and any depth", "a.b.zenith.wild.example.test", "A", "NOERROR",
     ["a.b.zenith.wild.example.test. 60 A 192.0.2.7"]),
    ("R45 unless a closer name exists (RFC 4592 §3.3.1)", "x.acme.wild.example.test", "A", "NXDOMAIN", []),
    ("R46 a wildcard answer is owned by the query name, whatever the type", "m.wild.example.test", "MX", "NOERROR",
     ["m.wild.example.test. 60 MX 10 mail.example.test."]),
    ("R44 the wildcard name itself is answered", "*.wild.example.test", "A", "NOERROR",
     ["*.wild.example.test. 60 A 192.0.2.7"]),
    ("R7 A55 an asterisk in a label is an octet", "cname-*.wild.example.test", "A", "NOERROR",
     [r"cname-*.wild.example.test. 60 A 192.0.2.8"]),
    ("R7 A55 and stands for nothing", "cname-x.wild.example.test", "A", "NOERROR",
     ["cname-x.wild.example.test. 60 A 192.0.2.7"]),
    ("R7 A55 nor for names below", "abc.example.test", "A", "NXDOMAIN", []),
    ("R7 a label * that is not the first is an octet", "in.x.deep.example.test", "A", "NOERROR", []),
    ("R7 and is asked for as such", "in.*.deep.example.test", "A", "NOERROR",
     ["in.*.deep.example.test. 60 A 192.0.2.11"]),
    ("R47 the parent of a wildcard exists: NODATA", "wild.example.test", "A", "NOERROR", []),
    ("R48 an empty non-terminal exists: NODATA", "b.c.example.test", "A", "NOERROR", []),
    ("R48 nothing at the name or below: NXDOMAIN", "gone.example.test", "A", "NXDOMAIN", []),
    ("R49 the type is not there: NODATA", "example.test", "AAAA", "NOERROR", []),
    ("R54 a CNAME is followed inside the zone, each record with its own TTL", "www.example.test", "A", "NOERROR",
     ["example.test. 60 A 192.0.2.1", "www.example.test. 300 CNAME example.test."]),
    ("R54 but not when the CNAME is what was asked", "www.example.test", "CNAME", "NOERROR",
     ["www.example.test. 300 CNAME example.test."]),
    ("R55 a target outside ends the answer", "away.example.test", "A", "NOERROR",
     ["away.example.test. 300 CNAME www.elsewhere.test."]),
    ("R55 a target below a delegation ends the answer", "below.example.test", "A", "NOERROR",
     ["below.example.test. 300 CNAME host.sub.example.test."]),
    ("R55 a target in another hosted zone ends the answer", "other.example.test", "A", "NOERROR",
     ["other.example.test. 300 CNAME www.child.example.test."]),
    ("R55 a target without the type: CNAME and SOA, NOERROR", "typeless.example.test", "A", "NOERROR",
     ["typeless.example.test. 300 CNAME text.example.test."]),
    ("R55 a missing target: CNAME and SOA, NXDOMAIN (RFC 6604)", "missing.example.test", "A", "NXDOMAIN",
     ["missing.example.test. 300 CNAME gone.example.test."]),
    ("R55 a loop of CNAMEs ends at the first name that comes again", "loop1.example.test", "A", "NOERROR",
     ["loop1.example.test. 300 CNAME loop2.example.test.", "loop2.example.test. 300 CNAME loop1.example.test."]),
    ("R53 DS at a delegation is the parent's to answer", "sub.example.test", "DS", "NOERROR",
     ["sub.example.test. 3600 DS 1 13 2 " + "ab" * 32]),
    ("R53 also when there is none", "plain.example.test", "DS", "NOERROR", []),
    ("R49 an unknown type at an existing name: NODATA (R149)", "example.test", "TYPE65280", "NOERROR", []),
]  # fmt: skip


@pytest.mark.parametrize(("name", "type_", "code", "answer"), [pytest.param(*row[1:], id=row[0]) for row in TABLE])
def test_lookup(server, name, type_, code, answer):
    """R50: NODATA and NXDOMAIN carry AA, and the zone's SOA in authority."""
    reply = server.ask(name, type_)
    assert (rcode(reply), lines(reply.answer)) == (code, answer)
    assert flags(reply) == {"QR", "AA", "RD"}
    is_child = name.endswith("child.example.test") and "other" not in name
    if code == "NXDOMAIN" or not answer or name.startswith("typeless"):
        assert lines(reply.authority) == SOA  # R50, with min(TTL, MINIMUM): R51
    elif not is_child:
        assert lines(reply.authority) == NS  # R142


def test_r51_the_negative_ttl_is_the_smaller_of_soa_ttl_and_minimum():
    soa = record_set("s.test", "SOA", "ns.s.test host.s.test 1 2 3 4 77", ttl=900)
    reply = Server(zone("s.test", soa, with_apex=False)).ask("gone.s.test")
    assert [rrset.ttl for rrset in reply.authority] == [77]
    assert [rrset.ttl for rrset in Server(zone("s.test", soa, with_apex=False)).ask("s.test", "SOA").answer] == [900]


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        pytest.param("sub.example.test", "A", id="R52 at the cut"),
        pytest.param("sub.example.test", "NS", id="R52 also for NS"),
        pytest.param("host.deep.sub.example.test", "A", id="R52 below the cut"),
        pytest.param("ns1.sub.example.test", "A", id="R52 records below the cut are never served"),
    ],
)
def test_r52_delegation(server, name, type_):
    reply = server.ask(name, type_)
    assert rcode(reply) == "NOERROR"
    assert flags(reply) == {"QR", "RD"}
    assert reply.answer == []
    assert lines(reply.authority) == [
        "sub.example.test. 3600 NS ns.elsewhere.test.",
        "sub.example.test. 3600 NS ns1.sub.example.test.",
    ]
    assert lines(reply.additional) == [
        "ns1.sub.example.test. 60 A 192.0.2.53",
        "ns1.sub.example.test. 60 AAAA 2001:db8::53",
    ]


def test_r53_ds_at_a_hosted_child_is_asked_of_the_parent(server):
    reply = server.ask("child.example.test", "DS")
    assert (rcode(reply), lines(reply.authority)) == ("NXDOMAIN", SOA)


def test_r42_outside_is_refused_without_opt(server):
    reply = server.ask("www.elsewhere.test", use_edns=0)
    assert rcode(reply) == "REFUSED"
    assert flags(reply) == {"QR", "RD"}
    assert (reply.answer, reply.authority, reply.additional, reply.edns) == ([], [], [], -1)


@pytest.mark.parametrize(
    ("type_", "client_class", "code"),
    [
        pytest.param("A", "CH", "REFUSED", id="R57.1 another class"),
        pytest.param("AXFR", "IN", "REFUSED", id="R57.3 zone transfer"),
        pytest.param("IXFR", "IN", "REFUSED", id="R57.3 incremental transfer"),
    ],
)
def test_r57_other_forms(server, type_, client_class, code):
    assert rcode(server.ask("example.test", type_, client_class=client_class)) == code


def test_r56_any_answers_one_selection_per_group():
    server = Server(
        zone(
            "example.test",
            weighted("w.example.test", 1, "a", values="192.0.2.1"),
            weighted("w.example.test", 0, "b", values="192.0.2.2"),
            record_set("w.example.test", "TXT", '"t"'),
            record_set("w.example.test", "AAAA", alias="v6.example.test"),
            record_set("v6.example.test", "AAAA", "2001:db8::1", ttl=5),
            record_set("c.example.test", "CNAME", "w.example.test"),
        )
    )
    assert lines(server.ask("w.example.test", "ANY").answer) == [
        'w.example.test. 5 AAAA 2001:db8::1',
        "w.example.test. 60 A 192.0.2.1",
        'w.example.test. 60 TXT "t"',
    ]  # fmt: skip
    assert lines(server.ask("c.example.test", "ANY").answer) == ["c.example.test. 60 CNAME w.example.test."]


def test_r143_the_apex_ns_is_not_repeated_in_authority(server):
    reply = server.ask("example.test", "NS")
    assert (lines(reply.answer), reply.authority) == (NS, [])


def test_r142_authority_ns_is_sorted_by_name():
    ns = ("ns-771.awsdns-32.net", "ns-1431.awsdns-50.org", "ns-393.awsdns-49.com", "ns-2010.awsdns-59.co.uk")
    server = Server(zone("example.test", record_set("example.test"), ns=ns))
    reply = server.ask("example.test")
    assert [str(rdata).split(".")[0] for rdata in reply.authority[0]] == ["ns-1431", "ns-2010", "ns-393", "ns-771"]


def test_r144_addresses_of_hosts_in_the_same_zone_are_additional(server):
    reply = server.ask("mx.example.test", "MX")
    assert lines(reply.additional) == [
        "mail.example.test. 60 A 192.0.2.25",
        "mail.example.test. 60 AAAA 2001:db8::25",
    ]


def test_r145_only_leaves_of_simple_groups_are_additional():
    server = Server(
        zone(
            "example.test",
            record_set("example.test", "MX", ("10 m.example.test", "20 alias.example.test")),
            weighted("m.example.test", 1, "a"),
            record_set("alias.example.test", alias="m.example.test"),
        )
    )
    assert server.ask("example.test", "MX").additional == []


@pytest.mark.parametrize(
    ("name", "type_", "answer"),
    [
        pytest.param("example.test", "A", ["example.test. 5 A 192.0.2.1"], id="R100 alias owner, R103 TTL of the leaf"),
        pytest.param("example.test", "AAAA", [], id="R101 only its own type"),
        pytest.param("*.x.example.test", "A", ["*.x.example.test. 5 A 192.0.2.1"], id="R46 a wildcard may be an alias"),
        pytest.param("y.x.example.test", "A", ["y.x.example.test. 5 A 192.0.2.1"], id="R102 the target's answer"),
        pytest.param(
            "c.example.test", "CNAME", ["c.example.test. 7 CNAME far.test."], id="R104 a CNAME alias onto a CNAME"
        ),
    ],
)
def test_alias(name, type_, answer):
    """R105: an alias at the apex."""
    server = Server(
        zone(
            "example.test",
            record_set("example.test", alias="www.example.test"),
            record_set("www.example.test", ttl=5),
            record_set("*.x.example.test", alias="example.test"),
            record_set("c.example.test", "CNAME", alias="d.example.test"),
            record_set("d.example.test", "CNAME", "far.test", ttl=7),
        )
    )
    assert lines(server.ask(name, type_).answer) == answer


def test_r104_a_cname_alias_without_cname_target_is_servfail():
    server = Server(zone("example.test", record_set("c.example.test", "CNAME", alias="gone.example.test")))
    reply = server.ask("c.example.test")
    assert (rcode(reply), flags(reply), reply.answer) == ("SERVFAIL", {"QR", "RD"}, [])


def test_r23_a_multivalue_answer_has_the_smallest_ttl():
    sets = [multivalue("m.example.test", str(n), values=f"192.0.2.{n}", ttl=60 + n) for n in range(1, 4)]
    reply = Server(zone("example.test", *sets)).ask("m.example.test")
    assert [(rrset.ttl, len(rrset)) for rrset in reply.answer] == [(61, 3)]


def test_r60_all_values_in_random_order():
    """R146: the values of an RRset are shuffled for each reply."""
    server = Server(zone("example.test", record_set("example.test", values=("192.0.2.1", "192.0.2.2", "192.0.2.3"))))
    orders = {tuple(str(rdata) for rdata in server.ask("example.test").answer[0]) for _ in range(100)}
    assert len(orders) == 6  # R146


def test_r62_draws_follow_the_shares():
    """The dice are seeded, so each run counts the same draws."""
    server = Server(
        zone(
            "example.test",
            weighted("w.example.test", 3, "a", values="192.0.2.1"),
            weighted("w.example.test", 1, "b", values="192.0.2.2"),
        )
    )
    drawn = [str(server.ask("w.example.test").answer[0][0]) for _ in range(2000)]
    assert 0.72 < drawn.count("192.0.2.1") / len(drawn) < 0.78


def test_a_wildcard_that_only_exists_through_names_below_it_gives_nodata():
    """RFC 4592 §2.2.2, §4.9: an empty `*` node exists, so it matches, with no data."""
    server = Server(zone("example.test", record_set("a.*.example.test")))
    assert rcode(server.ask("b.example.test")) == "NOERROR"
