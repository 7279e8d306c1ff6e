"""The server: DNS on the wire, zones compiled for look-up, the HTTP port, and the command line.

The one package in which the others meet (`app`): queries read a catalog and a health snapshot, both immutable.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    """The version, read when it is asked for: `importlib.metadata` takes a fifth of the time of a short command."""
    if name != "__version__":
        raise AttributeError(name)
    from importlib.metadata import version

    return version("dnsemu")
