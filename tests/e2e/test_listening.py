"""Addresses that cannot be bound: the message says which, why and what to do; no other address stays bound."""

import asyncio
import contextlib
import re
import socket

import pytest

from dnsemu.app import Application
from dnsemu.config.text.addresses import Address
from dnsemu.files.reading import read_files
from dnsemu.server.options import Options
from dnsemu.server.transport.listeners import CannotListen, bind
from tests.serving import DNSEMU, dnsemu, dnsemu_here, free_port, serving, serving_files

from .conftest import SHOP

UDP, TCP = socket.SOCK_DGRAM, socket.SOCK_STREAM


@contextlib.contextmanager
def held(*kinds, host="127.0.0.1"):
    """A port that another program holds over these protocols."""
    with contextlib.ExitStack() as stack:
        port = free_port()
        for kind in kinds:
            sock = stack.enter_context(socket.socket(type=kind))
            sock.bind((host, port))
            if kind == TCP:
                sock.listen()
        yield port


def is_free(port, host="127.0.0.1"):
    """True if a port can be bound exclusively over UDP and TCP."""
    with socket.socket(type=TCP) as tcp, socket.socket(type=UDP) as udp:
        try:
            tcp.bind((host, port))
            udp.bind((host, port))
        except OSError:
            return False
    return True


@pytest.mark.parametrize(
    ("kinds", "protocol"),
    [
        pytest.param([UDP], "UDP", id="UDP only"),
        pytest.param([TCP], "TCP", id="TCP only"),
        pytest.param([UDP, TCP], "TCP", id="both"),
    ],
)
def test_a_port_in_use_is_named_with_the_option_that_chooses_another(kinds, protocol):
    with held(*kinds) as port:
        done = dnsemu("serve", SHOP, "--dns", f"127.0.0.1:{port}", "--http", "127.0.0.1:0")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"dnsemu: 127.0.0.1:{port} is in use over {protocol}; ")
    assert "--dns 127.0.0.1:0" in line


def test_an_http_port_in_use_is_named_with_its_own_option():
    with held(TCP) as port:
        done = dnsemu("serve", SHOP, "--dns", "127.0.0.1:0", "--http", f"127.0.0.1:{port}")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"dnsemu: 127.0.0.1:{port} is in use over TCP; ")
    assert "--http 127.0.0.1:0" in line
    other = int(re.search(r"choose another: --http 127\.0\.0\.1:(\d+) is free", line)[1])
    assert other != port
    assert is_free(other)


@pytest.mark.parametrize(
    ("first", "second", "command"),
    [
        pytest.param("127.0.0.1", "127.0.0.1", ["demo"], id="the same address"),
        pytest.param("0.0.0.0", "127.0.0.1", ["serve", SHOP], id="one of all that the first listens on"),
        pytest.param("127.0.0.1", "0.0.0.0", ["serve", SHOP], id="all, of which the first has one"),
    ],
)
def test_two_servers_never_share_a_port(first, second, command):
    with serving_files(SHOP, dns=f"{first}:0") as server:
        done = dnsemu(*command, "--dns", f"{second}:{server.dns}", "--http", "127.0.0.1:0")
        assert (done.returncode, done.stdout) == (1, "")
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"dnsemu: {second}:{server.dns} is in use over ")
        assert f"another dnsemu uses it (process {server.process.pid}): stop that with: dnsemu stop --server " in line
        assert "--dns" in line


@pytest.mark.parametrize("option", ["--dns", "--http"])
def test_an_address_of_another_machine_is_named(option):
    given = {"--dns": "127.0.0.1:0", "--http": "127.0.0.1:0", option: "198.51.100.7:0"}
    done = dnsemu("serve", SHOP, *(part for pair in given.items() for part in pair))
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("dnsemu: 198.51.100.7 is no address of this machine; ")
    assert f"{option} 127.0.0.1:0 takes a free port" in line


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        pytest.param("--dns", "127.0.0.1", "--dns: '127.0.0.1' has no port: write 127.0.0.1:1053", id="no port"),
        pytest.param("--dns", "1053", "'1053' has no IP address: write 127.0.0.1:1053", id="a port"),
        pytest.param("--dns", "x", "'x' is no IP address and port: write for example 127.0.0.1:1053", id="a word"),
        pytest.param("--http", "9000", "'9000' has no IP address: write 127.0.0.1:9000", id="a port of HTTP"),
        pytest.param(
            "--http", "x", "'x' is no IP address and port: write for example 127.0.0.1:8053", id="a word for HTTP"
        ),
        pytest.param(
            "--http", "::1", "--http: '::1' has no port: write [::1]:8053", id="an IPv6 address without a port"
        ),
        pytest.param("--http", "[::1]", "--http: '::1' has no port: write [::1]:8053", id="one in brackets"),
        pytest.param("--forward", "nonsense", "--forward: 'nonsense' is no IP address: write", id="no name server"),
        pytest.param("--forward", "nonsense", "for a port other than 53", id="a name server's port"),
        pytest.param(
            "--forward", "nonsense:53", "'nonsense' in 'nonsense:53' is no IP address", id="a name server's name"
        ),
        pytest.param("--dns", "127.0.0.1:x", "'x' in '127.0.0.1:x' is no port", id="no number"),
        pytest.param("--dns", "127.0.0.1:65536", "'65536' in '127.0.0.1:65536' is no port", id="too large"),
        pytest.param("--dns", "localhost:53", "'localhost' in 'localhost:53' is no IP address", id="a name"),
        pytest.param("--dns", "::1:53", "write [::1]:53", id="no brackets"),
        pytest.param("--dns", "127.0.0.1:0,127.0.0.1", "has no port", id="the second of two"),
        pytest.param(
            "--http", "127.0.0.1", "--http: '127.0.0.1' has no port: write 127.0.0.1:8053", id="HTTP without a port"
        ),
        pytest.param("--nds", "127.0.0.1:0", "--nds", id="an unknown option"),
    ],
)
def test_invalid_addresses_are_refused(option, value, says):
    done = dnsemu_here("serve", option, value)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


def test_a_refusal_leaves_no_address_bound():
    with held(UDP) as taken:
        first, last = free_port(), free_port()
        with pytest.raises(CannotListen, match=str(taken)):
            bind([Address("127.0.0.1", port) for port in (first, taken, last)])
        assert is_free(first)
        assert is_free(last)


def test_a_vantage_point_that_cannot_be_bound_is_named_by_its_setting():
    with held(TCP) as taken:
        free = Address("127.0.0.1", 0)
        with pytest.raises(CannotListen) as raised:
            bind([free], [free, Address("127.0.0.1", taken)])
    assert f"127.0.0.1:{taken} is in use" in str(raised.value)
    assert "server.vantage_points[1].dns: 127.0.0.1:0 takes a free port" in str(raised.value)
    assert "--dns" not in str(raised.value)


def test_a_refused_http_port_leaves_no_dns_bound():
    with held(TCP) as taken:
        port = free_port()
        options = Options(dns=(Address("127.0.0.1", port),), http=Address("127.0.0.1", taken))

        async def main():
            await Application(await read_files([SHOP]), options).run(pytest.fail)

        with pytest.raises(CannotListen, match=str(taken)):
            asyncio.run(main())
        assert is_free(port)


def test_addresses_come_from_flags_before_the_environment_before_the_file(tmp_path):
    """Flags win over the environment, which wins over the file's `server`."""
    ports = [free_port() for _ in range(3)]
    file = tmp_path / "shop.yaml"
    file.write_text(f'server: {{dns: ["127.0.0.1:{ports[0]}"], http: "127.0.0.1:0"}}\n' + SHOP.read_text())
    by_environment = {"DNSEMU_DNS": f"127.0.0.1:{ports[1]}", "DNSEMU_HTTP": "127.0.0.1:0"}
    for options, env, port in [
        ([], {}, ports[0]),
        ([], by_environment, ports[1]),
        (["--dns", f"127.0.0.1:{ports[2]}"], by_environment, ports[2]),
    ]:
        with serving([DNSEMU, "serve", str(file), *options], env=env) as server:
            assert server.addresses == [f"127.0.0.1:{port}"]
