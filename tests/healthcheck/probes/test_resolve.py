"""Look-ups by the host's resolver (health-checks.md §4)."""

import asyncio
import socket
import threading
from contextlib import asynccontextmanager
from time import monotonic

import pytest

from dnsemu.config.model.health_checks import EndpointCheck, EndpointType, HealthCheck
from dnsemu.healthcheck.checkers import Checker
from dnsemu.healthcheck.probes.budgets import Budgets
from dnsemu.healthcheck.probes.prober import Prober
from dnsemu.healthcheck.probes.resolve import NO_ADDRESS, NX_DOMAIN, SERV_FAIL, HostResolver, Unresolved

ANSWER = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0))


class Host:
    """A fake host resolver: names that begin with `dead` hang until released."""

    def __init__(self):
        self.asked = []
        self.released = threading.Event()

    def getaddrinfo(self, name, port, *, family, type):
        assert (port, family, type) == (None, socket.AF_INET, socket.SOCK_STREAM)
        self.asked.append(name)
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


async def test_h57_the_first_address_of_the_answer_is_taken():
    answers = [ANSWER, (*ANSWER[:4], ("192.0.2.2", 0))]
    assert await asks(HostResolver(lambda *_, **__: answers), "app.test") == "192.0.2.1"


async def test_h59_nothing_is_cached():
    async with host() as this:
        resolver = HostResolver(this.getaddrinfo)
        for _ in range(3):
            assert await asks(resolver, "app.test") == "192.0.2.1"
        assert this.asked == ["app.test"] * 3


async def test_h163_concurrent_look_ups_share_the_answer():
    async with host() as this:
        resolver = HostResolver(this.getaddrinfo)
        waiting = [asyncio.create_task(asks(resolver, "dead.test")) for _ in range(16)]
        with pytest.raises(TimeoutError):  # the others go on
            await asks(resolver, "dead.test", 0.01)
        this.released.set()
        assert await asyncio.gather(*waiting) == ["192.0.2.1"] * 16
        assert this.asked == ["dead.test"]


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
