"""The measurements of `watching` see what they are for."""

import signal

import pytest

from tests.hostile.watching import withstands
from tests.serving import serving_files
from tests.waiting import until

FILE = """
hosted_zones:
  - {name: w.test, record_sets: [{name: w, type: A, ttl: 60, resource_records: [192.0.2.1]}]}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    file = tmp_path_factory.mktemp("watching") / "f.yaml"
    file.write_text(FILE)
    with serving_files(file) as running:
        yield running


def stand_still(server, watched):
    """Stops the process until a ping is sent again."""
    until(lambda: watched.pings > 3, what="pings")
    server.process.send_signal(signal.SIGSTOP)
    try:
        until(lambda: watched.resent, what="a ping that is lost")
    finally:
        server.process.send_signal(signal.SIGCONT)


def test_a_server_that_stands_still_has_a_gap(server):
    with pytest.raises(AssertionError, match="no DNS for"), withstands(server, "w.w.test", max_gap_s=0.2) as watched:
        stand_still(server, watched)


def test_memory_that_is_taken_is_seen(server):
    with pytest.raises(AssertionError, match="MiB more"), withstands(server, "w.w.test", max_more_bytes=-(1 << 30)):
        pass


def test_a_server_that_is_left_alone_has_no_gap(server):
    with withstands(server, "w.w.test") as watched:
        until(lambda: watched.pings > 50, what="pings")
