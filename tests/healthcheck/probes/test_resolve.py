"""Look-ups by the host's resolver (health-checks.md §4)."""

import asyncio
import socket
import threading
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest

from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.hosts_file import HostsFile
from dnsemu.healthcheck.probes.prober import Prober
from dnsemu.healthcheck.probes.resolve import NO_ADDRESS, NX_DOMAIN, SERV_FAIL, HostResolver, Unresolved

NO_HOSTS = HostsFile(Path("/nowhere/hosts"))
ANSWER = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))


class Host:
    """A fake host resolver: names that begin with `dead` hang until released."""

    def __init__(self):
        self.asked = []
        self.released = threading.Event()

    def getaddrinfo(self, name, port, *, family, type):
        assert (port, type) == (None, socket.SOCK_STREAM)
        self.asked.append(name)
        if family == socket.AF_INET6:
            return [(family, type, 6, "", ("2001:db8::1", 0, 0, 0))]
        if name.startswith("dead"):
            self.released.wait(20)
        return [ANSWER]


@asynccontextmanager
async def host():
    host = Host()
    try:
        yield host
    finally:
        host.released.set()


async def asks(resolver, name, patience_s=20.0):
    return await asyncio.wait_for(resolver.resolve(name, "eu-west-1"), patience_s)


@pytest.mark.parametrize(("code", "found"), [
    pytest.param(socket.EAI_NONAME, NX_DOMAIN, id="H58 no such name"),
    pytest.param(socket.EAI_AGAIN, SERV_FAIL, id="H58 the name server fails"),
    pytest.param(socket.EAI_FAIL, SERV_FAIL, id="H58 the name server refuses"),
    pytest.param(getattr(socket, "EAI_NODATA", None), NO_ADDRESS, id="H58 the name has no address"),
    pytest.param(getattr(socket, "EAI_ADDRFAMILY", None), NO_ADDRESS, id="H56 H186 the name has only AAAA"),
])  # fmt: skip
async def test_failures(code, found):
    if code is None:
        pytest.skip("this platform has no such code")

    def fails(*_, **__):
        raise socket.gaierror(code, "as told")

    assert await HostResolver(fails).resolve("app.test", "eu-west-1") == found


async def test_h56_localhost_is_an_ipv4_address():
    assert await asks(HostResolver(), "localhost") == "127.0.0.1"


@pytest.mark.parametrize("name", [
    pytest.param("missing.invalid", id="H58 a name that cannot exist"),
    pytest.param("a\0b.test", id="H58 a name with a zero"),
    pytest.param("x" * 70 + ".test", id="H58 a label that is too long"),
])  # fmt: skip
async def test_names_that_do_not_exist(name):
    found = await asks(HostResolver(), name)
    assert isinstance(found, Unresolved)
    assert found.reason.startswith("DNS resolution failed: Rcode")


@pytest.mark.parametrize("name", ["app.test", "app.test.", "App", "a.b.c.d", "dead.test"])
async def test_h56_names_are_absolute(name):
    """Neither the host's search list nor its `ndots` applies to a name that ends in a dot."""
    async with host() as this:
        this.released.set()
        assert await asks(HostResolver(this.getaddrinfo, NO_HOSTS), name) == "192.0.2.1"
        assert this.asked == [name.rstrip(".") + "."]


@pytest.mark.parametrize("version", [4, 6])
async def test_each_ip_version_is_asked_for(version):
    async with host() as this:
        resolver = HostResolver(this.getaddrinfo, NO_HOSTS)
        found = await resolver.resolve("app.test", "eu-west-1", version)
        assert found == {4: "192.0.2.1", 6: "2001:db8::1"}[version]


HOSTS = """
127.0.0.1	localhost
192.0.2.5   db.local db   Cache.Local  # the machine below
::1         localhost
2001:db8::5 db.local   v6.test
fe80::1%lo  scoped.test
192.0.2.6   db.local
#192.0.2.9  gone.test
192.0.2.999 broken.test
192.0.2.7   nl.localhost
"""


@pytest.mark.parametrize(("name", "version", "found"), [
    pytest.param("localhost", 4, "127.0.0.1", id="H56 localhost"),
    pytest.param("LocalHost.", 6, "::1", id="H56 localhost over IPv6"),
    pytest.param("db.local", 4, "192.0.2.5", id="H56 the first of two"),
    pytest.param("db.local.", 6, "2001:db8::5", id="H56 with a trailing dot"),
    pytest.param("DB", 4, "192.0.2.5", id="H56 a single label"),
    pytest.param("cache.local", 4, "192.0.2.5", id="H56 case does not matter"),
    pytest.param("scoped.test", 6, "fe80::1", id="H56 with a zone index"),
    pytest.param("v6.test", 4, "DNS", id="H56 no address of this version"),
    pytest.param("gone.test", 4, "DNS", id="H56 a comment"),
    pytest.param("broken.test", 4, "DNS", id="H56 not an address"),
    pytest.param("a.localhost", 4, "127.0.0.1", id="H56 below localhost (RFC 6761 §6.3)"),
    pytest.param("a.localhost", 6, "::1", id="H56 below localhost over IPv6"),
    pytest.param("nl.localhost", 4, "192.0.2.7", id="H56 the file comes before the rule"),
    pytest.param("notlocalhost", 4, "DNS", id="H56 not localhost"),
    pytest.param("192.0.2.44", 4, "192.0.2.44", id="H56 an address"),
    pytest.param("2001:db8::44", 4, NO_ADDRESS, id="H56 an address of the other version"),
    pytest.param("127.1", 4, "DNS", id="H56 short forms of addresses are names"),
])  # fmt: skip
async def test_names_that_the_host_knows(tmp_path, name, version, found):
    path = tmp_path / "hosts"
    path.write_text(HOSTS)

    def getaddrinfo(*_, family, **__):
        return [(family, socket.SOCK_STREAM, 6, "", ("DNS", 0))]

    resolver = HostResolver(getaddrinfo, HostsFile(path))
    assert await resolver.resolve(name, "eu-west-1", version) == found


def test_the_hosts_file_is_read_again_when_it_changes(tmp_path):
    path = tmp_path / "hosts"
    hosts = HostsFile(path)
    assert hosts.address("app", 4) is None  # no such file
    path.write_text("192.0.2.1 app")
    assert hosts.address("app", 4) == "192.0.2.1"
    path.write_text("192.0.2.22 app")
    assert hosts.address("app", 4) == "192.0.2.22"
    path.unlink()
    assert hosts.address("app", 4) is None


async def test_h57_the_first_address_of_the_answer_is_taken():
    answers = [ANSWER, (*ANSWER[:4], ("192.0.2.2", 0))]
    assert await asks(HostResolver(lambda *_, **__: answers), "app.test") == "192.0.2.1"


async def test_h59_nothing_is_cached():
    async with host() as this:
        resolver = HostResolver(this.getaddrinfo)
        for _ in range(3):
            assert await asks(resolver, "app.test") == "192.0.2.1"
        assert this.asked == ["app.test."] * 3


async def test_h163_concurrent_look_ups_share_the_answer():
    async with host() as this:
        resolver = HostResolver(this.getaddrinfo)
        waiting = [asyncio.create_task(asks(resolver, "dead.test")) for _ in range(16)]
        with pytest.raises(TimeoutError):  # the others go on
            await asks(resolver, "dead.test", 0.01)
        this.released.set()
        assert await asyncio.gather(*waiting) == ["192.0.2.1"] * 16
        assert this.asked == ["dead.test."]


async def test_h163_dead_names_do_not_delay_others():
    async with host() as this:
        resolver = HostResolver(this.getaddrinfo)
        dead = [asyncio.create_task(asks(resolver, f"dead{n}.test")) for n in range(50)]
        assert await asks(resolver, "app.test") == "192.0.2.1"
        assert not any(task.done() for task in dead)
        this.released.set()
        await asyncio.gather(*dead)


async def test_h60_a_silent_name_server_takes_the_time_limit_and_no_more():
    async with host() as this:
        prober = Prober(HostResolver(this.getaddrinfo), Budgets(resolve_s=0.1))
        config = EndpointCheck(EndpointType.HTTP, fully_qualified_domain_name="dead.test", port=80)
        began = monotonic()
        outcome = await prober(HealthCheck("a", config), Checker("eu-west-1", 0))
        assert (outcome.success, outcome.reason) == (False, "DNS resolution failed: Timed out")
        assert 0.1 <= monotonic() - began < 10


def test_h165_a_running_look_up_does_not_delay_the_end():
    this = Host()

    async def gives_up():
        with pytest.raises(TimeoutError):
            await asks(HostResolver(this.getaddrinfo), "dead.test", 0.05)

    began = monotonic()
    asyncio.run(gives_up())
    assert monotonic() - began < 10
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "resolve dead.test"]
    assert thread.daemon
    this.released.set()  # its answer comes after the end of the loop
    thread.join(10)
    assert not thread.is_alive()
