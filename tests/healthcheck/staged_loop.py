"""An event loop on which real sockets meet stepped time and a network that obeys."""

import asyncio
import selectors

_QUIET_S = 0.01
"""Real time without a packet after which nothing is under way on loopback, in seconds."""


class _LeapingSelector(selectors.DefaultSelector):
    """Waits a moment for sockets; if they are quiet, the time that was to be waited has passed at once."""

    def __init__(self):
        super().__init__()
        self.now = 0.0

    def select(self, timeout=None):
        events = super().select(timeout if timeout is None else min(timeout, _QUIET_S))
        if not events and timeout:
            self.now += timeout
        return events


class StagedLoop(asyncio.SelectorEventLoop):
    """Time passes only when every socket is quiet, and then at once to the next timer, so 9 seconds take none.

    Connections take `connect_s`, as if the peer's half of the handshake came that late, and those to a port in
    `reroutes` go to another instead: no test can listen on port 80.
    """

    def __init__(self):
        self._leaping = _LeapingSelector()
        super().__init__(self._leaping)
        self.connect_s = 0.0
        self.reroutes = {}
        self.connections = 0

    def time(self):
        return self._leaping.now

    async def sock_connect(self, sock, address):
        if self.connect_s:
            await asyncio.sleep(self.connect_s)
        self.connections += 1
        await super().sock_connect(sock, (address[0], self.reroutes.get(address[1], address[1]), *address[2:]))


def staged(main):
    """Run a coroutine function on such a loop, which it is given."""
    with asyncio.Runner(loop_factory=StagedLoop) as runner:
        return runner.run(main(runner.get_loop()))
