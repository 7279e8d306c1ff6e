"""Bounds of a request: a document past one is refused, the largest request of Route 53 is read, and nothing amplifies."""

import contextlib
import tracemalloc

import pytest

from dnsemu.api.server import MAX_BODY_BYTES
from dnsemu.commands.errors.kinds import ApiError
from dnsemu.config.model.batches import at_once
from dnsemu.route53.model import service
from dnsemu.route53.parsing import parse_in_steps
from dnsemu.route53.validation import validate, validate_in_steps
from dnsemu.route53.xml_document import (
    MAX_ATTRIBUTE_CHARACTERS,
    MAX_ATTRIBUTES,
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_NAME_CHARACTERS,
    MAX_TAG_BYTES,
    PIECE_BYTES,
    read_document,
)
from dnsemu.runtime.limits import Limit

from .test_botocore import BOTOCORE, SERIALIZER
from .test_parsing import create_zone, error, parse

PAST = [
    pytest.param(create_zone("", f' xmlns="{"A" * (MAX_ATTRIBUTE_CHARACTERS + 1)}"'), f"an attribute is longer than {MAX_ATTRIBUTE_CHARACTERS} characters", id="a long namespace"),
    pytest.param(create_zone("", "".join(f" a{i}=''" for i in range(MAX_ATTRIBUTES + 1))), f"an element has more than {MAX_ATTRIBUTES} attributes", id="many attributes"),
    pytest.param(create_zone("".join(f"<Name a{i}=''/>" for i in range(MAX_ELEMENTS))), f"there are more than {MAX_ELEMENTS} elements", id="many elements"),
    pytest.param(create_zone(f"<{'n' * (MAX_NAME_CHARACTERS + 1)}/>"), f"a name is longer than {MAX_NAME_CHARACTERS} characters", id="a long name"),
    pytest.param(create_zone("<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH), f"elements are nested more than {MAX_DEPTH} deep", id="deep elements"),
    *(
        pytest.param(create_zone(f"{start}{' ' * 1_000_000}{end}"), f"a tag or a comment is longer than {MAX_TAG_BYTES} bytes", id=f"a long {what}")
        for what, start, end in (("comment", "<!--", "-->"), ("instruction", "<?a ", "?>"), ("tag", "<Name ", "/>"), ("end tag", "<Name></Name ", ">"))
    ),
    pytest.param(create_zone("", prolog=f"<!--{' ' * 1_000_000}-->"), f"a tag or a comment is longer than {MAX_TAG_BYTES} bytes", id="a long comment before the root"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "reason"), PAST)
def test_a_document_past_a_bound_is_malformed(body, reason):
    assert error("CreateHostedZone", body) == ("MalformedInput", f"Could not parse XML: {reason}")


def test_every_bound_is_named_by_its_error():
    """The metric counts it by this name."""
    reached = set()
    for body in (row.values[0] for row in PAST):
        with pytest.raises(ApiError) as refused:
            parse("CreateHostedZone", body)
        reached.add(refused.value.limit)
    assert reached == {limit for limit in Limit if limit.startswith("xml_")}


def test_a_document_at_every_bound_is_read():
    attributes = "".join(f" a{i}='{'x' * MAX_ATTRIBUTE_CHARACTERS}'" for i in range(MAX_ATTRIBUTES))
    name = f"<Name{attributes}>{'&amp;' * 200_000}</Name>"
    assert parse("CreateHostedZone", create_zone(name)) == {"Name": "&" * 200_000}
    cidrs = "<Cidr/>" * (MAX_ELEMENTS - 4)
    body = f"<ChangeCidrCollectionRequest><Changes><member><CidrList>{cidrs}</CidrList></member></Changes></ChangeCidrCollectionRequest>"
    assert parse("ChangeCidrCollection", body) == {"Changes": [{"CidrList": [""] * (MAX_ELEMENTS - 4)}]}


def test_a117_the_largest_change_batch_is_read_and_valid():
    """1,000 record sets, their names and identifiers at their greatest lengths, and no more values than are allowed."""
    name = ("\\052" * 63 + ".") * 4
    record_set = {
        "Name": name[:1024], "Type": "A", "SetIdentifier": "s" * 128, "HealthCheckId": "h" * 64,
        "GeoProximityLocation": {"Coordinates": {"Latitude": "-89.99", "Longitude": "-179.99"}, "Bias": 99},
        "AliasTarget": {"HostedZoneId": "Z" * 32, "DNSName": name[:1024], "EvaluateTargetHealth": True},
    }  # fmt: skip
    values = {"ResourceRecords": [{"Value": '"' + "&" * 30 + '"'}], "TTL": 2_147_483_647}
    for given in ({"AliasTarget": record_set.pop("AliasTarget")}, values):
        batch = [{"Action": "CREATE", "ResourceRecordSet": record_set | given}] * 1000
        request = {"HostedZoneId": "Z1", "ChangeBatch": {"Comment": "c" * 256, "Changes": batch}}
        sent = SERIALIZER.serialize_to_request(request, BOTOCORE.operation_model("ChangeResourceRecordSets"))
        assert len(sent["body"]) <= MAX_BODY_BYTES
        assert parse("ChangeResourceRecordSets", sent["body"], {"Id": "Z1"}) == request
        assert validate(service().operations["ChangeResourceRecordSets"], request) == request


class Memory:
    """Measures the most memory that Python allocated, in bytes."""

    def __enter__(self):
        tracemalloc.start()
        return self

    def __exit__(self, *_):
        self.peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()


AMPLIFYING = [
    pytest.param(create_zone("<a/>" * 24_000, f' xmlns="{"A" * 100_000}"'), id="a namespace around many elements"),
    pytest.param(create_zone("<a/>" * 24_000, f' xmlns="{"A" * 1000}"'), id="a short one"),
    pytest.param(create_zone("<a p:b='' p:c=''/>" * 24_000, f' xmlns:p="{"A" * 100_000}"'), id="a namespace of many attributes"),
    pytest.param(create_zone("<a p:b='' p:c=''/>" * 24_000, f' xmlns:p="{"A" * 1000}"'), id="a short one of many attributes"),
    pytest.param(create_zone("<a/>" * 500_000), id="2 MB of elements"),
    pytest.param("".join(f"<a xmlns:p{i}='urn:x'>" for i in range(100_000)), id="declarations in depth"),
    pytest.param(create_zone("<Name>" + "&amp;" * 400_000 + "</Name>"), id="2 MB of entities"),
    pytest.param(create_zone("<!---->" * 280_000), id="2 MB of comments"),
]  # fmt: skip


@pytest.mark.parametrize("body", AMPLIFYING)
def test_no_document_takes_much_more_memory_than_its_bytes(body):
    with Memory() as memory, contextlib.suppress(ApiError):
        parse("CreateHostedZone", body)
    assert memory.peak_bytes < 20_000_000


def test_a_document_is_read_in_steps_of_some_bytes():
    """A step reads 4 KiB, so its time does not depend on the document."""
    body = create_zone("<a/>" * 20_000).encode()
    assert sum(1 for _ in read_document(body)) == -(-len(body) // PIECE_BYTES)
    assert at_once(read_document(body)).root.name == "CreateHostedZoneRequest"


def test_a_request_is_converted_and_validated_in_steps():
    """A pause comes after each part of a list, so no step holds a whole change batch."""
    changes = (
        "<Change><Action>CREATE</Action><ResourceRecordSet><Name>a</Name><Type>A</Type></ResourceRecordSet></Change>"
        * 1000
    )
    body = f"<ChangeResourceRecordSetsRequest><ChangeBatch><Changes>{changes}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
    operation = service().operations["ChangeResourceRecordSets"]
    read = parse_in_steps(operation, {"Id": "Z1"}, {}, {}, body.encode())
    assert sum(1 for _ in read) >= 1000
    request = parse("ChangeResourceRecordSets", body, {"Id": "Z1"})
    assert sum(1 for _ in validate_in_steps(operation, request)) >= 1000
