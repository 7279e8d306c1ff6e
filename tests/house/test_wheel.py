"""The release, from sdist to wheel to installation: it holds the product only, and runs beside modules of any name."""

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import pytest

from tests.serving import serving

ROOT = Path(__file__).resolve().parents[2]
AREAS = ("config", "healthcheck", "policies")
"""Folders of the repository that are installed inside `dnsemu`."""

ZONE = """
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: www, type: A, ttl: 60, resource_records: [192.0.2.1]}
"""


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sdist")
    built = subprocess.run(
        [sys.executable, "-m", "build", "--sdist", "--outdir", folder, ROOT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.tar.gz")
    return path


@pytest.fixture(scope="module")
def wheel(sdist, tmp_path_factory):
    """Built from the sdist, as packagers do."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    built = subprocess.run(
        [*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, sdist],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The scripts folder of an environment with the wheel; its dependencies come from this environment.

    `dependencies.pth` adds the folder of packages, but `.pth` files inside it are not read: the editable install of this
    checkout stays out.
    """
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
    done = subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", "--no-index", wheel], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (site,) = home.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home / "bin"


def product():
    """Every file of the product, by its path in the installed package."""
    tops = {"dnsemu": "dnsemu", **{area: f"dnsemu/{area}" for area in AREAS}}
    return {
        f"{inside}/{path.relative_to(ROOT / top).as_posix()}"
        for top, inside in tops.items()
        for path in (ROOT / top).rglob("*")
        if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts
    }


def test_the_sdist_holds_the_product_and_what_builds_it(sdist):
    with tarfile.open(sdist) as tar:
        inside = {name.partition("/")[2] for name in tar.getnames()}
    assert product() <= inside
    assert {"pyproject.toml", "README.md", "LICENSE", "NOTICE"} <= inside


def test_the_wheel_holds_the_product_and_nothing_else(wheel):
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert inside == product()


def test_the_wheel_carries_its_licences(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.rsplit("/", 1)[1] for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}


@pytest.fixture
def crowded(tmp_path):
    """A user's folder with three modules named like the areas; importing any of them fails."""
    for name in AREAS:
        trap = "raise RuntimeError('the user’s own module was imported')"
        (tmp_path / f"{name}.py").write_text(trap)
    (tmp_path / "shop.yaml").write_text(ZONE)
    return tmp_path


@pytest.fixture
def environment(installed):
    return {"PATH": f"{installed}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": "."}


@pytest.mark.parametrize("program", [["dnsemu"], ["python", "-m", "dnsemu"]], ids=["dnsemu", "python -m dnsemu"])
def test_it_serves_beside_a_users_own_modules(program, installed, crowded, environment):
    command = [installed / program[0], *program[1:], "serve", "shop.yaml", "--dns", "127.0.0.1:0"]
    with serving([*command, "--http", "127.0.0.1:0"], cwd=crowded, env=environment) as server:
        query = dns.message.make_query("www.shop.test", "A")
        for ask in (dns.query.udp, dns.query.tcp):
            reply = ask(query, "127.0.0.1", port=server.dns, timeout=5)
            assert reply.rcode() == dns.rcode.NOERROR
            assert [rdata.address for rdata in reply.answer[0]] == ["192.0.2.1"]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["check", "shop.yaml"], id="check"),
        pytest.param(["explain", "www.shop.test", "--file", "shop.yaml"], id="explain"),
        pytest.param(["what-if", "www.shop.test", "--file", "shop.yaml"], id="what-if"),
        pytest.param(["schema"], id="schema"),
    ],
)
def test_commands_run_beside_a_users_own_modules(arguments, installed, crowded, environment):
    done = subprocess.run(
        [installed / "dnsemu", *arguments], cwd=crowded, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_workers_serve_beside_a_users_own_modules(installed, crowded, environment):
    command = [installed / "dnsemu", "serve", "shop.yaml", "--dns", "127.0.0.1:0", "--http", "127.0.0.1:0"]
    with serving([*command, "--workers", "2"], cwd=crowded, env=environment) as server:
        reply = dns.query.udp(dns.message.make_query("www.shop.test", "A"), "127.0.0.1", port=server.dns, timeout=5)
        assert [rdata.address for rdata in reply.answer[0]] == ["192.0.2.1"]


def test_the_wheel_installs_one_import_name(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"dnsemu"}
