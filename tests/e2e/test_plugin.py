"""The pytest plugin in other people's projects: each test runs a separate pytest in a separate folder."""

import os
import re
import resource
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.serving import DNSEMU, serving_files
from tests.waiting import until

SAMPLE_APP = Path(__file__).with_name("sample_app")
SHOP = Path(__file__).parents[2] / "examples" / "shop.yaml"
IS_INSTALLED = any(found.value == "dnsemu.testing.plugin" for found in entry_points(group="pytest11"))
PLUGIN = () if IS_INSTALLED else ("-p", "dnsemu.testing.plugin")


@pytest.fixture
def pytest_in(tmp_path):
    """A function that runs pytest in a folder with these modules, and returns its exit code and its output."""

    def run(*options, folder=tmp_path, env=None, **modules):
        for name, text in modules.items():
            (folder / f"{name}.py").write_text(text)
        if not (folder / "pytest.ini").exists():
            (folder / "pytest.ini").write_text("[pytest]\nasyncio_default_fixture_loop_scope = function\n")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "DNSEMU_"))}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *PLUGIN, *options],
            cwd=folder,
            env=kept | (env or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout

    return run


def cpu_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_a_service_with_modules_named_as_ours_is_tested_in_five_seconds(pytest_in, tmp_path):
    """`config`, `policies` and `healthcheck` are the service's. Seconds of computing, since other tests run meanwhile."""
    app = shutil.copytree(SAMPLE_APP, tmp_path / "app")
    before_s = cpu_s()
    code, output = pytest_in("test_failover.py", folder=app)
    assert code == 0, output
    assert "6 passed" in output
    assert cpu_s() - before_s < 5


def test_a_node_service_is_tested_by_the_same_server(pytest_in, tmp_path, require_tool):
    require_tool("node")
    app = shutil.copytree(SAMPLE_APP, tmp_path / "app")
    code, output = pytest_in("test_node.py", folder=app)
    assert code == 0, output
    assert "1 passed" in output


def test_nothing_but_the_plugin_is_imported_until_the_fixture_is_used(pytest_in):
    module = """
import sys

def test_loaded():
    ours = {name for name in sys.modules if name.partition(".")[0] == "dnsemu"}
    assert ours == {"dnsemu", "dnsemu.testing", "dnsemu.testing.plugin"}

def test_used(dnsemu):
    ours = {name.split(".")[1] for name in sys.modules if name.startswith("dnsemu.")}
    assert ours == {"testing"}
"""
    code, output = pytest_in(test_it=module)
    assert code == 0, output


def test_modules_beside_the_tests_do_not_disturb_the_server(pytest_in, tmp_path):
    """Neither those in the folder, nor those in PYTHONPATH, nor variables that configure a server."""
    broken = 'raise SystemExit("imported by the server")'
    names = ("config", "policies", "healthcheck", "typer", "structlog", "yaml")
    modules = dict.fromkeys(names, broken)
    test = f"def test_it(dnsemu):\n    dnsemu.load({str(SHOP)!r})\n    assert dnsemu.resolve('api.shop.test')\n"
    env = {"PYTHONPATH": str(tmp_path), "DNSEMU_STORE": "nonsense", "DNSEMU_HTTP": "nonsense"}
    code, output = pytest_in(env=env, test_it=test, **modules)
    assert code == 0, output


def test_processes_of_xdist_have_a_server_each(pytest_in, tmp_path):
    module = """
import pathlib, pytest

@pytest.mark.parametrize("number", range(8))
def test_it(dnsemu, worker_id, number):
    with open("servers", "a") as file:
        print(worker_id, dnsemu.http, file=file)
    dnsemu.zone("shop.test", [{"name": "www", "type": "A", "ttl": 60, "resource_records": [f"192.0.2.{number}"]}])
    assert dnsemu.resolve("www.shop.test") == [f"192.0.2.{number}"]
"""
    code, output = pytest_in("-n", "2", "--dist", "each", test_it=module)
    assert code == 0, output
    servers = set((tmp_path / "servers").read_text().splitlines())
    assert len(servers) == 2
    assert len({line.split()[1] for line in servers}) == 2


SHARED = """
ZONE = [{"name": "www", "type": "A", "ttl": 60, "resource_records": ["192.0.2.1"]}]

def test_first(dnsemu):
    dnsemu.zone("shop.test", ZONE)

def test_second(dnsemu):
    assert dnsemu.resolve("www.shop.test") == %s
"""


@pytest.mark.parametrize(("options", "seen"), [((), []), (("--dnsemu-scope=session",), ["192.0.2.1"])])
def test_content_lasts_as_long_as_the_scope(pytest_in, options, seen):
    code, output = pytest_in(*options, test_it=SHARED % seen)
    assert code == 0, output


def test_a_program_that_is_installed_elsewhere_serves(pytest_in):
    code, output = pytest_in("--dnsemu-server", DNSEMU, test_it=SHARED % [])
    assert code == 0, output
    code, output = pytest_in("--dnsemu-server", "/nowhere/dnsemu", test_it=SHARED % [])
    assert code == 1
    assert "there is no program /nowhere/dnsemu" in output


def test_a_running_server_serves_and_is_reset(pytest_in):
    with serving_files() as server:
        url = f"http://127.0.0.1:{server.http}"
        code, output = pytest_in("--dnsemu-server", url, test_it=SHARED % [])
        assert code == 0, output
        code, output = pytest_in("--dnsemu-server", url, "-n", "2", test_it=SHARED % [])
        assert code == 1
        assert "the processes of xdist would reset it under each other" in output


def test_a_failed_assertion_is_explained(pytest_in):
    module = f"""
def test_it(dnsemu):
    dnsemu.load({str(SHOP)!r})
    dnsemu.fail("web-us", "status: 503")
    dnsemu.advance("60s")
    assert dnsemu.resolve("api.shop.test", place="DE") == ["192.0.2.1"]
"""
    code, output = pytest_in(test_it=module)
    assert code == 1
    assert "assert ['192.0.2.2'] == ['192.0.2.1']" in output
    assert re.search(
        r"first +PRIMARY +192\.0\.2\.1 +unhealthy +web-us: 0 of 16 checkers up, HTTP Status Code 503", output
    )
    assert "failing  web-us (status: 503)" in output


def test_the_server_ends_with_the_tests_even_if_they_are_killed(tmp_path):
    program = "from dnsemu.testing import Dnsemu; import time; print(Dnsemu().http, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        url = process.stdout.readline().strip()
        with urlopen(f"{url}/readyz") as reply:
            assert reply.status == 200
        process.kill()

    def is_gone():
        try:
            urlopen(f"{url}/readyz").close()
        except (URLError, ConnectionError):
            return True
        return False

    assert until(is_gone)
