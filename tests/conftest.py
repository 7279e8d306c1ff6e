"""Settings and fixtures for every test.

Environment variables:
    CI: set, a missing program or module fails the tests that need it; unset, it skips them.
    DNSEMU_ALL_TESTS: set, the slow benchmark tests run too.
    DNSEMU_TEST_ROUNDS: multiplies the rounds of random tests (properties, random worlds, crashes); 1 by default.
        10 for a night, 0.1 for a first look.
    DNSEMU_CRASH_SEED: the seed that a failed crash test printed, to repeat it.
"""

import gc
import os
import shutil
import socket
import subprocess

import pytest
from hypothesis import HealthCheck, settings

from tests.rounds import rounds

# A busy machine is slow: no deadline for a property's example, no complaint about slow generation.
settings.register_profile(
    "dnsemu", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=rounds(60)
)
settings.load_profile("dnsemu")


def pytest_addoption(parser):
    parser.addoption(
        "--core", action="store_true", help="leave out tests marked `outside`; sockets and processes fail any other"
    )


def pytest_collection_modifyitems(config, items):
    if config.getoption("--core"):
        outside = [item for item in items if item.get_closest_marker("outside")]
        config.hook.pytest_deselected(items=outside)
        items[:] = [item for item in items if item not in outside]


@pytest.fixture(autouse=True, scope="session")
def _core_only(pytestconfig):
    """With `--core`: connecting, binding and starting a process fail."""
    if not pytestconfig.getoption("--core"):
        yield
        return

    def refused(*_, **__):
        pytest.fail("opens a socket or starts a process: mark it with pytest.mark.outside")

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in ((socket.socket, "bind"), (socket.socket, "connect"), (subprocess.Popen, "__init__")):
            patch.setattr(owner, name, refused)
        yield


def pytest_collection_finish():
    """Exempts modules and collected tests from garbage collection, which some tests run after every probe.

    Measured with `pytest tests/healthcheck`: 40 s of CPU time without this, 12 s with it.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def require_tool():
    """A function from a program's name to its path.

    Without the program the test is skipped, except where `CI` is set: there everything is installed, and a
    missing tool is a failure.
    """

    def require(name):
        if path := shutil.which(name):
            return path
        message = f"{name} is not installed"
        if os.environ.get("CI", "").lower() in {"", "0", "false"}:
            pytest.skip(message)
        pytest.fail(message)

    return require
