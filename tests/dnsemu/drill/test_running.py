"""Whole drills: endpoints that fail in every way, failure domains, partitions, changes; the figures that follow."""

from fractions import Fraction

import pytest

from dnsemu.config.model.failing import Failing, FailureWay
from dnsemu.config.model.health_checks import EndpointCheck, EndpointType
from dnsemu.drill.file.reading import parse_drill
from dnsemu.drill.judging import percent
from dnsemu.drill.outcome import carry_out
from dnsemu.drill.report import junit, report
from dnsemu.drill.running import CannotCarryOut
from dnsemu.healthcheck.probes.simulated import simulated_result

WORLD = """
health_checkers: {regions: [us-east-1, eu-west-1, sa-east-1], per_region: 1}
health_checks:
  - {id: us, type: HTTP, ip_address: 192.0.2.1, request_interval: 10, failure_threshold: 2}
  - {id: eu, type: HTTP, fully_qualified_domain_name: eu.shop.test, request_interval: 10, failure_threshold: 2}
  - {id: both, type: CALCULATED, child_health_checks: [us, eu], health_threshold: 2}
resources:
  - {dns_name: lb-1.us-east-1.elb.amazonaws.com, kind: application-load-balancer, region: us-east-1, targets: [{address: 198.51.100.1}, {address: 198.51.100.2, health_check_id: us}]}
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: www, type: A, ttl: 20, set_identifier: us, region: us-east-1, health_check_id: us, resource_records: [192.0.2.1]}
      - {name: www, type: A, ttl: 20, set_identifier: eu, region: eu-west-1, health_check_id: eu, resource_records: [192.0.2.2]}
      - {name: eu, type: A, ttl: 20, resource_records: [192.0.2.2]}
      - {name: plain, type: A, ttl: 20, set_identifier: us, region: us-east-1, resource_records: [192.0.2.3]}
      - {name: two, type: A, ttl: 20, set_identifier: first, failover: PRIMARY, health_check_id: both, resource_records: [192.0.2.4]}
      - {name: two, type: A, ttl: 20, set_identifier: second, failover: SECONDARY, resource_records: [192.0.2.5]}
      - {name: many, type: A, ttl: 20, set_identifier: a, multi_value_answer: true, health_check_id: us, resource_records: [192.0.2.1]}
      - {name: many, type: A, ttl: 20, set_identifier: b, multi_value_answer: true, health_check_id: eu, resource_records: [192.0.2.2]}
"""


def carried_out(tmp_path, timeline, asks="www.shop.test", place="us-east-1", more="", expect="", seed=1):
    """The outcome of a drill with one population of ten clients."""
    (tmp_path / "world.yaml").write_text(WORLD)
    lines = "".join(f"  - {line}\n" for line in timeline)
    text = (
        f"drill: Test\nfiles: [world.yaml]\nseed: {seed}\npopulations:\n"
        f"  - {{name: all, place: {place}, clients: 10, asks: {asks}, every: 1s{more}}}\n"
        f"timeline:\n{lines}{f'expect: [{expect}]' if expect else ''}\n"
    )
    return carry_out(*parse_drill("d.yaml", text, tmp_path))


def divisions(outcome):
    """The answers over time, as addresses with percentages."""
    return [
        {address: percent(share * part) for answer, share in step for address, part in answer.shares}
        for _, step in outcome.answers["all"]
    ]


def test_detection_takes_the_threshold_and_recovery_the_ttl_too(tmp_path):
    outcome = carried_out(tmp_path, ["{at: 1m, fail: us}"])
    (recovery,) = outcome.measures["all"].recoveries
    assert divisions(outcome) == [{"192.0.2.1": "100 %"}, {"192.0.2.2": "100 %"}]
    assert 10e6 <= recovery.detected_us <= 20e6  # the second failed probe of two of three checkers
    assert recovery.moved_us == recovery.detected_us
    assert recovery.recovered_us == recovery.tail_us
    assert 18e6 <= recovery.tail_us - recovery.moved_us <= 20e6
    failing_s = outcome.measures["all"].failed / 10
    assert recovery.moved_us / 1e6 + 8 <= failing_s <= recovery.moved_us / 1e6 + 12  # and half a TTL on average
    assert outcome.measures["all"].error_minutes == outcome.measures["all"].failed / 60


def test_the_seed_sets_the_phases_of_probes(tmp_path):
    found = {
        carried_out(tmp_path, ["{at: 1m, fail: us}"], seed=s).measures["all"].recoveries[0].detected_us
        for s in range(3)
    }
    assert len(found) == 3


def test_a_region_fails_with_its_addresses_and_comes_back(tmp_path):
    outcome = carried_out(tmp_path, ['{at: 1m, fail: "region:us-east-1"}', '{at: 4m, heal: "region:us-east-1"}'])
    assert divisions(outcome) == [{"192.0.2.1": "100 %"}, {"192.0.2.2": "100 %"}, {"192.0.2.1": "100 %"}]
    assert [sorted(dead) for _, dead in outcome.recording.dead] == [
        [],
        ["192.0.2.1", "192.0.2.3", "198.51.100.1", "198.51.100.2"],
        [],
    ]


def test_a_record_set_without_a_check_never_moves(tmp_path):
    outcome = carried_out(tmp_path, ['{at: 1m, fail: "region:us-east-1"}'], asks="plain.shop.test")
    (recovery,) = outcome.measures["all"].recoveries
    assert (recovery.is_hit, recovery.moved_us, recovery.recovered_us) == (True, None, None)
    assert outcome.measures["all"].failed == 3000  # ten clients for five minutes


def test_the_endpoint_of_a_name_fails_with_its_check(tmp_path):
    outcome = carried_out(tmp_path, ["{at: 1m, fail: eu}"], place="DE")
    assert divisions(outcome) == [{"192.0.2.2": "100 %"}, {"192.0.2.1": "100 %"}]


def test_a_calculated_check_fails_by_its_children(tmp_path):
    outcome = carried_out(tmp_path, ["{at: 1m, fail: both}"], asks="two.shop.test")
    assert sorted(outcome.recording.broken[0].checks) == ["eu", "us"], "although other record sets name them too"
    outcome = carried_out(tmp_path, ["{at: 1m, fail: us}"], asks="two.shop.test")
    assert divisions(outcome) == [{"192.0.2.4": "100 %"}, {"192.0.2.5": "100 %"}]


def test_retries_go_through_the_addresses_of_one_answer(tmp_path):
    alone = carried_out(tmp_path, ["{at: 1m, fail: us}"], asks="many.shop.test").measures["all"]
    retrying = carried_out(tmp_path, ["{at: 1m, fail: us}"], asks="many.shop.test", more=", retries: 1").measures["all"]
    assert alone.failed > 0
    assert (retrying.failed, retrying.recoveries[0].recovered_us) == (Fraction(0), 0)
    assert retrying.recoveries[0].tail_us == alone.recoveries[0].tail_us > 0


def test_h70_checkers_that_are_cut_off_count_as_failing_and_clients_do_not_notice(tmp_path):
    timeline = [
        "{at: 1m, block: {from: sa-east-1}}",
        "{at: 2m, block: {from: us-east-1}}",
        "{at: 3m, block: {from: eu-west-1}}",
    ]
    outcome = carried_out(tmp_path, timeline)
    (change,) = [change for change in outcome.recording.statuses if change.check == "us"]
    assert change.at_us > 180e6  # one checker of three is above 18 %, none is not
    assert not change.is_healthy
    assert outcome.measures["all"].failed == 0


def test_a_change_takes_effect_when_its_time_comes(tmp_path):
    change = (
        "{at: 1m, change: {zone: shop.test, changes: [{action: UPSERT, record_set: {name: www, type: A, ttl: 5, "
        "set_identifier: us, region: us-east-1, health_check_id: us, resource_records: [192.0.2.9]}}]}}"
    )
    outcome = carried_out(tmp_path, [change, '{at: 2m, fail: "region:us-east-1"}'])
    assert [at for at, _ in outcome.answers["all"]][:2] == [0, 60_000_000]
    assert "192.0.2.9" in outcome.recording.dead[-1][1]


def test_a_change_that_route_53_refuses_stops_the_drill_with_its_line(tmp_path):
    change = (
        "{at: 1m, change: {zone: shop.test, changes: [{action: CREATE, record_set: {name: eu, type: A, ttl: 5, "
        "resource_records: [192.0.2.9]}}]}}"
    )
    with pytest.raises(CannotCarryOut, match=r"^d\.yaml:7: change shop\.test: .*already exists"):
        carried_out(tmp_path, [change])


def test_targets_that_nothing_checks_are_lost_with_their_region(tmp_path):
    outcome = carried_out(tmp_path, ['{at: 1m, fail: "region:us-east-1"}'], asks="lb-1.us-east-1.elb.amazonaws.com")
    assert divisions(outcome)[0] == {"198.51.100.1": "50 %", "198.51.100.2": "50 %"}
    assert any(each == {"198.51.100.2": "100 %"} for each in divisions(outcome))  # its own check takes longer


def test_a_block_ends_after_its_time(tmp_path):
    timeline = [f"{{at: 1m, block: {{from: {region}}}, for: 1m}}" for region in ("sa-east-1", "us-east-1", "eu-west-1")]
    outcome = carried_out(tmp_path, timeline)
    assert [(change.check, change.is_healthy) for change in outcome.recording.statuses if change.check == "us"] == [
        ("us", False),
        ("us", True),
    ]


SERVFAIL_FOR_A_MINUTE = "{at: 1m, dns_fault: {name: '*.shop.test', rcode: SERVFAIL, share: 20%, for: 1m}}"


def test_a_dns_fault_takes_its_share_of_questions_while_it_lasts(tmp_path):
    outcome = carried_out(tmp_path, [SERVFAIL_FOR_A_MINUTE])
    assert [(at, {a.empty or a.addresses[0]: share for a, share in step}) for at, step in outcome.answers["all"]] == [
        (0, {"192.0.2.1": 1}),
        (60_000_000, {"192.0.2.1": Fraction(4, 5), "SERVFAIL": Fraction(1, 5)}),
        (120_000_000, {"192.0.2.1": 1}),
    ]
    measures = outcome.measures["all"]
    # Each client asks every 20 seconds, and after a failure at once again: one in five of its questions fails.
    questions = 10 * 60 / (20 - 1 + Fraction(5, 4))
    assert questions / 5 * Fraction(3, 4) < measures.failed < questions / 3
    assert measures.recovery_after(120_000_000) <= 1_000_000


def test_stale_answers_bridge_a_dns_fault(tmp_path):
    outcome = carried_out(tmp_path, [SERVFAIL_FOR_A_MINUTE], more=", resolver: {serve_stale: 1h}")
    assert outcome.measures["all"].failed == 0


def test_a_false_nxdomain_is_kept_for_the_time_of_the_soa(tmp_path):
    fault = "{at: 1m, dns_fault: {name: www.shop.test, rcode: NXDOMAIN, for: 30s}}"
    expect = "{population: all, never: black-hole}, {population: all, never: servfail}"
    outcome = carried_out(tmp_path, [fault, "{at: 20m, fail: us}"], expect=expect)
    assert [verdict.holds for verdict in outcome.verdicts] == [False, True]
    recovered_us = outcome.measures["all"].recovery_after(60_000_000)
    assert 900e6 < recovered_us < 930e6  # 15 minutes after the last that asked


def test_a_dropped_query_fails_as_servfail_and_nodata_as_an_empty_reply(tmp_path):
    for kind, reason in (("drop: true", "SERVFAIL"), ("empty: true", "NODATA"), ("rcode: REFUSED", "REFUSED")):
        outcome = carried_out(tmp_path, [f"{{at: 1m, dns_fault: {{name: '*', {kind}, for: 10s}}}}"])
        assert [answer.empty for answer, _ in outcome.answers["all"][1][1]] == [reason]


def endpoint(type, search=None):
    return EndpointCheck(EndpointType(type), "192.0.2.1", search_string=search)


RESULTS = [
    ("HTTP", None, None, True, "HTTP Status Code 200, OK", 0),
    ("TCP", None, None, True, "TCP connection established", 0),
    ("HTTP", None, Failing(), False, "Connection refused.", 0),
    ("TCP", None, Failing(FailureWay.TIMEOUT), False, "Connection timed out.", 10),
    ("HTTP", None, Failing(FailureWay.TIMEOUT), False, "Connection timed out.", 4),
    ("HTTP", None, Failing(FailureWay.SLOW, slow_s=5), False, "Connection timed out.", 2),
    ("HTTP", None, Failing(FailureWay.SLOW, slow_s=1), True, "HTTP Status Code 200, OK", 0),
    ("TCP", None, Failing(FailureWay.SLOW, slow_s=5), True, "TCP connection established", 0),
    ("HTTP", None, Failing(FailureWay.STATUS, status=503), False, "HTTP Status Code 503, Service Unavailable", 0),
    ("TCP", None, Failing(FailureWay.STATUS, status=503), True, "TCP connection established", 0),
    ("HTTP_STR_MATCH", "fine", None, True, "HTTP Status Code 200, OK", 0),
    (
        "HTTP_STR_MATCH",
        "fine",
        Failing(FailureWay.BODY, body="not so"),
        False,
        "HTTP Status Code 200, OK. The string",
        0,
    ),
    ("HTTP_STR_MATCH", "fine", Failing(FailureWay.BODY, body="all fine"), True, "HTTP Status Code 200, OK", 0),
    ("HTTP", None, Failing(FailureWay.BODY, body="not so"), True, "HTTP Status Code 200, OK", 0),
]


@pytest.mark.parametrize(("type", "search", "how", "passes", "reason", "waited_s"), RESULTS)
def test_a_probe_sees_the_way_in_which_an_endpoint_fails(type, search, how, passes, reason, waited_s):
    found = simulated_result(endpoint(type, search), how)
    assert (found.success, found.waited_s) == (passes, waited_s)
    assert found.reason.startswith(reason)


def test_the_report_has_the_course_and_the_verdicts(tmp_path):
    expect = '{population: all, gets: [192.0.2.2], within: 5s, after: fail us}, {population: "*", never: dead-address}, {population: all, recovers: 1m, after: fail us}'
    found = report(carried_out(tmp_path, ["{at: 1m, fail: us}"], expect=expect))
    assert [each["holds"] for each in found["expectations"]] == [False, False, True]
    (first,), (second,), () = (each["misses"] for each in found["expectations"])
    assert (first["at_s"], first["seen"]) == (65.999999, "192.0.2.1 100 %")
    assert second["expected"] == "never dead-address"
    assert 60 <= second["at_s"] <= 61
    (population,) = found["populations"]
    (move,) = population["moves"]
    assert (move["from"], move["to"], move["because"]) == ({"192.0.2.1": 1.0}, {"192.0.2.2": 1.0}, "us unhealthy")
    assert population["shares"][0] == {"at_s": 0.0, "shares": {"192.0.2.1": 1.0}, "failing": 0.0}
    assert population["shares"][-1]["shares"] == {"192.0.2.2": 1.0}
    assert max(point["failing"] for point in population["shares"]) == 1.0
    xml = junit([found])
    assert '<testsuite name="Test" tests="3" failures="2" errors="0">' in xml
    assert xml.count("<failure message=") == 2
