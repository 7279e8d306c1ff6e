"""`aws route53` works against a server: its waiter, its change-batch files, its endpoint option."""

import json
import os
import subprocess

import pytest

from tests.e2e.asking import served
from tests.e2e.aws import environment


@pytest.fixture
def aws(api, require_module):
    """A function that runs a command of `aws route53` and returns its output, parsed; or the text of its error."""
    program = require_module("awscli")

    def run(*arguments, fails=False, by_option=False):
        env = {**os.environ, **environment(api)}
        option = []
        if by_option:
            option = ["--endpoint-url", env.pop("AWS_ENDPOINT_URL_ROUTE_53")]
        command = [*program, "route53", *map(str, arguments), *option, "--output", "json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=env)
        assert (done.returncode != 0) == fails, f"{command}:\n{done.stdout}{done.stderr}"
        if fails:
            return done.stderr
        return json.loads(done.stdout) if done.stdout else None

    return run


def batch(tmp_path, action, *record_sets):
    """Writes a change batch to a file and returns the value for `--change-batch`."""
    changes = [{"Action": action, "ResourceRecordSet": record_set} for record_set in record_sets]
    file = tmp_path / f"{action}.json"
    file.write_text(json.dumps({"Comment": f"{action} by file", "Changes": changes}))
    return f"file://{file}"


def record_set(type_, *values, name=None):
    name = name or f"{type_.lower()}.cli.test."
    return {"Name": name, "Type": type_, "TTL": 60, "ResourceRecords": [{"Value": value} for value in values]}


RECORD_SETS = [
    record_set("A", "192.0.2.1", "192.0.2.2"),
    record_set("AAAA", "2001:db8::1"),
    record_set("CNAME", "www.shop.test"),
    record_set("MX", "10 mail.cli.test."),
    record_set("NS", "ns1.elsewhere.test."),
    record_set("SRV", "1 2 443 www.cli.test."),
    record_set("TXT", '"one; two" "three"', '"four""five"'),
    record_set("TXT", '"heritage=external-dns"', name=r"cname-\052.apps.cli.test."),
]
ANSWERS = {
    "A": ["192.0.2.1", "192.0.2.2"],
    "AAAA": ["2001:db8::1"],
    "CNAME": ["www.shop.test."],
    "MX": ["10 mail.cli.test."],
    "SRV": ["1 2 443 www.cli.test."],
    "TXT": ['"four" "five"', '"one; two" "three"'],
}


def test_a370_common_types_are_created_and_deleted_by_change_batch_files(api, aws, tmp_path):
    """A55, A185: also an asterisk in a label, and strings without a blank between them, both listed as sent."""
    made = aws("create-hosted-zone", "--name", "cli.test", "--caller-reference", "cli", by_option=True)
    zone = made["HostedZone"]["Id"]
    where = ("--hosted-zone-id", zone)
    target = {"HostedZoneId": zone.rpartition("/")[2], "DNSName": "a.cli.test.", "EvaluateTargetHealth": False}
    aliased = {"Name": "alias.cli.test.", "Type": "A", "AliasTarget": target}
    change = ("change-resource-record-sets", *where, "--change-batch")
    info = aws(*change, batch(tmp_path, "CREATE", *RECORD_SETS, aliased))["ChangeInfo"]
    assert info["Comment"] == "CREATE by file"
    aws("wait", "resource-record-sets-changed", "--id", info["Id"])

    for type_, values in ANSWERS.items():
        assert served(api.dns, f"{type_}.cli.test", type_) == values
    assert served(api.dns, "alias.cli.test") == ANSWERS["A"]
    assert served(api.dns, "cname-*.apps.cli.test", "TXT") == ['"heritage=external-dns"']
    assert served(api.dns, "cname-x.apps.cli.test", "TXT") == ["NXDOMAIN"]
    listed = aws("list-resource-record-sets", *where, "--page-size", 2)["ResourceRecordSets"]
    assert sorted((one for one in listed if one["Name"] != "cli.test."), key=lambda one: one["Name"]) == sorted(
        [*RECORD_SETS, aliased], key=lambda one: one["Name"]
    )
    (one,) = aws("list-hosted-zones-by-name", "--dns-name", "cli.test.", "--max-items", "1")["HostedZones"]
    assert one["Id"] == zone

    said = aws("delete-hosted-zone", "--id", zone, fails=True)
    assert "(HostedZoneNotEmpty) when calling the DeleteHostedZone operation" in said
    aws(*change, batch(tmp_path, "DELETE", *listed_below_the_apex(listed)))
    assert served(api.dns, "a.cli.test") == ["NXDOMAIN"]
    aws("delete-hosted-zone", "--id", zone)
    said = aws("get-hosted-zone", "--id", zone, fails=True)
    assert (
        f"(NoSuchHostedZone) when calling the GetHostedZone operation: No hosted zone found with ID: {zone[12:]}"
        in said
    )


def listed_below_the_apex(listed):
    """Returns the listed record sets below the apex. Listed record sets can be deleted as they are."""
    return [one for one in listed if one["Name"] != "cli.test."]


@pytest.mark.parametrize("path", ["/2012-12-12", "/route53"])
def test_a1_an_endpoint_with_a_path_is_explained(api, aws, path):
    said = aws("list-hosted-zones", "--endpoint-url", f"{api.url}{path}", fails=True)
    assert (
        "(UnknownOperationException) when calling the ListHostedZones operation: There is no operation GET "
        f"{path}/2013-04-01/hostedzone: operations are below /2013-04-01/"
    ) in said


def test_a21_a_refused_batch_has_the_message_of_route_53(aws, tmp_path):
    zone = aws("create-hosted-zone", "--name", "refused.test", "--caller-reference", "refused")["HostedZone"]["Id"]
    file = batch(tmp_path, "DELETE", record_set("A", "192.0.2.1", name="www.refused.test"))
    said = aws("change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", file, fails=True)
    assert (
        "An error occurred (InvalidChangeBatch) when calling the ChangeResourceRecordSets operation: "
        "[Tried to delete resource record set [name='www.refused.test.', type='A'] but it was not found]"
    ) in said
