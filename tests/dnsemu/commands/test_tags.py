"""Tags of hosted zones and health checks (api.md §10)."""

import pytest

from dnsemu.commands.errors.kinds import ApiError
from dnsemu.commands.tags import TAGS
from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck, HealthCheckId
from dnsemu.route53.model import service
from dnsemu.route53.validation import validate
from tests.dnsemu.commands.declared import declared_zone, emulation

CHANGE, LIST, LIST_ALL = "ChangeTagsForResource", "ListTagsForResource", "ListTagsForResources"
CHECK = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def emulated():
    """Two hosted zones, Z1 and Z2, and a health check."""
    check = HealthCheck(HealthCheckId(CHECK), EndpointCheck(EndpointType.TCP, "127.0.0.1", port=80))
    return emulation(declared_zone("Z1", "one.test"), declared_zone("Z2", "two.test"), health_checks=[check])


def add(emulated, id="Z1", kind="hostedzone", **tags):
    added = [{"Key": key, "Value": value} for key, value in tags.items()]
    return emulated.call(CHANGE, ResourceType=kind, ResourceId=id, AddTags=added)


def tags_of(emulated, id="Z1", kind="hostedzone"):
    found = emulated.call(LIST, ResourceType=kind, ResourceId=id)["ResourceTagSet"]
    assert (found["ResourceType"], found["ResourceId"]) == (kind, id)
    return {tag["Key"]: tag["Value"] for tag in found["Tags"]}


def test_a222_without_tags_the_list_is_empty(emulated):
    assert emulated.call(LIST, ResourceType="hostedzone", ResourceId="Z1") == {
        "ResourceTagSet": {"ResourceType": "hostedzone", "ResourceId": "Z1", "Tags": []}
    }


def test_a220_adding_puts_values_in_place_of_others_and_removing_ignores_absent_keys(emulated):
    assert add(emulated, Name="shop", team="a") == {}
    emulated.call(
        CHANGE, ResourceType="hostedzone", ResourceId="Z1",
        AddTags=[{"Key": "team", "Value": "b"}], RemoveTagKeys=["Name", "never-there"],
    )  # fmt: skip
    assert tags_of(emulated) == {"team": "b"}


def test_a220_a_tag_without_value_has_an_empty_one(emulated):
    emulated.call(CHANGE, ResourceType="hostedzone", ResourceId="Z1", AddTags=[{"Key": "empty"}])
    assert tags_of(emulated) == {"empty": ""}


def test_a220_neither_list_is_refused(emulated):
    error = emulated.refused(CHANGE, ResourceType="hostedzone", ResourceId="Z1")
    assert error.code == "InvalidInput"
    assert "AddTags" in error.message


def test_a220_the_tag_name_of_a_health_check_names_it(emulated):
    """The name follows the tag, stays when other tags change, and survives an update of the check."""

    def name():
        return emulated.state.world.health_checks[CHECK].name

    add(emulated, CHECK, "healthcheck", team="a")
    assert name() is None
    add(emulated, CHECK, "healthcheck", Name="blue")
    assert name() == "blue"
    add(emulated, CHECK, "healthcheck", team="b")
    emulated.call("UpdateHealthCheck", HealthCheckId=CHECK, FailureThreshold=5)
    assert name() == "blue"
    emulated.call(CHANGE, ResourceType="healthcheck", ResourceId=CHECK, RemoveTagKeys=["Name"])
    assert name() is None


def test_a223_tags_keep_the_order_in_which_their_keys_came(emulated):
    add(emulated, zebra="1", ant="2")
    add(emulated, bee="3", zebra="4")
    assert list(tags_of(emulated).items()) == [("zebra", "4"), ("ant", "2"), ("bee", "3")]


def test_a223_keys_and_values_are_case_sensitive(emulated):
    add(emulated, Name="Shop", name="shop")
    assert tags_of(emulated) == {"Name": "Shop", "name": "shop"}


def test_a223_fifty_tags_but_not_fifty_one(emulated):
    for ten in range(5):
        add(emulated, **{f"key-{ten}{one}": "" for one in range(10)})
    error = emulated.refused(CHANGE, ResourceType="hostedzone", ResourceId="Z1", AddTags=[{"Key": "x", "Value": ""}])
    assert error.code == "InvalidInput"
    assert "50" in error.message
    assert len(tags_of(emulated)) == 50
    emulated.call(
        CHANGE, ResourceType="hostedzone", ResourceId="Z1",
        AddTags=[{"Key": "x", "Value": ""}], RemoveTagKeys=["key-00"],
    )  # fmt: skip
    assert len(tags_of(emulated)) == 50


@pytest.mark.parametrize("key", [
    pytest.param("aws:cloudformation:stack-name", id="A223 the prefix aws: is reserved"),
    pytest.param("", id="an empty key"),
    pytest.param("*.api.example.test", id="A223 an asterisk"),
])  # fmt: skip
def test_keys_that_are_refused(emulated, key):
    tags = [{"Key": "fine", "Value": "v"}, {"Key": key, "Value": "v"}]
    error = emulated.refused(CHANGE, ResourceType="hostedzone", ResourceId="Z1", AddTags=tags)
    assert error.code == "InvalidInput"
    assert tags_of(emulated) == {}


@pytest.mark.parametrize("text", [
    pytest.param("AZaz09 _.:/=+-@", id="A223 the characters of the message"),
    pytest.param("Zürich 東京 ٣\u00a0", id="A223 letters, numbers and spaces of any script"),
])  # fmt: skip
def test_characters_of_keys_and_values(emulated, text):
    add(emulated, **{text: text})
    assert tags_of(emulated) == {text: text}


@pytest.mark.parametrize(
    "char", [pytest.param(char, id=f"A223 {char!r}") for char in "*\"'\\#!,;()[]{}<>|?&%$^~`\t\n\0€→🙂"]
)
def test_characters_that_are_refused(emulated, char):
    text = (
        "Invalid parameter : Tags can only contain letters, numbers, spaces, and the following special characters: "
        "_ . : / = + - @"
    )
    for tag in ({"Key": f"a{char}", "Value": "v"}, {"Key": "a", "Value": f"v{char}v"}):
        error = emulated.refused(CHANGE, ResourceType="hostedzone", ResourceId="Z1", AddTags=[tag])
        assert (error.code, error.message) == ("InvalidInput", text)
    assert tags_of(emulated) == {}


@pytest.mark.parametrize(("kind", "id", "code", "message"), [
    pytest.param("hostedzone", "Z9", "NoSuchHostedZone", "No hosted zone found with ID: Z9", id="A221 unknown zone"),
    pytest.param("hostedzone", "/hostedzone/Z1", "NoSuchHostedZone", "No hosted zone found with ID: /hostedzone/Z1", id="A221 a prefix is part of the id"),
    pytest.param("hostedzone", f"/hostedzone/{'Z' * 21}", "InvalidInput", f"1 validation error detected: Value '/hostedzone/{'Z' * 21}' at 'resourceId' failed to satisfy constraint: Member must have length less than or equal to 32", id="A221 a prefix makes an id too long"),
    pytest.param("healthcheck", f"/healthcheck/{CHECK}", "NoSuchHealthCheck", f"No health check exists with the specified ID /healthcheck/{CHECK}", id="A221 a health check's prefix"),
    pytest.param("healthcheck", "h9", "NoSuchHealthCheck", "No health check exists with the specified ID h9", id="A221 unknown health check"),
    pytest.param("healthcheck", "Z1", "NoSuchHealthCheck", "No health check exists with the specified ID Z1", id="A221 the other type's id"),
    pytest.param("healthchecksource", "s9", "NoSuchHealthCheckSource", "No health check source exists with the specified ID s9", id="A451 there are no health check sources"),
    pytest.param(
        "hostedzone", "Z" * 33, "InvalidInput",
        f"1 validation error detected: Value '{'Z' * 33}' at 'resourceId' failed to satisfy constraint: Member must have length less than or equal to 32",
        id="A221 a zone id longer than 32",
    ),
])  # fmt: skip
def test_resources_that_are_not_there(emulated, kind, id, code, message):
    one = emulated.refused(LIST, ResourceType=kind, ResourceId=id)
    several = emulated.refused(LIST_ALL, ResourceType=kind, ResourceIds=[id])
    change = emulated.refused(CHANGE, ResourceType=kind, ResourceId=id, RemoveTagKeys=["a"])
    assert {(found.code, found.message) for found in (one, several, change)} == {(code, message)}


def test_a222_several_resources_in_the_order_asked(emulated):
    add(emulated, "Z2", Name="two")
    found = emulated.call(LIST_ALL, ResourceType="hostedzone", ResourceIds=["Z2", "Z1"])
    assert found == {
        "ResourceTagSets": [
            {"ResourceType": "hostedzone", "ResourceId": "Z2", "Tags": [{"Key": "Name", "Value": "two"}]},
            {"ResourceType": "hostedzone", "ResourceId": "Z1", "Tags": []},
        ]
    }


def test_a222_one_unknown_id_fails_the_call(emulated):
    error = emulated.refused(LIST_ALL, ResourceType="hostedzone", ResourceIds=["Z1", "Z9"])
    assert error.code == "NoSuchHostedZone"


def test_h109_a_health_checks_tags_are_its_own(emulated):
    add(emulated, CHECK, "healthcheck", Name="probe")
    assert tags_of(emulated, CHECK, "healthcheck") == {"Name": "probe"}
    assert tags_of(emulated) == {}


def test_h105_a_health_checks_tags_go_with_it(emulated):
    add(emulated, CHECK, "healthcheck", Name="probe")
    emulated.call("DeleteHealthCheck", HealthCheckId=CHECK)
    assert list(emulated.state.rows(TAGS)) == []


def test_a_resource_whose_last_tag_goes_leaves_nothing_behind(emulated):
    add(emulated, Name="shop")
    emulated.call(CHANGE, ResourceType="hostedzone", ResourceId="Z1", RemoveTagKeys=["Name"])
    assert list(emulated.state.rows(TAGS)) == []


@pytest.mark.parametrize(("request_", "message"), [
    pytest.param({"ResourceType": "zone", "ResourceId": "Z1"}, "Member must satisfy enum value set: [healthcheck, hostedzone, healthchecksource]", id="A221 unknown type"),
    pytest.param({"ResourceType": "hostedzone", "ResourceId": "Z1", "AddTags": [{"Key": "k" * 129, "Value": ""}]}, "less than or equal to 128", id="A220 key longer than 128"),
    pytest.param({"ResourceType": "hostedzone", "ResourceId": "Z1", "AddTags": [{"Key": "k", "Value": "v" * 257}]}, "less than or equal to 256", id="A220 value longer than 256"),
    pytest.param({"ResourceType": "hostedzone", "ResourceId": "Z1", "AddTags": [{"Key": str(n), "Value": ""} for n in range(11)]}, "less than or equal to 10", id="A223 eleven in a call"),
])  # fmt: skip
def test_what_the_model_refuses(request_, message):
    with pytest.raises(ApiError, match="InvalidInput") as error:
        validate(service().operations[CHANGE], request_)
    assert message in error.value.message
