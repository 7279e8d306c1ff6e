"""An outage without a drill file: answers before, during and after, seconds until clients move, and reasons."""

from pathlib import Path

import pytest

from dnsemu.config.file.load import load_text
from dnsemu.drill.outage import Outage, outage_report
from dnsemu.explain.questions import BadQuestion
from dnsemu.files.loading import compile_world
from tests.serving import dnsemu_here

ROOT = Path(__file__).resolve().parents[3]
FILE = """
health_checkers: {regions: [us-east-1, eu-west-1, sa-east-1], per_region: 1}
health_checks:
  - {id: us, type: HTTP, ip_address: 192.0.2.1, request_interval: 10, failure_threshold: 2}
  - {id: eu, type: HTTP, ip_address: 192.0.2.2, request_interval: 10, failure_threshold: 2}
  - {id: off, type: HTTP, ip_address: 192.0.2.3, request_interval: 10, failure_threshold: 2, disabled: true}
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: www, type: A, ttl: 20, set_identifier: us, region: us-east-1, health_check_id: us, resource_records: [192.0.2.1]}
      - {name: www, type: A, ttl: 20, set_identifier: eu, region: eu-west-1, health_check_id: eu, resource_records: [192.0.2.2]}
      - {name: plain, type: A, ttl: 20, set_identifier: us, region: us-east-1, resource_records: [192.0.2.1]}
      - {name: zero, type: A, ttl: 30, set_identifier: main, weight: 1, health_check_id: us, resource_records: [192.0.2.1]}
      - {name: zero, type: A, ttl: 30, set_identifier: spare, weight: 0, resource_records: [192.0.2.4]}
      - {name: alone, type: A, ttl: 20, set_identifier: a, weight: 1, health_check_id: us, resource_records: [192.0.2.1]}
      - {name: disabled, type: A, ttl: 20, set_identifier: a, weight: 1, health_check_id: "off", resource_records: [192.0.2.3]}
      - {name: disabled, type: A, ttl: 20, set_identifier: b, weight: 1, health_check_id: eu, resource_records: [192.0.2.2]}
"""


def reported(*down, **more):
    return outage_report(Outage(down, for_us=120_000_000, **more), compile_world(load_text("f.yaml", FILE)))


def populations(report):
    return {(name["name"], each["clients"][0]): each for name in report["names"] for each in name["populations"]}


def test_every_name_is_rehearsed_and_moves_after_detection_and_ttl():
    found = populations(reported("region:us-east-1", seeds=4, places=["us-east-1", "DE"]))
    moved = found["www.shop.test", "us-east-1"]
    assert [moved[when] for when in ("before", "during", "after")] == [
        {"192.0.2.1": 1.0},
        {"192.0.2.2": 1.0},
        {"192.0.2.1": 1.0},
    ]
    spread = moved["moves_s"]
    assert 10 + 20 <= spread["min"] < spread["median"] < spread["max"] <= 20 + 20
    unhit = found["www.shop.test", "DE"]
    assert (unhit["is_hit"], unhit["moves_s"]) == (False, None)
    woken = found["zero.shop.test", "us-east-1"]
    assert (woken["wakes_zero_weight"], woken["during"]) == (True, {"192.0.2.4": 1.0})
    assert woken["moves_s"]["min"] == spread["min"] + 10  # its TTL is 10 seconds longer


@pytest.mark.parametrize(
    ("name", "down", "why"),
    [
        ("plain.shop.test", "region:us-east-1", "us has no health check"),
        ("alone.shop.test", "us", "nothing else is healthy, so unhealthy answers are given (fail open)"),
        (
            "disabled.shop.test",
            "address:192.0.2.3",
            "off stays healthy: it is disabled, inverted, or above the 18 % rule",
        ),
    ],
)
def test_a_population_that_never_moves_has_a_reason(name, down, why):
    (each,) = reported(down, names=[name], seeds=1)["names"][0]["populations"]
    assert (each["never_moves"], each["moves_s"]) == (why, None)


def test_the_same_question_gives_the_same_report():
    assert reported("us", seeds=2) == reported("us", seeds=2)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"names": ["nope.test"]}, "name: no record set answers nope.test"),
        ({"places": ["Germanny"]}, "place: no place 'Germanny'"),
    ],
)
def test_a_bad_question_is_refused(more, message):
    with pytest.raises(BadQuestion, match=message):
        reported("us", **more)


def test_a_pattern_that_matches_nothing_is_refused():
    with pytest.raises(BadQuestion, match="down: nothing matches usa"):
        reported("usa")


def test_the_command_prints_who_moves_where_and_when():
    file = ROOT / "examples" / "drills" / "shop.yaml"
    ran = dnsemu_here("drill", "api.shop.test", "--file", file, "--down", "web-us", "--for", "2m", "--seeds", "2")
    assert ran.returncode == 0
    title, _, row = ran.stdout.splitlines()
    assert title.split() == ["web-us", "down", "for", "2m", "2", "seeds"]
    assert "192.0.2.1 100 %    → 192.0.2.2 100 %" in row
    assert " – " in row


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name a drill file, or an outage: --file FILE --down PATTERN"),
        (("--down", "web-us"), "--down needs --file FILE: what is hosted and probed"),
        (("d.yaml", "--for", "2m"), "belong to --down"),
        (("--down", "a", "--file", "f", "--for", "soon"), "'soon' is no duration"),
        (("--down", "a", "--file", "f", "--for", "0s"), "an outage lasts longer than 0s"),
        (("--down", "a", "--file", "f", "--junit", "x"), "--junit needs drill files"),
    ],
)
def test_options_that_do_not_fit_together_are_refused(arguments, message):
    ran = dnsemu_here("drill", *arguments)
    assert ran.returncode == 2
    assert message in ran.stderr
