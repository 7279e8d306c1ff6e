"""A client written in shell, which cuts replies as text: two challenge tokens of one name, added and removed.

acme.sh itself is in no package registry that the tests use; shell_hook.sh cuts the XML in the same places.
"""

from pathlib import Path

from tests.e2e.asking import served
from tests.e2e.aws import new_zone

HOOK = Path(__file__).with_name("shell_hook.sh")
NAME = "_acme-challenge.shell.test"


def test_two_tokens_are_added_and_each_is_removed(server, boto, run, require_tool):
    require_tool("curl")
    zone = new_zone(boto, "shell.test")
    for action, token, left in (
        ("deploy_challenge", "token-1", ['"token-1"']),
        ("deploy_challenge", "token-2", ['"token-1"', '"token-2"']),
        ("clean_challenge", "token-1", ['"token-2"']),
    ):
        run("sh", HOOK, action, "shell.test", "-", token)
        assert served(server.dns, NAME, "TXT") == left
    run("sh", HOOK, "clean_challenge", "shell.test", "-", "token-2")
    listed = boto.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    assert [found["Type"] for found in listed] == ["NS", "SOA"]
