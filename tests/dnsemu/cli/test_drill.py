"""`dnsemu drill`: exit codes, what is printed, and the files that it writes."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.serving import dnsemu_here

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "examples" / "drills" / "active-passive.yaml"


@pytest.fixture
def sabotaged(tmp_path):
    """A drill whose clients never ask again."""
    (tmp_path / "shop.yaml").write_text((FILE.parent / "shop.yaml").read_text())
    path = tmp_path / "drill.yaml"
    path.write_text(FILE.read_text().replace("every: 2s}", "every: 2s, resolver: forever}", 1))
    return path


def test_a_drill_that_passes_exits_with_0_and_prints_its_course(tmp_path):
    ran = dnsemu_here("drill", FILE, "--json", tmp_path / "d.json", "--junit", tmp_path / "d.xml")
    assert ran.returncode == 0
    assert "fail web-us" in ran.stdout
    assert "192.0.2.1 100 % → 192.0.2.2 100 %" in ran.stdout
    assert ran.stdout.endswith("7 expectations: all passed\n")
    (report,) = json.loads((tmp_path / "d.json").read_text())["drills"]
    assert report["passed"]
    assert [case.get("name") for case in ElementTree.parse(tmp_path / "d.xml").iter("testcase")] == [
        expectation["expect"] for expectation in report["expectations"]
    ]


def test_a_drill_that_fails_exits_with_1_and_says_which_population_saw_what(sabotaged):
    ran = dnsemu_here("drill", sabotaged)
    assert ran.returncode == 1
    assert "FAILED  each population: recovers within 65s after fail web-us" in ran.stdout
    assert "drill.yaml:13: germany at 5m59s997ms: expected requests succeed again within 1m5s; seen" in ran.stdout
    assert "clients still use 192.0.2.1: their resolver keeps an answer for ever" in ran.stdout
    assert ran.stdout.endswith("7 expectations: 3 failed\n")


def test_json_to_standard_output_is_all_that_is_printed_there(sabotaged):
    ran = dnsemu_here("drill", FILE, sabotaged, "--json", "-")
    assert ran.returncode == 1
    assert [report["passed"] for report in json.loads(ran.stdout)["drills"]] == [True, False]


def test_junit_to_standard_output_is_all_that_is_printed_there():
    ran = dnsemu_here("drill", FILE, "--junit", "-")
    assert ElementTree.fromstring(ran.stdout.encode()).tag == "testsuites"
    assert dnsemu_here("drill", FILE, "--junit", "-", "--json", "-").returncode == 2


def test_a_file_that_is_refused_exits_with_2_and_its_line(sabotaged):
    sabotaged.write_text(sabotaged.read_text().replace("fail: web-us}", "fail: web-uss}"))
    ran = dnsemu_here("drill", sabotaged)
    assert ran.returncode == 2
    assert f"{sabotaged}:8: timeline[0].fail: nothing matches 'web-uss'; write web-us" in ran.stderr


def test_a_drill_that_cannot_be_carried_out_exits_with_3(sabotaged):
    change = "{at: 10m, change: {zone: shop.test, changes: [{action: DELETE, record_set: {name: no, type: A, ttl: 1, resource_records: [192.0.2.1]}}]}}"
    sabotaged.write_text(sabotaged.read_text().replace("timeline:\n", f"timeline:\n  - {change}\n"))
    ran = dnsemu_here("drill", sabotaged)
    assert ran.returncode == 3
    assert "the drill could not be carried out: drill.yaml:8: change shop.test:" in ran.stderr


def test_a_report_that_cannot_be_written_is_told(tmp_path):
    ran = dnsemu_here("drill", FILE, "--json", tmp_path / "no" / "d.json")
    assert ran.returncode == 3
    assert "cannot be written" in ran.stderr
