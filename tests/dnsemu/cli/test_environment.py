"""Misspelt `DNSEMU_…` variables are reported."""

import pytest
import typer.main

from dnsemu.cli.commands import app
from dnsemu.cli.environment import complaints, known_variables
from tests.house.sources import ROOT
from tests.serving import dnsemu_here

KNOWN = known_variables(typer.main.get_command(app))


def test_the_options_variables_are_known():
    assert {"DNSEMU_FILES", "DNSEMU_SERVER", "DNSEMU_HTTP", "DNSEMU_ALLOWED_HOSTS"} <= KNOWN


def test_the_page_of_commands_lists_every_variable():
    page = (ROOT / "docs/commands.md").read_text()
    (entry,) = [part for part in page.split("\n- ") if part.startswith("**Options from the environment**")]
    assert {name for name in KNOWN if f"`{name}`" not in entry} == set()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("DNSEMU_FILE", ["DNSEMU_FILE is not a variable that dnsemu reads; write DNSEMU_FILES"]),
        ("DNSEMU_HTTPS", ["DNSEMU_HTTPS is not a variable that dnsemu reads; write DNSEMU_HTTP"]),
        ("DNSEMU_FILES", []),
        ("DNSEMU_SERVICE_HOST", []),
        ("DNSEMU_PORT_53_UDP_ADDR", []),
        ("PATH", []),
    ],
)
def test_unknown_variables_are_named(name, says):
    assert list(complaints([name], KNOWN)) == says


def test_a_command_says_so(monkeypatch, tmp_path):
    (tmp_path / "f.yaml").write_text("{}")
    monkeypatch.setenv("DNSEMU_FILE", str(tmp_path / "f.yaml"))
    done = dnsemu_here("check", tmp_path)
    assert done.returncode == 0
    assert "warning: DNSEMU_FILE is not a variable that dnsemu reads; write DNSEMU_FILES\n" in done.stderr
