"""The lines of a force file, and the messages about those that are wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config.errors import FilesRefused
from dnsemu.config.text.times import END_S
from dnsemu.faults.force_rules import MAX_RULES, ForceRule, parse_force_file
from dnsemu.faults.patterns import Pattern, PatternKind, parse_pattern

NOW = 1_000.0
NOON = 1_769_860_800.0  # 2026-01-31T12:00:00Z


FILE = """\
# what is down today
web-* unhealthy
region:us-east-1 unhealthy for 1m30s    # a drill

\taz:use1-az1  auto\t
address:10.0.0.0/8 healthy until 2026-01-31T12:00:00Z
* healthy until 2026-01-31T13:00:00+01:00\r
"""


def test_lines_keep_their_order():
    assert parse_force_file("forced", FILE, NOW) == (
        ForceRule(Pattern(PatternKind.CHECK, "web-*"), "unhealthy"),
        ForceRule(Pattern(PatternKind.REGION, "us-east-1"), "unhealthy", NOW + 90),
        ForceRule(Pattern(PatternKind.ZONE, "use1-az1"), None),
        ForceRule(Pattern(PatternKind.ADDRESS, "10.0.0.0/8"), "healthy", NOON),
        ForceRule(Pattern(PatternKind.CHECK, "*"), "healthy", NOON),
    )


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing", "   #"])
def test_nothing_is_forced(text):
    assert parse_force_file("forced", text, NOW) == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("web", "'web' has no status; write one behind it: healthy, unhealthy or auto"),
        ("web down", "'down' is no status; write healthy, unhealthy or auto"),
        ("web Healthy", "'Healthy' is no status; write healthy, unhealthy or auto"),
        ("web healthy for", "nothing follows 'for'; write for 5m"),
        ("web healthy for 5", "'5' is no duration; write a duration such as 90s, 1m30s or 250ms"),
        ("web healthy until", "nothing follows 'until'; write until 2026-01-31T12:00:00Z"),
        ("web healthy until noon", "'noon' is no time; write a time such as 2026-01-31T12:00:00Z or "),
        ("web healthy until 2026-01-31T12:00", "'2026-01-31T12:00' does not say in which time zone; write a time such"),
        ("web healthy 5m", "'5m' is not understood; write for DURATION, until TIME, or nothing"),
        ("web healthy for 5m until 2026-01-31T12:00:00Z", "'for 5m until 2026-01-31T12:00:00Z' is not understood; "),
        ("region:mars auto", "'mars' matches no Region; write "),
    ],
)
def test_lines_that_are_refused(line, message):
    with pytest.raises(FilesRefused) as caught:
        parse_force_file("forced", f"# first\n{line}  # why", NOW)
    (error,) = caught.value.errors
    assert str(error).startswith(f"forced:2: {message}")
    assert str(error).endswith(" [force-line]")


def test_all_errors_are_reported_at_once():
    with pytest.raises(FilesRefused) as caught:
        parse_force_file("forced", "a b\nweb healthy\nc d\x0b\x0c\n\u2028\nzonk:x auto", NOW)
    assert [error.line for error in caught.value.errors] == [1, 3, 5]


WORDS = st.sampled_from(
    ["web-*", "[", "[z-a]", "region:", "az:", "address:", "healthy", "auto", "for", "until", "5m", "0001-01-01T00:00Z"]
) | st.text(max_size=12)


@given(st.lists(st.lists(WORDS, max_size=5).map(" ".join), max_size=4).map("\n".join))
def test_any_text_is_read_or_refused(text):
    try:
        rules = parse_force_file("forced", text, NOW)
    except FilesRefused as refused:
        assert all(error.message and error.instead and str(error).isprintable() for error in refused.errors)  # noqa: PT017
    else:
        assert all(parse_pattern(str(rule.pattern)) == rule.pattern for rule in rules)


@pytest.mark.parametrize("end", ["until 0001-01-01T00:00:00+23:59", "until 9999-12-31T23:59:59-23:59", "for 36500d"])
def test_times_outside_the_calendar(end):
    with pytest.raises(FilesRefused, match="9998"):
        parse_force_file("forced", f"* auto {end}", END_S - 86400)


def test_a_force_file_has_a_bound_of_rules():
    lines = "\n".join(f"web-{number} unhealthy" for number in range(MAX_RULES))
    assert len(parse_force_file("f", f"# comment\n{lines}\n\n", 0.0)) == MAX_RULES
    with pytest.raises(FilesRefused) as refused:
        parse_force_file("f", f"{lines}\nmore healthy\n", 0.0)
    assert [(error.line, error.message) for error in refused.value.errors] == [
        (MAX_RULES + 1, f"a force file has at most {MAX_RULES} rules")
    ]
