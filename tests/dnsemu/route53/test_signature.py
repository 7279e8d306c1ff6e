"""Signatures, as botocore makes them."""

import re
from datetime import UTC, datetime, timedelta
from unittest.mock import patch
from urllib.parse import urlsplit

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import example, given
from hypothesis import strategies as st

from dnsemu.commands.errors.kinds import ApiError
from dnsemu.route53.signature import claimed_signature, require_signature

NOW = datetime(2026, 11, 21, 10, 15, 30, tzinfo=UTC)
KEYS = {"AKIDEXAMPLE": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
URL = "http://127.0.0.1:4580/2013-04-01/hostedzone/Z1/rrset"


def signed(
    method="GET", url=URL, body=b"", *, key="AKIDEXAMPLE", secret=KEYS["AKIDEXAMPLE"], token=None, at=NOW,
    region="us-east-1", service="route53", presigned_s=None, headers=(),
):  # fmt: skip
    """Returns a request signed by botocore, as arguments of `claimed_signature`."""
    request = AWSRequest(method, url, headers=dict(headers), data=body)
    credentials = Credentials(key, secret, token)
    if presigned_s is None:
        signer = botocore.auth.SigV4Auth(credentials, service, region)
    else:
        signer = botocore.auth.SigV4QueryAuth(credentials, service, region, expires=presigned_s)
    with patch.object(botocore.auth, "get_current_datetime", lambda: at.replace(tzinfo=None)):
        signer.add_auth(request)
    parts = urlsplit(request.prepare().url)
    sent = {"method": method, "path": parts.path, "query": parts.query, "body": body}
    return sent | {"headers": {"Host": parts.netloc, **request.headers}}


def verify(request, *, credentials=KEYS, now=NOW):
    body = request["body"]
    head = {name: value for name, value in request.items() if name != "body"}
    claimed_signature(credentials, now=now, **head).verify(body)


def refused(request, **options):
    with pytest.raises(ApiError) as error:
        verify(request, **options)
    return error.value.code


@pytest.mark.parametrize("presigned_s", [None, 300], ids=["header", "presigned"])
@pytest.mark.parametrize("options", [
    pytest.param({}, id="plain"),
    pytest.param({"region": "eu-west-1"}, id="any region"),
    pytest.param({"method": "POST", "body": b"<x/>", "headers": {"Content-Type": "text/xml", "X-Odd": "  a   b "}}, id="a body and headers"),
    pytest.param({"url": f"{URL}?name=%5C052.a.&type=A&identifier=a%2Fb%20c~%C3%A9&empty=&maxitems=1"}, id="a query"),
    pytest.param({"url": f"{URL}?b=2&a=2&a=1&b"}, id="a query in disorder"),
    pytest.param({"url": "http://127.0.0.1/2013-04-01/hostedzone/%2Fhostedzone%2FZ1/rrset/"}, id="an encoded prefix"),
    pytest.param({"url": "http://127.0.0.1/2013-04-01/hostedzone//hostedzone/Z1"}, id="a literal prefix"),
    pytest.param({"url": "http://127.0.0.1/2013-04-01/keysigningkey/Z1/a~%C3%A9%20b"}, id="a path to be encoded"),
    pytest.param({"token": "session/token=="}, id="temporary credentials"),
])  # fmt: skip
def test_signatures_of_botocore(options, presigned_s):
    if presigned_s and options.get("body"):
        options = {"method": "POST"}  # presigned requests have no body
    request = signed(presigned_s=presigned_s, **options)
    verify(request)
    assert refused({**request, "body": request["body"] + b" "}) == "SignatureDoesNotMatch"


@pytest.mark.parametrize("presigned_s", [None, 300], ids=["header", "presigned"])
@pytest.mark.parametrize(("change", "code"), [
    pytest.param({"method": "DELETE"}, "SignatureDoesNotMatch", id="A29 another method"),
    pytest.param({"path": "/2013-04-01/hostedzone/Z2/rrset"}, "SignatureDoesNotMatch", id="A29 another path"),
    pytest.param({"body": b"x"}, "SignatureDoesNotMatch", id="A29 another body"),
    pytest.param({"headers": {"Host": "other"}}, "SignatureDoesNotMatch", id="A29 another host"),
])  # fmt: skip
def test_what_was_changed_on_the_way(change, code, presigned_s):
    request = signed(presigned_s=presigned_s)
    change = {**change, "headers": {**request["headers"], **change.get("headers", {})}}
    assert refused({**request, **change}) == code


@pytest.mark.parametrize(("options", "code"), [
    pytest.param({"secret": "wrong"}, "SignatureDoesNotMatch", id="A29 a wrong secret"),
    pytest.param({"key": "AKIDOTHER"}, "InvalidClientTokenId", id="A29 an unknown key"),
    pytest.param({"service": "s3"}, "SignatureDoesNotMatch", id="another service"),
])  # fmt: skip
def test_other_credentials(options, code):
    assert refused(signed(**options)) == code


def test_a_path_signed_with_its_doubled_slashes():
    """As Go's client does; botocore merges them first."""
    with patch.object(botocore.auth, "normalize_url_path", lambda path: path):
        verify(signed(url="http://127.0.0.1/2013-04-01/hostedzone//hostedzone/Z1"))


def test_a29_no_signature():
    request = signed()
    assert refused({**request, "headers": {"Host": "127.0.0.1:4580"}}) == "MissingAuthenticationToken"
    assert (
        refused({**request, "headers": {"Host": "127.0.0.1:4580", "Authorization": "Basic YTpi"}})
        == "MissingAuthenticationToken"
    )


SECOND, MINUTES = timedelta(seconds=1), timedelta(minutes=15)


@pytest.mark.parametrize(("presigned_s", "late", "is_good"), [
    pytest.param(None, MINUTES, True, id="15 minutes old"),
    pytest.param(None, MINUTES + SECOND, False, id="A29 older"),
    pytest.param(None, -MINUTES, True, id="15 minutes early"),
    pytest.param(None, -MINUTES - SECOND, False, id="A29 earlier"),
    pytest.param(60, 60 * SECOND, True, id="presigned, at its end"),
    pytest.param(60, 61 * SECOND, False, id="A29 presigned, expired"),
    pytest.param(3600, 3600 * SECOND, True, id="presigned for an hour"),
    pytest.param(60, -MINUTES - SECOND, False, id="A29 presigned, too early"),
])  # fmt: skip
def test_signatures_are_of_now(presigned_s, late, is_good):
    request = signed(presigned_s=presigned_s)
    if is_good:
        verify(request, now=NOW + late)
    else:
        assert refused(request, now=NOW + late) == "RequestExpired"


def with_authorization(change):
    request = signed()
    headers = request["headers"]
    return {**request, "headers": {**headers, "Authorization": change(headers["Authorization"])}}


@pytest.mark.parametrize(("change", "message"), [
    pytest.param(lambda a: a.replace(", ", ","), None, id="no spaces"),
    pytest.param(lambda a: a.replace("SignedHeaders=host;x-amz-date", "SignedHeaders=x-amz-date"), "The signed headers must include host", id="host is not signed"),
    pytest.param(lambda a: a.replace("host;", "host;missing;"), "The signed headers must include host, and all of them", id="a signed header was not sent"),
    pytest.param(lambda a: a.replace("20261121/", "20261122/"), "Credential should be scoped to 20261121/<region>/route53", id="another day's scope"),
    pytest.param(lambda a: a[:-1] + "é", "The request signature we calculated does not match", id="a signature that is not ASCII"),
    pytest.param(lambda a: a.replace("/aws4_request", ""), "Credential (with its scope)", id="a scope too short"),
    pytest.param(lambda a: a.split(", Signature")[0], "Credential (with its scope)", id="no signature in it"),
    pytest.param(lambda _: "AWS4-HMAC-SHA256", "Credential (with its scope)", id="nothing but the algorithm"),
])  # fmt: skip
def test_spellings_and_damages_of_the_header(change, message):
    request = with_authorization(change)
    if message is None:
        verify(request)
    else:
        with pytest.raises(ApiError, match=re.escape(message)):
            verify(request)


@pytest.mark.parametrize(("name", "value"), [("X-Amz-Date", "yesterday"), ("X-Amz-Date", "")])
def test_a_date_that_is_none(name, value):
    request = signed()
    assert refused({**request, "headers": {**request["headers"], name: value}}) == "IncompleteSignature"


@pytest.mark.parametrize("validity_s", ["", "x", "-1", "604801", "9" * 5000, "٣"])
def test_a_presigned_validity_that_is_none(validity_s):
    request = signed(presigned_s=60)
    assert (
        refused({**request, "query": request["query"].replace("X-Amz-Expires=60", f"X-Amz-Expires={validity_s}")})
        == "IncompleteSignature"
    )


@given(st.text(), st.text(), st.text(), st.text())
@example("\udce9", "", "/\udce9", "a=\udce9").via("bytes that are no UTF-8")
def test_any_header_is_refused(authorization, date, path, query):
    for start in (
        "",
        "AWS4-HMAC-SHA256 ",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/r/route53/aws4_request, SignedHeaders=host, Signature=",
    ):
        headers = {"host": "h", "authorization": start + authorization, "x-amz-date": date or "20261121T101530Z"}
        with pytest.raises(ApiError):
            claimed_signature(KEYS, "GET", path, query, headers, NOW).verify(b"")


@pytest.mark.parametrize(("request_", "code"), [
    pytest.param(signed(), None, id="A3 signed"),
    pytest.param(signed(key="ANYKEY", secret="any"), None, id="A3 by whatever key"),
    pytest.param(signed(presigned_s=300), None, id="A3 presigned"),
    pytest.param({"query": "", "headers": {"Host": "127.0.0.1"}}, "MissingAuthenticationToken", id="A29 not signed"),
    pytest.param(signed(at=NOW - timedelta(hours=1)), "RequestExpired", id="A29 long ago"),
    pytest.param(signed(service="s3"), "SignatureDoesNotMatch", id="A29 for another service"),
    pytest.param({"query": "", "headers": {"Authorization": "AWS4-HMAC-SHA256 x"}}, "IncompleteSignature", id="A29 not readable"),
])  # fmt: skip
def test_a_signature_may_be_required_without_credentials(request_, code):
    def require():
        require_signature(request_["query"], request_["headers"], NOW)

    if code is None:
        require()
    else:
        with pytest.raises(ApiError) as error:
            require()
        assert error.value.code == code
