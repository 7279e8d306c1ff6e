"""Errors that any operation may give: input, signature, rate, server (A22, A24, A29)."""

from dnsemu.commands.errors.kinds import BadRequest, Forbidden, NotFound, ServerError

# --- the request itself ---


class MalformedInput(BadRequest):
    """The body cannot be read as the operation's XML (A24)."""


class InvalidInput(BadRequest):
    """A member is missing, has a value that is not allowed, or does not fit the others (A26, A27)."""


class InvalidArgument(BadRequest):
    """The operation does not apply to the resource that the request names."""


class InvalidPaginationToken(BadRequest):
    """A NextToken that no list returned (A196)."""


class UnknownOperationException(NotFound):
    """No operation has this method and path (A1)."""


class LimitsExceeded(BadRequest):
    """A quota that has no error with a more exact name is used up."""


def used_up(quota: str, things: str) -> str:
    """Returns Route 53's sentence about a quota of an account or a delegation set that is used up (A95, A351)."""
    return f"Limits Exceeded: {quota} - Cannot create more {things}."


# --- signature and credentials (A29) ---


class IncompleteSignature(BadRequest):
    """The signature lacks a part, or a part cannot be read."""


class RequestExpired(BadRequest):
    """The request was signed too long ago, or in the future."""


class AccessDenied(Forbidden):
    """The credentials do not allow the operation."""


class InvalidClientTokenId(Forbidden):
    """The access key is unknown."""


class MissingAuthenticationToken(Forbidden):
    """The request has no signature."""


class SignatureDoesNotMatch(Forbidden):
    """The signature is not the one that the secret access key gives."""


# --- rate and order of requests ---

RATE_EXCEEDED = "Rate exceeded"
STILL_PROCESSING = "The request was rejected because Route 53 was still processing a prior request."


class Throttling(BadRequest):
    """Too many requests (A360)."""

    def __init__(self) -> None:
        super().__init__(RATE_EXCEEDED)


class ThrottlingException(BadRequest):
    """Too many requests, by the name that some operations give it."""


class PriorRequestNotComplete(BadRequest):
    """An earlier change of the same resource is still in progress (A121)."""

    def __init__(self) -> None:
        super().__init__(STILL_PROCESSING)


class ConcurrentModification(BadRequest):
    """Another request changed the resource at the same time."""


# --- the server ---


class InternalFailure(ServerError):
    """The operation failed unexpectedly."""


class ServiceUnavailable(ServerError):
    """The server cannot do it now; a later attempt may succeed."""

    status = 503


class Unimplemented(ServerError):
    """Route 53 has the operation or the member; dnsemu does not (A70, A450). Python has another `NotImplemented`."""

    code = "NotImplemented"
    status = 501
