"""The token that control calls send: `--token` and DNSEMU_TOKEN, for every command that asks a running server."""

import os
import re
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from inspect import Parameter, signature
from typing import Annotated, Any

import typer

VARIABLE = "DNSEMU_TOKEN"

_VISIBLE = re.compile(r"[\x21-\x7e]+")

_given: ContextVar[str | None] = ContextVar("token", default=None)


def check_token(token: str | None) -> str | None:
    """Returns a token as it was given; an option's callback.

    Raises:
        BadParameter: it has characters that a header cannot hold.
    """
    if token and not _VISIBLE.fullmatch(token):
        raise typer.BadParameter("a token has visible ASCII characters and no spaces")
    return token or None


TokenToSend = Annotated[
    str | None,
    typer.Option(
        envvar=VARIABLE,
        metavar="TOKEN",
        callback=check_token,
        help="The token that the running server wants.",
        show_default=False,
    ),
]
TokenToRequire = Annotated[
    str | None,
    typer.Option(
        envvar=VARIABLE,
        rich_help_panel="Addresses",
        metavar="TOKEN",
        callback=check_token,
        help="Token that control calls must send; overrides the file.",
        show_default=False,
    ),
]


def send_token(token: str | None) -> None:
    """Lets the calls of this command send a token; None for the one of DNSEMU_TOKEN."""
    _given.set(token)


def authorization() -> dict[str, str]:
    """Returns the header that sends the token, if there is one."""
    token = _given.get() or os.environ.get(VARIABLE)
    return {"Authorization": f"Bearer {token}"} if token else {}


def with_token(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the option `--token` to a command that has `--server`."""
    taken = signature(command)
    if "server" not in taken.parameters:
        return command

    @wraps(command)
    def sending(*arguments: Any, token: str | None = None, **options: Any) -> None:
        send_token(token)
        command(*arguments, **options)

    option = Parameter("token", Parameter.KEYWORD_ONLY, default=None, annotation=TokenToSend)
    sending.__signature__ = taken.replace(parameters=[*taken.parameters.values(), option])  # type: ignore[attr-defined]
    sending.__annotations__ = {**command.__annotations__, "token": TokenToSend}
    return sending
