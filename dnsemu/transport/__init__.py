"""Sockets: DNS over UDP and TCP. Bytes go to a `respond` function and what it returns goes back; nothing is decided."""

from collections.abc import Callable

Respond = Callable[[bytes, str, bool], bytes | None]
"""(packet, sender's IP address, whether over UDP) to a reply or None."""
