"""The root of the API's errors, and one branch for each HTTP status."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self


class ApiError(Exception):
    """A request that Route 53 refuses or fails to answer; nothing has changed.

    `code` is the name of the class unless it sets another, `status` the HTTP status, `message` the client's text.
    `sentences` are the parts of a message that lists several; `members` are those that the service model gives
    the error besides its message. `limit` is the name of the bound that the request is past, if it is.
    """

    code: ClassVar[str]
    status: ClassVar[int]
    limit: str | None = None

    def __init__(self, message: str) -> None:
        super().__init__(f"{self.code}: {message}")
        self.message = message
        self.sentences: Sequence[str] = (message,)
        self.members: Mapping[str, Any] = {}

    def __init_subclass__(cls) -> None:
        cls.code = cls.__dict__.get("code", cls.__name__)

    @classmethod
    def with_message(cls, message: str) -> Self:
        """An error of this class with another message than its constructor writes."""
        error = cls.__new__(cls)
        ApiError.__init__(error, message)
        return error


class BadRequest(ApiError):
    """400: the request is wrong, or the state does not allow it. Also every model error without a status (A22)."""

    status = 400


class Unauthorized(ApiError):
    """401: another account has not agreed."""

    status = 401


class Forbidden(ApiError):
    """403: the credentials do not allow the request."""

    status = 403


class NotFound(ApiError):
    """404: the request names something that does not exist."""

    status = 404


class Conflict(ApiError):
    """409: the request conflicts with something that exists."""

    status = 409


class ServerError(ApiError):
    """500: the server failed, not the request."""

    status = 500
