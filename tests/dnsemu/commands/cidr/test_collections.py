"""CIDR collections (api.md §15, routing.md R199–R203)."""

from ipaddress import ip_network
from itertools import islice
from uuid import UUID

import pytest
from immutables import Map

from dnsemu.commands.cidr.blocks import block_order, parse_block
from dnsemu.commands.cidr.collections import CIDR
from dnsemu.commands.errors.kinds import ApiError
from dnsemu.config.model.geo import CidrCollection
from dnsemu.config.model.routing import IpBased
from dnsemu.config.model.settings import ApiSettings
from dnsemu.config.shapes.geo import collection_id
from dnsemu.route53.model import service
from dnsemu.route53.validation import validate
from tests.builders import record_set
from tests.dnsemu.commands.declared import declared_zone, emulation

CREATE, CHANGE, DELETE = (f"{what}CidrCollection" for what in ("Create", "Change", "Delete"))
LIST, LOCATIONS, BLOCKS = "ListCidrCollections", "ListCidrLocations", "ListCidrBlocks"
OFFICE = CidrCollection(collection_id("office"), "office", Map({"tokyo": (ip_network("192.0.2.0/24"),)}))
"""A collection from a file."""


@pytest.fixture
def emulated():
    """Returns an emulation with the collection `office` from a file; a zone refers to its location `tokyo`."""
    member = record_set("www.one.test", routing=IpBased(OFFICE.id, "tokyo"), id="t")
    return emulation(declared_zone("Z1", "one.test", member), cidr_collections=[OFFICE])


def created(emulated, name="clients", reference="ref-1"):
    return emulated.call(CREATE, Name=name, CallerReference=reference)["Collection"]


def put(location, *blocks):
    return {"LocationName": location, "Action": "PUT", "CidrList": list(blocks)}


def drop(location, *blocks):
    return {"LocationName": location, "Action": "DELETE_IF_EXISTS", "CidrList": list(blocks)}


def blocks_of(emulated, id):
    rows = emulated.call(BLOCKS, CollectionId=id)["CidrBlocks"]
    return [(row["LocationName"], row["CidrBlock"]) for row in rows]


def some_blocks(count):
    return [str(block) for block in islice(ip_network("10.0.0.0/8").subnets(new_prefix=24), count)]


# --- collections ---


def test_a280_a_new_collection(emulated):
    response = emulated.call(CREATE, Name="clients", CallerReference="ref-1")
    collection = response["Collection"]
    id = collection["Id"]
    assert str(UUID(id)) == id
    assert collection == {"Arn": f"arn:aws:route53:::cidrcollection/{id}", "Id": id, "Name": "clients", "Version": 1}
    assert response["Location"] == f"https://route53.amazonaws.com/2013-04-01/cidrcollection/{id}"
    assert emulated.call(LOCATIONS, CollectionId=id) == {"CidrLocations": []}
    assert emulated.call(BLOCKS, CollectionId=id) == {"CidrBlocks": []}


def test_a280_the_same_name_and_caller_reference_give_the_existing_one(emulated):
    id = created(emulated)["Id"]
    emulated.call(CHANGE, Id=id, Changes=[put("a", "198.51.100.0/24")])
    assert created(emulated) == {
        "Arn": f"arn:aws:route53:::cidrcollection/{id}",
        "Id": id,
        "Name": "clients",
        "Version": 2,
    }


@pytest.mark.parametrize(("name", "reference"), [
    pytest.param("clients", "ref-2", id="A280 the name of another caller reference"),
    pytest.param("office", "ref-1", id="A280 the name of one that a file declares"),
])  # fmt: skip
def test_names_that_are_taken(emulated, name, reference):
    created(emulated)
    error = emulated.refused(CREATE, Name=name, CallerReference=reference)
    assert error.code == "CidrCollectionAlreadyExistsException"


def test_r209_7_the_quota_of_collections_counts_where_quotas_do(emulated):
    for number in range(4):
        created(emulated, f"c{number}", f"r{number}")
    emulated.settings = ApiSettings(has_quotas=True)
    assert emulated.refused(CREATE, Name="c5", CallerReference="r5").code == "LimitsExceeded"
    assert created(emulated, "c3", "r3")["Version"] == 1
    emulated.settings = ApiSettings()
    assert created(emulated, "c5", "r5")["Version"] == 1


def test_a288_the_list_shows_all_by_name(emulated):
    made = created(emulated)
    assert emulated.call(LIST) == {
        "CidrCollections": [
            made,
            {"Arn": f"arn:aws:route53:::cidrcollection/{OFFICE.id}", "Id": OFFICE.id, "Name": "office", "Version": 1},
        ]
    }


def test_a288_without_collections_the_list_is_empty():
    assert emulation().call(LIST) == {"CidrCollections": []}


@pytest.mark.parametrize(("operation", "request_"), [
    (CHANGE, {"Id": collection_id("none"), "Changes": [put("a", "192.0.2.0/24")]}),
    (DELETE, {"Id": collection_id("none")}),
    (LOCATIONS, {"CollectionId": collection_id("none")}),
    (BLOCKS, {"CollectionId": collection_id("none")}),
])  # fmt: skip
def test_unknown_collections(emulated, operation, request_):
    assert emulated.refused(operation, **request_).code == "NoSuchCidrCollectionException"


# --- changes ---


def test_a285_a_change_raises_the_version_and_can_be_asked_about(emulated):
    id = created(emulated)["Id"]
    response = emulated.call(CHANGE, Id=id, CollectionVersion=1, Changes=[put("a", "198.51.100.0/24")])
    assert list(response) == ["Id"]
    assert response["Id"].startswith("/change/C")
    assert emulated.call("GetChange", Id=response["Id"])["ChangeInfo"]["Status"] == "INSYNC"
    assert [collection["Version"] for collection in emulated.call(LIST)["CidrCollections"]] == [2, 1]


@pytest.mark.parametrize("version", [
    pytest.param(1, id="A285 A434 R200 a stale version"),
    pytest.param(3, id="A285 a version that is still to come"),
])  # fmt: skip
def test_versions_that_do_not_match(emulated, version):
    id = created(emulated)["Id"]
    emulated.call(CHANGE, Id=id, Changes=[put("a", "198.51.100.0/24")])
    change = [put("b", "203.0.113.0/24")]
    error = emulated.refused(CHANGE, Id=id, CollectionVersion=version, Changes=change)
    assert error.code == "CidrCollectionVersionMismatchException"
    assert blocks_of(emulated, id) == [("a", "198.51.100.0/24")]
    assert emulated.call(CHANGE, Id=id, CollectionVersion=2, Changes=change)


def test_r199_a_collection_of_a_file_has_version_1_until_it_is_changed(emulated):
    emulated.call(CHANGE, Id=OFFICE.id, CollectionVersion=1, Changes=[put("osaka", "198.51.100.0/24")])
    assert emulated.call(LIST)["CidrCollections"][0]["Version"] == 2
    assert emulated.state.world.cidr_collections[OFFICE.id].locations["tokyo"] == OFFICE.locations["tokyo"]


@pytest.mark.parametrize(("changes", "left"), [
    pytest.param([put("a", "10.1.0.0/24")], [("a", "10.0.0.0/24"), ("a", "10.1.0.0/24")], id="R200 PUT adds to what is there"),
    pytest.param([put("a", "10.0.0.0/24")], [("a", "10.0.0.0/24")], id="R200 a block that is there already"),
    pytest.param([drop("a", "10.9.0.0/24"), drop("b", "10.0.0.0/24")], [("a", "10.0.0.0/24")], id="A287 absent blocks and locations are ignored"),
    pytest.param([drop("a", "10.0.0.0/24")], [], id="A287 R202 a location goes with its last block"),
    pytest.param([drop("a", "10.0.0.0/24"), put("b", "10.0.0.0/24")], [("b", "10.0.0.0/24")], id="R201 a block moves"),
    pytest.param([put("b", "10.0.0.0/24"), drop("a", "10.0.0.0/24")], [("b", "10.0.0.0/24")], id="R201 a block moves, first put and then removed"),
    pytest.param([put("b", "10.0.0.0/16")], [("a", "10.0.0.0/24"), ("b", "10.0.0.0/16")], id="R201 a block around another one may be elsewhere"),
    pytest.param([put("a", "10.1.2.3/16", "2001:DB8:0:1234::1/32")], [("a", "10.0.0.0/24"), ("a", "10.1.0.0/16"), ("a", "2001:db8::/32")], id="A286 R203 bits beyond the prefix are dropped"),
    pytest.param([drop("a", "10.0.0.9/24")], [], id="A286 and when removing, too"),
])  # fmt: skip
def test_what_changes_leave(emulated, changes, left):
    id = created(emulated)["Id"]
    emulated.call(CHANGE, Id=id, Changes=[put("a", "10.0.0.0/24")])
    emulated.call(CHANGE, Id=id, Changes=changes)
    assert blocks_of(emulated, id) == left
    locations = [row["LocationName"] for row in emulated.call(LOCATIONS, CollectionId=id)["CidrLocations"]]
    assert locations == sorted({location for location, _ in left})


@pytest.mark.parametrize("changes", [
    pytest.param([put("b", "10.0.0.0/24")], id="A285 R201 a block that another location has"),
    pytest.param([put("b", "10.0.0.77/24")], id="A285 the same block, differently written"),
    pytest.param([put("b", "10.1.0.0/24"), put("c", "10.1.0.0/24")], id="A285 two locations in one request"),
])  # fmt: skip
def test_blocks_in_two_locations(emulated, changes):
    id = created(emulated)["Id"]
    emulated.call(CHANGE, Id=id, Changes=[put("a", "10.0.0.0/24")])
    error = emulated.refused(CHANGE, Id=id, Changes=[put("z", "10.8.0.0/16"), *changes])
    assert error.code == "CidrBlockInUseException"
    assert blocks_of(emulated, id) == [("a", "10.0.0.0/24")]


@pytest.mark.parametrize(("block", "message"), [
    pytest.param("192.0.2.0/25", "IPv4 cidr block 192.0.2.0/25 has network prefix length greater than account limit of 24", id="A286 A434 IPv4 beyond /24"),
    pytest.param("2001:db8::/49", "IPv6 cidr block 2001:db8::/49 has network prefix length greater than account limit of 48", id="A286 IPv6 beyond /48"),
    pytest.param("0.0.0.0/0", "Cidr prefix length must not be 0", id="A286 IPv4 everything"),
    pytest.param("::/0", "Cidr prefix length must not be 0", id="A286 IPv6 everything"),
    pytest.param("garbage", "Invalid CIDR Prefix", id="A286 no block"),
    pytest.param("192.0.2.0", "Invalid CIDR Prefix", id="A286 no prefix length"),
    pytest.param("16909060", "Invalid CIDR Prefix", id="A286 a number"),
    pytest.param("192.0.2.0/", "Invalid CIDR Prefix", id="A286 an empty prefix length"),
    pytest.param("192.0.2.0/33", "Invalid CIDR Prefix", id="A286 a prefix beyond the address"),
    pytest.param("192.0.2.0/-1", "Invalid CIDR Prefix", id="A286 a negative prefix length"),
    pytest.param("192.0.2.0/255.255.255.0", "Invalid CIDR Prefix", id="A286 a netmask"),
    pytest.param("192.0.2.0/2\u0664", "Invalid CIDR Prefix", id="A286 digits of another script"),
    pytest.param("fe80::%eth0/48", "Invalid CIDR Prefix", id="A286 a scope"),
])  # fmt: skip
@pytest.mark.parametrize("change", [put, drop])
def test_blocks_that_are_refused(emulated, change, block, message):
    id = created(emulated)["Id"]
    error = emulated.refused(CHANGE, Id=id, Changes=[put("a", "10.0.0.0/24"), change("b", block)])
    assert (error.code, error.message) == ("InvalidInput", message)
    assert blocks_of(emulated, id) == []


@pytest.mark.parametrize("block", ["192.0.2.0/24", "128.0.0.0/1", "2001:db8::/48", "8000::/1"])
def test_a286_the_smallest_and_largest_blocks(block):
    assert parse_block(block) == ip_network(block)


def test_blocks_sort_by_family_and_address_the_larger_first():
    shuffled = ["2001:db8::/32", "10.0.1.0/24", "::/1", "10.0.0.0/16", "9.0.0.0/8", "10.0.0.0/8"]
    in_order = sorted(map(ip_network, shuffled), key=block_order)
    assert list(map(str, in_order)) == [
        "9.0.0.0/8",
        "10.0.0.0/8",
        "10.0.0.0/16",
        "10.0.1.0/24",
        "::/1",
        "2001:db8::/32",
    ]


def test_a285_r200_a_thousand_blocks_a_request_but_not_one_more(emulated):
    id, blocks = created(emulated)["Id"], some_blocks(1001)
    error = emulated.refused(CHANGE, Id=id, Changes=[put("a", *blocks[:600]), put("b", *blocks[600:])])
    assert error.code == "LimitsExceeded"
    emulated.call(CHANGE, Id=id, Changes=[put("a", *blocks[:600]), put("b", *blocks[600:1000])])
    error = emulated.refused(CHANGE, Id=id, Changes=[put("c", blocks[1000])])
    assert error.code == "LimitsExceeded"
    emulated.call(CHANGE, Id=id, Changes=[drop("a", blocks[0]), put("c", blocks[1000])])
    assert len(emulated.state.world.cidr_collections[id].locations["a"]) == 599


# --- references from record sets ---


def test_a287_a_location_that_record_sets_refer_to_stays(emulated):
    error = emulated.refused(CHANGE, Id=OFFICE.id, Changes=[drop("tokyo", "192.0.2.0/24")])
    assert error.code == "CidrBlockInUseException"
    assert "tokyo" in error.message
    emulated.call(CHANGE, Id=OFFICE.id, Changes=[drop("tokyo", "192.0.2.0/24"), put("tokyo", "198.51.100.0/24")])
    assert blocks_of(emulated, OFFICE.id) == [("tokyo", "198.51.100.0/24")]


def test_a287_r202_a_collection_with_locations_stays(emulated):
    id = created(emulated)["Id"]
    emulated.call(CHANGE, Id=id, Changes=[put("a", "10.0.0.0/24")])
    assert emulated.refused(DELETE, Id=id).code == "CidrCollectionInUseException"
    emulated.call(CHANGE, Id=id, Changes=[drop("a", "10.0.0.0/24")])
    assert emulated.call(DELETE, Id=id) == {}
    assert list(emulated.state.rows(CIDR)) == []
    assert [collection["Name"] for collection in emulated.call(LIST)["CidrCollections"]] == ["office"]
    assert created(emulated)["Version"] == 1


def test_a_collection_whose_default_record_sets_refer_to_stays():
    empty = CidrCollection(collection_id("empty"), "empty")
    member = record_set("www.one.test", routing=IpBased(empty.id, "*"), id="default")
    emulated = emulation(declared_zone("Z1", "one.test", member), cidr_collections=[empty])
    assert emulated.refused(DELETE, Id=empty.id).code == "CidrCollectionInUseException"


# --- lists ---


def test_a288_one_locations_blocks_alone(emulated):
    id = created(emulated)["Id"]
    emulated.call(CHANGE, Id=id, Changes=[put("b", "10.1.0.0/24"), put("a", "10.2.0.0/24", "9.0.0.0/24")])
    assert emulated.call(BLOCKS, CollectionId=id, LocationName="a") == {
        "CidrBlocks": [
            {"CidrBlock": "9.0.0.0/24", "LocationName": "a"},
            {"CidrBlock": "10.2.0.0/24", "LocationName": "a"},
        ]
    }
    error = emulated.refused(BLOCKS, CollectionId=id, LocationName="c")
    assert error.code == "NoSuchCidrLocationException"


def test_a288_pages_hang_together(emulated):
    id = created(emulated)["Id"]
    emulated.call(CHANGE, Id=id, Changes=[put("a", *some_blocks(150)), put("b", "9.0.0.0/24")])
    first = emulated.call(BLOCKS, CollectionId=id)
    rest = emulated.call(BLOCKS, CollectionId=id, NextToken=first["NextToken"])
    assert len(first["CidrBlocks"]) == 100
    assert [row["CidrBlock"] for row in first["CidrBlocks"] + rest["CidrBlocks"]] == [*some_blocks(150), "9.0.0.0/24"]
    assert "NextToken" not in rest
    locations = emulated.call(LOCATIONS, CollectionId=id, MaxResults="1")
    assert locations["CidrLocations"] == [{"LocationName": "a"}]
    following = emulated.call(LOCATIONS, CollectionId=id, NextToken=locations["NextToken"])
    assert following == {"CidrLocations": [{"LocationName": "b"}]}
    collections = emulated.call(LIST, MaxResults="1")
    assert emulated.call(LIST, NextToken=collections["NextToken"])["CidrCollections"][0]["Name"] == "office"


def test_a196_a_token_that_no_list_gave_out(emulated):
    token = emulated.call(LIST, MaxResults="1").get("NextToken", "x")
    assert emulated.refused(BLOCKS, CollectionId=OFFICE.id, NextToken=token).code == "InvalidPaginationToken"


# --- refused by the model ---


@pytest.mark.parametrize(("operation", "request_", "message"), [
    pytest.param(CREATE, {"Name": "a b", "CallerReference": "r"}, r"regular expression pattern: [0-9A-Za-z_\-]+", id="A280 R199 a blank in the name"),
    pytest.param(CREATE, {"Name": "n" * 65, "CallerReference": "r"}, "less than or equal to 64", id="A280 R199 name longer than 64"),
    pytest.param(CREATE, {"Name": "n", "CallerReference": "r" * 65}, "less than or equal to 64", id="A280 caller reference longer than 64"),
    pytest.param(CHANGE, {"Id": OFFICE.id, "Changes": [put("*", "10.0.0.0/24")]}, "'*' is not facet-valid", id="A286 A434 R199 the location *"),
    pytest.param(CHANGE, {"Id": OFFICE.id, "Changes": [put("l" * 17, "10.0.0.0/24")]}, "maxLength '16'", id="R199 location longer than 16"),
])  # fmt: skip
def test_what_the_model_refuses(operation, request_, message):
    with pytest.raises(ApiError, match="InvalidInput") as error:
        validate(service().operations[operation], request_)
    assert message in error.value.message
