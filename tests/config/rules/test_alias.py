"""Rules for aliases: their targets, and the hosted zones that they name."""

import pytest

from dnsemu.config import names
from dnsemu.config.aws.name_servers import derived_zone_id
from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_files, load_text
from tests.config.rules.zone_files import FIRST_LINE, a, alias, assert_refused, zone

REFUSED = [
    pytest.param([a("b"), alias("a", "b.shop.test", type="AAAA")], "A170", "alias-target-missing", 1,
                 ".alias_target.dns_name", "Tried to create an alias that targets b.shop.test., type AAAA in zone "
                 "Z46V3DU0VJV06GAETLSQ1, but that target was not found", id="R39.13 R102 A170 of another type"),
    pytest.param(["{name: b, type: CNAME, ttl: 60, resource_records: [x.test]}", alias("a", "b.shop.test")], "A170",
                 "alias-target-missing", 1, ".alias_target.dns_name", "but that target was not found",
                 id="A170 A420 a CNAME does not count"),
    pytest.param([alias("a", "www.other.test")], "A169", "alias-outside-zone", 0, ".alias_target.dns_name",
                 "but the alias target name does not lie within the target zone", id="R39.12 A169 outside the zone"),
]  # fmt: skip


@pytest.mark.parametrize(("entries", "rule", "id", "at", "field", "words"), REFUSED)
def test_refused(entries, rule, id, at, field, words):
    assert_refused(entries, rule, id, at, field, words)


def test_r107_an_alias_elsewhere_is_a_warning():
    """R106, R107: an alias to an undeclared AWS resource is answered with NODATA."""
    target = "{hosted_zone_id: Z2FDTNDATAQYW2, dns_name: d1.cloudfront.net, evaluate_target_health: false}"
    loaded = load_text("shop.yaml", zone(f"{{name: cdn, type: A, alias_target: {target}}}"))
    (warning,) = loaded.warnings
    assert (warning.rule, warning.id, warning.line) == ("R107", "alias-elsewhere", FIRST_LINE)
    (found,) = loaded.world.hosted_zones.values()
    (cdn,) = (r for r in found.record_sets.values() if r.alias)
    assert cdn.alias.hosted_zone_id == "Z2FDTNDATAQYW2"


def test_r102_a_pasted_zone_id_is_replaced_by_the_zones_id():
    target = "{hosted_zone_id: /hostedzone/Z0OTHER, dns_name: B.shop.test, evaluate_target_health: false}"
    (found,) = load_text(
        "shop.yaml", zone(a("b"), f"{{name: a, type: A, alias_target: {target}}}")
    ).world.hosted_zones.values()
    (alias_set,) = (r for r in found.record_sets.values() if r.alias)
    assert alias_set.alias.hosted_zone_id == found.id


# --- other hosted zones of the files ---

OTHER = "{name: other.test, id: Z0OTHER, record_sets: [%s]}"
CHILD = "{name: sub.shop.test, record_sets: [%s]}"
"""A zone below the first, with the id that follows from its name."""


def with_zones(entry, *others):
    lines = "".join(f"  - {other}\n" for other in others)
    return f"{zone(entry)}{lines}"


def alias_to(target, zone_id, type="A"):
    where = f"{{hosted_zone_id: {zone_id}, dns_name: {target}, evaluate_target_health: false}}"
    return f"{{name: www, type: {type}, alias_target: {where}}}"


def zone_of_alias(text):
    zones = load_text("shop.yaml", text).world.hosted_zones
    shop = next(zone for zone in zones.values() if zone.name == names.parse("shop.test"))
    (found,) = (zones[r.alias.hosted_zone_id] for r in shop.record_sets.values() if r.alias)
    return names.display(found.name)


@pytest.mark.parametrize(
    ("target", "zone_id", "others", "found"),
    [
        pytest.param("live.other.test", "Z0OTHER", [OTHER % a("live")], "other.test.", id="A170 by its id"),
        pytest.param("live.other.test", "/hostedzone/Z0PASTED", [OTHER % a("live")], "other.test.", id="A176 a pasted id"),
        pytest.param("live.sub.shop.test", derived_zone_id(names.parse("sub.shop.test")), [CHILD % a("live")], "sub.shop.test.", id="A170 of a zone below"),
    ],
)  # fmt: skip
def test_an_alias_to_another_hosted_zone(target, zone_id, others, found):
    assert zone_of_alias(with_zones(alias_to(target, zone_id), *others)) == found


def test_an_alias_to_a_zone_of_a_later_file(tmp_path):
    """A170: the order of files does not matter."""
    (tmp_path / "a.yaml").write_text(zone(alias_to("live.other.test", "Z0OTHER")))
    (tmp_path / "b.yaml").write_text(f"hosted_zones: [{OTHER % a('live')}]")
    assert len(load_files([tmp_path / "a.yaml", tmp_path / "b.yaml"]).world.hosted_zones) == 2


@pytest.mark.parametrize(
    ("entry", "others", "rule", "id", "words"),
    [
        pytest.param(alias_to("gone.other.test", "Z0OTHER"), [OTHER % a("live")], "A170", "alias-target-missing",
                     "there is no record set gone.other.test. A; declare a record "
                     "set of type A in other.test.", id="A170 missing in another zone"),
        pytest.param(alias_to("live.other.test", "Z0OTHER", "AAAA"), [OTHER % a("live")], "A170",
                     "alias-target-missing", "there is no record set live.other.test. AAAA; declare", id="A170 of another type"),
        pytest.param(alias_to("www.shop.test", "Z0OTHER"), [OTHER % a("live")], "A169", "alias-outside-zone",
                     "www.shop.test. is not in the hosted zone other.test.; write a name in other.test.", id="A169 a name of the zone itself"),
        pytest.param(alias_to("live.sub.shop.test", "Z0PASTED"), [CHILD % a("live")], "A170", "alias-target-missing",
                     "declare a record set of type A there", id="R102 a pasted id is the zone's own first"),
    ],
)  # fmt: skip
def test_an_alias_to_another_hosted_zone_is_refused(entry, others, rule, id, words):
    with pytest.raises(FilesRefused) as caught:
        load_text("shop.yaml", with_zones(entry, *others))
    (error,) = caught.value.errors
    assert (error.rule, error.id, error.line) == (rule, id, FIRST_LINE)
    assert words in str(error)


def test_a_zone_or_a_target_with_an_error_is_not_reported_as_missing():
    for other in (OTHER % "{name: live, type: A}", "{name: other.test, id: Z0OTHER, colour: red}"):
        with pytest.raises(FilesRefused) as caught:
            load_text("shop.yaml", with_zones(alias_to("live.other.test", "Z0OTHER"), other))
        assert all(error.line == FIRST_LINE + 1 for error in caught.value.errors)
