"""Files to a World: sections, merging, defaults, pasted API output, errors with their lines."""

import json
import os
import pickle
import subprocess
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config import names
from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.documents import parse
from dnsemu.config.file.load import load_files, load_text
from dnsemu.config.model.geo import CidrCollection, DeclaredPlace, Geo, GeoNetwork
from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS, HealthCheckers
from dnsemu.config.model.health_checks import EndpointCheck, EndpointType
from dnsemu.config.model.record_sets import AliasTarget, RecordSet
from dnsemu.config.model.routing import Failover, FailoverRole, Latency
from dnsemu.config.model.settings import ApiSettings, ServerSettings
from dnsemu.config.model.world import World
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.config.shapes.geo import collection_id

EXAMPLE = """\
server: {dns: ["127.0.0.1:1053"], http: "127.0.0.1:8053"}
geo:
  # database: GeoLite2-City.mmdb        # a .mmdb of yours; the embedded country database otherwise
  networks:                             # longest prefix wins, before any database
    - {network: 203.0.113.0/24, country: JP}
    - {network: 198.51.100.0/24, region: eu-central-1}
    - {network: 10.1.0.0/16, country: US, subdivision: CA}
    - {network: 10.2.0.0/16, latitude: 35.68, longitude: 139.69}
  default: {region: us-east-1}
health_checkers:                        # where probes are made from (H62)
  regions: [us-east-1, eu-west-1, ap-southeast-1]     # default: all eight
  per_region: 2                                       # default: 2
health_checks:
  - {id: web-us, type: HTTP, ip_address: 127.0.0.1, port: 8101, resource_path: /health, request_interval: 10, failure_threshold: 3}
cidr_collections:
  - {name: offices, locations: {paris: [192.0.2.0/24], tokyo: [203.0.113.0/24]}}
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: www, type: A, ttl: 60, set_identifier: us, region: us-east-1, health_check_id: web-us, resource_records: [192.0.2.1]}
      - {name: api, type: A, ttl: 60, set_identifier: p, failover: PRIMARY, health_check_id: web-us, resource_records: [192.0.2.1]}
      - {name: "@", type: A, alias_target: {dns_name: www.shop.test, evaluate_target_health: true}}
"""
ZONE = names.parse("shop.test")
LEAF = {"ttl": 60, "values": ("192.0.2.1",), "rdata": (b"\xc0\0\2\1",)}


def refusals(text, name="f.yaml"):
    with pytest.raises(FilesRefused) as caught:
        load_text(name, text)
    return caught.value.errors


def test_the_example():
    loaded = load_text("shop.yaml", EXAMPLE)
    world = loaded.world
    assert loaded.warnings == ()
    assert world.server == ServerSettings(("127.0.0.1:1053",), "127.0.0.1:8053")
    assert world.geo == Geo(
        (
            GeoNetwork(ip_network("203.0.113.0/24"), DeclaredPlace(country="JP")),
            GeoNetwork(ip_network("198.51.100.0/24"), DeclaredPlace(region="eu-central-1")),
            GeoNetwork(ip_network("10.1.0.0/16"), DeclaredPlace(country="US", subdivision="CA")),
            GeoNetwork(ip_network("10.2.0.0/16"), DeclaredPlace(latitude=35.68, longitude=139.69)),
        ),
        DeclaredPlace(region="us-east-1"),
    )
    assert world.health_checkers == HealthCheckers(("us-east-1", "eu-west-1", "ap-southeast-1"), 2)
    (check,) = world.health_checks.values()
    assert check.config == EndpointCheck(
        EndpointType.HTTP, "127.0.0.1", port=8101, resource_path="/health", request_interval_s=10.0
    )
    offices = {"paris": (ip_network("192.0.2.0/24"),), "tokyo": (ip_network("203.0.113.0/24"),)}
    assert world.cidr_collections[collection_id("offices")] == CidrCollection(
        collection_id("offices"), "offices", type(world.cidr_collections)(offices)
    )
    (zone,) = world.hosted_zones.values()
    ns, soa = zone.record_sets[ZONE, RRType.NS, None], zone.record_sets[ZONE, RRType.SOA, None]
    written = {
        RecordSet(names.parse("www.shop.test"), RRType.A, Latency("us-east-1"), "us", health_check_id="web-us", **LEAF),
        RecordSet(
            names.parse("api.shop.test"),
            RRType.A,
            Failover(FailoverRole.PRIMARY),
            "p",
            health_check_id="web-us",
            **LEAF,
        ),
        RecordSet(ZONE, RRType.A, alias=AliasTarget(zone.id, names.parse("www.shop.test"), True)),
    }
    assert set(zone.record_sets.values()) == written | {ns, soa}
    assert ns.values == tuple(f"{server}." for server in zone.name_servers)


def test_a_world_survives_pickling():
    world = load_text("shop.yaml", EXAMPLE).world
    assert pickle.loads(pickle.dumps(world)) == world


def test_a_refusal_survives_pickling():
    with pytest.raises(FilesRefused) as caught:
        load_text("f.yaml", "servers: {}")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert copy.errors == caught.value.errors
    assert str(copy) == str(caught.value)


def test_json_and_yaml_say_the_same():
    as_json = json.dumps(parse("shop.yaml", EXAMPLE).data)
    assert load_text("shop.json", as_json) == load_text("shop.yaml", EXAMPLE)


@pytest.mark.parametrize("text", ["", "# nothing", "hosted_zones: []", "server:", "{}"])
def test_nothing_declared(text):
    assert load_text("f.yaml", text).world == World()
    assert World().health_checkers.regions == ALL_CHECKER_REGIONS


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
    """A zone's id derives from its name, whatever else changes."""
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
    assert alias.alias == AliasTarget("Z0PASTED", names.parse("*.shop.test"), True)
    assert len(zone.record_sets) == 4


def test_errors_speak_the_files_own_spelling():
    errors = refusals(PASTED.replace("Weight: 10", "Weight: 256").replace("TTL: 60", "TTl: 60"))
    assert [(f.line, f.where, f.id) for f in errors] == [
        (18, "hosted_zones[0].ResourceRecordSets[1].Weight", "weight-range"),
        (19, "hosted_zones[0].ResourceRecordSets[1].TTl", "field-unknown"),
    ]


# --- errors ---


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
    ("server: {dns: '127.0.0.1'}", "server.dns", "listen-address", "'127.0.0.1' has no port: write 127.0.0.1:1053"),
    ("server: {dns: ['::1:53']}", "server.dns", "listen-address", "an IPv6 address needs brackets"),
    ("server: {http: '127.0.0.1:65536'}", "server.http", "listen-address", "'65536' in '127.0.0.1:65536' is no port"),
    ("server: {http: 'example.com:80'}", "server.http", "listen-address", "'example.com' in 'example.com:80' is no IP"),
    ("server: {http: 8053}", "server.http", "value-type", "8053 is a whole number; write text"),
    ("server: [1]", "server", "value-type", "a list is not what is wanted here; write a mapping"),
    ("servers: {}", "servers", "field-unknown", "'servers' is no field here; write server"),
    ("zonk: {}", "zonk", "field-unknown", "known are server, api, geo, health_checkers"),
    ("[1, 2]", "", "value-type", "write a mapping"),
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
        "ResourceRecordSets: []",
        "ResourceRecordSets",
        "field-unknown",
        "put them under hosted_zones: [{name: …, resource_record_sets: …}]",
    ),
    ("HealthCheck: {}", "HealthCheck", "field-unknown", "put it under health_checks: [{…}]"),
    ("IsTruncated: false", "IsTruncated", "field-unknown", "leave it out"),
    (
        "hosted_zones: [{name: a.test, record_sets: [{Name: a, Type: A, TTL: 5, ResourceRecords: [], TrafficPolicyInstanceId: x}]}]",
        "hosted_zones[0].record_sets[0].TrafficPolicyInstanceId",
        "field-unknown",
        "traffic policy instances are not served",
    ),
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
    ("hosted_zones: [{name: '*.shop.test'}]", "hosted_zones[0].name", "zone-name", "wildcard domain name is not"),
    ("hosted_zones: [{name: .}]", "hosted_zones[0].name", "zone-name", "the root cannot be a hosted zone"),
    ("hosted_zones: [{name: a..b}]", "hosted_zones[0].name", "bad-name", "FATAL problem: DomainLabelEmpty"),
    ("hosted_zones: [{}]", "hosted_zones[0]", "field-missing", "name is missing"),
    ("hosted_zones: [{name: a.test, id: shop}]", "hosted_zones[0].id", "zone-id", "'shop' is not accepted"),
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


def test_a_faulty_zone_still_has_its_record_sets_checked():
    errors = refusals("hosted_zones:\n  - nam: shop.test\n    record_sets:\n      - {name: a, type: AX}\n")
    assert [(error.line, error.id) for error in errors] == [
        (2, "field-missing"),
        (2, "field-unknown"),
        (4, "record-type"),
    ]


# --- several files ---


@pytest.fixture
def write(tmp_path):
    def write(name, text) -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_files_merge(write):
    zone = write("zone.yaml", EXAMPLE.partition("hosted_zones:")[1] + EXAMPLE.partition("hosted_zones:")[2])
    rest = write("rest.yaml", EXAMPLE.partition("hosted_zones:")[0])
    whole = load_text("whole.yaml", EXAMPLE).world
    assert load_files([zone, rest]).world == load_files([rest, zone]).world == whole


def test_twice_names_both_places(write):
    first = write("first.yaml", EXAMPLE)
    second = write("second.yaml", EXAMPLE)
    with pytest.raises(FilesRefused) as caught:
        load_files([first, second])
    found = [(error.file, error.line, error.id, error.message.rpartition("/")[2]) for error in caught.value.errors]
    assert found == [
        (str(second), 1, "declared-twice", "first.yaml:1"),
        (str(second), 1, "declared-twice", "first.yaml:1"),
        *((str(second), line, "declared-twice", f"first.yaml:{line}") for line in (5, 6, 7, 8, 9, 11, 12, 14, 16, 18)),
    ]


def test_all_errors_of_all_files_at_once(write, tmp_path):
    missing = tmp_path / "missing.yaml"
    broken = write("broken.yaml", "a: [")
    wrong = write("wrong.json", '{\n"server": {\n"dns": ["x"]}}')
    with pytest.raises(FilesRefused) as caught:
        load_files([missing, tmp_path, broken, wrong])
    assert [(Path(f.file).name, f.line, f.id) for f in caught.value.errors] == [
        ("missing.yaml", 0, "unreadable"),
        (tmp_path.name, 0, "no-file"),
        ("broken.yaml", 1, "yaml-syntax"),
        ("wrong.json", 3, "listen-address"),
    ]
    assert "missing.yaml: cannot be read: No such file or directory [unreadable]" in str(caught.value)


def test_a_file_given_twice(write, tmp_path):
    """By whichever name: what it declares is told once, not as declared twice."""
    first = write("first.yaml", EXAMPLE)
    linked = tmp_path / "linked.yaml"
    linked.symlink_to(first)
    with pytest.raises(FilesRefused) as caught:
        load_files([first, linked, first])
    assert [(error.file, error.id, error.message) for error in caught.value.errors] == [
        (str(linked), "file-twice", f"{first} is given twice"),
        (str(first), "file-twice", f"{first} is given twice"),
    ]


def test_a_device_is_no_file():
    with pytest.raises(FilesRefused, match="no-file"):
        load_files([Path("/dev/zero")])


def test_a_pipe_without_a_writer_does_not_hang(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(FilesRefused) as caught:
        load_files([pipe])
    assert [(error.file, error.id) for error in caught.value.errors] == [(str(pipe), "no-file")]


@pytest.mark.outside
def test_a_pipe_is_read_to_its_end(write):
    """As in `check <(…)`; it holds more than a pipe does at once."""
    ours, theirs = os.pipe()
    text = EXAMPLE + "# " + "x" * 200_000
    with subprocess.Popen(["cat", write("f.yaml", text)], stdout=theirs):
        os.close(theirs)
        loaded = load_files([Path(f"/dev/fd/{ours}")])
    os.close(ours)
    assert loaded.world == load_text("f.yaml", EXAMPLE).world


def test_a_database_is_beside_its_file(write, tmp_path):
    write("mine.mmdb", "")
    loaded = load_files([write("f.yaml", "geo: {database: mine.mmdb}")])
    assert loaded.world.geo.database == str(tmp_path / "mine.mmdb")


def test_a_force_file_is_beside_its_file(write, tmp_path):
    """It may be written later."""
    loaded = load_files([write("f.yaml", "server: {force_file: forced, scale_ttls: true}")])
    assert loaded.world.server == ServerSettings(scale_ttls=True, force_file=str(tmp_path / "forced"))


# --- hostile files ---

FIELDS = (
    "server",
    "geo",
    "health_checks",
    "hosted_zones",
    "cidr_collections",
    "name",
    "record_sets",
    "type",
    "ttl",
    "alias_target",
    "Name",
    "TTL",
    "resource_records",
    "weight",
    "geo_location",
    "networks",
    "locations",
    "id",
    "region",
    "health_check_config",
    "failover",
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(ANYTHING)
def test_any_data_is_loaded_or_refused(data):
    try:
        loaded = load_text("f.json", json.dumps(data).replace("NaN", "0").replace("Infinity", "1"))
    except FilesRefused as refused:
        assert all(str(error) for error in refused.errors)  # noqa: PT017
        assert refused.errors  # noqa: PT017
    else:
        assert isinstance(loaded.world, World)


@given(st.binary(max_size=200))
def test_any_bytes_are_loaded_or_refused(raw):
    try:
        loaded = load_text("f.yaml", raw)
    except FilesRefused as refused:
        assert refused.errors  # noqa: PT017
    else:
        assert loaded.world == World()


def test_h157_a_long_ttl_on_a_checked_record_set_is_nobodys_business():
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


def test_a3_r43_the_api_settings():
    text = "api: {credentials: [{access_key_id: AKID, secret_access_key: s}], change_delay: 45s, strict: true, quotas: true}"
    api = load_text("f.yaml", text).world.api
    assert api == ApiSettings((("AKID", "s"),), change_delay_s=45.0, is_strict=True, has_quotas=True)
    assert load_text("f.yaml", "").world.api == ApiSettings()


@pytest.mark.parametrize(("text", "where", "says"), [
    ("api: {change_delay: 45}", "api.change_delay", "such as 45s"),
    ("api: {change_delay: 45 s}", "api.change_delay", "write a duration"),
    ("api: {change_delay: 2d}", "api.change_delay", "0s to 1d"),
    ("api: {credentials: [{access_key_id: 'A B', secret_access_key: s}]}", "api.credentials[0].access_key_id", "letters"),
    ("api: {credentials: [{access_key_id: A}]}", "api.credentials[0]", "secret_access_key"),
    ("api: {stict: true}", "api.stict", "strict"),
])  # fmt: skip
def test_an_error_in_the_api_settings(text, where, says):
    with pytest.raises(FilesRefused) as refused:
        load_text("f.yaml", text)
    (error,) = refused.value.errors
    assert error.where.startswith(where)
    assert says in f"{error.message}; {error.instead}"
