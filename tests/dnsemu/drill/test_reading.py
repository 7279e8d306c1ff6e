"""Bad input of drill files: refused before anything runs, with file, line and the nearest known name."""

from pathlib import Path

import pytest

from dnsemu.config.errors import FilesRefused
from dnsemu.config.model.failing import Failing, FailureWay
from dnsemu.drill.file.reading import parse_drill
from dnsemu.drill.model import Caching, Incident, Never

FOLDER = Path(__file__).resolve().parents[3] / "examples" / "drills"

GOOD = """\
drill: Test
files: [shop.yaml]
seed: 3
duration: 10m
populations:
  - {name: germany, place: DE, clients: 10, asks: api.shop.test, every: 2s}
  - {name: japan, place: JP, asks: www.shop.test}
timeline:
  - {at: 1m, fail: web-us}
  - {at: 2m, name: shift, change: {zone: shop.test, changes: [{action: UPSERT, record_set: {name: www, type: A, ttl: 9, set_identifier: us, region: us-east-1, resource_records: [192.0.2.7]}}]}}
  - {at: 3m, block: {from: sa-east-1, to: 192.0.2.0/24}}
  - {at: 5m, heal: web-us}
expect:
  - {population: germany, gets: [192.0.2.2], share: 100%, within: 45s, after: fail web-us}
  - {population: "*", never: black-hole}
  - {population: japan, recovers: 90s, after: shift}
  - {population: "*", error_minutes: 30}
"""


def test_a_drill_is_read_as_it_is_written():
    drill, declared = parse_drill("d.yaml", GOOD, FOLDER)
    assert (drill.title, drill.seed, drill.duration_us, len(drill.populations)) == ("Test", 3, 600_000_000, 2)
    assert [event.label for event in drill.timeline] == [
        "fail web-us",
        "shift",
        "block sa-east-1 192.0.2.0/24",
        "heal web-us",
    ]
    first, never, recovers, _ = drill.expectations
    assert (first.from_us, first.to_us, first.place) == (105_000_000, 120_000_000, "d.yaml:14")  # up to the next event
    assert (never.wants, never.from_us, never.to_us) == (Never(Incident.BLACK_HOLE), 0, 600_000_000)
    assert recovers.after is drill.timeline[1]
    assert declared.published.world.hosted_zones


def test_a_drill_without_a_duration_ends_five_minutes_after_its_last_event():
    drill, _ = parse_drill("d.yaml", GOOD.replace("duration: 10m\n", ""), FOLDER)
    assert drill.duration_us == 600_000_000


BAD = {
    "unknown field": ("seed: 3", "sead: 3", "d.yaml:3: sead: 'sead' is no field here; write seed"),
    "unknown field of a population": ("clients: 10", "client: 10", "d.yaml:6: populations[0].client: 'client' is no field here; write clients"),
    "no clients": ("clients: 10", "clients: 0", "d.yaml:6: populations[0].clients: 0 is below 1"),
    "unknown place": ("place: DE", "place: Germanny", "d.yaml:6: populations[0].place: no place 'Germanny'"),
    "unknown name": ("asks: api.shop.test", "asks: api.shp.test", "d.yaml:6: populations[0].asks: 'api.shp.test' is in no hosted zone of the drill's files; write api.shop.test"),
    "no interval": ("every: 2s", "every: 0s", "d.yaml:6: populations[0].every: clients cannot ask every 0s; write an interval"),
    "no duration": ("every: 2s", "every: 2", "d.yaml:6: populations[0].every: 2 is a whole number; write a duration such as 90s"),
    "unknown resolver": ("every: 2s", "resolver: honnest", "d.yaml:6: populations[0].resolver: there is no resolver 'honnest'; write honest"),
    "unknown field of a resolver": ("every: 2s", "resolver: {min_tll: 2s}", "populations[0].resolver.min_tll: 'min_tll' is no field here; write min_ttl"),
    "a resolver's place that is not seen": ("every: 2s", "resolver: {place: JP}", "write ecs: false too"),
    "bounds of TTLs": ("every: 2s", "resolver: {min_ttl: 2m, max_ttl: 1m}", "max_ttl is below min_ttl"),
    "two populations of one name": ("name: japan", "name: germany", "d.yaml:7: populations[1].name: population germany exists already; rename it"),
    "a pattern that matches nothing": ("fail: web-us", "fail: web-uss", "d.yaml:9: timeline[0].fail: nothing matches 'web-uss'; write web-us"),
    "a Region that matches nothing": ("fail: web-us", 'fail: "region:us-west-1"', "d.yaml:9: timeline[0].fail: nothing matches 'region:us-west-1'; write region:us-east-1"),
    "an unknown Region": ("fail: web-us", 'fail: "region:us-esat-1"', "d.yaml:9: timeline[0].fail: 'us-esat-1' matches no Region; write region:us-"),
    "healing what did not fail": ("heal: web-us", "heal: web-eu", "d.yaml:12: timeline[3].heal: 'web-eu' has not failed by then; write web-us"),
    "healing too early": ("at: 5m", "at: 30s", "d.yaml:12: timeline[3].heal: 'web-us' has not failed by then; let it fail before"),
    "an unknown way to fail": ("fail: web-us}", "fail: web-us, how: timout}", "d.yaml:9: timeline[0].how: endpoints cannot fail by 'timout'; write timeout"),
    "a status that passes": ("fail: web-us}", "fail: web-us, how: {status: 200}}", "timeline[0].how.status: 200 is below 400; write a status code from 400 to 599"),
    "two ways to fail": ("fail: web-us}", "fail: web-us, how: timeout, status: 500}", "endpoints fail in one way"),
    "nothing happens": ("fail: web-us}", "}", "d.yaml:9: timeline[0]: the event does nothing; write one of fail, heal, change, block and dns_fault"),
    "two things at once": ("fail: web-us}", "fail: web-us, heal: web-us}", "an event does one thing"),
    "an impossible time": ("at: 5m", "at: 15m", "d.yaml:12: timeline[3].at: the event at 15m is not before the end of the drill"),
    "no time": ("at: 5m", "at: soon", "d.yaml:12: timeline[3].at: 'soon' is no duration; write a duration such as 90s"),
    "an unknown hosted zone": ("zone: shop.test", "zone: shopp.test", "d.yaml:10: timeline[1].change.zone: there is no hosted zone 'shopp.test'; write shop.test"),
    "an unknown field of a record set": ("ttl: 9", "tll: 9", "timeline[1].change.changes[0].record_set.tll: 'tll' is no field here; write ttl"),
    "an unknown health check of a record set": ("ttl: 9", "health_check_id: web-su, ttl: 9", "record_set.health_check_id: there is no health check web-su; write web-us"),
    "an unknown checker Region": ("from: sa-east-1", "from: sa-est-1", "timeline[2].block.from: 'sa-est-1' is neither a health checkers' Region nor a checker's address; write sa-east-1"),
    "an unknown population": ("population: japan", "population: jappan", "d.yaml:16: expect[2].population: there is no population 'jappan'; write japan"),
    "an unknown event": ("after: fail web-us", "after: fail web-su", "d.yaml:14: expect[0].after: no event is 'fail web-su'; write fail web-us"),
    "an unknown address": ("gets: [192.0.2.2]", "gets: [192.0.2.20]", "d.yaml:14: expect[0].gets[0]: nothing answers '192.0.2.20'; write 192.0.2.2"),
    "an expectation that can never be judged": ("within: 45s", "within: 2m", "d.yaml:14: expect[0].within: this can never be judged: 3m is not before the next event at 2m"),
    "no share": ("share: 100%", "share: most", "d.yaml:14: expect[0].share: 'most' is no share; write a least share such as 90%"),
    "an unknown incident": ("never: black-hole", "never: blackhole", "d.yaml:15: expect[1].never: 'blackhole' is not known here; write black-hole"),
    "recovery from nothing": ("recovers: 90s, after: shift", "recovers: 90s", "d.yaml:16: expect[2]: recovers needs an event"),
    "two wishes": ("never: black-hole", "never: black-hole, error_minutes: 3", "an expectation wants one thing"),
    "real mode": ("seed: 3", "mode: real", "d.yaml:3: mode: drills in real mode are not supported yet"),
    "a command": ("fail: web-us}", "run: docker ps}", "d.yaml:9: timeline[0].run: run needs real mode, which is not supported yet"),
    "a DNS fault for names without clients": ("fail: web-us}", "dns_fault: {name: '*.shp.test', rcode: SERVFAIL}}", "d.yaml:9: timeline[0].dns_fault.name: no population asks for '*.shp.test'; write"),
    "a DNS fault of an unknown kind": ("fail: web-us}", "dns_fault: {name: '*', rcode: SERVFALL}}", "timeline[0].dns_fault.rcode: 'SERVFALL' is not known here; write SERVFAIL"),
    "a DNS fault of two kinds": ("fail: web-us}", "dns_fault: {name: '*', drop: true, empty: true}}", "a DNS fault is of one kind; write one of rcode, drop and empty"),
    "a DNS fault of no share": ("fail: web-us}", "dns_fault: {name: '*', drop: true, share: 0%}}", "timeline[0].dns_fault.share: '0%' is no share"),
    "a failure with a duration": ("fail: web-us}", "fail: web-us, for: 30s}", "timeline[0].for: only block and dns_fault"),
    "no files": ("files: [shop.yaml]", "files: []", "d.yaml:2: files"),
    "a missing file": ("files: [shop.yaml]", "files: [shopp.yaml]", "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_with_its_line_and_the_nearest_name(old, new, message):
    assert GOOD.count(old) >= 1
    with pytest.raises(FilesRefused) as refused:
        parse_drill("d.yaml", GOOD.replace(old, new, 1), FOLDER)
    assert message in str(refused.value), str(refused.value)


def test_two_events_of_the_same_words_need_names():
    twice = GOOD.replace("  - {at: 5m, heal: web-us}\n", "  - {at: 5m, heal: web-us}\n  - {at: 6m, fail: web-us}\n")
    with pytest.raises(FilesRefused, match=r"2 events are 'fail web-us'; give them a name"):
        parse_drill("d.yaml", twice, FOLDER)
    named = twice.replace("{at: 6m, fail", "{at: 6m, name: again, fail").replace("{at: 1m,", "{at: 1m, name: once,")
    drill, _ = parse_drill("d.yaml", named.replace("after: fail web-us", "after: once"), FOLDER)
    assert drill.expectations[0].after is drill.timeline[0]


def test_all_errors_of_a_drill_are_reported_at_once():
    bad = GOOD.replace("clients: 10", "clients: 0").replace("fail: web-us", "fail: web-uss")
    with pytest.raises(FilesRefused) as refused:
        parse_drill("d.yaml", bad, FOLDER)
    assert [error.line for error in refused.value.errors] == [6, 9, 12]


WAYS = {
    "how: refuse": Failing(),
    "how: timeout": Failing(FailureWay.TIMEOUT),
    "how: {slow: 5s}": Failing(FailureWay.SLOW, slow_s=5),
    'how: "slow: 5s"': Failing(FailureWay.SLOW, slow_s=5),
    "slow: 5s": Failing(FailureWay.SLOW, slow_s=5),
    "how: {status: 503}": Failing(FailureWay.STATUS, status=503),
    "status: 503": Failing(FailureWay.STATUS, status=503),
    'how: {body: "down"}': Failing(FailureWay.BODY, body="down"),
}


@pytest.mark.parametrize(("written", "how"), WAYS.items(), ids=WAYS)
def test_endpoints_fail_in_the_way_that_is_written(written, how):
    drill, _ = parse_drill("d.yaml", GOOD.replace("fail: web-us}", f"fail: web-us, {written}}}"), FOLDER)
    assert drill.timeline[0].action.how == how


def test_a_resolver_is_read_as_it_is_written():
    text = GOOD.replace("every: 2s", "resolver: {min_ttl: 30s, max_ttl: 1h, serve_stale: 2h, ecs: false, place: JP}")
    population = parse_drill("d.yaml", text, FOLDER)[0].populations[0]
    assert population.caching == Caching(30_000_000, 3_600_000_000, stale_us=7_200_000_000)
    assert (population.place, population.client.place.country) == ("JP", "JP")
