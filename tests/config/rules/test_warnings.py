"""Warnings: record sets that are never answered, digests of a wrong length."""

import pytest

from dnsemu.config.file.load import load_text
from tests.config.rules.zone_files import FIRST_LINE, a, zone

NS = "{{name: {}, type: NS, ttl: 5, resource_records: [ns.example.net]}}"
DIGEST = "{{name: d, type: {}, ttl: 5, resource_records: [{}]}}"
WARNED = [
    pytest.param([NS.format("sub"), a("x.sub")], "R52", "below-delegation", 1, ".name",
                 "x.sub.shop.test. lies below the delegation of sub.shop.test.",
                 id="R52 A181 below a delegation"),
    pytest.param([a("sub"), NS.format("sub")], "R52", "below-delegation", 0, ".name",
                 "sub.shop.test. is delegated by its NS record set", id="R52 at a delegation"),
    pytest.param([NS.format("sub"), NS.format("deep.sub")], "R52", "below-delegation", 1, ".name",
                 "below the delegation of sub.shop.test.", id="R52 a delegation below another"),
    pytest.param([NS.format("sub"), "{name: ns.sub, type: TXT, ttl: 5, resource_records: ['\"x\"']}"], "R52",
                 "below-delegation", 1, ".name", "", id="R52 no address, so no glue"),
    pytest.param([DIGEST.format("DS", f"1 8 2 {'AB' * 20}")], "A186", "digest-length", 0, ".resource_records[0]",
                 "a digest of type 2 has 32 bytes, this one has 20", id="A186 a DS of SHA-1's length as SHA-256"),
    pytest.param([DIGEST.format("SSHFP", f"1 1 {'AB' * 32}")], "A186", "digest-length", 0, ".resource_records[0]",
                 "a digest of type 1 has 20 bytes, this one has 32", id="A186 an SSHFP fingerprint too long"),
    pytest.param([DIGEST.format("TLSA", f"3 1 2 {'AB' * 32}")], "A186", "digest-length", 0, ".resource_records[0]",
                 "a digest of type 2 has 64 bytes, this one has 32", id="A186 a TLSA digest too short"),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "rule", "id", "at", "field", "words"), WARNED)
def test_warned(entries, rule, id, at, field, words):
    loaded = load_text("shop.yaml", zone(*entries))
    (warning,) = loaded.warnings
    assert (warning.rule, warning.id) == (rule, id)
    assert (warning.where, warning.line) == (f"hosted_zones[0].record_sets[{at}]{field}", FIRST_LINE + at)
    assert words in warning.message
    (found,) = loaded.world.hosted_zones.values()
    assert len(found.record_sets) == len(entries) + 2


def test_r41_what_another_hosted_zone_answers_is_a_warning():
    """The parent keeps the delegation and its glue without a warning."""
    entries = ["{name: kid, type: NS, ttl: 5, resource_records: [ns.kid.shop.test]}", a("ns.kid")]
    kid = "  - {name: kid.shop.test}\n"
    assert load_text("shop.yaml", zone(*entries) + kid).warnings == ()
    loaded = load_text("shop.yaml", zone(a("kid"), a("www.kid"), a("bookid")) + kid)
    assert [(w.rule, w.id, w.line) for w in loaded.warnings] == [
        ("R41", "in-another-zone", FIRST_LINE),
        ("R41", "in-another-zone", FIRST_LINE + 1),
    ]
    assert "www.kid.shop.test. lies in the hosted zone kid.shop.test." in loaded.warnings[1].message
