"""One server for all tests that only ask, and clients to ask with."""

import subprocess
from pathlib import Path

import pytest

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
