"""Open files are shared out: HTTP gets a few, DNS and probes the rest."""

import resource

import pytest

from dnsemu.runtime import file_limit
from dnsemu.runtime.file_limit import RESERVED, max_http_connections, max_probes


@pytest.mark.parametrize(("files", "http"), [
    pytest.param(resource.RLIM_INFINITY, 512, id="no limit"),
    pytest.param(65536, 512, id="as requested at the start"),
    pytest.param(8192, 512, id="the least for all connections"),
    pytest.param(1024, 64, id="a usual limit"),
    pytest.param(256, 16, id="macOS"),
    pytest.param(64, 16, id="hardly any"),
])  # fmt: skip
def test_http_gets_a_sixteenth_of_the_open_files(monkeypatch, files, http):
    monkeypatch.setattr(file_limit.resource, "getrlimit", lambda _kind: (files, files))
    assert max_http_connections() == http


@pytest.mark.parametrize("files", [512, 1024, 4096, 65536])
def test_http_and_probes_leave_files_for_dns(monkeypatch, files):
    monkeypatch.setattr(file_limit.resource, "getrlimit", lambda _kind: (files, files))
    assert files - max_http_connections() - max_probes() >= RESERVED // 2
