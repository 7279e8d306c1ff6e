"""Record sets as they are stored, in a form that stays readable, and a state put together from rows."""

import json

import pytest
from hypothesis import given

from dnsemu.commands import registry as commands
from dnsemu.config import names
from dnsemu.config.model.geo import CidrCollection
from dnsemu.config.model.hosted_zones import HostedZone
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.routing import Weighted
from dnsemu.config.rdata.rrtypes import RRType
from dnsemu.state.tables import CIDR_COLLECTION, HEALTH_CHECK, HOSTED_ZONE
from dnsemu.store.codec import BadRow
from dnsemu.store.rows import RDATA_VERSION, Assembly, Rows, compact, name_text, record_set_body, record_set_from
from tests.builders import record_set
from tests.dnsemu.store.kept import TABLES, checks, collections, dnames, record_sets, unhurried

BODY = {
    "routing": {"is": "weighted", "weight": 5}, "ttl": 60, "values": ["192.0.2.1"], "rdata": [RDATA_VERSION, "c0000201"],
    "health_check_id": "h1",
}  # fmt: skip


@unhurried
@given(record_sets())
def test_any_record_set_survives_with_and_without_its_rdata(kept):
    for with_rdata in (True, False):
        body = json.loads(compact(record_set_body(kept, with_rdata=with_rdata)))
        assert record_set_from(name_text(kept.name), kept.type.name, kept.set_identifier, body) == kept


def test_the_stored_form_of_a_record_set_stays_as_it_is():
    kept = record_set("www.example.com", routing=Weighted(5), id="blue", check="h1")
    assert record_set_body(kept) == BODY | {"values": ("192.0.2.1",)}
    assert record_set_from("www.example.com.", "A", "blue", BODY) == kept


def test_the_stored_form_of_a_health_check_stays_as_it_is():
    stored = (
        '{"id":"h1","config":{"is":"endpoint","type":"HTTP","ip_address":"192.0.2.1","fully_qualified_domain_name":null,'
        '"port":80,"resource_path":null,"search_string":null,"request_interval_s":30.0,"failure_threshold":3,'
        '"measure_latency":false,"enable_sni":null,"regions":[]},"inverted":false,"disabled":false}'
    )
    rows = Rows({})
    assert compact(rows.body(HEALTH_CHECK, rows.value(HEALTH_CHECK, json.loads(stored)))) == stored


def test_the_stored_form_of_a_hosted_zone_stays_as_it_is():
    zone = HostedZone(HostedZoneId("Z1"), names.parse("example.com"), comment="c", name_servers=("ns-1.example",))
    stored = {"id": "Z1", "name": "example.com.", "name_servers": ["ns-1.example"], "comment": "c", "is_private": False}
    assert Rows({}).body(HOSTED_ZONE, zone) == stored
    assert Rows({}).value(HOSTED_ZONE, stored) == zone


def test_rdata_of_another_version_is_read_anew_from_the_values():
    for stored in ([RDATA_VERSION + 1, "ff"], [RDATA_VERSION], "c0000201", None):
        assert record_set_from("a.", "A", None, BODY | {"rdata": stored}).rdata == (b"\xc0\x00\x02\x01",)


@pytest.mark.parametrize(("changed", "message"), [
    pytest.param({"newer": 1}, "newer: this version does not know this field", id="a field of a newer version"),
    pytest.param({"ttl": "60"}, "ttl: whole seconds are wanted", id="ttl"),
    pytest.param({"ttl": True}, "ttl: whole seconds are wanted", id="a boolean is no ttl"),
    pytest.param({"values": "192.0.2.1"}, "values: a list of texts is wanted", id="values"),
    pytest.param({"values": [5], "rdata": None}, "values[0]: a text is wanted", id="a value"),
    pytest.param({"values": ["x"], "rdata": None}, "values[0]: ", id="a value that is none of its type"),
    pytest.param({"rdata": [RDATA_VERSION, "zz"]}, "rdata: hexadecimal octets are wanted", id="rdata"),
    pytest.param({"routing": {"is": "lunar"}}, "routing.is: one of simple, weighted,", id="a policy of a newer version"),
    pytest.param({"routing": {"is": "weighted"}}, "routing.weight: this field is missing", id="a weight"),
    pytest.param({"alias": {"name": "x"}}, "alias.evaluate_target_health: this field is missing", id="alias"),
    pytest.param({"health_check_id": 5}, "health_check_id: a text is wanted", id="health check"),
])  # fmt: skip
def test_what_cannot_be_read_of_a_record_set_is_named(changed, message):
    with pytest.raises(BadRow) as error:
        record_set_from("www.example.com.", "A", None, BODY | changed)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(("name", "type", "body", "message"), [
    ("a..b", "A", BODY, "name: DomainLabelEmpty"),
    ("a.", "LOC", BODY, "type: this version does not know the type 'LOC'"),
    ("a.", "A", [], "an object is wanted"),
])  # fmt: skip
def test_what_cannot_be_read_around_a_record_set_is_named(name, type, body, message):
    with pytest.raises(BadRow, match=message):
        record_set_from(name, type, None, body)


@unhurried
@given(dnames)
def test_names_are_spelled_as_people_read_them(name):
    assert name_text(name) == names.display(name)


@unhurried
@given(checks, collections)
def test_health_checks_and_collections_survive(check, collection):
    rows = Rows(TABLES)
    for table, row in ((HEALTH_CHECK, check), (CIDR_COLLECTION, collection)):
        assert rows.value(table, json.loads(compact(rows.body(table, row)))) == row


def test_a_table_of_a_newer_version_is_refused():
    with pytest.raises(BadRow, match="this version does not know what 'newer' is"):
        Rows(TABLES).value("newer", {})


@pytest.mark.parametrize("table", commands.TABLES.values(), ids=lambda table: table.name)
def test_every_table_of_the_commands_can_be_stored(table):
    assert Rows({table.name: table}).knows(table.name)


def test_what_does_not_fit_together_is_refused():
    assembly = Assembly()
    collection = CidrCollection("c1", "c")
    assembly.add(CIDR_COLLECTION, ("c1",), collection)
    with pytest.raises(BadRow, match="two of c1"):
        assembly.add(CIDR_COLLECTION, ("c1",), collection)
    with pytest.raises(BadRow, match="no hosted zone Z1"):
        assembly.add_record_set("Z1", record_set("a.example.com"))
    assembly.add(HOSTED_ZONE, ("Z1",), HostedZone(HostedZoneId("Z1"), names.parse("example.com")))
    assembly.add_record_set("Z1", record_set("a.example.com"))
    with pytest.raises(BadRow, match=r"two of a\.example\.com\. A"):
        assembly.add_record_set("Z1", record_set("a.example.com"))
    (zone,) = assembly.state().world.hosted_zones.values()
    assert list(zone.record_sets) == [(names.parse("a.example.com"), RRType.A, None)]
