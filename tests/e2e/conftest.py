"""A server for all tests that only query, a server for those that call the API, and clients for both."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.aws import route53
from tests.serving import serving_files

SHOP = Path(__file__).with_name("shop.yaml")

collect_ignore = ["sample_app"]
"""The tests of a service, which a separate pytest runs (`test_plugin`)."""


@pytest.fixture(scope="session")
def shop():
    """A server of shop.yaml, which tests must not change. Its standard error must stay empty."""
    with serving_files(SHOP) as server:
        yield server
        server.stop()
        assert server.errors == ""


@pytest.fixture(scope="session")
def api():
    """A server without files. Tests change it, each in hosted zones that no other test uses."""
    with serving_files() as server:
        yield server
        server.stop()
        lines = server.errors.splitlines()
        expected = (
            "warning: no hosted zone",
            "[info     ] health",
        )  # tests create health checks of endpoints that do not exist
        assert [line for line in lines if not any(text in line for text in expected)] == []


@pytest.fixture(scope="session")
def boto(api):
    """boto3's client of that server."""
    return route53(api)


@pytest.fixture(scope="session")
def unchecked(api):
    """boto3's client of that server, without validation: it sends invalid requests too."""
    return route53(api, validates=False)


@pytest.fixture(scope="session")
def run(require_tool):
    """A function that runs a program and returns its output. Fails unless the exit code is 0."""

    def run(program, *arguments):
        command = [require_tool(program), *map(str, arguments)]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30, check=False
        )
        assert done.returncode == 0, f"{command}:\n{done.stdout}"
        return done.stdout

    return run


@pytest.fixture(scope="session")
def require_module():
    """A function from a module's name to the command that runs it as a program.

    If the module is not installed, the test is skipped or fails, as with `require_tool`.
    """

    def require(name):
        top = name.partition(".")[0]
        if importlib.util.find_spec(top):
            return [sys.executable, "-m", name]
        message = f"the module {top} is not installed"
        if os.environ.get("CI", "").lower() in {"", "0", "false"}:
            pytest.skip(message)
        pytest.fail(message)

    return require
