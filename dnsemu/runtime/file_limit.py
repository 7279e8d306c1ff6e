"""How many files may be open: each probe and each TCP client needs one."""

import resource
from contextlib import suppress

from dnsemu.clock.scheduler import MAX_CONCURRENT_JOBS

MAX_FILES = 65536
"""Open files asked of the system: 2,000 probes, 1,024 TCP clients an address, and room."""

RESERVED = 200
"""Open files that probes leave to everything else, at least; half of them where there are few."""


def raise_file_limit() -> None:
    """Take as many open files as the system allows: each probe and each TCP client needs one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):  # macOS has another limit behind this one
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def max_probes() -> int:
    """Probes at once: what the open files leave room for, at most 2,000 (H163)."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_CONCURRENT_JOBS
    return max(1, min(MAX_CONCURRENT_JOBS, max(soft - RESERVED, soft // 2)))
