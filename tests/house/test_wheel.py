"""The wheel carries the whole product and nothing else, and works among a user's own files of the same names."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import dns.message
import dns.query
import dns.rcode
import pytest

from tests.serving import serving

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "dnsemu", "healthcheck", "policies")

ZONE = """
hosted_zones:
  - name: shop.test
    record_sets:
      - {name: www, type: A, ttl: 60, resource_records: [192.0.2.1]}
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    built = subprocess.run(
        [*pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The scripts folder of an environment that holds the wheel; only its dependencies come from this one.

    The path file lends the folder, not its `.pth` files: the editable install of this checkout stays out.
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


def test_the_wheel_holds_the_packages_with_their_data_and_nothing_else(wheel):
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    ours = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside == ours


def test_the_wheel_carries_its_licences(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.rsplit("/", 1)[1] for name in names if "/licenses/" in name} == {"LICENSE", "NOTICE"}


def test_it_serves_beside_a_users_own_config_and_policies(installed, tmp_path):
    (tmp_path / "config.py").write_text("raise RuntimeError('the user’s own config was imported')")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "__init__.py").write_text("raise RuntimeError('the user’s own policies were imported')")
    (tmp_path / "shop.yaml").write_text(ZONE)
    command = [installed / "dnsemu", "serve", "shop.yaml", "--dns", "127.0.0.1:0", "--http", "127.0.0.1:0"]
    with serving(command, cwd=tmp_path, env={"PATH": f"{installed}{os.pathsep}{os.environ['PATH']}"}) as server:
        query = dns.message.make_query("www.shop.test", "A")
        for ask in (dns.query.udp, dns.query.tcp):
            reply = ask(query, "127.0.0.1", port=server.dns, timeout=5)
            assert reply.rcode() == dns.rcode.NOERROR
            assert [rdata.address for rdata in reply.answer[0]] == ["192.0.2.1"]


def test_the_installed_packages_are_the_wheels(installed, tmp_path):
    program = f"import importlib as i; [print(i.import_module(name).__file__) for name in {PACKAGES!r}]"
    shown = subprocess.run(
        [installed / "python", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert all(Path(line).is_relative_to(installed.parent) for line in shown.stdout.splitlines())
    assert len(shown.stdout.splitlines()) == len(PACKAGES)
