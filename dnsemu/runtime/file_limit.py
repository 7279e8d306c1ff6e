"""The limit of open files: each probe and each TCP client needs one."""

import resource
from contextlib import suppress

from dnsemu.clock.scheduler import MAX_CONCURRENT_JOBS

MAX_FILES = 65536
"""Open files requested: 2,000 probes, 1,024 TCP clients an address, and room."""

RESERVED = 200
"""Open files kept back from probes; half of the limit where it is low."""

MAX_HTTP_CONNECTIONS = 512
MIN_HTTP_CONNECTIONS = 16


def raise_file_limit() -> None:
    """Raise the soft limit as far as the system allows, up to `MAX_FILES`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):  # macOS enforces a second, lower limit
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def max_probes() -> int:
    """The number of probes that may run at once: as open files allow, at most 2,000 (H163)."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_CONCURRENT_JOBS
    return max(1, min(MAX_CONCURRENT_JOBS, max(soft - RESERVED, soft // 2)))


def max_http_connections() -> int:
    """The number of HTTP connections that may be open: a sixteenth of the open files, 16 to 512.

    The rest is kept back for DNS and probes.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_HTTP_CONNECTIONS
    return max(MIN_HTTP_CONNECTIONS, min(MAX_HTTP_CONNECTIONS, soft // 16))
