"""The error classes agree with the service model, and the tree in the package's docstring shows all of them."""

import re

import pytest
from botocore.loaders import Loader

from dnsemu.commands import errors
from dnsemu.commands.errors import ERRORS
from dnsemu.commands.errors.health_checks import NoSuchHealthCheck
from dnsemu.commands.errors.kinds import ApiError
from dnsemu.commands.errors.record_sets import InvalidChangeBatch
from dnsemu.commands.errors.requests import (
    AccessDenied,
    IncompleteSignature,
    InternalFailure,
    InvalidClientTokenId,
    MalformedInput,
    MissingAuthenticationToken,
    RequestExpired,
    ServiceUnavailable,
    SignatureDoesNotMatch,
    Throttling,
    Unimplemented,
    UnknownOperationException,
)

SHAPES = Loader().load_service_model("route53", "service-2")["shapes"]
MODEL = {name: shape.get("error", {}).get("httpStatusCode") for name, shape in SHAPES.items() if shape.get("exception")}

COMMON = {
    UnknownOperationException: (404, "A1"),
    MalformedInput: (400, "A24"),
    AccessDenied: (403, "A29"),
    IncompleteSignature: (400, "A29"),
    InternalFailure: (500, "A29"),
    InvalidClientTokenId: (403, "A29"),
    MissingAuthenticationToken: (403, "A29"),
    RequestExpired: (400, "A29"),
    Unimplemented: (501, "A70"),
    ServiceUnavailable: (503, "A29"),
    SignatureDoesNotMatch: (403, "A29"),
    Throttling: (400, "A29"),
}
"""The errors that no service's model lists."""


@pytest.mark.parametrize(("code", "status"), [pytest.param(*item, id=f"A22 {item[0]}") for item in MODEL.items()])
def test_every_error_of_the_model_has_a_class_with_its_status(code, status):
    assert ERRORS[code].status == (status or 400)


@pytest.mark.parametrize(
    ("error", "status"), [pytest.param(error, status, id=f"{r} {error.code}") for error, (status, r) in COMMON.items()]
)
def test_the_common_errors_have_their_statuses(error, status):
    assert error.status == status


def test_there_are_no_other_errors():
    assert ERRORS.keys() - MODEL.keys() == {error.code for error in COMMON}


def test_the_docstring_shows_the_tree():
    shown, branch = {}, None
    for line in errors.__doc__.partition("    ApiError\n")[2].splitlines():
        words = line.replace(",", " ").split()
        if len(words) == 2 and words[1].isdigit():
            branch, status = words[0], int(words[1])
        for name in words:
            if name in ERRORS:
                own = re.search(rf"\b{name} \((\d+)\)", line)
                shown[name] = branch, int(own[1]) if own else status
    assert shown == {error.code: (error.__mro__[1].__name__, error.status) for error in ERRORS.values()}


@pytest.mark.parametrize(("error", "code", "message"), [
    pytest.param(NoSuchHealthCheck("h1"), "NoSuchHealthCheck", "No health check exists with the specified ID h1", id="evidence"),
    pytest.param(InvalidChangeBatch(["one", "two"]), "InvalidChangeBatch", "[one, two]", id="A21 all messages about a batch"),
    pytest.param(NoSuchHealthCheck.with_message("other"), "NoSuchHealthCheck", "other", id="another message"),
])  # fmt: skip
def test_an_error_has_a_code_and_a_message(error, code, message):
    assert isinstance(error, ApiError)
    assert (error.code, error.message, str(error)) == (code, message, f"{code}: {message}")
