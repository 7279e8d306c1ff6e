"""Messages about calls that failed, in words of the command line."""

from urllib.error import URLError

import pytest

from dnsemu.cli.client import Declined, connection_lost


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        pytest.param(URLError(ConnectionRefusedError(111, "Connection refused")), "(Connection refused)", id="URL"),
        pytest.param(ConnectionResetError(104, "Connection reset by peer"), "(Connection reset by peer)", id="socket"),
        pytest.param(TimeoutError("timed out"), "(timed out)", id="no errno"),
        pytest.param(URLError("unknown url type:\n x"), "(unknown url type: x)", id="text"),
    ],
)
def test_a_lost_connection_is_explained_without_numbers_and_on_one_line(failure, reason):
    message = str(connection_lost("http://127.0.0.1:1", failure))
    assert message.startswith(f"no dnsemu answers at http://127.0.0.1:1 {reason}; ")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        pytest.param({"what": "'1x' is no duration", "where": "by"}, "'1x' is no duration", id="a field of a call"),
        pytest.param(
            {"what": "bad", "where": "hosted_zones[0].name", "rule": "R1"},
            "bad (hosted_zones[0].name) [R1]",
            id="a place in a file",
        ),
        pytest.param({}, "the server gave no reason", id="nothing"),
    ],
)
def test_a_refusal_names_places_in_files_and_no_fields_of_calls(error, says):
    assert str(Declined(error)) == says
