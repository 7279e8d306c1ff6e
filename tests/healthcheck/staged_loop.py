"""An event loop on which real sockets meet virtual time, with slow and rerouted connections."""

import asyncio
import selectors

_QUIET_S = 0.01
"""Real time without a packet after which nothing is in flight on loopback, in seconds."""


class _SkippingSelector(selectors.DefaultSelector):
    """Waits a moment for sockets; if none is ready, skips the rest of the time-out."""

    def __init__(self):
        super().__init__()
        self.now = 0.0

    def select(self, timeout=None):
        events = super().select(timeout if timeout is None else min(timeout, _QUIET_S))
        if not events and timeout:
            self.now += timeout
        return events


class StagedLoop(asyncio.SelectorEventLoop):
    """Time passes only while every socket is quiet, and then skips to the next timer, so 9 seconds take none.

    A connection takes `connect_s`, as if the peer answered that late. One to a port in `reroutes` goes to another port,
    because tests cannot listen on port 80.
    """

    def __init__(self):
        self._skipping = _SkippingSelector()
        super().__init__(self._skipping)
        self.connect_s = 0.0
        self.reroutes = {}
        self.connections = 0

    def time(self):
        return self._skipping.now

    async def sock_connect(self, sock, address):
        if self.connect_s:
            await asyncio.sleep(self.connect_s)
        self.connections += 1
        await super().sock_connect(sock, (address[0], self.reroutes.get(address[1], address[1]), *address[2:]))


def staged(main):
    """Runs a coroutine function, which is given the loop, on such a loop."""
    with asyncio.Runner(loop_factory=StagedLoop) as runner:
        return runner.run(main(runner.get_loop()))
