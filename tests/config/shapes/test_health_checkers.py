"""The section `health_checkers`: blocked paths, strict addresses, modes of probing."""

import pickle
from ipaddress import ip_network

import pytest

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_files, load_text
from dnsemu.config.model.health_checkers import ALL_CHECKER_REGIONS, BlockedPath, HealthCheckers, ProbeMode
from dnsemu.config.shapes.health_checkers import parse_blocked_path


def checkers(fields):
    return load_text("c.yaml", f"health_checkers: {{{fields}}}").world.health_checkers


@pytest.mark.parametrize(
    ("written", "blocked"),
    [
        pytest.param(
            "{from: sa-east-1, to: 10.1.0.0/16}",
            BlockedPath("sa-east-1", ip_network("10.1.0.0/16")),
            id="from a Region",
        ),
        pytest.param(
            "{from: 15.177.2.133, to: 10.1.0.1}",
            BlockedPath("15.177.2.133", ip_network("10.1.0.1/32")),
            id="from one checker to one address",
        ),
        pytest.param("{from: '*', to: '2001:db8::/32'}", BlockedPath("*", ip_network("2001:db8::/32")), id="from all"),
        pytest.param("{from: '*'}", BlockedPath("*"), id="from all to everything"),
        pytest.param(
            "{From: us-west-1, To: 10.1.2.3/16}", BlockedPath("us-west-1", ip_network("10.1.0.0/16")), id="Pascal"
        ),
        pytest.param(
            "{from: '*', to: '::ffff:10.1.0.0/112'}", BlockedPath("*", ip_network("10.1.0.0/16")), id="mapped into IPv6"
        ),
    ],
)
def test_blocked_paths(written, blocked):
    assert checkers(f"blocked: [{written}]") == HealthCheckers(ALL_CHECKER_REGIONS, blocked=(blocked,))


def test_a_region_outside_the_fleet_may_be_blocked():
    found = checkers("regions: [us-east-1], blocked: [{from: sa-east-1}, {from: us-east-1}, {from: sa-east-1}]")
    assert found == HealthCheckers(("us-east-1",), blocked=(BlockedPath("sa-east-1"), BlockedPath("us-east-1")))


@pytest.mark.parametrize(
    ("fields", "where", "rule", "message", "instead"),
    [
        pytest.param("blocked: [{from: sa-est-1}]", "blocked[0].from", "H62",
                     "'sa-est-1' is neither a health checkers' Region nor a checker's address", "write sa-east-1",
                     id="a slip"),
        pytest.param("blocked: [{from: eu-central-1}]", "blocked[0].from", "H62",
                     "'eu-central-1' is neither a health checkers' Region nor a checker's address", "write ",
                     id="a Region without checkers"),
        pytest.param("blocked: [{from: 15.177.0.0/18}]", "blocked[0].from", "H62",
                     "'15.177.0.0/18' is neither a health checkers' Region nor a checker's address",
                     "a checker's IPv4 address, or \"*\"", id="a network"),
        pytest.param("blocked: [{to: 10.0.0.0/8}]", "blocked[0]", "H62", "from is missing", "write one of us-east-1",
                     id="from nowhere"),
        pytest.param("blocked: [{from: '*', to: 10.0.0.0/33}]", "blocked[0].to", "H70",
                     "'10.0.0.0/33' is no address block", "such as 192.0.2.0/24", id="to no network"),
        pytest.param("blocked: [{from: '*', form: x}]", "blocked[0].form", "", "'form' is no field here", "write from",
                     id="another field"),
        pytest.param("blocked: sa-east-1", "blocked", "", "'sa-east-1' is text", "write a list", id="no list"),
        pytest.param("strict_addresses: 1", "strict_addresses", "", "1 is a whole number", "write true or false",
                     id="strict"),
        pytest.param("probes: never", "probes", "H160", "'never' is not known here", "write on, manual or off",
                     id="H160 another mode"),
        pytest.param("probes: true", "probes", "H160", "true is not known here", "write on, manual or off",
                     id="H160 a truth value"),
    ],
)  # fmt: skip
def test_refused(fields, where, rule, message, instead):
    with pytest.raises(FilesRefused) as caught:
        checkers(fields)
    (error,) = caught.value.errors
    assert (error.where, error.rule, error.message) == (f"health_checkers.{where}", rule, message)
    assert instead in error.instead


@pytest.mark.parametrize(
    ("checkers", "network", "message"),
    [
        ("mars", None, "'mars' is neither a health checkers' Region nor a checker's address: write one of us-east-1, "),
        ("*", "x", "'x' is no address block: write an address and prefix length, such as 192.0.2.0/24"),
    ],
)
def test_a_path_outside_of_files_that_is_refused(checkers, network, message):
    with pytest.raises(ValueError) as caught:
        parse_blocked_path(checkers, network)
    assert type(caught.value) is ValueError
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("mode", ProbeMode)
def test_h160_whether_probes_are_made(mode):
    assert checkers(f"probes: {mode.value}").probes is mode


def test_h160_probes_are_made_by_default():
    assert load_text("c.yaml", "").world.health_checkers.probes is ProbeMode.ON


def test_files_merge(tmp_path):
    (tmp_path / "fleet.yaml").write_text("health_checkers: {regions: [us-east-1], per_region: 1, probes: manual}")
    (tmp_path / "drill.yaml").write_text("health_checkers: {blocked: [{from: us-east-1}], strict_addresses: true}")
    merged = HealthCheckers(
        ("us-east-1",), 1, (BlockedPath("us-east-1"),), strict_addresses=True, probes=ProbeMode.MANUAL
    )
    paths = [tmp_path / "fleet.yaml", tmp_path / "drill.yaml"]
    world = load_files(paths).world
    assert world.health_checkers == load_files(paths[::-1]).world.health_checkers == merged
    assert pickle.loads(pickle.dumps(world)) == world
    (tmp_path / "drill.yaml").write_text("health_checkers: {probes: manual}")
    with pytest.raises(FilesRefused, match="health_checkers probes is already declared"):
        load_files(paths)
