"""Record sets in their stored form, which stays readable, and a state built from rows."""

import json
from dataclasses import replace

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
from dnsemu.store.rows import (
    RDATA_VERSION,
    RowCodecs,
    StateBuilder,
    compact,
    name_text,
    record_set_body,
    record_set_from,
)
from tests.builders import record_set
from tests.dnsemu.store.samples import TABLES, checks, collections, dnames, record_sets, unhurried

BODY = {
    "routing": {"is": "weighted", "weight": 5}, "ttl": 60, "values": ["192.0.2.1"], "rdata": [RDATA_VERSION, "c0000201"],
    "health_check_id": "h1",
}  # fmt: skip


@unhurried
@given(record_sets())
def test_any_record_set_survives_with_and_without_its_rdata(original):
    for with_rdata in (True, False):
        body = json.loads(compact(record_set_body(original, with_rdata=with_rdata)))
        assert record_set_from(name_text(original.name), original.type.name, original.set_identifier, body) == original


def test_the_stored_form_of_a_record_set_stays_as_it_is():
    original = record_set("www.example.com", routing=Weighted(5), id="blue", check="h1")
    assert record_set_body(original) == BODY | {"values": ("192.0.2.1",)}
    assert record_set_from("www.example.com.", "A", "blue", BODY) == original


def test_the_stored_form_of_a_health_check_stays_as_it_is():
    stored = (
        '{"id":"h1","config":{"is":"endpoint","type":"HTTP","ip_address":"192.0.2.1","fully_qualified_domain_name":null,'
        '"port":80,"resource_path":null,"search_string":null,"request_interval_s":30.0,"failure_threshold":3,'
        '"measure_latency":false,"enable_sni":null,"regions":[]},"inverted":false,"disabled":false,"name":"web"}'
    )
    rows = RowCodecs({})
    older = rows.value(HEALTH_CHECK, {k: v for k, v in json.loads(stored).items() if k != "name"})
    assert older == replace(rows.value(HEALTH_CHECK, json.loads(stored)), name=None)
    assert compact(rows.body(HEALTH_CHECK, rows.value(HEALTH_CHECK, json.loads(stored)))) == stored


def test_the_stored_form_of_a_hosted_zone_stays_as_it_is():
    zone = HostedZone(HostedZoneId("Z1"), names.parse("example.com"), comment="c", name_servers=("ns-1.example",))
    stored = {"id": "Z1", "name": "example.com.", "name_servers": ["ns-1.example"], "comment": "c", "is_private": False}
    assert RowCodecs({}).body(HOSTED_ZONE, zone) == stored
    assert RowCodecs({}).value(HOSTED_ZONE, stored) == zone


def test_rdata_of_another_version_is_made_from_the_values():
    for stored in ([RDATA_VERSION + 1, "ff"], [RDATA_VERSION], "c0000201", None):
        assert record_set_from("a.", "A", None, BODY | {"rdata": stored}).rdata == (b"\xc0\x00\x02\x01",)


@pytest.mark.parametrize(("changed", "message"), [
    pytest.param({"newer": 1}, "newer: this version does not know this field", id="a field of a newer version"),
    pytest.param({"ttl": "60"}, "ttl: whole seconds are wanted", id="ttl"),
    pytest.param({"ttl": True}, "ttl: whole seconds are wanted", id="a boolean is no ttl"),
    pytest.param({"values": "192.0.2.1"}, "values: a list of texts is wanted", id="values"),
    pytest.param({"values": [5], "rdata": None}, "values[0]: a text is wanted", id="a value"),
    pytest.param({"values": ["x"], "rdata": None}, "values[0]: ", id="a value that is none of its type"),
    pytest.param({"rdata": [RDATA_VERSION, "zz"]}, "rdata: hexadecimal bytes are wanted", id="rdata"),
    pytest.param({"routing": {"is": "lunar"}}, "routing.is: one of simple, weighted,", id="a policy of a newer version"),
    pytest.param({"routing": {"is": "weighted"}}, "routing.weight: this field is missing", id="a weight"),
    pytest.param({"alias": {"name": "x"}}, "alias.evaluate_target_health: this field is missing", id="alias"),
    pytest.param({"health_check_id": 5}, "health_check_id: a text is wanted", id="health check"),
])  # fmt: skip
def test_a_field_of_a_record_set_that_cannot_be_read_is_named(changed, message):
    with pytest.raises(BadRow) as error:
        record_set_from("www.example.com.", "A", None, BODY | changed)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(("name", "type", "body", "message"), [
    ("a..b", "A", BODY, "name: DomainLabelEmpty"),
    ("a.", "LOC", BODY, "type: this version does not know the type 'LOC'"),
    ("a.", "A", [], "an object is wanted"),
])  # fmt: skip
def test_a_record_set_that_cannot_be_read_is_refused(name, type, body, message):
    with pytest.raises(BadRow, match=message):
        record_set_from(name, type, None, body)


@unhurried
@given(dnames)
def test_names_are_stored_as_displayed(name):
    assert name_text(name) == names.display(name)


@unhurried
@given(checks, collections)
def test_health_checks_and_collections_survive(check, collection):
    rows = RowCodecs(TABLES)
    for table, row in ((HEALTH_CHECK, check), (CIDR_COLLECTION, collection)):
        assert rows.value(table, json.loads(compact(rows.body(table, row)))) == row


def test_a_table_of_a_newer_version_is_refused():
    with pytest.raises(BadRow, match="this version does not know what 'newer' is"):
        RowCodecs(TABLES).value("newer", {})


@pytest.mark.parametrize("table", commands.TABLES.values(), ids=lambda table: table.name)
def test_every_table_of_the_commands_can_be_stored(table):
    assert RowCodecs({table.name: table}).has_table(table.name)


def test_rows_that_do_not_fit_together_are_refused():
    builder = StateBuilder()
    collection = CidrCollection("c1", "c")
    builder.add(CIDR_COLLECTION, ("c1",), collection)
    with pytest.raises(BadRow, match="two of c1"):
        builder.add(CIDR_COLLECTION, ("c1",), collection)
    with pytest.raises(BadRow, match="no hosted zone Z1"):
        builder.add_record_set("Z1", record_set("a.example.com"))
    builder.add(HOSTED_ZONE, ("Z1",), HostedZone(HostedZoneId("Z1"), names.parse("example.com")))
    builder.add_record_set("Z1", record_set("a.example.com"))
    with pytest.raises(BadRow, match=r"two of a\.example\.com\. A"):
        builder.add_record_set("Z1", record_set("a.example.com"))
    (zone,) = builder.build().world.hosted_zones.values()
    assert list(zone.record_sets) == [(names.parse("a.example.com"), RRType.A, None)]
