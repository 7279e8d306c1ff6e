"""A server that runs out of file descriptors before its first query: DNS needs none."""

import os
import resource
import sys

import dns.edns
import dns.message
import dns.query
import dns.rcode
import pytest

from tests.serving import serving_files

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")

FILE = """
hosted_zones:
  - name: f.test
    record_sets:
      - {name: g, type: A, ttl: 60, resource_records: [192.0.2.1], set_identifier: us, geo_location: {country_code: US}}
      - {name: g, type: A, ttl: 60, resource_records: [192.0.2.2], set_identifier: rest, geo_location: {country_code: "*"}}
      - {name: l, type: A, ttl: 60, resource_records: [192.0.2.3], set_identifier: eu, region: eu-west-1}
"""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_first_answers_without_descriptors(workers, tmp_path):
    file = tmp_path / "f.yaml"
    file.write_text(FILE)
    with serving_files(file, options=("--workers", workers, "--query-log", tmp_path / "log")) as server:
        processes = [worker["pid"] for worker in server.status()["workers"]]
        before = {pid: resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in (server.process.pid, *processes)}
        try:
            for pid, (_, hard) in before.items():
                resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, hard))
            answers = []
            for name, client in (("g", "8.8.8.0"), ("l", "2001:4860::"), ("nothing", "1.1.1.0"), ("g", "192.0.2.0")):
                subnet = dns.edns.ECSOption(client, 48 if ":" in client else 24)
                query = dns.message.make_query(f"{name}.f.test", "A", use_edns=0, options=[subnet])
                answers.append(dns.query.udp(query, "127.0.0.1", 5, server.dns))
        finally:
            for pid, limits in before.items():
                resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
        assert [dns.rcode.to_text(answer.rcode()) for answer in answers] == [
            "NOERROR",
            "NOERROR",
            "NXDOMAIN",
            "NOERROR",
        ]
        assert [str(answer.answer[0][0]) for answer in answers if answer.answer] == [
            "192.0.2.1",
            "192.0.2.3",
            "192.0.2.2",
        ]
        assert os.strerror(24) not in server.errors
        assert "Traceback" not in server.errors
