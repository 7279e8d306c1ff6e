"""Pages: their size, and the start of the next one."""

from base64 import urlsafe_b64encode

import pytest

from dnsemu.commands.errors.kinds import ApiError
from dnsemu.commands.pagination import marker_members, next_token, page, page_size, token_key


@pytest.mark.parametrize(("asked", "size"), [
    pytest.param({}, 100, id="A190 nothing asked: the default"),
    pytest.param({"MaxItems": "1"}, 1, id="A192 as asked"),
    pytest.param({"MaxItems": "007"}, 7, id="A192 leading zeros"),
    pytest.param({"MaxItems": "100"}, 100, id="A192 the cap itself"),
    pytest.param({"MaxItems": "101"}, 100, id="A192 above the cap: the cap"),
    pytest.param({"MaxItems": "9" * 10_000}, 100, id="A192 far above the cap"),
])  # fmt: skip
def test_page_size(asked, size):
    assert page_size(asked) == size


def test_a192_a_list_may_have_a_member_a_default_and_a_cap_of_its_own():
    assert page_size({}, "MaxResults", default=50, cap=300) == 50
    assert page_size({"MaxResults": "1000"}, "MaxResults", default=50, cap=300) == 300


@pytest.mark.parametrize("text", [
    pytest.param("0", id="A192 zero"),
    pytest.param("000", id="A192 zeros"),
    pytest.param("-1", id="A192 negative"),
    pytest.param("ten", id="A192 a word"),
    pytest.param("1.5", id="A192 a fraction"),
    pytest.param("+1", id="A192 a sign"),
    pytest.param("", id="A192 nothing"),
    pytest.param("٣", id="A192 a digit of another script"),
])  # fmt: skip
def test_no_page_size(text):
    with pytest.raises(ApiError) as refused:
        page_size({"MaxItems": text})
    assert refused.value.code == "InvalidInput"
    assert f"'{text}'" in refused.value.message


@pytest.mark.parametrize(("size", "shown", "following"), [
    pytest.param(2, [1, 2], 3, id="A191 the next page starts with the first item that was not shown"),
    pytest.param(3, [1, 2, 3], None, id="A191 just full: nothing follows"),
    pytest.param(4, [1, 2, 3], None, id="A191 not full"),
])  # fmt: skip
def test_page(size, shown, following):
    assert page(iter([1, 2, 3]), size) == (shown, following)


def test_a190_what_a_list_with_markers_says():
    assert marker_members({}, 5, None) == {"MaxItems": "5", "IsTruncated": False}
    assert marker_members({"Marker": "/a"}, 5, "b") == {
        "MaxItems": "5", "IsTruncated": True, "Marker": "/a", "NextMarker": "b",
    }  # fmt: skip


@pytest.mark.parametrize("key", [("Z1",), ("us-east-1", "vpc-1"), ("é\n", "")])
def test_a196_a_token_stands_for_a_key(key):
    assert token_key(next_token(*key), len(key)) == key


@pytest.mark.parametrize("text", [
    pytest.param("", id="A196 empty"),
    pytest.param("Z1", id="A196 no base64"),
    pytest.param("é", id="A196 no ASCII"),
    pytest.param("AAAA", id="A196 no JSON"),
    pytest.param(next_token("us-east-1", "vpc-1"), id="A196 another list's"),
    pytest.param(urlsafe_b64encode(b'{"a": 1}').decode(), id="A196 no list"),
    pytest.param(urlsafe_b64encode(b"[1]").decode(), id="A196 no text"),
    pytest.param(urlsafe_b64encode(b"[" * 100_000).decode(), id="A196 too deep"),
    pytest.param(urlsafe_b64encode(b"\xff\xfe").decode(), id="A196 no UTF-8"),
])  # fmt: skip
def test_a_token_that_no_list_gave_out(text):
    with pytest.raises(ApiError) as refused:
        token_key(text, 1, "what the list says")
    assert (refused.value.code, refused.value.message) == ("InvalidPaginationToken", "what the list says")
