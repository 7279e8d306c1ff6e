"""A location database of the user is reloaded when its file changes, and refused when it is damaged."""

import pytest

from tests.e2e.asking import served
from tests.policies.mmdb import write
from tests.serving import dnsemu, serving_files
from tests.waiting import until

ZONE = """
geo: {database: own.mmdb}
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: www, type: A, ttl: 60, set_identifier: jp, geo_location: {country_code: JP}, resource_records: [192.0.2.81]}
      - {name: www, type: A, ttl: 60, set_identifier: all, geo_location: {country_code: "*"}, resource_records: [192.0.2.99]}
"""


def database(folder, country):
    """Replaces the database atomically by one that places 127.0.0.0/8 in a country."""
    beside = folder / "own.new"
    write(beside, {"127.0.0.0/8": {"country": {"iso_code": country}}})
    beside.replace(folder / "own.mmdb")


@pytest.fixture
def file(tmp_path):
    database(tmp_path, "FR")
    file = tmp_path / "shop.yaml"
    file.write_text(ZONE)
    return file


def test_r135_a_replaced_database_is_read_again_and_a_damaged_one_changes_nothing(file):
    with serving_files(file) as server:
        assert served(server.dns, "www.shop.test") == ["192.0.2.99"]
        database(file.parent, "JP")
        until(lambda: served(server.dns, "www.shop.test") == ["192.0.2.81"], what="an answer by the new database")
        damaged = file.parent / "own.new"
        damaged.write_bytes(b"no database at all" * 50)
        damaged.replace(file.parent / "own.mmdb")
        until(lambda: server.status()["faults"], what="the error in status")
        assert "own.mmdb" in server.status()["faults"][0]
        assert served(server.dns, "www.shop.test") == ["192.0.2.81"]


def test_r135_a_damaged_database_is_refused_at_start(file):
    (file.parent / "own.mmdb").write_bytes(b"no database at all" * 50)
    done = dnsemu("check", str(file))
    assert done.returncode == 2
    assert "[R135 database-unusable]" in done.stderr
