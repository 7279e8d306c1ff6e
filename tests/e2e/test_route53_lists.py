"""Every list of the API, read in small and in large pages: the same items, each once, in the same order."""

import contextlib
import http.client
import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from dnsemu.commands.registry import COMMANDS
from tests.e2e.aws import new_check, refused, route53
from tests.serving import serving_files

XMLNS = "https://route53.amazonaws.com/doc/2013-04-01/"
MANY, SOME = 1000, 240
VPC = "<VPC><VPCRegion>us-east-1</VPCRegion><VPCId>vpc-{}</VPCId></VPC>"
LOG_GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/lists"
DOCUMENT = json.dumps(
    {
        "AWSPolicyFormatVersion": "2015-10-01",
        "RecordType": "A",
        "StartEndpoint": "e",
        "Endpoints": {"e": {"Type": "value", "Value": "192.0.2.1"}},
    }
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server with many health checks from a file, and no other resources yet."""
    file = tmp_path_factory.mktemp("lists") / "checks.yaml"
    check = {"type": "TCP", "ip_address": "192.0.2.1", "port": 80, "disabled": True}
    file.write_text(json.dumps({"health_checks": [{"id": f"check-{n}", **check} for n in range(MANY)]}))
    with serving_files(file) as server:
        yield server


@pytest.fixture(scope="module")
def boto(server):
    return route53(server)


class Writer:
    """Writes requests by hand on one connection, which is much faster than boto3."""

    def __init__(self, port):
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def post(self, path, root, content):
        """Returns the response's body."""
        self._connection.request(
            "POST", f"/2013-04-01/{path}", f'<{root}Request xmlns="{XMLNS}">{content}</{root}Request>'
        )
        response = self._connection.getresponse()
        body = response.read().decode()
        assert response.status in (200, 201), body
        return body

    def close(self):
        self._connection.close()

    def make(self, *call):
        """Returns the bare id of the new resource."""
        return re.search(r"<Id>(?:/\w+/)?([^<]+)</Id>", self.post(*call))[1]


@pytest.fixture(scope="module")
def in_parallel(server):
    """A function that runs a job for each number below `count`, on four connections, and returns the results."""

    def in_parallel(count, do):
        def some(part):
            with contextlib.closing(Writer(server.http)) as writer:
                return [do(writer, number) for number in range(part, count, 4)]

        with ThreadPoolExecutor(4) as pool:
            return [made for parts in pool.map(some, range(4)) for made in parts]

    return in_parallel


def reference(*parts):
    return f"<CallerReference>{'-'.join(map(str, parts))}</CallerReference>"


@pytest.fixture(scope="module")
def zones(in_parallel):
    """Ids of public hosted zones, each with a query logging config."""

    def make(writer, number):
        zone = writer.make("hostedzone", "CreateHostedZone", f"<Name>n{number}.test</Name>{reference('zone', number)}")
        logs = f"<CloudWatchLogsLogGroupArn>{LOG_GROUP}</CloudWatchLogsLogGroupArn>"
        writer.post("queryloggingconfig", "CreateQueryLoggingConfig", f"<HostedZoneId>{zone}</HostedZoneId>{logs}")
        return zone

    return in_parallel(MANY, make)


@pytest.fixture(scope="module")
def zone(boto):
    """A private hosted zone with many record sets, protections and authorized VPCs."""
    made = boto.create_hosted_zone(
        Name="large.test", CallerReference="large", VPC={"VPCRegion": "us-east-1", "VPCId": "vpc-0"}
    )["HostedZone"]["Id"]
    names = [f"r{number}" for number in range(MANY // 2)]
    for part in (names[:250], names[250:]):
        record_sets = [
            {"Name": f"{name}.large.test", "Type": "A", "SetIdentifier": identifier, "Weight": 1, "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
            for name in part
            for identifier in ("a", "b")
        ]  # fmt: skip
        changes = [{"Action": "CREATE", "ResourceRecordSet": record_set} for record_set in record_sets]
        boto.change_resource_record_sets(HostedZoneId=made, ChangeBatch={"Changes": changes})
    return made.rpartition("/")[2]


def by_marker(call, member):
    """Returns a reader of lists with `Marker` and `NextMarker`."""

    def walk(size):
        response = {"IsTruncated": True}
        while response["IsTruncated"]:
            start = {"Marker": response["NextMarker"]} if "NextMarker" in response else {}
            response = call(MaxItems=str(size), **start)
            yield response[member]

    return walk


def by_position(call, member, **following):
    """Returns a reader of lists whose pages start at several parameters: parameter → response member."""

    def walk(size):
        response = {"IsTruncated": True}
        while response["IsTruncated"]:
            start = {parameter: response[told] for parameter, told in following.items() if told in response}
            response = call(MaxItems=str(size), **start)
            yield response[member]

    return walk


def by_token(call, member, size_member="MaxResults"):
    """Returns a reader of lists with `NextToken`."""

    def walk(size):
        response = call(**{size_member: str(size)})
        yield response[member]
        while "NextToken" in response:
            response = call(**{size_member: str(size)}, NextToken=response["NextToken"])
            yield response[member]

    return walk


def by_paginator(boto, operation, member, **request):
    """Returns a reader by botocore's paginator; the page size is a parameter if the paginator has none."""
    paginator = boto.get_paginator(operation)

    def walk(size):
        if paginator._limit_key:
            pages = paginator.paginate(**request, PaginationConfig={"PageSize": size})
        else:
            pages = paginator.paginate(**request, MaxResults=str(size))
        return (page[member] for page in pages)

    return walk


def whole(walk, key, *, count, small=7, large=100):
    """Reads a list in small and in large pages, and returns `key` of each item, in order."""
    pages = list(walk(small))
    assert {len(page) for page in pages[:-1]} <= {small}
    found = [key(item) for page in pages for item in page]
    assert found == [key(item) for page in walk(large) for item in page]
    assert len(found) == len(set(found)) == count
    return found


def member(*names):
    return lambda item: tuple(item.get(name) for name in names) if len(names) > 1 else item[names[0]]


def test_a190_a191_a351_hosted_zones(boto, zone, zones):
    """Twice an account's quota, which is not enforced here."""
    found = whole(by_paginator(boto, "list_hosted_zones", "HostedZones"), member("Id"), count=MANY + 1)
    assert {one.rpartition("/")[2] for one in found} == {zone, *zones}
    assert found == sorted(found)
    assert boto.get_hosted_zone_count()["HostedZoneCount"] == MANY + 1
    gone = found[500].rpartition("/")[2][:-1]  # sorts just before it
    assert boto.list_hosted_zones(Marker=gone, MaxItems="1")["HostedZones"][0]["Id"] == found[500]


def test_a194_a195_hosted_zones_by_name(boto, zone, zones):
    walk = by_position(
        boto.list_hosted_zones_by_name, "HostedZones", DNSName="NextDNSName", HostedZoneId="NextHostedZoneId"
    )
    found = whole(walk, member("Name"), count=MANY + 1)
    assert found == sorted(found)  # all below test., so that labels in reverse sort as text


def test_a197_a198_a199_record_sets(boto, zone):
    """Pages may end within a group."""
    walk = by_paginator(boto, "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone)
    found = whole(walk, member("Name", "Type", "SetIdentifier"), count=MANY + 2, large=300)
    assert found[2:5] == [
        ("r0.large.test.", "A", "a"),
        ("r0.large.test.", "A", "b"),
        ("r1.large.test.", "A", "a"),
    ]


def test_a192_page_sizes_have_a_cap_and_a_least(boto, zone):
    listed = boto.list_resource_record_sets(HostedZoneId=zone, MaxItems="1000")
    assert (len(listed["ResourceRecordSets"]), listed["MaxItems"]) == (300, "300")
    for size in ("0", "-1", "many"):
        assert refused(boto.list_resource_record_sets, HostedZoneId=zone, MaxItems=size)[:2] == (400, "InvalidInput")


def test_h108_health_checks(boto):
    """Resources from files are listed among those that the API created."""
    made = [new_check(boto, Disabled=True) for _ in range(10)]
    walk = by_paginator(boto, "list_health_checks", "HealthChecks")
    found = whole(walk, member("Id"), count=MANY + len(made), large=1000)
    assert set(found) == {f"check-{number}" for number in range(MANY)} | set(made)
    assert boto.get_health_check_count()["HealthCheckCount"] == MANY + len(made)


def test_a252_query_logging_configs(boto, zones):
    walk = by_paginator(boto, "list_query_logging_configs", "QueryLoggingConfigs")
    assert set(whole(walk, member("HostedZoneId"), count=MANY)) == set(zones)


def test_a243_vpc_association_authorizations(boto, zone, in_parallel):
    authorize = f"hostedzone/{zone}/authorizevpcassociation"
    in_parallel(
        MANY,
        lambda writer, number: writer.post(authorize, "CreateVPCAssociationAuthorization", VPC.format(f"{number:08x}")),
    )
    walk = by_paginator(boto, "list_vpc_association_authorizations", "VPCs", HostedZoneId=zone)
    found = whole(walk, member("VPCId"), count=MANY, large=50)
    assert set(found) == {f"vpc-{number:08x}" for number in range(MANY)}
    assert refused(boto.list_vpc_association_authorizations, HostedZoneId=zone, NextToken="x")[:2] == (
        400,
        "InvalidPaginationToken",
    )


def test_a435_protections(boto, zone):
    for start in range(0, MANY, 100):
        entries = [{"RecordName": f"p{n}.large.test", "RecordType": "TXT"} for n in range(start, start + 100)]
        boto.create_resource_record_set_protections(HostedZoneId=zone, Protections=entries)
    walk = by_paginator(boto, "list_resource_record_set_protections", "ResourceRecordSetProtections", HostedZoneId=zone)
    assert len(whole(walk, member("RecordName"), count=MANY, large=300)) == MANY


@pytest.fixture(scope="module")
def collections(in_parallel):
    """Ids of many CIDR collections."""
    return in_parallel(
        MANY,
        lambda writer, number: writer.make(
            "cidrcollection", "CreateCidrCollection", f"{reference('cidr', number)}<Name>c{number}</Name>"
        ),
    )


def test_a288_cidr_collections_locations_and_blocks(boto, collections):
    walk = by_paginator(boto, "list_cidr_collections", "CidrCollections")
    assert set(whole(walk, member("Id"), count=MANY)) == set(collections)
    blocks = [f"10.{number // 250}.{number % 250}.0/24" for number in range(MANY)]
    changes = [{"LocationName": f"l{n}", "Action": "PUT", "CidrList": [block]} for n, block in enumerate(blocks)]
    boto.change_cidr_collection(Id=collections[0], Changes=changes)
    of_one = {"CollectionId": collections[0]}
    whole(by_paginator(boto, "list_cidr_locations", "CidrLocations", **of_one), member("LocationName"), count=MANY)
    found = whole(by_paginator(boto, "list_cidr_blocks", "CidrBlocks", **of_one), member("CidrBlock"), count=MANY)
    assert set(found) == set(blocks)


def test_a245_hosted_zones_by_vpc(boto, in_parallel):
    made = in_parallel(
        SOME,
        lambda writer, number: writer.make(
            "hostedzone",
            "CreateHostedZone",
            f"<Name>v{number}.test</Name>{VPC.format('walked')}{reference('vpc', number)}",
        ),
    )

    def call(**page):
        return boto.list_hosted_zones_by_vpc(VPCId="vpc-walked", VPCRegion="us-east-1", **page)

    walk = by_token(call, "HostedZoneSummaries", "MaxItems")
    assert set(whole(walk, member("HostedZoneId"), count=SOME)) == set(made)
    for one in made:
        boto.delete_hosted_zone(Id=one)


def test_reusable_delegation_sets(boto, in_parallel):
    in_parallel(
        SOME, lambda writer, number: writer.make("delegationset", "CreateReusableDelegationSet", reference(number))
    )
    whole(by_marker(boto.list_reusable_delegation_sets, "DelegationSets"), member("Id"), count=SOME)


def test_a330_a331_geo_locations(boto):
    walk = by_position(
        boto.list_geo_locations,
        "GeoLocationDetailsList",
        StartContinentCode="NextContinentCode",
        StartCountryCode="NextCountryCode",
        StartSubdivisionCode="NextSubdivisionCode",
    )
    listed = boto.list_geo_locations()
    assert not listed["IsTruncated"]
    place = member("ContinentCode", "CountryCode", "SubdivisionCode")
    count = len(listed["GeoLocationDetailsList"])
    found = whole(walk, place, count=count)
    assert found == [place(item) for item in listed["GeoLocationDetailsList"]]
    assert found[0] == (None, "*", None)
    assert found[-1] == ("SA", None, None)


@pytest.fixture(scope="module")
def policies(in_parallel):
    """Ids of traffic policies; the first has more versions."""
    content = f"<Document>{DOCUMENT}</Document>"
    made = in_parallel(
        SOME,
        lambda writer, number: writer.make(
            "trafficpolicy", "CreateTrafficPolicy", f"<Name>policy {number}</Name>{content}"
        ),
    )
    in_parallel(
        SOME - 1,
        lambda writer, _: writer.post(f"trafficpolicy/{made[0]}", "CreateTrafficPolicyVersion", content),
    )
    return made


def test_a302_traffic_policies(boto, policies):
    walk = by_position(
        boto.list_traffic_policies, "TrafficPolicySummaries", TrafficPolicyIdMarker="TrafficPolicyIdMarker"
    )
    assert set(whole(walk, member("Id"), count=SOME)) == set(policies)


def test_a301_traffic_policy_versions(boto, policies):
    walk = by_position(
        lambda **page: boto.list_traffic_policy_versions(Id=policies[0], **page),
        "TrafficPolicies",
        TrafficPolicyVersionMarker="TrafficPolicyVersionMarker",
    )
    assert whole(walk, member("Version"), count=SOME) == list(range(1, SOME + 1))


def test_a310_traffic_policy_instances(boto, policies, in_parallel):
    zone = boto.create_hosted_zone(Name="instances.test", CallerReference="instances")["HostedZone"]["Id"]
    zone = zone.rpartition("/")[2]
    in_parallel(
        SOME,
        lambda writer, number: writer.make(
            "trafficpolicyinstance",
            "CreateTrafficPolicyInstance",
            f"<HostedZoneId>{zone}</HostedZoneId><Name>i{number}.instances.test</Name><TTL>60</TTL>"
            f"<TrafficPolicyId>{policies[0]}</TrafficPolicyId><TrafficPolicyVersion>1</TrafficPolicyVersion>",
        ),
    )
    name = {"TrafficPolicyInstanceNameMarker": "TrafficPolicyInstanceNameMarker"}
    type_ = {"TrafficPolicyInstanceTypeMarker": "TrafficPolicyInstanceTypeMarker"}
    of_zone = {"HostedZoneIdMarker": "HostedZoneIdMarker"}
    everywhere = whole(
        by_position(boto.list_traffic_policy_instances, "TrafficPolicyInstances", **of_zone, **name, **type_),
        member("Name"),
        count=SOME,
    )
    in_zone = whole(
        by_position(
            lambda **page: boto.list_traffic_policy_instances_by_hosted_zone(HostedZoneId=zone, **page),
            "TrafficPolicyInstances",
            **name,
            **type_,
        ),
        member("Name"),
        count=SOME,
    )
    of_policy = whole(
        by_position(
            lambda **page: boto.list_traffic_policy_instances_by_policy(
                TrafficPolicyId=policies[0], TrafficPolicyVersion=1, **page
            ),
            "TrafficPolicyInstances",
            **of_zone,
            **name,
            **type_,
        ),
        member("Name"),
        count=SOME,
    )
    assert everywhere == in_zone == of_policy
    assert boto.get_traffic_policy_instance_count()["TrafficPolicyInstanceCount"] == SOME


def test_a370_botocore_has_no_paginator_beyond_these(boto):
    """Every list operation has a row above."""
    operations = boto.meta.method_to_api_mapping
    paginators = {name for name in operations if operations[name] in COMMANDS and boto.can_paginate(name)}
    assert paginators == {
        "list_hosted_zones",
        "list_resource_record_sets",
        "list_health_checks",
        "list_query_logging_configs",
        "list_vpc_association_authorizations",
        "list_resource_record_set_protections",
        "list_cidr_collections",
        "list_cidr_locations",
        "list_cidr_blocks",
    }
