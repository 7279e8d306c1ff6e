"""Sockets: DNS over UDP and TCP. Bytes go to a `respond` function and what it returns goes back; nothing is decided."""

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

Later = Coroutine[Any, Any, bytes]
"""A reply that has to be waited for."""

Respond = Callable[[bytes, str], bytes | Later | None]
"""(packet, sender's IP address) to a reply, one that has to be waited for, or None."""


class Doors(NamedTuple):
    """What answers at one address, over UDP and over TCP: replies differ in how large they may be."""

    udp: Respond
    tcp: Respond
