"""The state made by the Route 53 API: answered at once, durable, reconciled with files, copied by snapshots."""

import json
import sqlite3
import urllib.error
import urllib.request

import botocore.exceptions
import pytest

from tests.e2e.asking import served
from tests.e2e.aws import change, make_zone, route53, upsert
from tests.serving import DNSEMU, dnsemu_here, serving_files
from tests.waiting import until

FILE = """
health_checks:
  - {id: web, type: TCP, ip_address: 127.0.0.1, port: 9, request_interval: 30}
cidr_collections:
  - {name: offices, locations: {paris: [192.0.2.0/24]}}
hosted_zones:
  - name: file.test
    record_sets:
      - {name: www, type: A, ttl: 60, resource_records: [192.0.2.1]}
"""


@pytest.fixture
def store(tmp_path):
    return ("--store", f"sqlite:///{tmp_path / 'dnsemu.db'}")


def errors_of(call):
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        call()
    response = raised.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def test_a14_a_change_is_on_the_wire_when_the_call_returns():
    with serving_files() as server:
        client = route53(server)
        zone = make_zone(client)
        for number in range(1, 30):
            change(client, zone, upsert("www.shop.test", f"192.0.2.{number}"))
            assert served(server.dns, "www.shop.test") == [f"192.0.2.{number}"]
        change(client, zone, {**upsert("www.shop.test", "192.0.2.29"), "Action": "DELETE"})
        assert served(server.dns, "www.shop.test") == ["NXDOMAIN"]
        client.delete_hosted_zone(Id=zone)
        assert served(server.dns, "www.shop.test") == ["REFUSED"]


def test_a_restart_restores_everything(store, tmp_path):
    with serving_files(options=store) as server:
        client = route53(server)
        zone = make_zone(client)
        pending = change(client, zone, upsert("www.shop.test", "192.0.2.1", SetIdentifier="a", Weight=1))
        check = client.create_health_check(
            CallerReference="hc", HealthCheckConfig={"Type": "TCP", "IPAddress": "127.0.0.1", "Port": 9}
        )["HealthCheck"]
        client.change_tags_for_resource(
            ResourceType="healthcheck", ResourceId=check["Id"], AddTags=[{"Key": "Name", "Value": "web"}]
        )
        before = everything(client, zone)
    with serving_files(options=store) as server:
        client = route53(server)
        assert everything(client, zone) == before
        assert served(server.dns, "www.shop.test") == ["192.0.2.1"]
        assert client.get_change(Id=pending["Id"])["ChangeInfo"]["SubmittedAt"] == pending["SubmittedAt"]
        assert errors_of(lambda: make_zone(client))[1] == "HostedZoneAlreadyExists"
        assert client.get_health_check(HealthCheckId=check["Id"])["HealthCheck"] == check
        assert [entry["id"] for entry in server.status()["health_checks"]] == [check["Id"]]


def everything(client, zone):
    found = [
        client.get_hosted_zone(Id=zone),
        client.list_resource_record_sets(HostedZoneId=zone),
        client.list_health_checks(),
    ]
    return [{key: value for key, value in one.items() if key != "ResponseMetadata"} for one in found]


def test_files_decide_about_what_they_name_and_nothing_else(store, tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text(FILE)
    with serving_files(file, options=store) as server:
        client = route53(server)
        made = make_zone(client)
        change(client, made, upsert("www.shop.test", "192.0.2.7"))
        (of_file,) = [zone["Id"] for zone in client.list_hosted_zones()["HostedZones"] if zone["Name"] == "file.test."]
        change(client, of_file, upsert("www.file.test", "192.0.2.2"), upsert("new.file.test", "192.0.2.3"))
        assert served(server.dns, "www.file.test") == ["192.0.2.2"]
        file.write_text(FILE.replace("192.0.2.1]", "192.0.2.9]"))
        until(lambda: served(server.dns, "www.file.test") == ["192.0.2.9"], what="the reload")
        assert served(server.dns, "new.file.test") == ["NXDOMAIN"]
        assert served(server.dns, "www.shop.test") == ["192.0.2.7"]
    file.write_text("hosted_zones: [{name: other.test, record_sets: []}]")
    with serving_files(file, options=store) as server:
        names = [zone["Name"] for zone in route53(server).list_hosted_zones_by_name()["HostedZones"]]
        assert names == ["other.test.", "shop.test."]
        assert served(server.dns, "www.file.test") == ["REFUSED"]
        assert served(server.dns, "www.shop.test") == ["192.0.2.7"]
        assert route53(server).list_health_checks()["HealthChecks"] == []


def test_a_snapshot_restores_everything_on_another_server(tmp_path):
    snapshot = tmp_path / "snapshot.json"
    with serving_files() as server:
        client = route53(server)
        zone = make_zone(client)
        change(client, zone, upsert("www.shop.test", "192.0.2.1"))
        before = everything(client, zone)
        done = dnsemu_here("snapshot", "save", str(snapshot), "--server", server.url)
        assert done.returncode == 0, done.stderr
    with serving_files() as server:
        done = dnsemu_here("snapshot", "load", str(snapshot), "--server", server.url)
        assert done.stdout == "1 hosted zone, 3 record sets, 0 health checks, 0 cidr collections\n"
        client = route53(server)
        assert everything(client, zone) == before
        assert served(server.dns, "www.shop.test") == ["192.0.2.1"]
        snapshot.write_text(snapshot.read_text().replace('"format_version":1', '"format_version":99'))
        done = dnsemu_here("snapshot", "load", str(snapshot), "--server", server.url)
        assert done.returncode == 2
        assert "format_version" in done.stderr
        assert everything(client, zone) == before


def test_reset_goes_back_to_the_files(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text(FILE)
    with serving_files(file) as server:
        client = route53(server)
        make_zone(client)
        done = dnsemu_here("reset", "--only", "api", "--server", server.url)
        left = "1 hosted zone, 3 record sets, 1 health check, 1 CIDR collection left"
        assert done.stdout == f"api: 1 hosted zone removed; {left}\n"
        assert served(server.dns, "www.file.test") == ["192.0.2.1"]
        assert served(server.dns, "www.shop.test") == ["REFUSED"]
        make_zone(client)  # its caller reference is free again


def test_a_second_server_on_one_store_is_refused(store):
    with serving_files(options=store):
        done = dnsemu_process("serve", *store, "--dns", "127.0.0.1:0", "--http", "127.0.0.1:0")
        assert done.returncode == 1
        assert "dnsemu.db" in done.stderr


def test_a_refused_snapshot_leaves_the_server_as_it_was_and_able_to_start_again(store, tmp_path):
    """A snapshot with a record set named `.` was once stored before it was found unfit, and no start succeeded after."""
    path = tmp_path / "snapshot.json"
    with serving_files(options=store) as server:
        client = route53(server)
        zone = make_zone(client)
        change(client, zone, upsert("www.shop.test", "192.0.2.1"))
        assert dnsemu_here("snapshot", "save", str(path), "--server", server.url).returncode == 0
        path.write_text(path.read_text().replace('"www.shop.test."', '"."'))
        done = dnsemu_here("snapshot", "load", str(path), "--server", server.url)
        assert done.returncode == 2
        assert "record_sets[0].name: RRSet with DNS name . is not permitted in zone shop.test." in done.stderr
        assert served(server.dns, "www.shop.test") == ["192.0.2.1"]
        before = everything(client, zone)
    with serving_files(options=store) as server:
        assert everything(route53(server), zone) == before
        assert served(server.dns, "www.shop.test") == ["192.0.2.1"]


def test_a_store_that_cannot_be_served_names_the_row_and_starts_with_the_rest_on_request(store, tmp_path):
    with serving_files(options=store) as server:
        client = route53(server)
        zone = make_zone(client)
        change(client, zone, upsert("www.shop.test", "192.0.2.1"))
        change(client, zone, upsert("api.shop.test", "192.0.2.2"))
    with sqlite3.connect(tmp_path / "dnsemu.db") as database:
        database.execute("UPDATE record_sets SET name = '.' WHERE name = 'www.shop.test.'")
    database.close()
    done = dnsemu_process("serve", *store, "--dns", "127.0.0.1:0", "--http", "127.0.0.1:0")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "dnsemu.db: record_set" in done.stderr
    assert ". A: name: RRSet with DNS name . is not permitted in zone shop.test." in done.stderr
    assert "--repair" in done.stderr
    with serving_files(options=(*store, "--repair")) as server:
        assert served(server.dns, "api.shop.test") == ["192.0.2.2"]
        assert served(server.dns, "www.shop.test") == ["NXDOMAIN"]
        assert "set aside" in server.errors
    with serving_files(options=store) as server:
        assert served(server.dns, "api.shop.test") == ["192.0.2.2"]
    done = dnsemu_process("serve", "--repair")
    assert done.returncode == 2
    assert "--repair is for a store" in done.stderr


def test_a_store_of_another_kind_or_version_is_refused_with_a_reason(tmp_path):
    not_ours = tmp_path / "not-ours.db"
    not_ours.write_text("this is no database")
    done = dnsemu_process("serve", "--store", f"sqlite:///{not_ours}", "--dns", "127.0.0.1:0", "--http", "127.0.0.1:0")
    assert done.returncode == 1
    assert "not-ours.db" in done.stderr
    assert not_ours.read_text() == "this is no database"
    done = dnsemu_process("serve", "--store", "mysql://x/y")
    assert done.returncode == 2
    assert "sqlite:///" in done.stderr


def dnsemu_process(*arguments):
    import subprocess

    return subprocess.run([DNSEMU, *arguments], capture_output=True, text=True, timeout=30, check=False)


def test_a_store_that_cannot_commit_makes_changes_fail_with_5xx_while_dns_answers(store, tmp_path):
    with serving_files(options=store) as server:
        client = route53(server)
        zone = make_zone(client)
        change(client, zone, upsert("www.shop.test", "192.0.2.1"))
        held = sqlite3.connect(tmp_path / "dnsemu.db", isolation_level=None)
        held.execute("BEGIN IMMEDIATE")
        status, code, _ = errors_of(lambda: change(client, zone, upsert("www.shop.test", "192.0.2.2")))
        assert (status, code) == (503, "ServiceUnavailable")
        assert served(server.dns, "www.shop.test") == ["192.0.2.1"]
        held.execute("ROLLBACK")
        held.close()
        change(client, zone, upsert("www.shop.test", "192.0.2.3"))
        assert served(server.dns, "www.shop.test") == ["192.0.2.3"]


def test_r43_a_change_delay_is_pending_until_the_clock_has_passed_it(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text("api: {change_delay: 45s}")
    with serving_files(file, options=("--clock", "virtual")) as server:
        client = route53(server)
        zone = make_zone(client)
        pending = change(client, zone, upsert("www.shop.test", "192.0.2.1"))
        assert client.get_change(Id=pending["Id"])["ChangeInfo"]["Status"] == "PENDING"
        assert served(server.dns, "www.shop.test") == ["REFUSED"]
        assert len(client.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]) == 3
        dnsemu_here("clock", "advance", "44s", "--server", server.url)
        assert served(server.dns, "www.shop.test") == ["REFUSED"]
        dnsemu_here("clock", "advance", "1s", "--server", server.url)
        assert client.get_change(Id=pending["Id"])["ChangeInfo"]["Status"] == "INSYNC"
        assert served(server.dns, "www.shop.test") == ["192.0.2.1"]


def test_r43_a_file_read_during_the_delay_wins_over_a_pending_change(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text("api: {change_delay: 45s}" + FILE)
    with serving_files(file, options=("--clock", "virtual")) as server:
        client = route53(server)
        zone = client.list_hosted_zones()["HostedZones"][0]["Id"]
        change(client, zone, upsert("www.file.test", "192.0.2.77"))
        file.write_text("api: {change_delay: 45s}" + FILE.replace("192.0.2.1]", "192.0.2.9]"))
        until(lambda: served(server.dns, "www.file.test") == ["192.0.2.9"], what="the reload")
        dnsemu_here("clock", "advance", "60s", "--server", server.url)
        assert served(server.dns, "www.file.test") == ["192.0.2.9"]


def test_a47_a_seed_gives_no_id_twice_across_restarts(store):
    zones = []
    for reference in ("one", "two", "three"):
        with serving_files(options=(*store, "--seed", "7")) as server:
            client = route53(server)
            zones.append(make_zone(client, f"{reference}.test", reference))
            change(client, zones[-1], upsert(f"www.{reference}.test", "192.0.2.1"))
            listed = {zone["Id"]: zone["Name"] for zone in client.list_hosted_zones()["HostedZones"]}
            assert len(listed) == len(zones)
            assert [served(server.dns, f"www.{name}") for name in listed.values()] == [["192.0.2.1"]] * len(zones)


@pytest.fixture
def delayed(tmp_path):
    """A server with a change delay of 45 s on a virtual clock, and its file."""
    file = tmp_path / "shop.yaml"
    file.write_text("api: {change_delay: 45s}")
    with serving_files(file, options=("--clock", "virtual")) as server:
        yield server, file


def passes(server, time):
    assert dnsemu_here("clock", "advance", time, "--server", server.url).returncode == 0


def test_r43_a_reset_drops_pending_changes(delayed):
    server, _ = delayed
    client = route53(server)
    make_zone(client)
    config = {"Type": "TCP", "IPAddress": "127.0.0.1", "Port": 9}
    check = client.create_health_check(CallerReference="hc", HealthCheckConfig=config)["HealthCheck"]["Id"]
    assert client.get_health_check_status(HealthCheckId=check)["HealthCheckObservations"] == []
    assert client.get_health_check_last_failure_reason(HealthCheckId=check)["HealthCheckObservations"] == []
    assert dnsemu_here("reset", "--server", server.url).returncode == 0
    passes(server, "60s")
    assert served(server.dns, "shop.test", "SOA") == ["REFUSED"]
    assert server.status()["health_checks"] == []


def test_r43_a_reload_publishes_pending_changes(delayed):
    server, file = delayed
    client = route53(server)
    zone = make_zone(client)
    change(client, zone, upsert("www.shop.test", "192.0.2.1"), upsert("old.shop.test", "192.0.2.1"))
    passes(server, "60s")
    change(
        client, zone, {**upsert("old.shop.test", "192.0.2.1"), "Action": "DELETE"}, upsert("new.shop.test", "192.0.2.2")
    )
    file.write_text("api: {change_delay: 46s}")
    until(lambda: served(server.dns, "new.shop.test") == ["192.0.2.2"], what="the reload")
    assert served(server.dns, "old.shop.test") == ["NXDOMAIN"]
    passes(server, "60s")
    assert served(server.dns, "old.shop.test") == ["NXDOMAIN"]
    assert served(server.dns, "www.shop.test") == ["192.0.2.1"]


def test_r41_the_newer_of_two_zones_of_one_name_still_answers_after_a_reload(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text("")
    with serving_files(file, options=("--clock", "virtual")) as server:
        client = route53(server)
        zones = []
        for number in range(1, 7):
            zones.append(make_zone(client, reference=str(number)))
            change(client, zones[-1], upsert("www.shop.test", f"192.0.2.{number}"))
            assert served(server.dns, "www.shop.test") == [f"192.0.2.{number}"]
        file.write_text("hosted_zones: [{name: other.test, record_sets: []}]")
        until(lambda: served(server.dns, "other.test", "SOA") != ["REFUSED"], what="the reload")
        assert served(server.dns, "www.shop.test") == ["192.0.2.6"]
        change(client, zones[-1], {**upsert("www.shop.test", "192.0.2.6"), "Action": "DELETE"})
        client.delete_hosted_zone(Id=zones[-1])
        assert served(server.dns, "www.shop.test") == ["192.0.2.5"]


def test_a_snapshot_of_a_server_with_files_is_complete_on_one_without(tmp_path):
    file, snapshot = tmp_path / "shop.yaml", tmp_path / "snapshot.json"
    file.write_text(FILE)
    with serving_files(file) as server:
        assert dnsemu_here("snapshot", "save", str(snapshot), "--server", server.url).returncode == 0
    with serving_files() as server:
        assert dnsemu_here("snapshot", "load", str(snapshot), "--server", server.url).returncode == 0
        assert served(server.dns, "www.file.test") == ["192.0.2.1"]
        assert [check["id"] for check in server.status()["health_checks"]] == ["web"]


def test_a24_a_body_in_another_encoding_than_its_header_says(tmp_path):
    with serving_files() as server:
        body, headers = b"no gzip", {"Content-Encoding": "gzip"}
        request = urllib.request.Request(f"{server.url}/2013-04-01/hostedzone", body, headers)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        with refused.value as response:
            assert response.status == 400
            assert b"<Code>MalformedInput</Code>" in response.read()


def test_a3_signatures_are_verified_where_credentials_are_given(tmp_path):
    file = tmp_path / "shop.yaml"
    file.write_text("api: {credentials: [{access_key_id: AKIDEXAMPLE, secret_access_key: secret}]}")
    with serving_files(file) as server:
        assert route53(server).list_hosted_zones()["HostedZones"] == []
        wrong = route53(server, aws_secret_access_key="other")
        assert errors_of(wrong.list_hosted_zones)[:2] == (403, "SignatureDoesNotMatch")
        unknown = route53(server, aws_access_key_id="AKIDOTHER")
        assert errors_of(unknown.list_hosted_zones)[:2] == (403, "InvalidClientTokenId")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{server.url}/2013-04-01/hostedzone")
        with refused.value as response:
            assert response.status == 403


def test_a_foreign_host_is_refused_by_the_api_too():
    with serving_files() as server:
        request = urllib.request.Request(f"{server.url}/2013-04-01/hostedzone", headers={"Host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        with refused.value as response:
            assert response.status == 403


def test_a_health_check_made_by_the_api_is_probed_and_steers_answers(tmp_path):
    with serving_files(options=("--clock", "virtual")) as server:
        client = route53(server)
        zone = make_zone(client)
        check = client.create_health_check(
            CallerReference="hc", HealthCheckConfig={"Type": "TCP", "IPAddress": "127.0.0.1", "Port": server.http}
        )["HealthCheck"]["Id"]
        change(
            client,
            zone,
            upsert("www.shop.test", "192.0.2.1", SetIdentifier="p", Failover="PRIMARY", HealthCheckId=check),
            upsert("www.shop.test", "192.0.2.2", SetIdentifier="s", Failover="SECONDARY"),
        )
        dnsemu_here("clock", "advance", "31s", "--server", server.url)
        seen = client.get_health_check_status(HealthCheckId=check)["HealthCheckObservations"]
        assert len(seen) == 16
        assert {one["StatusReport"]["Status"] for one in seen} == {"Success: TCP connection established"}
        assert served(server.dns, "www.shop.test") == ["192.0.2.1"]
        client.update_health_check(HealthCheckId=check, Inverted=True)
        assert served(server.dns, "www.shop.test") == ["192.0.2.2"]
        client.delete_health_check(HealthCheckId=check)
        assert served(server.dns, "www.shop.test") == ["192.0.2.1"]  # H106, H191
        assert json.loads(dnsemu_here("status", "--server", server.url, "--json").stdout)["health_checks"] == []


POLICY = {
    "AWSPolicyFormatVersion": "2015-10-01",
    "RecordType": "A",
    "StartRule": "top",
    "Endpoints": {"first": {"Type": "value", "Value": "192.0.2.1"}, "second": {"Type": "value", "Value": "192.0.2.2"}},
    "Rules": {
        "top": {
            "RuleType": "failover",
            "Primary": {"EndpointReference": "first", "HealthCheck": "CHECK"},
            "Secondary": {"EndpointReference": "second"},
        }
    },
}


def test_r197_a_traffic_policy_answers_on_the_wire_and_after_a_restart(store):
    with serving_files(options=(*store, "--clock", "virtual")) as server:
        client = route53(server)
        zone = make_zone(client)
        check = client.create_health_check(
            CallerReference="hc", HealthCheckConfig={"Type": "TCP", "IPAddress": "127.0.0.1", "Port": 9}
        )["HealthCheck"]["Id"]
        document = json.dumps(POLICY).replace("CHECK", check)
        policy = client.create_traffic_policy(Name="over", Document=document)["TrafficPolicy"]
        client.create_traffic_policy_instance(
            HostedZoneId=zone, Name="www.shop.test", TTL=60, TrafficPolicyId=policy["Id"], TrafficPolicyVersion=1
        )
        assert served(server.dns, "www.shop.test") == ["192.0.2.1"]
        dnsemu_here("force", check, "unhealthy", "--server", server.url)
        assert served(server.dns, "www.shop.test") == ["192.0.2.2"]
    with serving_files(options=(*store, "--clock", "virtual")) as server:
        assert served(server.dns, "www.shop.test") == ["192.0.2.1"]
        (instance,) = route53(server).list_traffic_policy_instances()["TrafficPolicyInstances"]
        assert (instance["Name"], instance["State"]) == ("www.shop.test.", "Applied")
        explained = dnsemu_here("explain", "www.shop.test", "--server", server.url).stdout
        assert "traffic policy over v1" in explained
