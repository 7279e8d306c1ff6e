"""Sections of a file: errors with their lines and words, settings."""

from ipaddress import ip_network

import pytest

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_text
from dnsemu.config.model.settings import ApiSettings, RateLimit
from tests.config.file.refusals import refusals


def test_r62_how_an_error_reads():
    text = (
        "hosted_zones:\n  - name: shop.test\n    record_sets:\n      - {name: a, type: A, ttl: 1, set_identifier: a,\n"
    )
    text += "         weight: 256, resource_records: [192.0.2.1]}\n"
    (error,) = refusals(text, "shop.yaml")
    assert str(error) == (
        "shop.yaml:5: hosted_zones[0].record_sets[0].weight: 256 is above 255; "
        "write a whole number from 0 to 255 [R62 weight-range]"
    )


CASES = [
    ("server: {dns: '127.0.0.1'}", "server.dns", "listen-address", "'127.0.0.1' has no port; write 127.0.0.1:1053"),
    ("server: {dns: ['::1:53']}", "server.dns", "listen-address", "an IPv6 address needs brackets"),
    ("server: {http: '127.0.0.1:65536'}", "server.http", "listen-address", "'65536' in '127.0.0.1:65536' is no port"),
    ("server: {http: 'example.com:80'}", "server.http", "listen-address", "'example.com' in 'example.com:80' is no IP"),
    ("server: {http: 8053}", "server.http", "listen-address", '8053 has no IP address; write "127.0.0.1:8053"'),
    ("server: [1]", "server", "value-type", "a list stands here; write a mapping: {dns: …, http: …"),
    ("servers: {}", "servers", "field-unknown", "'servers' is no field here; write server"),
    ("zonk: {}", "zonk", "field-unknown", "known are server, api, geo, health_checkers"),
    ("zonk: {}", "zonk", "field-unknown", "; 'dnsemu schema file' describes them"),
    ("geo: {default: {zonk: 1}}", "geo.default.zonk", "field-unknown", "; 'dnsemu schema default' describes them"),
    (
        "hosted_zones: [{Name: a.test, ResourceRecordSets: [{Name: b, Type: A, Zonk: 1}]}]",
        "hosted_zones[0].ResourceRecordSets[0].Zonk",
        "field-unknown",
        "; 'dnsemu schema resource_record_sets' describes them",
    ),
    ("[1, 2]", "", "value-type", "a list stands here; write a mapping: {hosted_zones: …, health_checks: …}"),
    ("hosted_zones: [null]", "hosted_zones[0]", "value-type", "nothing stands here; write a mapping: {name: …, record"),
    (
        "hosted_zones: [{name: a.test, record_sets: [null]}]",
        "hosted_zones[0].record_sets[0]",
        "value-type",
        "nothing stands here; write a mapping: {name: …, type: …, ttl: …, resource_records: …}",
    ),
    (
        "health_checks: [web]",
        "health_checks[0]",
        "value-type",
        "'web' is text; write a mapping: {id: …, type: …, ip_ad",
    ),
    (
        "hosted_zones: [{name: a.test, record_sets: [{name: b, type: A, alias_target: c.a.test}]}]",
        "hosted_zones[0].record_sets[0].alias_target",
        "value-type",
        "'c.a.test' is text; write a mapping: {dns_name: …, evaluate_target_health: …}",
    ),
    (
        "resources: [{dns_name: a.us-east-1.elb.amazonaws.com, kind: network-load-balancer, targets: [192.0.2.1]}]",
        "resources[0].targets[0]",
        "value-type",
        "'192.0.2.1' is text; write a mapping: {address: …, host: …, availability_zone: …}",
    ),
    ("health_checkers: {regions: [mars-1]}", "health_checkers.regions[0]", "checker-region", "'mars-1' is not known"),
    ("server: {scale_ttls: 2}", "server.scale_ttls", "value-type", "write true or false"),
    ("server: {force_file: ''}", "server.force_file", "force-file", "write the path of a file"),
    ("health_checkers: {per_region: 0}", "health_checkers.per_region", "checkers-per-region", "0 is below 1"),
    ("geo: {default: {region: mars-1}}", "geo.default.region", "place", "'mars-1' is no AWS Region"),
    ("geo: {default: {place: Mars}}", "geo.default", "place", "'Mars' is no AWS Region or zone, country"),
    ("geo: {default: {latitude: 91, longitude: 0}}", "geo.default.latitude", "place", "91 is above 90"),
    ("geo: {default: {latitude: 9}}", "geo.default", "place", "half of the coordinates is missing"),
    (
        "geo: {networks: [{network: 10.0.0.0/33, country: JP}]}",
        "geo.networks[0].network",
        "network",
        "no address block",
    ),
    ("geo: {networks: [{network: 10.0.0.0/8}]}", "geo.networks[0]", "place", "this is not one place"),
    ("geo: {networks: [{network: 10.0.0.0/8, country: CA, subdivision: BC}]}", "geo.networks[0]", "place", "no subdiv"),
    ("geo: {database: nowhere.mmdb}", "geo.database", "no-database", "there is no file nowhere.mmdb"),
    (
        "geo: {latency: [{region: us-east-1, latency_ms: {us-east-1: .inf}}]}",
        "geo.latency[0].latency_ms.us-east-1",
        "latency",
        "inf",
    ),
    (
        "geo: {latency: [{region: us-east-1, latency_ms: {us-east-1: .nan}}]}",
        "geo.latency[0].latency_ms.us-east-1",
        "latency",
        "nan",
    ),
    (
        "geo: {latency: [{region: us-east-1, latency_ms: {us-east-1: 60001}}]}",
        "geo.latency[0].latency_ms.us-east-1",
        "latency",
        "above 60000",
    ),
    ("geo: {default: {latitude: .nan, longitude: 0}}", "geo.default.latitude", "place", "nan is not"),
    (
        "geo: {networks: [{network: 10.0.0.1/32, country: JP}, {network: '::ffff:10.0.0.1/128', country: JP}]}",
        "geo.networks[1]",
        "declared-twice",
        "network 10.0.0.1/32 is already declared",
    ),
    (
        "geo: {latency: [{network: 10.0.0.0/8, latency_ms: {us-east-1: 1}}, {network: '::ffff:a00:0/104', latency_ms: {us-east-1: 2}}]}",
        "geo.latency[1]",
        "declared-twice",
        "latency of 10.0.0.0/8",
    ),
    (
        "cidr_collections: [{name: a, locations: {b: ['::ffff:10.0.0.0/104']}}]",
        "cidr_collections[0].locations",
        "block-size",
        "104 bits",
    ),
    (
        "ResourceRecordSets: [{Name: a.test, Type: A, TTL: 5, ResourceRecords: [{Value: 192.0.2.1}]}]",
        "ResourceRecordSets",
        "no-soa",
        "put them under hosted_zones: [{name: …, resource_record_sets: …}]",
    ),
    ("cidr_collections: [{name: a, id: x}]", "cidr_collections[0].id", "collection-id", "a UUID in lower case"),
    (
        "cidr_collections: [{name: a, cidr_blocks: [192.0.2.0/24]}]",
        "cidr_collections[0]",
        "cidr-blocks",
        "or locations",
    ),
    (
        "cidr_collections: [{name: a, cidr_blocks: [], locations: {}}]",
        "cidr_collections[0]",
        "key-twice",
        "write one of them",
    ),
    ("HealthCheck: {}", "HealthCheck", "field-unknown", "put it under health_checks: [{…}]"),
    ("{HealthChecks: [], IsTruncated: true, NextMarker: x}", "", "cut-off", "let the AWS CLI read all pages"),
    ("cidr_collections: [{name: a b}]", "cidr_collections[0].name", "collection-name", "'a b' is not accepted"),
    ("cidr_collections: [{name: a, locations: {'*': []}}]", "cidr_collections[0].locations", "location-name", "'*'"),
    (
        "cidr_collections: [{name: a, locations: {b: [10.0.0.0/25]}}]",
        "cidr_collections[0].locations",
        "block-size",
        "25",
    ),
    (
        "cidr_collections: [{name: a, locations: {b: ['::/0']}}]",
        "cidr_collections[0].locations",
        "block-size",
        "0 bits",
    ),
    (
        "cidr_collections: [{name: a, locations: {b: [10.0.0.0/8], c: [10.1.1.1/8]}}]",
        "cidr_collections[0].locations",
        "block-twice",
        "10.1.1.1/8 is in b and in c",
    ),
    (
        "hosted_zones: [{name: '*.shop.test'}]",
        "hosted_zones[0].name",
        "zone-name",
        "a hosted zone cannot have a wildcard's name",
    ),
    ("hosted_zones: [{name: .}]", "hosted_zones[0].name", "zone-name", "the root cannot be a hosted zone"),
    ("hosted_zones: [{name: a..b}]", "hosted_zones[0].name", "bad-name", "'a..b' has nothing before a dot"),
    ("hosted_zones: [{}]", "hosted_zones[0]", "field-missing", "name is missing"),
    ("hosted_zones: [{name: a.test, id: shop}]", "hosted_zones[0].id", "zone-id", "write Z and 1 to 31 of 0-9"),
    (
        f"hosted_zones: [{{name: a.test, config: {{comment: {'x' * 257}}}}}]",
        "hosted_zones[0].config.comment",
        "comment",
        "is longer than 256; write text of at most 256 characters",
    ),
    ("hosted_zones: [{name: a.test, Name: b.test}]", "hosted_zones[0]", "key-twice", "two spellings"),
    ("hosted_zones: [{name: a.test, config: {private_zone: true}}]", "hosted_zones[0]", "private-zone", "not served"),
    ("hosted_zones: [{name: a.test, record_sets: 3}]", "hosted_zones[0].record_sets", "value-type", "write a list"),
    ("hosted_zones: [{name: a.test, record_sets: [3]}]", "hosted_zones[0].record_sets[0]", "value-type", "a mapping"),
]


@pytest.mark.parametrize(("text", "where", "id", "words"), CASES, ids=[f"{id} {text[:40]}" for text, _, id, _ in CASES])
def test_refused(text, where, id, words):
    (error,) = refusals(f"\n{text}")
    assert (error.where, error.id) == (where, id)
    assert error.line == (2 if where else 1)
    assert words in str(error)


def test_r203_host_bits_are_dropped():
    text = "cidr_collections: [{name: a, locations: {b: [203.0.113.9/22, '2001:0DB8:0000:1234::/48']}}]"
    (collection,) = load_text("f.yaml", text).world.cidr_collections.values()
    assert collection.locations["b"] == (ip_network("203.0.112.0/22"), ip_network("2001:db8::/48"))


def test_a3_r43_the_api_settings():
    text = "api: {credentials: [{access_key_id: AKID_1, secret_access_key: s}], change_delay: 45s, quotas: true, rate_limit: 300/m}"
    api = load_text("f.yaml", text).world.api
    assert api == ApiSettings(
        (("AKID_1", "s"),), 45.0, is_strict=False, has_quotas=True, rate_limit=RateLimit(300, 60.0)
    )
    assert load_text("f.yaml", "").world.api == ApiSettings()


def test_the_clients_whose_queries_are_forwarded():
    text = "server: {forward_for: [203.0.113.9/24, '2001:db8::/32', '::ffff:192.0.2.0/120'], forward_rate_limit: 20/s}"
    server = load_text("f.yaml", text).world.server
    assert server.forward_for == (ip_network("203.0.113.0/24"), ip_network("2001:db8::/32"), ip_network("192.0.2.0/24"))
    assert server.forward_rate_limit == RateLimit(20, 1.0)


@pytest.mark.parametrize(("text", "is_strict", "has_quotas"), [
    pytest.param("{strict: true}", True, True, id="A351 strictness turns quotas on"),
    pytest.param("{strict: true, quotas: false}", True, False, id="A351 unless they are turned off"),
    pytest.param("{strict: false}", False, False, id="A351 quotas are off by default"),
])  # fmt: skip
def test_strictness_and_quotas(text, is_strict, has_quotas):
    api = load_text("f.yaml", f"api: {text}").world.api
    assert (api.is_strict, api.has_quotas) == (is_strict, has_quotas)


@pytest.mark.parametrize(("text", "where", "says"), [
    ("api: {change_delay: 45}", "api.change_delay", "such as 45s"),
    ("api: {change_delay: 45 s}", "api.change_delay", "write a duration"),
    ("api: {change_delay: 2d}", "api.change_delay", "0s to 1d"),
    ("api: {credentials: [{access_key_id: 'A B', secret_access_key: s}]}", "api.credentials[0].access_key_id", "letters"),
    ("api: {credentials: [{access_key_id: A}]}", "api.credentials[0]", "secret_access_key"),
    ("api: {stict: true}", "api.stict", "strict"),
    ("api: {rate_limit: 5}", "api.rate_limit", "5/s"),
    ("api: {rate_limit: five/s}", "api.rate_limit", "a rate such as 5/s"),
    ("server: {forward_rate_limit: 0/s}", "server.forward_rate_limit", "a rate such as 5/s"),
    ("server: {forward_for: [private]}", "server.forward_for", "such as 192.0.2.0/24"),
    ("server: {forward_for: 10.0.0.0/8}", "server.forward_for", "list"),
])  # fmt: skip
def test_an_error_in_the_api_settings(text, where, says):
    with pytest.raises(FilesRefused) as refused:
        load_text("f.yaml", text)
    (error,) = refused.value.errors
    assert error.where.startswith(where)
    assert says in f"{error.message}; {error.instead}"
