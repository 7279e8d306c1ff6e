"""AWS resources in a file, and aliases to them: the rule, the place and the words of each error."""

from ipaddress import ip_address

import pytest

from dnsemu.config import names
from dnsemu.config.aws.services import service_named, service_of_zone, zones_of
from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_files, load_text
from dnsemu.config.model.record_sets import AliasTarget
from dnsemu.config.model.resources import ResourceKind, Target

ALB, NLB, CLB = (
    "my-alb-1.us-east-1.elb.amazonaws.com",
    "my-nlb.elb.us-east-1.amazonaws.com",
    "clb.eu-west-1.elb.amazonaws.com",
)
CHECK = "{id: up, type: TCP, ip_address: 127.0.0.1, port: 80}"
FIRST_LINE = 3
"""Of the resources that `file` writes, one a line."""


def file(resources, *record_sets):
    lines = [f"health_checks: [{CHECK}]", "resources:", *(f"  - {entry}" for entry in resources)]
    lines += [
        "hosted_zones:",
        "  - name: shop.test",
        "    record_sets:",
        *(f"      - {entry}" for entry in record_sets),
    ]
    if not record_sets:
        lines[-1] += " []"
    if not resources:
        lines[1] += " []"
    return "\n".join(lines)


def errors(resources, *record_sets):
    with pytest.raises(FilesRefused) as caught:
        load_text("shop.yaml", file(resources, *record_sets))
    return caught.value.errors


def alb(targets="[{address: 192.0.2.1}]", rest="", name=ALB, kind="application-load-balancer"):
    return f"{{dns_name: {name}, kind: {kind}, targets: {targets}{rest and ', '}{rest}}}"


def alias(target, *, type="A", healthy="true", zone="", name="www"):
    zone = f"hosted_zone_id: {zone}, " if zone else ""
    return (
        f"{{name: {name}, type: {type}, alias_target: {{{zone}dns_name: {target}, evaluate_target_health: {healthy}}}}}"
    )


def test_r106_a_resource_with_everything():
    entry = alb(
        "[{address: 192.0.2.1, availability_zone: use1-az1, target_group: web, health_check_id: up}, {host: App.Test, target_group: api}]",
        "region: us-east-1, availability_zones: [use1-az1, use1-az2], target_groups: [web, api, empty]",
    )
    world = load_text("shop.yaml", file([entry])).world
    (found,) = world.resources.values()
    assert (found.name, found.kind, found.region) == (
        names.parse(ALB),
        ResourceKind.APPLICATION_LOAD_BALANCER,
        "us-east-1",
    )
    assert (found.availability_zones, found.target_groups) == (("use1-az1", "use1-az2"), ("web", "api", "empty"))
    assert found.targets == (
        Target(ip_address("192.0.2.1"), None, "use1-az1", "web", "up"),
        Target(None, names.parse("app.test"), None, "api", None),
    )


@pytest.mark.parametrize(
    ("name", "kind", "region"),
    [
        (ALB, "application-load-balancer", "us-east-1"),
        (NLB, "network-load-balancer", "us-east-1"),
        (CLB, "classic-load-balancer", "eu-west-1"),
        ("d1.cloudfront.net", "cloudfront", None),
        ("s3-website-us-east-1.amazonaws.com", "s3-website", "us-east-1"),
        ("www.shop.test.s3-website.eu-central-1.amazonaws.com", "s3-website", "eu-central-1"),
        ("d-1.execute-api.ap-south-1.amazonaws.com", "api-gateway", "ap-south-1"),
        ("a1.awsglobalaccelerator.com", "global-accelerator", None),
        ("vpce-1.ec2.us-west-2.vpce.amazonaws.com", "vpc-endpoint", "us-west-2"),
        ("env.us-east-1.elasticbeanstalk.com", "elastic-beanstalk", "us-east-1"),
        ("lb.cn-north-1.elb.amazonaws.com.cn", "application-load-balancer", "cn-north-1"),
        ("db.abc.us-east-1.rds.amazonaws.com", "multi-az-database", "us-east-1"),
    ],
)
def test_r106_the_name_tells_the_region(name, kind, region):
    targets = "[{host: db-1.test}]" if kind == "multi-az-database" else "[]"
    loaded = load_text("shop.yaml", file([f"{{dns_name: {name}, kind: {kind}, targets: {targets}}}"]))
    (found,) = loaded.world.resources.values()
    assert (found.kind.value, found.region, loaded.warnings) == (kind, region, ())


def test_dualstack_in_front_is_the_same_load_balancer():
    world = load_text("shop.yaml", file([alb(name=f"dualstack.{ALB}")])).world
    assert list(world.resources) == [names.parse(ALB)]


CASES = [
    pytest.param("{kind: cloudfront}", "", "field-missing", "", "dns_name is missing", id="a name is needed"),
    pytest.param(alb(name="a..b", rest="region: us-east-1"), "R1", "bad-name", ".dns_name", "Domain label is empty", id="R1 A52"),
    pytest.param(alb(name="'*.lb.test'", rest="region: us-east-1"), "R106", "resource-name", ".dns_name", "no name of a host", id="R106 a wildcard"),
    pytest.param(f"{{dns_name: {ALB}, kind: aplication-load-balancer}}", "R106", "resource-kind", ".kind", "write application-load-balancer", id="R106 kind"),
    pytest.param(f"{{dns_name: {ALB}, kind: ALB}}", "R106", "resource-kind", ".kind", "write application-load-balancer", id="R106 a short word"),
    pytest.param(alb(name=NLB), "R106", "resource-kind", ".kind", "a name of network load balancers in us-east-1", id="R106 another kind's name"),
    pytest.param(alb(rest="region: eu-west-1"), "R106", "resource-region", ".region", "is in us-east-1, not in eu-west-1", id="R106 inconsistent Region"),
    pytest.param(alb(name="lb.test"), "R106", "resource-region", "", "does not contain the Region", id="R106 no Region"),
    pytest.param(alb(name="lb.test", rest="region: us-esat-1"), "R106", "resource-region", ".region", "'us-esat-1' is no AWS Region", id="R106 unknown Region"),
    pytest.param("{dns_name: d1.cloudfront.net, kind: cloudfront, region: us-east-1}", "R106", "resource-region", ".region", "is in no Region", id="R106 a global service"),
    pytest.param(alb(rest="availability_zones: [euw1-az1]"), "R106", "no-such-availability-zone", ".availability_zones[0]", "no Availability Zone euw1-az1 in us-east-1; write one of use1-az1", id="R106 AZ of another Region"),
    pytest.param(alb("[{address: 192.0.2.1, availability_zone: use1-az9}]"), "R106", "no-such-availability-zone", ".targets[0].availability_zone", "no Availability Zone use1-az9 in us-east-1", id="R106 AZ of a target"),
    pytest.param(alb("[{address: 192.0.2.1, availability_zone: use1-az2}]", "availability_zones: [use1-az1]"), "R106", "no-such-availability-zone", ".targets[0].availability_zone", "no Availability Zone use1-az2 in availability_zones; write one of use1-az1", id="R106 AZ that the resource lacks"),
    pytest.param("{dns_name: d1.cloudfront.net, kind: cloudfront, availability_zones: [use1-az1]}", "R106", "no-such-availability-zone", ".availability_zones[0]", "leave it out", id="R106 AZ of a global service"),
    pytest.param(alb("[{address: 192.0.2.1, host: a.test}]"), "R106", "target-place", ".targets[0]", "one address or one host", id="R106 both"),
    pytest.param(alb("[{availability_zone: use1-az1}]"), "R106", "target-place", ".targets[0]", "write address or host", id="R106 neither"),
    pytest.param(alb("[{address: app.test}]"), "R106", "target-address", ".targets[0].address", "a name goes under host", id="R106 a name for an address"),
    pytest.param(alb("[{address: 'fe80::1%eth0'}]"), "R106", "target-address", ".targets[0].address", "no address", id="R106 a scoped address"),
    pytest.param(alb("[{host: a..b}]"), "R1", "bad-name", ".targets[0].host", "Domain label is empty", id="R1 host"),
    pytest.param(alb("[{address: 192.0.2.1, health_check_id: gone}]"), "H156", "no-such-check", ".targets[0].health_check_id", "there is no health check gone", id="H156"),
    pytest.param(alb("[{address: 192.0.2.1, target_group: b}]", "target_groups: [a]"), "R111", "no-such-target-group", ".targets[0].target_group", "write one of a", id="R111 unknown group"),
    pytest.param(alb("[{address: 192.0.2.1, target_group: b}]", name=CLB, kind="classic-load-balancer"), "R111", "target-group", ".targets[0].target_group", "only application and network", id="R111 a CLB's target has no group"),
    pytest.param(alb(rest="target_groups: [a]", name=CLB, kind="classic-load-balancer"), "R111", "target-group", ".target_groups", "only application and network", id="R111 a CLB has no groups"),
    pytest.param(alb("[]", name="db.test", kind="multi-az-database", rest="region: us-east-1"), "R106", "database-targets", "", "write targets", id="a database without hosts"),
    pytest.param(alb(name="db.test", kind="multi-az-database", rest="region: us-east-1"), "R106", "database-targets", ".targets[0].address", "write host", id="a database's targets are hosts"),
    pytest.param(alb(name="lb.shop.test", rest="region: us-east-1"), "R106", "resource-in-zone", ".dns_name", "lb.shop.test. lies in the hosted zone shop.test.", id="R106 inside a hosted zone"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "rule", "id", "where", "text"), CASES)
def test_a_resource_with_an_error(entry, rule, id, where, text):
    (found,) = errors([entry])
    assert (found.rule, found.id, found.where, found.line) == (rule, id, f"resources[0]{where}", FIRST_LINE)
    assert text in f"{found} {found.sentence}"


def test_two_resources_of_one_name():
    (found,) = errors([alb(), alb(name=f"dualstack.{ALB}")])
    assert (found.id, found.line) == ("declared-twice", FIRST_LINE + 1)
    assert f"resource {ALB}. is already declared at shop.yaml:{FIRST_LINE}" in found.message


def test_aliases_to_a_resource_with_an_error_have_no_error():
    (found,) = errors([alb(rest="region: eu-west-1")], alias(ALB))
    assert found.id == "resource-region"


# --- aliases to declared resources ---


def only_alias(text):
    loaded = load_text("shop.yaml", text)
    (zone,) = loaded.world.hosted_zones.values()
    return next(r.alias for r in zone.record_sets.values() if r.alias), loaded.warnings


@pytest.mark.parametrize(
    ("entry", "target", "zone"),
    [
        pytest.param(alb(), ALB, "Z35SXDOTRQ7X7K", id="R106 an ALB"),
        pytest.param(alb(), f"dualstack.{ALB}", "Z35SXDOTRQ7X7K", id="R106 an ALB with dualstack in front"),
        pytest.param(alb(name=NLB, kind="network-load-balancer"), NLB, "Z26RNL4JYFTOTI", id="R106 an NLB"),
        pytest.param(
            alb(name="lb.test", rest="region: eu-west-1"), "lb.test", "Z32O12XQLNTSW2", id="R106 any name with a Region"
        ),
    ],
)
def test_r106_the_hosted_zone_of_a_declared_resource_may_be_left_out(entry, target, zone):
    found, warnings = only_alias(file([entry], alias(target)))
    assert found == AliasTarget(zone, names.parse(target), evaluate_target_health=True)
    assert warnings == ()


def test_the_order_of_files_does_not_matter(tmp_path):
    (tmp_path / "a.yaml").write_text(f"hosted_zones: [{{name: shop.test, record_sets: [{alias(ALB)}]}}]")
    (tmp_path / "b.yaml").write_text(f"resources: [{alb()}]")
    for order in (["a.yaml", "b.yaml"], ["b.yaml", "a.yaml"]):
        assert load_files([tmp_path / name for name in order]).warnings == ()


ALIAS_CASES = [
    pytest.param([alb()], alias(ALB, type="TXT"), "R106", "alias-resource-type", "cannot have type TXT; write type: A or AAAA", id="R106 types"),
    pytest.param([alb(name="lb.test", rest="region: eusc-de-east-1")], alias("lb.test"), "A176", "alias-zone-id", "write hosted_zone_id", id="A176 no hosted zone is known there"),
    pytest.param([alb()], alias(ALB, zone="Z26RNL4JYFTOTI"), "A176", "alias-zone-id", "Z26RNL4JYFTOTI belongs to network load balancers in us-east-1: write Z35SXDOTRQ7X7K, or leave it out", id="A176 another kind's"),
    pytest.param([alb()], alias(ALB, zone="Z32O12XQLNTSW2"), "A176", "alias-zone-id", "in eu-west-1: write Z35SXDOTRQ7X7K", id="A176 another Region's"),
    pytest.param([alb("[{host: d.test}]", name="db.test", kind="multi-az-database", rest="region: us-east-1")], alias("db.test", zone="Z1"), "R106", "alias-to-database", "write type: CNAME with the value db.test.", id="R106 no alias to a database"),
    pytest.param([alb(name="d1.cloudfront.net", kind="cloudfront")], alias("d1.cloudfront.net"), "A177", "cloudfront-health", "evaluate_target_health: false", id="A177 R106 CloudFront"),
    pytest.param([], alias("d1.cloudfront.net", zone="Z2FDTNDATAQYW2"), "A177", "cloudfront-health", "evaluate_target_health: false", id="A177 R111 CloudFront, not declared"),
    pytest.param([], alias("d1.cloudfront.net", zone="Z2BJ6XQ5FK7U4H", healthy="false"), "A176", "alias-outside-zone", "Z2BJ6XQ5FK7U4H belongs to Global Accelerator: write hosted_zone_id Z2FDTNDATAQYW2, of CloudFront", id="A176 CloudFront's hosted zone"),
    pytest.param([], alias("lb.elsewhere.test", zone="Z2BJ6XQ5FK7U4H"), "A176", "alias-outside-zone", "does not lie within the target zone", id="A176 Global Accelerator's names"),
    pytest.param([alb()], alias(ALB, zone="Z0UNKNOWN0"), "A176", "alias-zone-id", "Z0UNKNOWN0 is no hosted zone of its service: write Z35SXDOTRQ7X7K, or leave it out", id="A176 an unknown hosted zone"),
    pytest.param([alb(name="lb.test", rest="region: eusc-de-east-1")], alias("lb.test", zone="Z35SXDOTRQ7X7K"), "A176", "alias-zone-id", "Z35SXDOTRQ7X7K belongs to application and classic load balancers in us-east-1: write another", id="A176 another Region's where none is known"),
    pytest.param([], alias(ALB, zone="Z0UNKNOWN0"), "A176", "alias-outside-zone", "no hosted zone Z0UNKNOWN0 is declared: write hosted_zone_id Z35SXDOTRQ7X7K, of application and classic load balancers in us-east-1", id="A176 an unknown hosted zone of a load balancer"),
    pytest.param([], alias("x.test", zone="Z0UNKNOWN0"), "A176", "alias-outside-zone", "no hosted zone Z0UNKNOWN0 is declared: declare it with its id", id="A176 no such hosted zone"),
    pytest.param([], alias("www.shop.test", zone="Z2FDTNDATAQYW2"), "A176", "alias-outside-zone", "Z2FDTNDATAQYW2 belongs to CloudFront: write a name of theirs", id="A176 a name of the zone itself"),
    pytest.param([], alias("d1.cloudfront.net", type="MX", zone="Z2FDTNDATAQYW2"), "R106", "alias-resource-type", "cannot have type MX; write type: A, AAAA or HTTPS", id="R106 A170 MX of CloudFront"),
    pytest.param([], alias("x.test", zone="Z3AQBSTGFYJSTF"), "A176", "alias-outside-zone", "Z3AQBSTGFYJSTF belongs to S3 websites in us-east-1: write a name of theirs", id="A176 S3's names"),
]  # fmt: skip


@pytest.mark.parametrize(("resources", "entry", "rule", "id", "text"), ALIAS_CASES)
def test_an_alias_with_an_error(resources, entry, rule, id, text):
    found = next(error for error in errors(resources, entry) if error.id == id)
    assert (found.rule, found.line) == (rule, 6 + len(resources))
    assert found.where.startswith("hosted_zones[0].record_sets[0].alias_target")
    assert text in f"{found} {found.sentence}"


S3 = "www.other.test.s3-website-us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("resources", "entry", "rule", "id", "text"),
    [
        pytest.param([alb()], alias(ALB, type="AAAA"), "R107", "alias-no-data", "no target with an address of type AAAA", id="R107 an IPv4-only load balancer"),
        pytest.param([alb("[]")], alias(ALB), "R107", "alias-no-data", "answered with no data", id="R107 no targets"),
        pytest.param([alb("[]", name="d1.cloudfront.net", kind="cloudfront")], alias("d1.cloudfront.net", type="HTTPS", healthy="false"), "R107", "alias-no-data", "type HTTPS", id="R107 R106 HTTPS of CloudFront"),
        pytest.param([], alias("c1.us-east-1.cs.amazonlightsail.com", zone="Z0UNKNOWN0"), "R107", "alias-elsewhere", "c1.us-east-1.cs.amazonlightsail.com. is not declared", id="A176 R107 a service that is not known here"),
        pytest.param([alb(name=S3, kind="s3-website")], alias(S3), "R106", "bucket-name", "the bucket www.other.test would not be found under www.shop.test.", id="R106 bucket and record have one name"),
        pytest.param([], alias(ALB, zone="Z35SXDOTRQ7X7K"), "R107", "alias-elsewhere", "declare it under resources", id="R107 not declared"),
    ],
)  # fmt: skip
def test_an_alias_with_a_warning(resources, entry, rule, id, text):
    (warning,) = load_text("shop.yaml", file(resources, entry)).warnings
    assert (warning.rule, warning.id, warning.line) == (rule, id, 6 + len(resources))
    assert text in str(warning)


@pytest.mark.parametrize("name", [S3.replace("other", "shop"), "s3-website-us-east-1.amazonaws.com"])
def test_r106_a_bucket_of_the_records_name(name):
    assert only_alias(file([alb(name=name, kind="s3-website")], alias(name, zone="Z3AQBSTGFYJSTF")))[1] == ()


def test_a176_older_hosted_zones_are_taken_as_well():
    clb = alb(name="clb.us-east-1.elb.amazonaws.com", kind="classic-load-balancer")
    found, warnings = only_alias(file([clb], alias("clb.us-east-1.elb.amazonaws.com", zone="Z3DZXE0Q79N41H")))
    assert (found.hosted_zone_id, warnings) == ("Z3DZXE0Q79N41H", ())


def test_a_hosted_zone_and_a_name_belong_to_the_same_service():
    """A176: the hosted zone proposed for a resource belongs to the service of its name."""
    for name in (ALB, NLB, CLB, "d1.cloudfront.net", "a1.awsglobalaccelerator.com", "d1.cloudfront.cn"):
        service = service_named(names.parse(name))
        kind = {"alb_clb": "application-load-balancer", "nlb": "network-load-balancer"}.get(
            service.name, service.name.replace("_", "-")
        )
        world = load_text("x.yaml", f"resources: [{{dns_name: {name}, kind: {kind}}}]").world
        (found,) = world.resources.values()
        owner = service_of_zone(zones_of(found)[0])
        assert (owner.name.removesuffix("_china"), owner.region) == (service.name, service.region)
