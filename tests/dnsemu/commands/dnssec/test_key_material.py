"""P-256 keys and their records, compared with the examples of the standards and with dnspython."""

from base64 import b64decode

import dns.dnssec
import dns.name
import dns.rdata
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnsemu.commands.dnssec.key_material import DnsKey, private_key, public_key
from dnsemu.config import names
from tests.rounds import rounds

FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
BASE_X = "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
BASE_Y = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5


@pytest.mark.parametrize(("private", "public"), [
    pytest.param(
        0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721,
        "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
        "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299",
        id="RFC 6979 A.2.5",
    ),
    pytest.param(1, f"{BASE_X}{BASE_Y:064X}", id="one: the base point"),
    pytest.param(ORDER - 1, f"{BASE_X}{FIELD - BASE_Y:064X}", id="the order less one: its negative"),
])  # fmt: skip
def test_public_keys(private, public):
    assert public_key(private).hex().upper() == public


@pytest.mark.parametrize("private", [0, -1, ORDER])
def test_what_is_no_private_key(private):
    with pytest.raises(ValueError, match="less than the order"):
        public_key(private)


@settings(max_examples=rounds(20), deadline=None)
@given(st.binary(max_size=64))
def test_every_public_key_is_a_point_of_the_curve(seed):
    public = public_key(private_key(seed))
    x, y = int.from_bytes(public[:32]), int.from_bytes(public[32:])
    assert (y * y - x**3 + 3 * x - B) % FIELD == 0


def test_the_same_seed_gives_the_same_key_and_another_seed_another():
    assert private_key(b"a") == private_key(b"a") != private_key(b"b")


def test_the_key_and_the_ds_record_of_rfc_6605():
    private = int.from_bytes(b64decode("GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ="))
    key = DnsKey(names.parse("example.net"), public_key(private))
    assert key.dnskey_text == (
        "257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA=="
    )
    assert key.ds_text == "55648 13 2 B4C8C1FE2E7477127B27115656AD6256F424625BF5C1E2770CE6D6E37DF61D17"


@settings(max_examples=rounds(20), deadline=None)
@given(st.binary(max_size=8), st.sampled_from([256, 257]), st.sampled_from(["example.test", "a\\052b.test", "."]))
def test_key_tags_and_digests_are_dnspythons(seed, flags, owner):
    key = DnsKey(names.parse(owner), public_key(private_key(seed)), flags)
    dnskey = dns.rdata.from_text("IN", "DNSKEY", key.dnskey_text)
    assert key.rdata == dnskey.to_wire()
    assert key.key_tag == dns.dnssec.key_id(dnskey)
    theirs = dns.dnssec.make_ds(dns.name.from_wire(key.owner, 0)[0], dnskey, "SHA256")
    assert dns.rdata.from_text("IN", "DS", key.ds_text) == theirs
