"""What every kind of test may ask for."""

import os
import shutil

import pytest


@pytest.fixture(scope="session")
def require_tool():
    """A function from a program's name to its path.

    Without the program the test is skipped, except where `CI` is set: there everything is installed, and a
    missing tool is a failure.
    """

    def require(name):
        if path := shutil.which(name):
            return path
        message = f"{name} is not installed"
        if os.environ.get("CI", "").lower() in {"", "0", "false"}:
            pytest.skip(message)
        pytest.fail(message)

    return require
