"""A server for tests: the pytest fixture `dnsemu`, and the same methods without pytest.

Start at `steering.Dnsemu`, whose methods tests call; `connected` is the connection below it, `waiting` has the methods
as coroutines. `plugin` is the pytest plugin. `process` starts the server in a separate process, so that its modules and
those of the tests never meet; `control` makes control calls. `answers` holds what the methods return, `failover` the
assertion that a name moves; `lookups` and `resolvers` let code under test resolve names. Imports the standard library
only, until a method needs a client of the user's (boto3, aiohttp).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dnsemu.testing.steering import Dnsemu
    from dnsemu.testing.waiting import AsyncDnsemu

__all__ = ["AsyncDnsemu", "Dnsemu"]


def __getattr__(name: str) -> Any:
    """The two classes, imported when they are asked for: pytest imports this package at every start."""
    match name:
        case "Dnsemu":
            from dnsemu.testing.steering import Dnsemu

            return Dnsemu
        case "AsyncDnsemu":
            from dnsemu.testing.waiting import AsyncDnsemu

            return AsyncDnsemu
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
