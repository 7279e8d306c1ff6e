"""The pytest plugin: the fixture `dnsemu`, and its options. Starts nothing until a test asks for the fixture."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dnsemu.testing.steering import Dnsemu

SCOPES = ("function", "class", "module", "package", "session")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the plugin's options."""
    group = parser.getgroup("dnsemu", "dnsemu: Route 53 for tests")
    group.addoption(
        "--dnsemu-scope",
        choices=SCOPES,
        default="function",
        help="How long the content and faults of the fixture 'dnsemu' last; default: one test.",
    )
    group.addoption(
        "--dnsemu-server",
        metavar="PATH|URL",
        help="A dnsemu program that is installed elsewhere, or the URL of a running server.",
    )


def _scope(fixture_name: str, config: pytest.Config) -> Any:
    return config.getoption("--dnsemu-scope")


@pytest.fixture(scope="session")
def _dnsemu_server(pytestconfig: pytest.Config) -> Iterator["Dnsemu"]:
    """One server for each process of tests, started when a test asks for it first."""
    from dnsemu.testing.steering import Dnsemu

    with Dnsemu(pytestconfig.getoption("--dnsemu-server")) as server:
        yield server


@pytest.fixture(scope=_scope)
def dnsemu(_dnsemu_server: "Dnsemu") -> "Dnsemu":
    """A Route 53 server that the test controls: endpoints are simulated, time stands still until `advance`."""
    _dnsemu_server.reset()
    return _dnsemu_server
