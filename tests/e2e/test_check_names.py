"""Health checks with names: every command shows the name, and accepts it in place of the id."""

import pytest

from tests.e2e.asking import ask
from tests.serving import dnsemu_here, serving_files

FILE = """
health_checks:
  - {id: 3f1c2d, name: blue web, type: TCP, ip_address: 127.0.0.1, port: 9, disabled: true}
  - {id: 77aa00, name: green, type: CALCULATED, child_health_checks: [3f1c2d], health_threshold: 1}
  - {id: one, name: twin, type: TCP, ip_address: 127.0.0.1, port: 9, disabled: true}
  - {id: two, name: twin, type: TCP, ip_address: 127.0.0.1, port: 9, disabled: true}
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: api, type: A, ttl: 1, set_identifier: p, failover: PRIMARY, health_check_id: 77aa00, resource_records: [192.0.2.1]}
      - {name: api, type: A, ttl: 1, set_identifier: s, failover: SECONDARY, resource_records: [192.0.2.2]}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    path = tmp_path_factory.mktemp("names") / "shop.yaml"
    path.write_text(FILE)
    with serving_files(path) as running:
        running.file = path
        yield running


@pytest.mark.parametrize(
    ("command", "says"),
    [
        pytest.param(["status"], "green ", id="status"),
        pytest.param(["status", "green"], "green  77aa00  CALCULATED", id="one check by name"),
        pytest.param(["status", "blue web"], "blue web  3f1c2d  TCP", id="a name with a blank"),
        pytest.param(["explain", "api.shop.test"], "green: 1 of 1 children healthy", id="explain"),
        pytest.param(["force", "green", "unhealthy"], "green: unhealthy (forced unhealthy", id="force by name"),
        pytest.param(["force", "gre*", "auto"], "green: healthy (not forced", id="force by a glob over names"),
        pytest.param(["history", "green"], "green  forced unhealthy", id="history by name"),
    ],
)
def test_commands_show_and_take_names(server, command, says):
    done = dnsemu_here(*command, "--server", server.url)
    assert done.returncode == 0, done.stderr
    assert says in done.stdout


def test_what_if_names_checks(server):
    done = dnsemu_here("what-if", "api.shop.test", "--file", server.file, "--down", "gre*", "--json")
    assert done.returncode == 0, done.stderr
    assert '"when": "with gre* down"' in done.stdout
    assert (
        '"when": "with green down"'
        in dnsemu_here("what-if", "api.shop.test", "--file", server.file, "--down", "77aa00", "--json").stdout
    )


def test_explanations_over_dns_name_checks(server):
    reply = ask(server.dns, "api.shop.test._explain", "TXT", use_edns=0, payload=4096)
    assert "green: 1 of 1 children healthy" in reply.to_text()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param("twin", "2 health checks are named twin: write an id, such as one", id="H103 two of one name"),
        pytest.param("gren", "did you mean 'green'?", id="H103 the nearest name"),
    ],
)
def test_a_name_must_be_one_check(server, name, says):
    done = dnsemu_here("force", name, "healthy", "--server", server.url)
    assert done.returncode == 2
    assert says in done.stderr
