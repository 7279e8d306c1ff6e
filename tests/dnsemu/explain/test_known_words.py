"""Known words that start with a prefix: names, health checks, patterns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnsemu.config.file.load import load_files
from dnsemu.explain import known_words as known
from dnsemu.explain.known_words import WordKind, known_words

FILE = """
health_checkers: {regions: [us-east-1, eu-west-1, sa-east-1]}
health_checks:
- {id: web-us, name: Web US, type: HTTP, ip_address: 192.0.2.9, port: 8101}
- {id: web-eu, type: TCP, ip_address: "2001:db8::9", port: 8102}
- {id: both, type: CALCULATED, child_health_checks: [web-us, web-eu], health_threshold: 1}
- {id: alarmed, type: CLOUDWATCH_METRIC, alarm_identifier: {region: eu-west-1, name: high-latency}}
- {id: switched, type: RECOVERY_CONTROL, routing_control_arn: "arn:aws:route53-recovery-control::123456789012:controlpanel/p/routingcontrol/r"}
hosted_zones:
- name: shop.test
  record_sets:
  - {name: www, type: A, ttl: 60, resource_records: [192.0.2.1]}
  - {name: www, type: AAAA, ttl: 60, resource_records: ["2001:db8::1"]}
  - {name: "*.apps", type: A, ttl: 60, resource_records: [192.0.2.1]}
  - {name: near, type: A, ttl: 60, set_identifier: us, region: us-east-1, resource_records: [192.0.2.1]}
  - {name: near, type: A, ttl: 60, set_identifier: eu, region: eu-central-1, resource_records: [192.0.2.2]}
- name: other.test
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    path = tmp_path_factory.mktemp("words") / "words.yaml"
    path.write_text(FILE)
    return load_files([path]).world


def finished(work):
    try:
        while True:
            next(work)
    except StopIteration as done:
        return done.value


@pytest.mark.parametrize(
    ("kinds", "prefix", "words"),
    [
        pytest.param("names", "", ["*.apps.shop.test", "near.shop.test", "other.test", "shop.test", "www.shop.test"]),
        pytest.param("names", "w", ["www.shop.test"]),
        pytest.param("names", "www.s", ["www.shop.test"]),
        pytest.param("names", "www.x", []),
        pytest.param("names", "*", ["*.apps.shop.test"]),
        pytest.param("health-checks", "w", ["web-eu", "web-us"]),
        pytest.param("health-checks", "W", ["Web US"]),
        pytest.param("health-checks names", "w", ["web-eu", "web-us", "www.shop.test"]),
        pytest.param("patterns", "r", ["region:eu-central-1", "region:us-east-1"]),
        pytest.param("patterns", "region:us", ["region:us-east-1"]),
        pytest.param("patterns", "address:", ["address:192.0.2.9", "address:2001:db8::9"]),
        pytest.param("patterns", "web", ["web-eu", "web-us"]),
        pytest.param("checker-regions", "", ["eu-west-1", "sa-east-1", "us-east-1"]),
        pytest.param("alarms", "", ["high-latency"]),
        pytest.param("alarm-regions", "", ["eu-west-1"]),
        pytest.param("routing-controls", "arn:", [FILE.split('arn: "')[1].split('"')[0]]),
    ],
)
def test_words_start_with_the_prefix(world, kinds, prefix, words):
    found = finished(known_words(world, map(WordKind, kinds.split()), prefix))
    assert [word for word, _ in found] == words


def test_words_say_what_they_stand_for(world):
    about = dict(finished(known_words(world, [WordKind.NAMES, WordKind.PATTERNS], "")))
    assert about["www.shop.test"] == "A AAAA"
    assert about["Web US"] == "web-us"
    assert about["web-us"] == "Web US"
    assert about["web-eu"] == "TCP 2001:db8::9 port 8102"
    assert about["both"] == "calculated"


@given(words=st.sets(st.text("ab-", max_size=6), min_size=1), limit=st.integers(1, 5))
def test_words_left_out_do_not_change_the_common_beginning(words, limit):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known, "MAX_WORDS", limit)
        patch.setitem(known._SOURCES, WordKind.ALARMS, lambda _world, _prefix: ((word, "") for word in words))
        found = [word for word, _ in finished(known_words(None, [WordKind.ALARMS], ""))]
    assert set(found) <= words
    assert min(len(words), limit) <= len(found) <= limit + 2
    assert common_beginning(found) == common_beginning(words)


def test_a_large_zone_is_searched_in_steps_and_no_longer_than_needed(monkeypatch):
    read = []

    def source(_world, prefix):
        for number in range(10_000):
            read.append(number)
            yield f"{prefix}{number}", ""

    monkeypatch.setitem(known._SOURCES, WordKind.ALARMS, source)
    found = finished(known_words(None, [WordKind.ALARMS], "host-"))
    assert len(found) == len(read) == known.MAX_WORDS


def common_beginning(words):
    first, last = min(words), max(words)
    same = [one == other for one, other in zip(first, last, strict=False)]
    return first[: [*same, False].index(False)]
