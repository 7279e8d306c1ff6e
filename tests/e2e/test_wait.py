"""`dnsemu wait` ends when a server is ready, or at its timeout."""

from tests.serving import dnsemu_here, free_port, serving_files

from .conftest import SHOP


def test_a_ready_server_ends_the_wait():
    with serving_files(SHOP) as server:
        done = dnsemu_here("wait", "--server", server.url)
    assert (done.returncode, done.stdout) == (0, f"{server.url} is ready\n")


def test_the_wait_ends_at_its_timeout():
    done = dnsemu_here("wait", "--timeout", "0", "--server", f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert "no dnsemu answers" in done.stderr
