"""DNSSEC: key-signing keys and the signing state of zones (api.md §14, routing.md R152, R153, R169)."""

from base64 import b64decode
from datetime import UTC, datetime

import dns.dnssec
import dns.name
import dns.rdata
import pytest

from dnsemu.commands.dnssec.key_signing_keys import KEY_SIGNING_KEYS
from tests.dnsemu.commands.declared import declared_zone, emulation
from tests.dnsemu.commands.emulation import NOW

GET, ENABLE, DISABLE = "GetDNSSEC", "EnableHostedZoneDNSSEC", "DisableHostedZoneDNSSEC"
CREATE, ACTIVATE, DEACTIVATE, DELETE = (
    f"{what}KeySigningKey" for what in ("Create", "Activate", "Deactivate", "Delete")
)
ARN = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-55555555555{}"
UNSUPPORTED = "Operation is unsupported for private hosted zones."


@pytest.fixture
def emulated():
    """Returns an emulation with two public zones, Z1 and Z2, and a private one, P1."""
    return emulation(
        declared_zone("Z1", "one.test"),
        declared_zone("Z2", "xn--bcher-kva.two.test"),
        declared_zone("P1", "private.test", is_private=True),
    )


def created(emulated, name="ksk", zone="Z1", status="ACTIVE", key=1):
    return emulated.call(CREATE, **asked(name, zone, status, key))["KeySigningKey"]


def asked(name="ksk", zone="Z1", status="ACTIVE", key=1):
    arn = ARN.format(key) if isinstance(key, int) else key
    return {
        "CallerReference": "ref", "HostedZoneId": zone, "KeyManagementServiceArn": arn, "Name": name, "Status": status,
    }  # fmt: skip


def keys_of(emulated, zone="Z1"):
    return emulated.call(GET, HostedZoneId=zone)["KeySigningKeys"]


def statuses(emulated):
    return {key["Name"]: key["Status"] for key in keys_of(emulated)}


def signing(emulated, zone="Z1"):
    return emulated.call(GET, HostedZoneId=zone)["Status"]["ServeSignature"]


# --- zones without DNSSEC ---


def test_a260_a426_a_public_zone_is_not_signed(emulated):
    assert emulated.call(GET, HostedZoneId="Z1") == {"Status": {"ServeSignature": "NOT_SIGNING"}, "KeySigningKeys": []}


@pytest.mark.parametrize(("operation", "request_"), [
    pytest.param(GET, {}, id="A260 A426 GetDNSSEC"),
    pytest.param(ENABLE, {}, id="A260 enable"),
    pytest.param(DISABLE, {}, id="A260 disable"),
    pytest.param(CREATE, asked(), id="A260 create"),
    pytest.param(ACTIVATE, {"Name": "ksk"}, id="A260 activate"),
    pytest.param(DEACTIVATE, {"Name": "ksk"}, id="A260 deactivate"),
    pytest.param(DELETE, {"Name": "ksk"}, id="A260 delete"),
])  # fmt: skip
def test_private_and_unknown_zones(emulated, operation, request_):
    private = emulated.refused(operation, **{**request_, "HostedZoneId": "P1"})
    assert (private.code, private.message) == ("InvalidArgument", UNSUPPORTED)
    unknown = emulated.refused(operation, **{**request_, "HostedZoneId": "Z9"})
    assert (unknown.code, unknown.message) == ("NoSuchHostedZone", "No hosted zone found with ID: Z9")


# --- keys ---


def test_a262_a_new_key(emulated):
    response = emulated.call(CREATE, **asked(zone="/hostedzone/Z1"))
    assert response["Location"] == "https://route53.amazonaws.com/2013-04-01/keysigningkey/Z1/ksk"
    assert response["ChangeInfo"]["Status"] == "PENDING"
    assert keys_of(emulated) == [response["KeySigningKey"]]
    assert keys_of(emulated, "Z2") == []


def test_a263_r152_what_is_told_of_a_key(emulated):
    key = created(emulated, status="INACTIVE")
    now = datetime.fromtimestamp(NOW, UTC)
    assert key == {
        "Name": "ksk",
        "KmsArn": ARN.format(1),
        "Flag": 257,
        "SigningAlgorithmMnemonic": "ECDSAP256SHA256",
        "SigningAlgorithmType": 13,
        "DigestAlgorithmMnemonic": "SHA-256",
        "DigestAlgorithmType": 2,
        "KeyTag": key["KeyTag"],
        "DigestValue": key["DigestValue"],
        "PublicKey": key["PublicKey"],
        "DSRecord": f"{key['KeyTag']} 13 2 {key['DigestValue']}",
        "DNSKEYRecord": f"257 3 13 {key['PublicKey']}",
        "Status": "INACTIVE",
        "CreatedDate": now,
        "LastModifiedDate": now,
    }
    assert len(b64decode(key["PublicKey"])) == 64
    assert key["DigestValue"] == key["DigestValue"].upper()


@pytest.mark.parametrize(("zone", "name"), [("Z1", "one.test."), ("Z2", "xn--bcher-kva.two.test.")])
def test_a263_key_tag_and_digest_are_dnspythons(emulated, zone, name):
    key = created(emulated, zone=zone)
    dnskey = dns.rdata.from_text("IN", "DNSKEY", key["DNSKEYRecord"])
    ds = dns.rdata.from_text("IN", "DS", key["DSRecord"])
    assert key["KeyTag"] == dns.dnssec.key_id(dnskey)
    assert ds == dns.dnssec.make_ds(dns.name.from_text(name), dnskey, "SHA256")


def test_r153_two_keys_differ_and_one_kms_key_is_one_key_wherever_it_is_used(emulated):
    one, two = created(emulated, "one", key=1), created(emulated, "two", key=2)
    elsewhere = created(emulated, "three", zone="Z2", key=1)
    assert one["PublicKey"] != two["PublicKey"]
    assert elsewhere["PublicKey"] == one["PublicKey"]
    assert elsewhere["DigestValue"] != one["DigestValue"]


def test_a_key_that_is_made_again_keeps_its_ds_record(emulated):
    before = created(emulated, status="INACTIVE")
    emulated.call(DELETE, HostedZoneId="Z1", Name="ksk")
    assert created(emulated, "again")["DSRecord"] == before["DSRecord"]


IN_USE = (
    "Key Signing Key with the same Name and/or KMS ARN already exist. Please make sure the Key Signing Key name and KMS ARN "
    "parameters of this request are not being used by another Key Signing Key in this Hosted Zone"
)
TOO_MANY = "The Hosted Zone with Id Z1 has reached the limit of allowed Key Signing keys per Hosted Zone"


@pytest.mark.parametrize(("request_", "code", "message"), [
    pytest.param(asked("one", key=3), "KeySigningKeyAlreadyExists", IN_USE, id="A262 R153 the same name"),
    pytest.param(asked("three", key=1), "KeySigningKeyAlreadyExists", IN_USE, id="A262 R153 the same KMS key"),
    pytest.param(asked("three", key=3), "TooManyKeySigningKeys", TOO_MANY, id="A262 R153 R209.10 a third key"),
])  # fmt: skip
def test_a_zone_with_two_keys(emulated, request_, code, message):
    created(emulated, "one", key=1)
    created(emulated, "two", key=2)
    error = emulated.refused(CREATE, **request_)
    assert (error.code, error.message) == (code, message)
    assert created(emulated, "one", zone="Z2", key=1)["Status"] == "ACTIVE"


@pytest.mark.parametrize("name", [
    pytest.param("my-ksk", id="A262 a hyphen"),
    pytest.param("example.com", id="A262 a dot"),
    pytest.param("...", id="A262 dots only"),
    pytest.param("a_1-B.c", id="A262 all of them"),
    pytest.param("k" * 128, id="A262 the longest"),
])  # fmt: skip
def test_names(emulated, name):
    made = emulated.call(CREATE, **asked(name))
    assert (made["KeySigningKey"]["Name"], made["Location"].endswith(f"/{name}")) == (name, True)
    assert [key["Name"] for key in keys_of(emulated)] == [name]


@pytest.mark.parametrize(("request_", "code"), [
    pytest.param(asked("a b"), "InvalidKeySigningKeyName", id="A262 a space in the name"),
    pytest.param(asked("a/b"), "InvalidKeySigningKeyName", id="A262 a slash in the name"),
    pytest.param(asked("clé"), "InvalidKeySigningKeyName", id="A262 a letter outside ASCII"),
    pytest.param(asked("ksk\n"), "InvalidKeySigningKeyName", id="A262 a line break in the name"),
    pytest.param(asked(key="alias/key"), "InvalidKMSArn", id="A262 no ARN"),
    pytest.param(asked(key=ARN.format(1).replace("us-east-1", "eu-west-1")), "InvalidKMSArn", id="A262 R153 another Region's key"),
    pytest.param(asked(key=ARN.format(1).replace("key/", "alias/")), "InvalidKMSArn", id="A262 an alias"),
    pytest.param(asked(status="DELETING"), "InvalidKeySigningKeyStatus", id="A262 a status that no new key has"),
])  # fmt: skip
def test_keys_that_are_refused(emulated, request_, code):
    assert emulated.refused(CREATE, **request_).code == code
    assert keys_of(emulated) == []


@pytest.mark.parametrize("operation", [ACTIVATE, DEACTIVATE, DELETE])
def test_a264_unknown_keys(emulated, operation):
    created(emulated, "ksk", zone="Z2", status="INACTIVE")
    assert emulated.refused(operation, HostedZoneId="Z1", Name="ksk").code == "NoSuchKeySigningKey"


def test_a264_a_key_is_activated_and_deactivated_each_as_often_as_one_likes(emulated):
    created(emulated, status="INACTIVE")
    for operation, status in (
        (ACTIVATE, "ACTIVE"),
        (ACTIVATE, "ACTIVE"),
        (DEACTIVATE, "INACTIVE"),
        (DEACTIVATE, "INACTIVE"),
    ):
        response = emulated.call(operation, HostedZoneId="Z1", Name="ksk")
        assert response["ChangeInfo"]["Status"] == "PENDING"
        assert statuses(emulated) == {"ksk": status}


def test_a_key_tells_when_it_last_changed(emulated):
    created(emulated, status="INACTIVE")
    for operation, seconds in ((DEACTIVATE, 0), (ACTIVATE, 120), (ACTIVATE, 120)):
        emulated.now += 60
        emulated.call(operation, HostedZoneId="Z1", Name="ksk")
        (key,) = keys_of(emulated)
        assert (key["LastModifiedDate"] - key["CreatedDate"]).total_seconds() == seconds


def test_a265_an_active_key_is_not_deleted(emulated):
    created(emulated, "ksk1")
    error = emulated.refused(DELETE, HostedZoneId="Z1", Name="ksk1")
    assert (error.code, error.message) == (
        "InvalidKeySigningKeyStatus",
        "Key Signing Key with name ksk1 cannot be deleted because current status is not INACTIVE.",
    )
    emulated.call(DEACTIVATE, HostedZoneId="Z1", Name="ksk1")
    assert emulated.call(DELETE, HostedZoneId="Z1", Name="ksk1")["ChangeInfo"]["Status"] == "PENDING"
    assert list(emulated.state.rows(KEY_SIGNING_KEYS)) == []


def test_keys_are_shown_the_oldest_first(emulated):
    created(emulated, "zzz", key=1)
    emulated.now += 1
    created(emulated, "aaa", key=2)
    assert list(statuses(emulated)) == ["zzz", "aaa"]


# --- zones ---


def test_a266_r169_a_zone_needs_an_active_key_to_be_signed(emulated):
    created(emulated, status="INACTIVE")
    created(emulated, zone="Z2")
    error = emulated.refused(ENABLE, HostedZoneId="Z1")
    assert (error.code, error.message) == (
        "KeySigningKeyWithActiveStatusNotFound",
        "Hosted zone with ID 'Z1' does not have a Key Signing Key in ACTIVE status.",
    )
    assert signing(emulated) == "NOT_SIGNING"


def test_a266_r169_a_zone_is_signed_and_no_longer(emulated):
    created(emulated)
    for _ in range(2):
        assert emulated.call(ENABLE, HostedZoneId="Z1")["ChangeInfo"]["Status"] == "PENDING"
        assert (signing(emulated), signing(emulated, "Z2")) == ("SIGNING", "NOT_SIGNING")
    emulated.call(DISABLE, HostedZoneId="Z1")
    assert (signing(emulated), statuses(emulated)) == ("NOT_SIGNING", {"ksk": "ACTIVE"})
    assert emulated.refused(DISABLE, HostedZoneId="Z1").code == "DNSSECNotFound"


def test_a214_a_change_has_no_comment_but_the_clients(emulated):
    of_key = {"HostedZoneId": "Z1", "Name": "ksk"}
    created(emulated)
    for operation, request in [
        (ENABLE, {"HostedZoneId": "Z1"}),
        (DISABLE, {"HostedZoneId": "Z1"}),
        (DEACTIVATE, of_key),
        ("DeleteKeySigningKey", of_key),
        ("DeleteHostedZone", {"Id": "Z1"}),
    ]:
        change = emulated.call(operation, **request)["ChangeInfo"]
        assert change.keys() == {"Id", "Status", "SubmittedAt"}
        assert emulated.call("GetChange", Id=change["Id"])["ChangeInfo"].keys() == change.keys()


def test_a265_r169_the_only_active_key_of_a_signed_zone_stays_active(emulated):
    created(emulated, "one", key=1)
    created(emulated, "two", status="INACTIVE", key=2)
    emulated.call(ENABLE, HostedZoneId="Z1")
    assert emulated.refused(DEACTIVATE, HostedZoneId="Z1", Name="one").code == "KeySigningKeyInUse"
    emulated.call(DEACTIVATE, HostedZoneId="Z1", Name="two")
    emulated.call(ACTIVATE, HostedZoneId="Z1", Name="two")
    emulated.call(DEACTIVATE, HostedZoneId="Z1", Name="one")
    assert statuses(emulated) == {"one": "INACTIVE", "two": "ACTIVE"}
    emulated.call(DISABLE, HostedZoneId="Z1")
    emulated.call(DEACTIVATE, HostedZoneId="Z1", Name="two")
    assert statuses(emulated) == {"one": "INACTIVE", "two": "INACTIVE"}
