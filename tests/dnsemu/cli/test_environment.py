"""Misspelt `DNSEMU_…` variables are reported."""

import pytest
import typer.main

from dnsemu.cli.commands import app
from dnsemu.cli.environment import complaints, known_variables

KNOWN = known_variables(typer.main.get_command(app))


def test_the_options_variables_are_known():
    assert {"DNSEMU_FILES", "DNSEMU_SERVER", "DNSEMU_HTTP", "DNSEMU_ALLOWED_HOSTS"} <= KNOWN


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("DNSEMU_FILE", ["DNSEMU_FILE is not a variable that dnsemu reads; write DNSEMU_FILES"]),
        ("DNSEMU_FILES", []),
        ("DNSEMU_SERVICE_HOST", []),
        ("DNSEMU_PORT_53_UDP_ADDR", []),
        ("PATH", []),
    ],
)
def test_unknown_variables_are_named(name, says):
    assert list(complaints([name], KNOWN)) == says
