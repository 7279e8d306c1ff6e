"""Files to a World: the example of the design, merging, and any content loaded or refused."""

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
from dnsemu.config.model.settings import ServerSettings
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
        RecordSet(
            ZONE, RRType.A, alias=AliasTarget(zone.id, names.parse("www.shop.test"), evaluate_target_health=True)
        ),
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
    missing, folder = tmp_path / "missing.yaml", tmp_path / "folder"
    folder.mkdir()
    broken = write("broken.yaml", "a: [")
    wrong = write("wrong.json", '{\n"server": {\n"dns": ["x"]}}')
    with pytest.raises(FilesRefused) as caught:
        load_files([missing, folder, broken, wrong])
    assert [(Path(f.file).name, f.line, f.id) for f in caught.value.errors] == [
        ("missing.yaml", 0, "unreadable"),
        ("folder", 0, "empty-folder"),
        ("broken.yaml", 1, "yaml-syntax"),
        ("wrong.json", 3, "listen-address"),
    ]
    assert "missing.yaml: cannot be read: No such file or directory [unreadable]" in str(caught.value)


def test_a_file_given_twice(write, tmp_path):
    """Under any of its names; its content is not also reported as declared twice."""
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
    """As in `check <(…)`; the text is longer than a pipe's buffer."""
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
    """A relative path; the file need not exist yet."""
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
