"""Value text to rdata and back (R17–R19, A183–A186); dnspython is the oracle for the bytes."""

import dns.rdata
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config.rdata.parsing import BadValue, parse_value, value_text
from dnsemu.config.rdata.rrtypes import RRType


def oracle(type, text):
    """Returns dnspython's rdata of a value in master-file form; the caller lower-cases names."""
    return dns.rdata.from_text("IN", type.name, text).to_wire()


LONG_ALPN = "1 . alpn=" + ",".join("a" * 40_000)
VALUES = [
    (RRType.A, "192.0.2.1"),
    (RRType.AAAA, "2001:db8::1"),
    (RRType.AAAA, "::ffff:192.0.2.1"),
    (RRType.CAA, '0 issue "ca.example.net"'),
    (RRType.CAA, '128 tbs "Unknown"'),
    (RRType.CNAME, "www.example.com."),
    (RRType.DS, "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118"),
    (RRType.HTTPS, "1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1"),
    (RRType.HTTPS, "0 pool.example.com."),
    (RRType.MX, "10 mail.example.com."),
    (RRType.NAPTR, '100 50 "s" "z3950+I2L+I2C" "" _z3950._tcp.example.com.'),
    (RRType.NAPTR, '100 50 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .'),
    (RRType.NS, "ns-1.example.com."),
    (RRType.PTR, "host.example.com."),
    (RRType.SOA, "ns.example.com. hostmaster.example.com. 1 7200 900 1209600 86400"),
    (RRType.SPF, '"v=spf1 -all"'),
    (RRType.SRV, "10 5 443 app.example.com."),
    (RRType.SSHFP, "1 2 1B5A1FBB0C0DEA1B1FB28C4C6FE0FC13C8D3D5AC7EF0E7C0E4A4D2F8E0B7B2A1"),
    (RRType.SVCB, "16 svc.example.com. mandatory=alpn,port alpn=h2 port=53 key667=hello"),
    (RRType.TLSA, "3 1 1 92003BA34942DC74152E2F2C408D29ECA5A520E7F2E06BB944F4DCA346BAF63C"),
    (RRType.TXT, '"one" "two words"'),
]


@pytest.mark.parametrize(("type", "text"), [pytest.param(t, v, id=f"A186 {t.name} {v[:30]}") for t, v in VALUES])
def test_wire_equals_the_oracles(type, text):
    rdata = parse_value(type, text)
    assert rdata == oracle(type, text)
    assert parse_value(type, value_text(type, rdata)) == rdata


def test_every_type_has_a_value_here():
    """R13: seventeen types."""
    assert {type for type, _ in VALUES} == set(RRType)


@pytest.mark.parametrize(
    ("type", "first", "second"),
    [
        pytest.param(RRType.CNAME, "www.example.com", "www.example.com.", id="R2 the last dot does not matter"),
        pytest.param(RRType.MX, "10 MAIL.example.com", "10 mail.example.com.", id="A184 in MX, case folded"),
        pytest.param(RRType.SRV, "1 2 3 a.example", "1 2 3 a.example.", id="A184 in SRV"),
        pytest.param(RRType.SOA, "a.example b.a.example 1 2 3 4 5", "a.example. b.a.example. 1 2 3 4 5", id="A184 SOA"),
        pytest.param(RRType.TXT, r'"\101\""', '"A\\042"', id="R18 octal escapes and quotation marks"),
        pytest.param(RRType.TXT, r'"a\\b"', r'"a\134b"', id="R18 a backslash"),
        pytest.param(RRType.TXT, '"a""b"', '"a" "b"', id="A185 no blank between two strings"),
        pytest.param(RRType.TXT, '"a"\t "b""c"""', '"a" "b" "c" ""', id="A185 blanks between some strings"),
        pytest.param(RRType.TXT, r'"a\"""b"', r'"a\"" "b"', id="A185 a quotation mark before the end of a string"),
        pytest.param(RRType.SPF, '"v=spf1 ip4:192.0.2.1 """"-all"', '"v=spf1 ip4:192.0.2.1 " "" "-all"', id="A185 SPF"),
        pytest.param(RRType.NAPTR, '1 2 "U""E2U+sip""!^.*$!x!" .', '1 2 "U" "E2U+sip" "!^.*$!x!" .', id="A185 NAPTR"),
        pytest.param(RRType.HTTPS, "1 . port=1 alpn=h2", '1 . alpn="h2" port="1"', id="R19 order and quotes"),
        pytest.param(RRType.CNAME, r"a\056b.test", r"\141\056b.test.", id="R4 octal in names"),
    ],
)
def test_one_value_two_spellings(type, first, second):
    assert parse_value(type, first) == parse_value(type, second)


@pytest.mark.parametrize(
    ("type", "text", "code", "encountered"),
    [
        pytest.param(RRType.A, "1.2.3", "ARRDATAIllegalIPv4Address", "1.2.3", id="A186 A"),
        pytest.param(RRType.A, "01.2.3.4", "ARRDATAIllegalIPv4Address", "01.2.3.4", id="A186 A leading zero"),
        pytest.param(RRType.A, "1.2.3.4 5.6.7.8", "ARRDATANotSingleField", "1.2.3.4 5.6.7.8", id="A186 A spaces"),
        pytest.param(RRType.AAAA, "1.2.3.4", "AAAARRDATAIllegalIPv6Address", "1.2.3.4", id="A186 AAAA"),
        pytest.param(RRType.AAAA, "fe80::1%1", "AAAARRDATAIllegalIPv6Address", "fe80::1%1", id="A186 AAAA zone"),
        pytest.param(RRType.CNAME, "", "DomainNameEmpty", "", id="A186 CNAME empty"),
        pytest.param(RRType.NS, "a..b", "DomainLabelEmpty", "a..b", id="A52 NS"),
        pytest.param(RRType.PTR, "a b", "UnsupportedCharacter", " ", id="A52 PTR"),
        pytest.param(RRType.MX, "mail.example.com", "MXRRDATANotTwoFields", ..., id="A186 MX"),
        pytest.param(RRType.MX, "65536 a", "MXRRDATAInvalidValue", "65536", id="A186 MX preference"),
        pytest.param(RRType.SRV, "1 2 a", "SRVRRDATANotFourFields", ..., id="A186 SRV"),
        pytest.param(RRType.TXT, "unquoted", "InvalidCharacterString", ..., id="R18 A419 TXT unquoted"),
        pytest.param(RRType.TXT, "", "InvalidCharacterString", ..., id="R18 TXT empty"),
        pytest.param(RRType.TXT, '"a"b"c"', "InvalidCharacterString", ..., id="A185 no quotes in the middle"),
        pytest.param(RRType.TXT, '""a" "b""', "InvalidCharacterString", ..., id="A185 quotes around quoted strings"),
        pytest.param(RRType.TXT, '"a""', "InvalidCharacterString", ..., id="A185 a second string without end"),
        pytest.param(RRType.TXT, f'"a""{"x" * 256}"', "CharacterStringTooLong", f'"{"x" * 256}"', id="A185 R18 of 256"),
        pytest.param(RRType.TXT, '"open', "InvalidCharacterString", ..., id="R18 TXT without end"),
        pytest.param(RRType.TXT, f'"{"x" * 256}"', "CharacterStringTooLong", ..., id="R18 TXT of 256"),
        pytest.param(RRType.TXT, '"é"', "UnsupportedCharacter", "?", id="A419 TXT é"),
        pytest.param(RRType.SPF, "v=spf1 -all", "InvalidCharacterString", ..., id="R18 SPF unquoted"),
        pytest.param(
            RRType.CAA,
            '0 foo "x"',
            "CAARRDATAInvalidTag",
            "Only issue/issuewild/iodef is allowed for non critical flags.",
            id="A419 CAA tag foo",
        ),
        pytest.param(RRType.CAA, '0 issue x"', "InvalidCharacterString", ..., id="R19 CAA unquoted"),
        pytest.param(RRType.CAA, '0 issue "a""b"', "CAARRDATANotThreeFields", ..., id="R19 CAA of two strings"),
        pytest.param(RRType.NAPTR, "1 2 3", "NAPTRRRDATANotValid", ..., id="A186 NAPTR"),
        pytest.param(RRType.NAPTR, '65536 1 "" "" "" .', "NAPTRRRDATAOrderOutOfBounds", "65536", id="A186 NAPTR order"),
        pytest.param(RRType.NAPTR, '1 -1 "" "" "" .', "NAPTRRRDATAPreferenceOutOfBounds", "-1", id="A186 NAPTR pref"),
        pytest.param(
            RRType.NAPTR, '1 1 "" "" "x" a.b', "NAPTRRRDATARegexpAndReplacementError", ..., id="R19 NAPTR both"
        ),
        pytest.param(RRType.SOA, "a b 1 2 3 4", "SOARRDATANotSevenFields", ..., id="A186 SOA"),
        pytest.param(
            RRType.DS,
            "1 2 3",
            "DSRRDATAInvalidValue",
            "Wrong format or it doesn't contain all fields.",
            id="A186 DS",
        ),
        pytest.param(RRType.SSHFP, "1 2", "SSHFPMissingFields", ..., id="A186 SSHFP fields"),
        pytest.param(
            RRType.SSHFP, "1 3 AB", "SSHFPInvalidValue", "Fingerprint Type value not supported: 3", id="A186 SSHFP type"
        ),
        pytest.param(RRType.TLSA, "1 1 AB", "TLSAMissingFields", ..., id="A186 TLSA fields"),
        pytest.param(RRType.TLSA, "3 2 1 AB", "TLSAInvalidValue", "Selector value not supported: 2", id="A186 TLSA"),
        pytest.param(RRType.SVCB, "1", "SVCBIncorrectNumberOfFields", ..., id="A186 SVCB fields"),
        pytest.param(RRType.HTTPS, "1 . nonsense=1", "SVCBInvalidFieldValue", "nonsense=1", id="A186 HTTPS key"),
        pytest.param(RRType.HTTPS, "1 . port=x", "SVCBInvalidFieldValue", "port=x", id="A186 HTTPS port"),
        pytest.param(RRType.HTTPS, "1 . port=1 port=2", "SVCBInvalidFieldValue", "port=2", id="A186 HTTPS twice"),
        pytest.param(
            RRType.HTTPS, "1 . no-default-alpn", "SVCBInconsistentParams", "no-default-alpn", id="A186 inconsistent"
        ),
        pytest.param(RRType.HTTPS, '1 . port=80"', "SVCBInvalidFieldValue", ..., id="A186 HTTPS a stray quote"),
        pytest.param(RRType.HTTPS, "1 . port=80\\", "SVCBInvalidFieldValue", ..., id="A186 HTTPS a last backslash"),
        pytest.param(RRType.HTTPS, '1 . "port=80', "SVCBInvalidFieldValue", ..., id="A186 HTTPS an open quote"),
        pytest.param(RRType.SVCB, "1 . ech=", "SVCBInvalidFieldValue", "ech=", id="A186 SVCB empty ech"),
        pytest.param(RRType.SVCB, '1 . ech=""', "SVCBInvalidFieldValue", 'ech=""', id="A186 SVCB empty quoted ech"),
        pytest.param(RRType.SVCB, LONG_ALPN, "SVCBInvalidFieldValue", LONG_ALPN[4:], id="A186 SVCB over 65535 bytes"),
        pytest.param(RRType.HTTPS, "1 . mandatory=port", "SVCBInconsistentParams", "mandatory", id="A186 mandatory"),
    ],
)
def test_refusals(type, text, code, encountered):
    with pytest.raises(BadValue) as caught:
        parse_value(type, text)
    assert caught.value.code == code
    assert caught.value.encountered == (text if encountered is ... else encountered)


def test_a175_the_sentence():
    with pytest.raises(BadValue) as caught:
        parse_value(RRType.A, "x")
    expected = "FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with 'x'"
    assert str(caught.value) == expected
    with pytest.raises(BadValue) as caught:
        parse_value(RRType.NAPTR, '1 1 "" "" "x" a.b')
    assert str(caught.value).startswith("WARNING problem: NAPTRRRDATARegexpAndReplacementError (")


def escaped(data, base):
    """Formats bytes as a quoted string, escaped in octal (for dnsemu) or decimal (for dnspython)."""
    raw = set(range(0x20, 0x7F)) - set(b'"\\')
    return '"' + "".join(chr(b) if b in raw else f"\\{b:03{base}}" for b in data) + '"'


STRINGS = st.lists(st.binary(max_size=255), min_size=1, max_size=4)
NAME = st.lists(st.from_regex(r"[a-z0-9_-]{1,12}", fullmatch=True), min_size=1, max_size=4).map(
    lambda labels: ".".join(labels) + "."
)
U16, U8 = st.integers(0, 0xFFFF), st.integers(0, 255)


@given(STRINGS, st.sampled_from((" ", "", "\t ")))
def test_a185_any_bytes_in_character_strings(strings, between):
    rdata = parse_value(RRType.TXT, between.join(escaped(s, "o") for s in strings))
    assert rdata == oracle(RRType.TXT, " ".join(escaped(s, "d") for s in strings))
    assert parse_value(RRType.TXT, value_text(RRType.TXT, rdata)) == rdata


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=4))
def test_r19_any_bytes_in_alpn(ids):
    """RFC 9460 appendix A.1: items are escaped as items, then as characters."""
    rdata = b"\0\1\0\0\1" + sum(len(i) + 1 for i in ids).to_bytes(2) + b"".join(bytes([len(i)]) + i for i in ids)
    text = value_text(RRType.SVCB, rdata)
    assert parse_value(RRType.SVCB, text) == rdata
    assert oracle(RRType.SVCB, text) == rdata


@given(U16, U16, U16, NAME, NAME)
def test_numbers_and_names_agree_with_the_oracle(a, b, c, target, other):
    for type, text in [
        (RRType.MX, f"{a} {target}"),
        (RRType.SRV, f"{a} {b} {c} {target}"),
        (RRType.NAPTR, f'{a} {b} "" "x" "" {target}'),
        (RRType.SOA, f"{target} {other} {a} {b} {c} {a} {b}"),
        (RRType.SVCB, f"{a or 1} {target} port={c}"),
        (RRType.CNAME, target),
    ]:
        assert parse_value(type, text) == oracle(type, text)
        assert value_text(type, parse_value(type, text)) == text


@given(st.ip_addresses())
def test_addresses_agree_with_the_oracle(address):
    type = RRType.A if address.version == 4 else RRType.AAAA
    assert parse_value(type, str(address)) == address.packed == oracle(type, str(address))
    assert value_text(type, address.packed) == str(address)


@given(U16, U8, U8, st.binary(min_size=1, max_size=64))
def test_hexadecimal_agrees_with_the_oracle(tag, algorithm, digest_type, digest):
    text = f"{tag} {algorithm} {digest_type} {digest.hex().upper()}"
    rdata = parse_value(RRType.DS, text)
    assert rdata == tag.to_bytes(2) + bytes([algorithm, digest_type]) + digest
    assert value_text(RRType.DS, rdata) == text


@given(st.sampled_from(RRType), st.text(max_size=60))
def test_any_text_is_a_value_or_a_bad_value(type, text):
    """A186: only `BadValue` is raised; an accepted value can be formatted and parsed again."""
    try:
        rdata = parse_value(type, text)
    except BadValue as error:
        assert error.code  # noqa: PT017
    else:
        assert parse_value(type, value_text(type, rdata)) == rdata
