"""The pytest plugin: the fixture `dnsemu`, and its options. Starts nothing until a test asks for the fixture."""

import os
import sys
from collections.abc import Generator, Iterator
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
        help="A dnsemu program that is installed elsewhere, or the URL of a running server, which is reset.",
    )


def _scope(fixture_name: str, config: pytest.Config) -> Any:
    return config.getoption("--dnsemu-scope")


@pytest.fixture(scope="session")
def _dnsemu_server(pytestconfig: pytest.Config) -> Iterator["Dnsemu"]:
    """One server for each process of tests, started when a test asks for it first."""
    from dnsemu.testing.steering import Dnsemu

    server = pytestconfig.getoption("--dnsemu-server")
    if server is not None and "://" in server and int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1:
        pytest.fail(
            f"--dnsemu-server {server} is one server, and the processes of xdist would reset it under each other: "
            "write the path of a program, of which each process starts one, or run with -n 1",
            pytrace=False,
        )
    with Dnsemu(server) as started:
        yield started


@pytest.fixture(scope=_scope)
def dnsemu(_dnsemu_server: "Dnsemu") -> "Dnsemu":
    """A Route 53 server that the test controls: endpoints are simulated, time stands still until `advance`."""
    _dnsemu_server.reset()
    return _dnsemu_server


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Explains an answer, or shares, that an assertion compares."""
    answers = sys.modules.get("dnsemu.testing.answers")
    if op != "==" or answers is None:
        return None
    kinds = (answers.Answer, answers.SharesByValue)
    seen = left if isinstance(left, kinds) else right if isinstance(right, kinds) else None
    return None if seen is None else [f"{left!r} == {right!r}", "", *seen.explain().splitlines()]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds the server's state to the report of a failed test."""
    report = yield
    server = getattr(item, "funcargs", {}).get("dnsemu")
    if report.when == "call" and report.failed and server is not None and hasattr(server, "report"):
        try:
            report.sections.append(("dnsemu", server.report()))
        except Exception as failure:
            report.sections.append(("dnsemu", f"the server does not answer: {failure}"))
    return report
