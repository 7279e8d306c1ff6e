"""One server for all tests that only ask, one for those that call its API, and clients to ask with."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.aws import route53
from tests.serving import serving_files

SHOP = Path(__file__).with_name("shop.yaml")


@pytest.fixture(scope="session")
def shop():
    """A server of shop.yaml. Whoever uses it only asks; nothing else may be on its standard error at the end."""
    with serving_files(SHOP) as server:
        yield server
        server.stop()
        assert server.errors == ""


@pytest.fixture(scope="session")
def api():
    """A server without files, which everybody changes: each test in hosted zones of its own."""
    with serving_files() as server:
        yield server
        server.stop()
        lines = server.errors.splitlines()
        expected = ("warning: no hosted zone", "[info     ] health")  # the checks that tests make watch nothing
        assert [line for line in lines if not any(text in line for text in expected)] == []


@pytest.fixture(scope="session")
def boto(api):
    """boto3's client of that server."""
    return route53(api)


@pytest.fixture(scope="session")
def unchecked(api):
    """boto3's client of that server, which sends whatever it is given."""
    return route53(api, validates=False)


@pytest.fixture(scope="session")
def run(require_tool):
    """A function that runs a program to its end and gives all that it prints; exit code 0 is asserted."""

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
    """A function that sees to it that a module is installed; without it, what `require_tool` does without a program.

    It gives the command that runs the module in a process of its own.
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
