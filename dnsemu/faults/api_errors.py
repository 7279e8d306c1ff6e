"""Errors that the Route 53 API gives on request, so that a client's retries can be rehearsed (A360, A121)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from dnsemu.commands.errors import ERRORS
from dnsemu.commands.errors.requests import (
    RATE_EXCEEDED,
    STILL_PROCESSING,
    AccessDenied,
    InternalFailure,
    PriorRequestNotComplete,
    ServiceUnavailable,
    Throttling,
    ThrottlingException,
)

ANY_OPERATION = "*"

MAX_ERRORS = 100
"""Entries that wait at once."""
MAX_TIMES = 1_000_000
"""Calls that one entry makes fail."""

COMMON = frozenset(
    error.code for error in (AccessDenied, InternalFailure, ServiceUnavailable, Throttling, ThrottlingException)
)
"""Codes that any operation may give (A29)."""

_MESSAGES = {
    Throttling.code: RATE_EXCEEDED,
    ThrottlingException.code: RATE_EXCEEDED,
    PriorRequestNotComplete.code: STILL_PROCESSING,
}


@dataclass(slots=True)
class InjectedError:
    """The next `times` calls of an operation, or of any for `*`, fail with this code and change nothing."""

    operation: str
    code: str
    times: int


class InjectedErrors:
    """The errors still to be given, in the order in which they were added.

    Args:
        codes: reads, by operation, the codes that the service model lists for it; called once an error is added.
    """

    def __init__(self, codes: Callable[[], Mapping[str, Collection[str]]]) -> None:
        self._codes = codes
        self._pending: list[InjectedError] = []

    @property
    def pending(self) -> tuple[InjectedError, ...]:
        """The errors still to be given."""
        return tuple(self._pending)

    def add(self, operation: str, code: str, times: int) -> None:
        """Make the next calls of an operation fail.

        Raises:
            ValueError: there is no such operation, it never gives that code, `times` is not in its range, or too many
                entries wait.
        """
        codes = self._codes()
        if operation != ANY_OPERATION and operation not in codes:
            raise ValueError(f"there is no operation {operation}: write one such as ChangeResourceRecordSets, or *")
        allowed = COMMON.union(codes.get(operation, ()))
        if code not in allowed:
            raise ValueError(f"{operation} never gives {code}: write one of {', '.join(sorted(allowed))}")
        if not 1 <= times <= MAX_TIMES:
            raise ValueError(f"write how many calls fail, from 1 to {MAX_TIMES:,}")
        if len(self._pending) >= MAX_ERRORS:
            instead = "write a larger 'times' in one call, or drop them all: DELETE /dnsemu/v1/api-errors"
            raise ValueError(f"{MAX_ERRORS} entries wait already; {instead}")
        self._pending.append(InjectedError(operation, code, times))

    def clear(self) -> int:
        """Drop all errors still to be given; returns the number of entries."""
        dropped = len(self._pending)
        self._pending.clear()
        return dropped

    def raise_next(self, operation: str) -> None:
        """Raise the first pending error of an operation, and count it down; do nothing if there is none.

        Raises:
            ApiError: the injected one.
        """
        for injected in self._pending:
            if injected.operation in (operation, ANY_OPERATION):
                injected.times -= 1
                if not injected.times:
                    self._pending.remove(injected)
                message = _MESSAGES.get(injected.code, f"{injected.code}, as told by a control call.")
                raise ERRORS[injected.code].with_message(message)
