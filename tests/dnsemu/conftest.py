"""Fixtures that several rooms' tests share."""

import socket

import pytest


@pytest.fixture
def free_port():
    """A UDP port of loopback on which nothing answers: held, but never read from."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]
