"""A server and the programs that use it. `make test-clients` installs them; `make test` leaves this folder out."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.aws import environment, route53
from tests.serving import serving_files

ROOT = Path(__file__).parents[2]
CLIENTS = ROOT / ".clients"
CLOSED = "http://127.0.0.1:1"


@pytest.fixture(scope="session")
def server():
    """A server without files. Tests change it, each in hosted zones that no other test uses."""
    with serving_files() as server:
        yield server
        server.stop()
        assert [line for line in server.errors.splitlines() if "warning: no hosted zone" not in line] == []


@pytest.fixture(scope="session")
def boto(server):
    """boto3's client of that server."""
    return route53(server)


@pytest.fixture(scope="session")
def variables(server):
    """Environment variables for every client: they name the server, and a closed port as the way to all other hosts."""
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), CLOSED)
    nowhere_else = {**proxies, "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
    return {**os.environ, **environment(server), **nowhere_else, "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="session")
def run(variables):
    """A function that runs a program and returns its standard output. Fails unless the exit code is 0."""

    def run(program, *arguments, within_s=120, env=None, **options):
        command = [program, *map(str, arguments)]
        options |= {"env": {**variables, **(env or {})}, "timeout": within_s}
        done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
        assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


@pytest.fixture(scope="session")
def run_json(run):
    """A function that runs a program and returns its output, parsed as JSON."""

    def run_json(*arguments, **options):
        return json.loads(run(*arguments, **options))

    return run_json


@pytest.fixture(scope="session")
def installed():
    """A function from a client's name to the folder that `make test-clients` installed it into.

    Without the folder the test is skipped, or fails where `CI` is set, as with `require_tool`.
    """

    def installed(name):
        folder = CLIENTS / name
        if (folder / ".ready").exists():
            return folder
        message = f"{name} is not installed: run `make test-clients`"
        if os.environ.get("CI", "").lower() in {"", "0", "false"}:
            pytest.skip(message)
        pytest.fail(message)

    return installed
