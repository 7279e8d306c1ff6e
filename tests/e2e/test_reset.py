"""`dnsemu reset`: whatever was called before, the server is then as it was just after its start."""

import json

import pytest

from tests.e2e.asking import served
from tests.e2e.aws import make_zone, route53
from tests.serving import dnsemu_here, serving_files

FILE = """
health_checks:
  - {id: web, type: TCP, ip_address: 127.0.0.1, port: 9, request_interval: 30}
  - {id: alarmed, type: CLOUDWATCH_METRIC, alarm_identifier: {region: us-east-1, name: high}}
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: www, type: A, ttl: 60, set_identifier: p, failover: PRIMARY, health_check_id: web, resource_records: [192.0.2.1]}
      - {name: www, type: A, ttl: 60, set_identifier: s, failover: SECONDARY, resource_records: [192.0.2.2]}
"""


def control(server, *arguments):
    done = dnsemu_here(*arguments, "--server", server.url, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_after_a_reset_everything_is_as_after_the_start(tmp_path, workers):
    file = tmp_path / "shop.yaml"
    file.write_text(FILE)
    options = ("--clock", "virtual=2026-01-31T12:00:00Z", "--seed", "7", "--workers", workers)
    with serving_files(file, options=options) as server:

        def seen():
            status = control(server, "status")
            volatile = ("clock", "workers")
            explained = control(server, "explain", "www.shop.test")
            explained.pop("health_generation")
            return (
                {key: value for key, value in status.items() if key not in volatile},
                explained,
                control(server, "history")["events"],
                control(server, "force"),
                control(server, "checkers"),
                control(server, "clock")["now"],
                served(server.dns, "www.shop.test"),
                served(server.dns, "www.api.test"),
            )

        at_start = seen()
        make_zone(route53(server), "api.test")
        control(server, "observe", "web", "failure")
        control(server, "clock", "advance", "10m")
        control(server, "alarm", "high", "ALARM")
        control(server, "force", "web", "unhealthy", "--for", "1h")
        control(server, "checkers", "block", "*")
        control(server, "clock", "speed", "10")
        assert served(server.dns, "www.shop.test") == ["192.0.2.2"]
        found = control(server, "reset")
        assert found["reset"] == ["api", "health", "clock", "forced", "history"]
        assert found["undone"]["forced"] == {"rules": 1, "blocked": 1}
        assert seen() == at_start
