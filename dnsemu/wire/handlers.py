"""The functions that answer packets; the server calls them with what its sockets receive."""

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

PendingReply = Coroutine[Any, Any, bytes]
"""A reply that is not there yet: awaiting it yields the message."""

Handler = Callable[[bytes, str], bytes | PendingReply | None]
"""Takes a packet and the sender's IP address; returns the reply, a pending one, or None for no reply."""


class Handlers(NamedTuple):
    """The handlers of one listening address. UDP and TCP differ in the longest reply."""

    udp: Handler
    tcp: Handler
