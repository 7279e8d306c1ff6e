"""Rules for a record set in its hosted zone: the rule, the place and the words of each error."""

import pytest

from dnsemu.config import names
from dnsemu.config.file.load import load_text
from dnsemu.config.model.record_sets import RecordSet
from dnsemu.config.model.routing import Geoproximity, IpBased, Multivalue, Weighted
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.rules.hosted_zone import insertion_problems
from tests.config.rules.zone_files import (
    EU,
    JP,
    MULTI,
    NO,
    PRIMARY,
    SECONDARY,
    UP,
    US,
    W1,
    W2,
    N,
    a,
    alias,
    assert_refused,
    chain,
    errors,
    zone,
)

REFUSED = [
    # names
    pytest.param([a("www.other.test.")], "R10", "outside-zone", 0, ".name",
                 "RRSet with DNS name www.other.test. is not permitted in zone shop.test.", id="R10 outside the zone"),
    pytest.param(["{name: '*', type: NS, ttl: 60, resource_records: [ns.example.net]}"], "A172", "wildcard-ns", 0, ".name",
                 "Changing wildcard NS record sets are not supported. No changes made.", id="R9 A172 wildcard NS"),
    pytest.param(["{name: a, type: SOA, ttl: 60, resource_records: [a. b. 1 2 3 4 5]}"], "R14", "soa-below-apex", 0,
                 ".name", "type SOA", id="R14 SOA below the apex"),
    pytest.param([a("a..b")], "R1", "bad-name", 0, ".name",
                 "FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'a..b'", id="R1 A52"),
    # values
    pytest.param(["{name: a, type: CNAME, ttl: 60, resource_records: [b.test, c.test]}"], "R15", "one-value", 0,
                 ".resource_records", "must contain exactly one resource record.", id="R15 A178 two CNAME values"),
    pytest.param([a("a", value="192.0.2.1, 192.0.2.2, 192.0.2.1")], "A174", "value-twice", 0, ".resource_records[2]",
                 "Duplicate Resource Record: '192.0.2.1'", id="A174 a value twice"),
    pytest.param(["{name: a, type: HTTPS, ttl: 60, resource_records: [32768 .]}"], "A173", "svc-priority", 0,
                 ".resource_records[0]", "Unsupported SvcPriority value.", id="A173 priority over 32767"),
    pytest.param([a("a", value="192.0.2.1, 1.2.3")], "A186", "bad-value", 0, ".resource_records[1]",
                 "Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) "
                 "encountered with '1.2.3''", id="A175 a bad value"),
    pytest.param([a("a", value=", ".join(f"192.0.{n // 250}.{n % 250}" for n in range(401)))], "A118", "too-many-values",
                 0, ".resource_records", "Cannot have more than 400 records in a RRSet.", id="A418 401 values"),
    pytest.param(["{name: a, type: TXT, ttl: 60, resource_records: ['" + ('"' + "x" * 250 + '" ') * 16 + "']}"],
                 "R17", "value-length", 0, ".resource_records[0]", "4048 characters", id="R17 over 4000 characters"),
    pytest.param([f"{{name: a, type: HTTPS, ttl: 60, resource_records: ['1 . alpn={'a,' * 40_000}a']}}"], "R17",
                 "value-length", 0, ".resource_records[0]", "80010 characters", id="R17 far over 4000 characters"),
    pytest.param([a("a", value=", ".join(["x"] * 401))], "A118", "too-many-values", 0, ".resource_records",
                 "Cannot have more than 400 records in a RRSet.", id="A418 401 values are not read"),
    # form
    pytest.param(["{name: a, type: A, resource_records: [192.0.2.1]}"], "R20", "ttl-missing", 0, "", "ttl is missing",
                 id="R20 without TTL"),
    pytest.param(["{name: a, type: A, ttl: 60}"], "A125", "no-values", 0, "", "no values", id="A125 neither"),
    pytest.param([a("b"), "{name: a, type: A, ttl: 60, alias_target: {dns_name: b.shop.test, "
                          "evaluate_target_health: false}}"], "R20", "alias-and-values", 1, ".ttl",
                 "an alias has no ttl", id="R20 alias with TTL"),
    pytest.param([a("a", "set_identifier: x")], "R30", "set-identifier-alone", 0, ".set_identifier", "without",
                 id="A126 set identifier without policy"),
    pytest.param([a("a", "set_identifier: x, multi_value_answer: false")], "R30", "set-identifier-alone", 0,
                 ".set_identifier", "without", id="R36 A134 false is no policy"),
    pytest.param([a("a", "weight: 1")], "R30", "set-identifier-missing", 0, "", "weight needs", id="A127"),
    pytest.param([a("a", f"{W1}, region: us-east-1")], "R31", "two-policies", 0, "", "weight and region",
                 id="R31 two policies"),
    # other types at the name
    pytest.param(["{name: '@', type: CNAME, ttl: 60, resource_records: [b.test]}"], "R24", "cname-at-apex", 0, "",
                 "RRSet of type CNAME with DNS name shop.test. is not permitted at apex in zone shop.test.",
                 id="R24 R39.9 A144 at the apex"),
    pytest.param([a("www"), "{name: www, type: CNAME, ttl: 60, resource_records: [b.test]}"], "R24", "cname-alone", 1, "",
                 f"RRSet of type CNAME with DNS name {N} is not permitted as it conflicts with other records with the "
                 "same DNS name in zone shop.test.", id="R24 R39.10 A145 CNAME beside A"),
    pytest.param(["{name: www, type: CNAME, ttl: 60, resource_records: [b.test]}", a("www")], "R24", "cname-alone", 1, "",
                 f"RRSet of type A with DNS name {N} is not permitted because a conflicting RRSet of type CNAME with "
                 "the same DNS name already exists in zone shop.test.", id="R24 R39.11 A146 A beside CNAME"),
    # the group
    pytest.param([a("www"), a("WWW.shop.test")], "R30", "record-set-twice", 1, "",
                 f"Tried to create resource record set [name='{N}', type='A'] but it already exists (shop.yaml:5)",
                 id="R30 R39.1 A140 a simple record set twice"),
    pytest.param([a("www", W1), a("www", W1)], "R30", "record-set-twice", 1, "",
                 f"[name='{N}', type='A', set-identifier='s1'] but it already exists (shop.yaml:5)", id="R30 R39.2 A140 with id"),
    pytest.param([a("www", W1), a("www")], "R32", "mixed-policies", 1, "",
                 f"RRSet with DNS name {N}, type A cannot be created as other RRSets exist with the same name and type.",
                 id="R39.4 A147 simple"),
    pytest.param([a("www"), a("www", W1)], "R32", "mixed-policies", 1, "",
                 f"RRSet with DNS name {N}, type A, SetIdentifier s1 cannot be created as a non-weighted set exists with "
                 "the same name and type.", id="R39.5 A148 weighted"),
    pytest.param([a("www", W1), a("www", US)], "R32", "mixed-policies", 1, "",
                 f"RRSet with DNS name {N}, type A, SetIdentifier us, and Region Name=us-east-1 cannot be created because "
                 "a non-latency RRSet with the same name and type already exists.", id="A150 latency"),
    pytest.param([a("www", W1), a("www", JP)], "R32", "mixed-policies", 1, "",
                 f"RRSet with DNS name {N}, type A, SetIdentifier jp, and routing to [country = (JP, Japan)}} cannot be "
                 "created because a non-GEO RRSet with the same name and type already exists.", id="A153 geolocation"),
    pytest.param([a("www", W1), a("www", PRIMARY)], "R32", "mixed-policies", 1, "",
                 "marked as primary cannot be created because a non-failover RRSet with the same name and type already "
                 "exists", id="A156 failover"),
    pytest.param([a("www", W1), a("www", MULTI)], "R32", "mixed-policies", 1, "",
                 f"RRSet with DNS name {N}, type A, SetIdentifier m cannot be created because a non multivalue answer "
                 "rrset exists with the same name and type.", id="R39.6 A161 multivalue"),
    pytest.param([a("www", W1), a("www", W2).replace("ttl: 60", "ttl: 61")], "R22", "weighted-ttl", 1, ".ttl",
                 f"RRSet with DNS name {N} and type A, SetIdentifier s2 cannot be created as weighted sets must contain "
                 "the same TTL.", id="R22 R39.8 A149 weighted TTLs differ"),
    pytest.param([a("www", US), a("www", EU.replace("eu-west-1", "us-east-1"))], "R33", "region-twice", 1, ".region",
                 "a latency RRSet with the same name, type and region already exists.", id="R33 R39.7 A151 a Region twice"),
    pytest.param([a("www", PRIMARY), a("www", PRIMARY.replace(": p,", ": q,"))], "R33", "role-twice", 1, ".failover",
                 "marked as primary already exists.", id="R33 A157 R209.6 two primaries"),
    pytest.param([a("www", JP), a("www", JP.replace(": jp,", ": x,"))], "R33", "location-twice", 1, ".geo_location",
                 "a GEO RRSet with the same name, type and routing to [country = (JP, Japan)} already exists.",
                 id="R33 A154 A432 JP twice"),
    pytest.param([*(a("www", f"set_identifier: s{n}, weight: 1") for n in range(101))], "R209.4", "group-limit", 100, "",
                 f"Exceeded limit on number of weighted RRSets for {N}, type A in this zone.", id="R209.4 A119"),
    # policies and types
    pytest.param([f"{{name: a, type: NS, ttl: 60, resource_records: [b.test], {W1}}}"], "A163", "policy-type", 0, "",
                 "RRSet with DNS name a.shop.test., type NS, SetIdentifier s1 cannot be created because this type of "
                 "RRSet is not supported.", id="R14 A163 weighted NS"),
    pytest.param([f"{{name: a, type: CNAME, ttl: 60, resource_records: [b.test], {MULTI}}}"], "A163", "policy-type", 0, "",
                 "this type of RRSet is not supported.", id="R14 A163 A431 multivalue CNAME"),
    pytest.param([a("b"), alias("a", "b.shop.test", MULTI)], "A162", "multivalue-alias", 1, ".alias_target",
                 "Multivalue answer rrset should not be an alias rrset. No changes made.", id="A162 A431"),
    pytest.param([alias("a", "shop.test", type="NS")], "A168", "alias-type", 0, ".alias_target",
                 "RRSet with DNS name a.shop.test., type NS contains an alias target, but aliases of that type are "
                 "forbidden", id="A168 alias of type NS"),
    pytest.param([a("a", UP)], "H155", "simple-with-health-check", 0, ".health_check_id",
                 "DNS name must have alternate ResourceRecordSet responses configured via a routing policy",
                 id="H155 A160 A413 simple with health check"),
    pytest.param([a("a", f"{W1}, health_check_id: nope")], "H156", "no-such-check", 0, ".health_check_id",
                 "there is no health check nope", id="H156 unknown health check"),
    pytest.param([a("a", PRIMARY.replace(f", {UP}", ""))], "R34", "primary-without-check", 0, "",
                 "A non-alias primary ResourceRecordSet must have an associated health check. No changes made.",
                 id="R34 A158 A414 primary without health check"),
    pytest.param([a("b"), alias("a", "b.shop.test", "set_identifier: p, failover: PRIMARY", healthy="false")], "A159",
                 "primary-without-check", 1, "", "cannot be a primary without EvaluateTargetHealth set to true or an "
                 "associated health check as a secondary would never be returned.", id="R35 A159 a primary alias"),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "rule", "id", "at", "field", "words"), REFUSED)
def test_refused(entries, rule, id, at, field, words):
    assert_refused(entries, rule, id, at, field, words)


ACCEPTED = [
    pytest.param([a("prod.*.a")], id="R7 a literal asterisk inside"),
    pytest.param([a('"*prod"'), a("prod*"), a("cname-*.a"), a(r"'a-\052.x'")], id="R7 A55 an asterisk in a label"),
    pytest.param(["{name: 'sub*', type: NS, ttl: 60, resource_records: [ns.example.net]}"], id="R7 R9 no wildcard: NS"),
    pytest.param([a('"*"')], id="R7 a wildcard"),
    pytest.param([alias("a", "b.shop.test"), a("b")], id="A113 binds the API only: a target may come later"),
    pytest.param([a("www", W1), "{name: www, type: AAAA, ttl: 5, resource_records: ['::1']}"],
                 id="R31 types at a name are independent"),
    pytest.param(["{name: a, type: DS, ttl: 5, resource_records: [1 2 3 AB], set_identifier: x, weight: 1}"],
                 id="A163 A431 a weighted DS"),
    pytest.param([a("www", W1), alias("www", "b.shop.test", W2), a("b")], id="R32 leaf and alias mixed"),
    pytest.param([a("www", PRIMARY), a("www", SECONDARY)], id="R34 A414 a secondary needs no health check"),
    pytest.param([alias("w", "b.shop.test", f"set_identifier: p, failover: PRIMARY, {UP}", healthy="false"), a("b")],
                 id="A159 with a health check"),
    pytest.param([a("www", JP), a("www", NO), a("www", "set_identifier: d, geo_location: {country_code: '*'}"),
                  a("www", "set_identifier: k, geo_location: {country_code: UA, subdivision_code: '30'}")],
                 id="R75 A332 countries, default, a subdivision of Ukraine"),
    pytest.param([a("www", US), a("www", EU)], id="R33 two Regions"),
    pytest.param([a("www", "multi_value_answer: false")], id="R36 A134 false counts as absent"),
    pytest.param([a("www", "set_identifier: x, weight: 0").replace("ttl: 60", "ttl: 0")], id="A131 zeros are legal"),
    pytest.param(["{name: a, type: CNAME, ttl: 5, resource_records: [b.test], set_identifier: x, weight: 1}",
                  "{name: a, type: CNAME, ttl: 5, resource_records: [c.test], set_identifier: y, weight: 1}"],
                 id="A180 CNAMEs in one group"),
    pytest.param([*(a("www", f"set_identifier: s{n}, weight: 1") for n in range(100))], id="R209.4 a hundred"),
    pytest.param([alias('"*.a"', "'*.b.shop.test'"), a('"*.b"')], id="R46 wildcard alias onto wildcard"),
    pytest.param(chain(15), id="R112 sixteen levels"),
    pytest.param(["{name: sub, type: NS, ttl: 5, resource_records: [ns.sub.shop.test]}", a("ns.sub"),
                  "{name: ns.sub, type: AAAA, ttl: 5, resource_records: ['::1']}",
                  "{name: sub, type: DS, ttl: 5, resource_records: [1 2 3 AB]}", a("bsub")],
                 id="R52 a delegation with its glue and DS"),
]  # fmt: skip


@pytest.mark.parametrize("entries", ACCEPTED)
def test_accepted(entries):
    loaded = load_text("shop.yaml", zone(*entries))
    (found,) = loaded.world.hosted_zones.values()
    assert len(found.record_sets) == len(entries) + 2
    assert loaded.warnings == ()


def test_one_mistake_does_not_make_others():
    """A target or health check with an error is not also missing."""
    found = errors(alias("a", "b.shop.test"), a("b", value="1.2.3"))
    assert [error.id for error in found] == ["bad-value"]


def test_one_mistake_does_not_hide_others():
    """R102: an alias without a target is reported even if the zone has other errors."""
    found = errors(alias("a", "gone.shop.test"), a("b", value="1.2.3"), "{type: A}")
    assert sorted(error.id for error in found) == ["alias-target-missing", "bad-value", "field-missing"]


# --- one insertion, as the API makes it ---


class FakeZone:
    """A zone with a few record sets."""

    id = "Z0SHOP"
    name = names.parse("shop.test")

    def __init__(self, *record_sets):
        self.record_sets = record_sets

    def at(self, name):
        return [r for r in self.record_sets if r.name == name]


def member(routing, identifier):
    return RecordSet(names.parse("www.shop.test"), RRType.A, routing, identifier, 60, ("192.0.2.1",), (b"\xc0\0\2\1",))


NEAR, FAR = Geoproximity(region="us-east-1"), Geoproximity(latitude=1.0, longitude=2.0)
PARIS, TOKYO = IpBased("c1", "paris"), IpBased("c1", "tokyo")


@pytest.mark.parametrize(
    ("present", "added", "expected"),
    [
        pytest.param([NEAR], FAR, [], id="R33 two geoproximity places"),
        pytest.param(
            [NEAR], Geoproximity(region="us-east-1", bias=5), ["location-twice"], id="R33 geoproximity, bias apart"
        ),
        pytest.param([FAR], FAR, ["location-twice"], id="R33 geoproximity coordinates twice"),
        pytest.param([NEAR], PARIS, ["mixed-policies"], id="R32 IP-based among geoproximity"),
        pytest.param([PARIS], NEAR, ["mixed-policies"], id="R32 geoproximity among IP-based"),
        pytest.param([PARIS], TOKYO, [], id="R33 two locations"),
        pytest.param([PARIS, TOKYO], PARIS, ["location-twice"], id="R33 a location twice"),
        pytest.param([PARIS], IpBased("c2", "tokyo"), ["one-collection"], id="R33 A165 another collection"),
        pytest.param(
            [Geoproximity(latitude=float(n), longitude=0.0) for n in range(30)],
            FAR,
            ["group-limit"],
            id="R89 R209.5 thirty geoproximity record sets",
        ),
        pytest.param([Weighted(1)], Weighted(1), [], id="R62 equal weights are no clash"),
        pytest.param([Multivalue()], Multivalue(), [], id="R90 multivalue"),
    ],
)
def test_insertion(present, added, expected):
    group = [member(routing, f"s{n}") for n, routing in enumerate(present)]
    found = [p.id for p in insertion_problems(member(added, "new"), FakeZone(*group))]
    assert found == expected
