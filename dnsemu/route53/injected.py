"""Errors that the API gives because it was told to, so that a client's retries can be rehearsed (A360, A121)."""

from dataclasses import dataclass

from dnsemu.commands.errors import ERRORS
from dnsemu.route53.model import service

EVERY = "*"
GENERIC = ("AccessDenied", "InternalFailure", "ServiceUnavailable", "Throttling", "ThrottlingException")
"""Errors that any operation may give (A29)."""

_MESSAGES = {
    "Throttling": "Rate exceeded",
    "ThrottlingException": "Rate exceeded",
    "PriorRequestNotComplete": "The request was rejected because Route 53 was still processing a prior request.",
}


@dataclass(slots=True)
class Injected:
    """The next `times` calls of an operation, or of any for `*`, fail with a code; nothing is done."""

    operation: str
    code: str
    times: int


class Injections:
    """What is injected, first told first."""

    def __init__(self) -> None:
        self._left: list[Injected] = []

    @property
    def left(self) -> tuple[Injected, ...]:
        """What still lies ahead."""
        return tuple(self._left)

    def add(self, operation: str, code: str, times: int) -> None:
        """Have calls fail.

        Raises:
            ValueError: there is no such operation, it never gives that code, or the number makes no sense.
        """
        if operation != EVERY and operation not in service().operations:
            raise ValueError(f"there is no operation {operation}: write one such as ChangeResourceRecordSets, or *")
        known = {*GENERIC, *(service().operations[operation].errors if operation != EVERY else ())}
        if code not in known:
            raise ValueError(f"{operation} never gives {code}: write one of {', '.join(sorted(known))}")
        if times < 1:
            raise ValueError("write how many calls fail, 1 or more")
        self._left.append(Injected(operation, code, times))

    def clear(self) -> None:
        """Inject nothing more."""
        self._left.clear()

    def meet(self, operation: str) -> None:
        """A call of an operation comes in.

        Raises:
            ApiError: the one injected for it.
        """
        for injected in self._left:
            if injected.operation in (operation, EVERY):
                injected.times -= 1
                if not injected.times:
                    self._left.remove(injected)
                message = _MESSAGES.get(injected.code, f"{injected.code}, as told by a control call.")
                raise ERRORS[injected.code].with_message(message)
