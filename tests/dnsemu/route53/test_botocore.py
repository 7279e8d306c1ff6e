"""For every operation: we read botocore's requests, and botocore reads our responses."""

import math
import string
from datetime import UTC, datetime

import botocore.loaders
import botocore.parsers
import botocore.serialize
import pytest
from botocore.model import ServiceModel
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dnsemu.commands.errors.hosted_zones import NoSuchHostedZone
from dnsemu.commands.errors.requests import InternalFailure
from dnsemu.route53.facets import SCHEMA_PATTERNS
from dnsemu.route53.model import service
from dnsemu.route53.parsing import parse
from dnsemu.route53.rendering import render, render_error, response_headers
from dnsemu.route53.routing import route
from dnsemu.route53.validation import validate
from tests.rounds import rounds

BOTOCORE = ServiceModel(botocore.loaders.Loader().load_service_model("route53", "service-2"), "route53")
SERIALIZER = botocore.serialize.create_serializer("rest-xml")
PARSER = botocore.parsers.create_parser("rest-xml")

# The characters of XML 1.0. botocore does not escape carriage returns in requests, so they are lost there.
CHARACTERS = st.characters(
    exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n"
)
BARE = st.characters(codec="ascii", include_characters=string.ascii_letters + string.digits + "-_", categories=())
HEADER = st.text(string.ascii_letters + string.digits + "/:.-", min_size=1, max_size=20)


def lengths(shape, *, at_least=0):
    least = max(shape.minimum or 0, at_least)
    most = least + 4 if shape.maximum is None else min(shape.maximum, least + 20)
    return {"min_size": least, "max_size": most}


def strings(shape, *, in_path, characters):
    if shape.enum:
        return st.sampled_from(shape.enum)
    if shape.name == "UUID":
        return st.uuids().map(str)
    if shape.name == "IPAddress":
        return st.ip_addresses().map(str)
    if shape.name in ("PageMaxItems", "MaxResults"):
        return st.integers(1, 1000).map(str)
    if pattern := SCHEMA_PATTERNS.get(shape.name, shape.pattern):
        matching = st.from_regex(pattern.replace(r"\p{ASCII}", r"[\x00-\x7f]"), fullmatch=True, alphabet=CHARACTERS)
        return matching.filter(lambda text: (shape.minimum or 0) <= len(text) <= (shape.maximum or math.inf))
    if shape.is_id:
        # No id is equal to a prefix; in a path it would be read as one.
        return st.text(BARE, **lengths(shape, at_least=in_path)).filter(
            lambda id: id not in ("change", "delegationset", "hostedzone")
        )
    return st.text(characters, **lengths(shape, at_least=in_path))


def numbers(shape):
    if shape.name == "RequestInterval":
        return st.sampled_from([10, 30])
    return st.integers(-(10**9) if shape.minimum is None else shape.minimum, shape.maximum or 10**18 - 1)


def values(shape, *, in_path=False, characters=CHARACTERS):
    match shape.type:
        case "structure":
            return structures(shape, characters=characters)
        case "list":
            return st.lists(values(shape.item, characters=characters), **lengths(shape))
        case "integer" | "long":
            return numbers(shape)
        case "boolean":
            return st.booleans()
        case "double":
            return st.floats(allow_nan=False)
        case "timestamp":
            times = st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1), timezones=st.just(UTC))
            return times.map(lambda t: t.replace(microsecond=t.microsecond // 1000 * 1000))
        case "string":
            return strings(shape, in_path=in_path, characters=characters)


def structures(shape, *, characters=CHARACTERS):
    members = {
        m.name: HEADER
        if m.location == "header"
        else values(m.shape, in_path=m.location == "uri", characters=characters)
        for m in shape.members.values()
    }
    if shape.name == "CreateHostedZoneRequest":
        members["Name"] = members["Name"].filter(bool)
    optional = {name: drawn for name, drawn in members.items() if name not in shape.required}
    return st.fixed_dictionaries({name: members[name] for name in shape.required}, optional=optional)


RELAXED = settings(max_examples=rounds(20), deadline=None, suppress_health_check=list(HealthCheck))
EVERY_OPERATION = pytest.mark.parametrize(
    "operation", service().operations.values(), ids=lambda operation: operation.name
)


@EVERY_OPERATION
def test_requests_that_botocore_writes_are_read(operation):
    model = BOTOCORE.operation_model(operation.name)

    @RELAXED
    @given(structures(operation.input))
    def check(parameters):
        sent = SERIALIZER.serialize_to_request(parameters, model)
        query = {name: str(value) for name, value in sent["query_string"].items()}
        found, path_parameters = route(sent["method"], sent["url_path"])
        request = parse(found, path_parameters, query, sent["headers"], sent["body"], strict=True)
        assert found is operation
        assert request == parameters
        assert validate(operation, request) == parameters

    check()


@EVERY_OPERATION
def test_responses_are_read_by_botocore(operation):
    model = BOTOCORE.operation_model(operation.name)
    characters = st.one_of(CHARACTERS, st.sampled_from("\r\x7f\x85&<>\"'"))

    @RELAXED
    @given(structures(operation.output, characters=characters))
    def check(response):
        answer = {
            "status_code": operation.status,
            "headers": response_headers(operation, response),
            "body": render(operation, response),
        }
        read = PARSER.parse(answer, model.output_shape)
        del read["ResponseMetadata"]
        assert read == response
        assert answer["body"].count(b"\n") == 1

    check()


@pytest.mark.parametrize(("error", "blamed"), [
    pytest.param(NoSuchHostedZone, "Sender", id="A20 a sender's error"),
    pytest.param(InternalFailure, "Receiver", id="A20 a receiver's error"),
])  # fmt: skip
def test_errors_are_read_by_botocore(error, blamed):
    model = BOTOCORE.operation_model("GetHostedZone")
    message = "No hosted zone <found> & 'lost'"
    body = render_error(error.with_message(message), "r-1")
    read = PARSER.parse(
        {"status_code": error.status, "headers": {"x-amzn-RequestId": "r-1"}, "body": body}, model.output_shape
    )
    assert read["Error"] == {"Type": blamed, "Code": error.code, "Message": message}
    assert read["ResponseMetadata"]["RequestId"] == "r-1"
