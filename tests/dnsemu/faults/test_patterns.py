"""Patterns: the texts that name failure domains, and the messages about those that are wrong."""

import pytest

from dnsemu.faults.patterns import Pattern, PatternKind, parse_pattern


@pytest.mark.parametrize(
    ("text", "kind", "rest"),
    [
        ("web-1", PatternKind.CHECK, "web-1"),
        ("web-*", PatternKind.CHECK, "web-*"),
        ("*", PatternKind.CHECK, "*"),
        ("[!a]?", PatternKind.CHECK, "[!a]?"),
        ("region:us-east-1", PatternKind.REGION, "us-east-1"),
        ("region:eu-*", PatternKind.REGION, "eu-*"),
        ("az:use1-az1", PatternKind.ZONE, "use1-az1"),
        ("az:use1-*", PatternKind.ZONE, "use1-*"),
        ("address:192.0.2.1", PatternKind.ADDRESS, "192.0.2.1"),
        ("address:192.0.2.0/24", PatternKind.ADDRESS, "192.0.2.0/24"),
        ("address:2001:db8::/32", PatternKind.ADDRESS, "2001:db8::/32"),
    ],
)
def test_patterns(text, kind, rest):
    pattern = parse_pattern(text)
    assert pattern == Pattern(kind, rest)
    assert str(pattern) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' matches no health check id: write an id or a glob such as web-*"),
        ("web/1", "'web/1' matches no health check id: write an id or a glob such as web-*"),
        ("reigon:eu-*", "'reigon:' is no kind of pattern: write 'region:eu-*'"),
        ("zonk:x", "'zonk:' is no kind of pattern: write a health check id, or region:, az:, address: and a value"),
        ("2001:db8::1", "'2001:db8::1' is an address: write 'address:2001:db8::1'"),
        ("region:eu-west-11", "'eu-west-11' matches no Region: write region:eu-west-1 or region:us-west-1"),
        ("region:EU-*", "'EU-*' matches no Region: write "),
        ("region:", "'' matches no Region: write one such as region:eu-*"),
        ("az:mars*", "'mars*' matches no Availability Zone id: write one such as az:use1-*"),
        ("address:192.0.2.300", "'192.0.2.300' is no address or network: write for example address:192.0.2.1"),
        ("address:192.0.2.*", "'192.0.2.*' is no address or network: write for example address:192.0.2.1"),
        ("*a" * 257, "a pattern has at most 512 characters: write a shorter glob such as web-*"),
        ("region:" + "[" * 100_000, "a pattern has at most 512 characters: write a shorter glob such as web-*"),
        ("address:fe80::1%eth0", "'fe80::1%eth0' is no address or network: write for example"),
    ],
)
def test_patterns_that_are_refused(text, message):
    with pytest.raises(ValueError) as caught:
        parse_pattern(text)
    assert str(caught.value).startswith(message)
