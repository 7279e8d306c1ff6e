"""Sockets: DNS over UDP and TCP. Bytes go to a `respond` function and what it returns goes back; nothing is decided."""

from collections.abc import Callable, Coroutine
from typing import Any

Later = Coroutine[Any, Any, bytes]
"""A reply that has to be waited for."""

Respond = Callable[[bytes, str, bool], bytes | Later | None]
"""(packet, sender's IP address, whether over UDP) to a reply, one that has to be waited for, or None."""
