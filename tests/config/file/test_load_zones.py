"""Hosted zones in a file: names of record sets, defaults, pasted API output."""

import pytest

from dnsemu.config import names
from dnsemu.config.file.load import load_text
from dnsemu.config.model.record_sets import AliasTarget
from dnsemu.config.rdata.rrtypes import RRType
from tests.config.file.refusals import refusals

ZONE = names.parse("shop.test")


# --- names of record sets ---


@pytest.mark.parametrize(
    ("written", "name"),
    [
        pytest.param("'@'", "shop.test", id="the apex"),
        pytest.param("shop.test", "shop.test", id="the zone's own name"),
        pytest.param("SHOP.test.", "shop.test", id="the zone's own name, absolute"),
        pytest.param("www", "www.shop.test", id="relative"),
        pytest.param("a.b", "a.b.shop.test", id="relative, two labels"),
        pytest.param("www.shop.test", "www.shop.test", id="ends in the zone's name"),
        pytest.param("bookshop.test", "bookshop.test.shop.test", id="ends in it, but not label by label"),
        pytest.param("'*'", "*.shop.test", id="a wildcard"),
        pytest.param(r"'\100'", "@.shop.test", id="an escaped at sign is a label"),
    ],
)
def test_record_names(written, name):
    text = f"hosted_zones: [{{name: shop.test, record_sets: [{{name: {written}, type: TXT, ttl: 5, "
    loaded = load_text("f.yaml", text + "resource_records: ['\"x\"']}]}]")
    (zone,) = loaded.world.hosted_zones.values()
    assert (names.parse(name), RRType.TXT, None) in zone.record_sets


@pytest.mark.parametrize(
    ("type", "value", "rdata"),
    [
        pytest.param("TXT", '"a""b"', b"\1a\1b", id="A185 no blank between two strings"),
        pytest.param("SPF", '"a" """b"', b"\1a\0\1b", id="A185 an empty string"),
    ],
)
def test_values(type, value, rdata):
    text = f"hosted_zones: [{{name: shop.test, record_sets: [{{name: a, type: {type}, ttl: 5, resource_records: ['{value}']}}]}}]"
    (zone,) = load_text("f.yaml", text).world.hosted_zones.values()
    found = zone.record_sets[names.parse("a.shop.test"), RRType[type], None]
    assert (found.values, found.rdata) == ((value,), (rdata,))


@pytest.mark.parametrize(
    ("written", "bias", "is_written"),
    [
        pytest.param("", 0, False, id="R83 no bias"),
        pytest.param(", bias: 0", 0, True, id="A132 a bias of 0 is kept"),
        pytest.param(", bias: 5", 5, False, id="R83 another bias"),
    ],
)
def test_biases(written, bias, is_written):
    near = f"geo_proximity_location: {{aws_region: us-east-1{written}}}"
    text = f"hosted_zones: [{{name: shop.test, record_sets: [{{name: a, type: A, ttl: 5, set_identifier: s, {near}, resource_records: [192.0.2.1]}}]}}]"
    (zone,) = load_text("f.yaml", text).world.hosted_zones.values()
    place = zone.record_sets[names.parse("a.shop.test"), RRType.A, "s"].routing
    assert (place.bias, place.is_zero_bias_written) == (bias, is_written)


# --- hosted zones ---


def test_r25_the_files_own_ns_and_soa_win():
    text = """
hosted_zones:
  - name: shop.test
    id: /hostedzone/Z0SHOP
    comment: mine
    record_sets:
      - {name: '@', type: NS, ttl: 5, resource_records: [ns1.example.net, NS2.example.net.]}
"""
    zone = load_text("f.yaml", text).world.hosted_zones["Z0SHOP"]
    assert zone.comment == "mine"
    assert zone.name_servers == ("ns1.example.net", "ns2.example.net")
    assert zone.record_sets[ZONE, RRType.NS, None].ttl == 5
    assert zone.record_sets[ZONE, RRType.SOA, None].values[0].startswith("ns1.example.net. awsdns-hostmaster")


def test_zone_ids_survive_restarts():
    """A zone's id is derived from its name only."""
    first = load_text("a.yaml", "hosted_zones: [{name: shop.test}]").world
    second = load_text("b.yaml", "hosted_zones: [{name: z.test}, {name: SHOP.test., comment: x}]").world
    assert set(first.hosted_zones) < set(second.hosted_zones)


PASTED = """
hosted_zones:
  - Id: /hostedzone/Z0PASTED
    Name: shop.test.
    CallerReference: x
    Config: {Comment: pasted, PrivateZone: false}
    ResourceRecordSetCount: 4
    LinkedService: {ServicePrincipal: servicediscovery.amazonaws.com}
    Features: {AcceleratedRecoveryStatus: DISABLED}
    ResourceRecordSets:
      - Name: shop.test.
        Type: NS
        TTL: 172800
        ResourceRecords: [{Value: ns-1.awsdns-00.com.}, {Value: ns-600.awsdns-11.net.}]
      - Name: \\052.shop.test.
        Type: A
        SetIdentifier: one
        Weight: 10
        TTL: 60
        ResourceRecords: [{Value: 192.0.2.1}]
      - Name: alias.shop.test.
        Type: A
        SetIdentifier: two
        GeoLocation: {CountryCode: "*"}
        AliasTarget: {HostedZoneId: Z0PASTED, DNSName: \\052.shop.test., EvaluateTargetHealth: true}
"""


def test_pasted_from_the_api():
    """The output of `aws route53 list-resource-record-sets` under a zone of `list-hosted-zones`."""
    zone = load_text("f.yaml", PASTED).world.hosted_zones["Z0PASTED"]
    assert zone.comment == "pasted"
    assert zone.name_servers == ("ns-1.awsdns-00.com", "ns-600.awsdns-11.net")
    (alias,) = (r for r in zone.record_sets.values() if r.alias)
    assert alias.alias == AliasTarget("Z0PASTED", names.parse("*.shop.test"), evaluate_target_health=True)
    assert len(zone.record_sets) == 4


def test_errors_use_the_files_spelling():
    errors = refusals(PASTED.replace("Weight: 10", "Weight: 256").replace("TTL: 60", "TTl: 60"))
    assert [(f.line, f.where, f.id) for f in errors] == [
        (18, "hosted_zones[0].ResourceRecordSets[1].Weight", "weight-range"),
        (19, "hosted_zones[0].ResourceRecordSets[1].TTl", "field-unknown"),
    ]


def test_the_record_sets_of_a_zone_with_an_error_are_checked():
    errors = refusals("hosted_zones:\n  - nam: shop.test\n    record_sets:\n      - {name: a, type: AX}\n")
    assert [(error.line, error.id) for error in errors] == [
        (2, "field-missing"),
        (2, "field-unknown"),
        (4, "record-type"),
    ]


def test_h157_a_long_ttl_on_a_checked_record_set_is_no_warning():
    loaded = load_text(
        "shop.yaml",
        """
health_checks: [{id: web, type: TCP, ip_address: 192.0.2.1, port: 80}]
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: www, type: A, ttl: 86400, set_identifier: a, weight: 1, health_check_id: web, resource_records: [192.0.2.1]}
""",
    )
    assert loaded.warnings == ()
