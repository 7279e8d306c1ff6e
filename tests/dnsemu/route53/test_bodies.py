"""Large bodies are read a few at a time."""

import asyncio
from collections import Counter
from types import SimpleNamespace

from dnsemu.route53.bodies import MAX_LARGE_BODIES, SMALL_BYTES, BodyReader
from dnsemu.runtime.limits import Limit


class Arriving:
    """A request whose body comes when it is told to, and fails when its connection is aborted."""

    def __init__(self, length=SMALL_BYTES + 1):
        self.content_length = length
        self.content = SimpleNamespace(is_eof=lambda: False)
        self.transport = self
        self._body = asyncio.get_running_loop().create_future()
        self.is_read = False

    async def read(self):
        self.is_read = True
        return await self._body

    def arrive(self):
        self._body.set_result(b"body")

    def abort(self):
        self._body.set_exception(ConnectionResetError())


async def settle():
    for _ in range(10):
        await asyncio.sleep(0)


async def test_large_bodies_wait_for_their_turn():
    limits = Counter()
    reader = BodyReader(limits, max_wait_s=3600)
    requests = [Arriving() for _ in range(MAX_LARGE_BODIES + 2)]
    reading = [asyncio.create_task(reader.read(request)) for request in requests]
    await settle()
    assert [request.is_read for request in requests] == [True] * MAX_LARGE_BODIES + [False] * 2
    small = Arriving(SMALL_BYTES)
    small.arrive()
    assert await reader.read(small) == b"body"
    requests[3].arrive()
    await settle()
    assert requests[MAX_LARGE_BODIES].is_read
    for request in requests:
        if not request._body.done():
            request.arrive()
    assert await asyncio.gather(*reading) == [b"body"] * len(requests)
    assert limits == {}


async def test_a_body_of_unknown_length_counts_as_large():
    reader = BodyReader(Counter(), max_wait_s=3600)
    requests = [Arriving(None) for _ in range(MAX_LARGE_BODIES + 1)]
    reading = [asyncio.create_task(reader.read(request)) for request in requests]
    await settle()
    assert not requests[-1].is_read
    for task in reading:
        task.cancel()


async def test_the_oldest_body_is_given_up_after_a_while():
    limits = Counter()
    reader = BodyReader(limits, max_wait_s=0)
    slow = [Arriving() for _ in range(MAX_LARGE_BODIES)]
    reading = [asyncio.create_task(reader.read(request)) for request in slow]
    await settle()
    new = Arriving()
    new.arrive()
    assert await reader.read(new) == b"body"
    assert isinstance(await asyncio.gather(reading[0], return_exceptions=True), list)
    assert isinstance(reading[0].exception(), ConnectionResetError)
    assert not any(task.done() for task in reading[1:])
    assert limits == {Limit.HTTP_LARGE_BODIES: 1}
    for task in reading[1:]:
        task.cancel()
