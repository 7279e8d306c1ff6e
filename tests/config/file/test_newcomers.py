"""Mistakes of newcomers are answered with what to write."""

import pytest

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_text

ZONE = "hosted_zones:\n  - name: a.test\n    record_sets:\n"


def in_check(field):
    return f"health_checks: [{{id: a, type: HTTP, ip_address: 127.0.0.1, {field}: x}}]"


def in_record_set(fields):
    return f"{ZONE}      - {{name: a, type: A, ttl: 60, {fields}}}"


def at_place(field, value):
    return in_record_set(f"resource_records: [192.0.2.1], set_identifier: a, {field}: {value}")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("zones: []", "'zones' is no field here; write hosted_zones "),
        ("domains: []", "write hosted_zones "),
        ("zone: a.test", "write hosted_zones: [{name: …, record_sets: …}] "),
        ("checks: []", "write health_checks "),
        ("healthchecks: []", "write health_checks "),
        ("health_check: {}", "put it under health_checks: [{…}] "),
        ("records: []", "put them under hosted_zones"),
        ("http: 127.0.0.1:8053", "put it under server: {dns: …, http: …} "),
        ("hosted_zones: [{name: a.test, records: []}]", "write record_sets "),
        ("hosted_zones: [{zone: a.test}]", "write name "),
        ("hosted_zones: [{name: a.test, zone_id: Z1}]", "write id "),
        (in_check("path"), "write resource_path "),
        (in_check("interval"), "write request_interval "),
        (in_check("hostname"), "write fully_qualified_domain_name "),
        (in_check("protocol"), "write type "),
        (in_check("threshold"), "write failure_threshold "),
        (in_check("timeout"), "leave it out: Route 53 has no such setting "),
        (in_record_set("values: [192.0.2.1]"), "write resource_records "),
        (in_record_set("value: 192.0.2.1"), "write resource_records "),
        (in_record_set("alias: b"), "write alias_target: {dns_name: …, evaluate_target_health: …} "),
        (in_record_set("health_check: b"), "write health_check_id "),
        (in_record_set("identifier: b"), "write set_identifier "),
        (in_record_set("geolocation: b"), "write geo_location "),
        (in_record_set("routing_policy: weighted"), "write the field of the policy: weight, region, failover"),
        (in_record_set("alias_target: {name: b, evaluate_target_health: true}"), "write dns_name "),
        (in_record_set("resource_records: 192.0.2.1"), "write a list: [192.0.2.1] "),
        ("hosted_zones: {name: a.test}", "write a list: begin each entry with '- ' "),
    ],
)
def test_a_habitual_name_is_answered_with_ours(text, says):
    refused_with(text, says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (at_place("geo_location", "{country_code: UK}"), "write country_code: GB "),
        (at_place("geo_location", "{country_code: EL}"), "write country_code: GR "),
        (at_place("geo_location", "{country_code: jp}"), "write country_code: JP "),
        (at_place("geo_location", "{country_code: Germany}"), "write country_code: DE "),
        (at_place("geo_location", "{country_code: EU}"), "write continent_code: EU "),
        (at_place("geo_location", "{country_code: XX}"), "write an ISO 3166 code of two capital letters"),
        (at_place("geo_location", "{continent_code: Europe}"), "write continent_code: EU "),
        (at_place("geo_location", "{country_code: US, subdivision_code: California}"), "write subdivision_code: CA "),
        (at_place("geo_location", "{country: JP}"), "write country_code "),
        (at_place("region", "us-east1"), "write us-east-1 "),
        (at_place("geo_proximity_location", "{aws_region: frankfurt}"), "write eu-central-1 "),
        ("geo: {networks: [{network: 192.0.2.0/24, country: UK}]}", "write GB "),
        ("geo: {networks: [{cidr: 192.0.2.0/24, country: GB}]}", "write network "),
        ("geo: {networks: [{network: 192.0.2.0/24, country_code: GB}]}", "write country "),
        ("geo: {default: {country: US, subdivision: us-ca}}", "write CA "),
        ("geo: {default: {region: us-east-1b}}", "write us-east-1 "),
        ("geo: {default: {place: UK}}", "write GB "),
        ("geo: {latency: [{country: UK, latency_ms: {us-east-1: 5}}]}", "write GB "),
        ("geo: {latency: [{country: GB, latency_ms: {us_east_1: 5}}]}", "write us-east-1 "),
    ],
)
def test_a_habitual_place_is_answered_with_its_code(text, says):
    refused_with(text, says)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (
            "hosted_zones:\n  - name: a.test\n    comment: x\n   id: Z1\n",
            4,
            "the indentation fits no line above, or a list",
        ),
        ("hosted_zones:\n  - name: a.test\n      comment: x\n", 3, "this line is indented further than the one above"),
        ("hosted_zones:\n  - name: a.test\n  comment: x\n", 3, "the indentation fits no line above, or a list goes on"),
        ("hosted_zones:\n\t- name: a.test\n", 2, "a tab indents this line; indent with spaces, not with tabs "),
        ("hosted_zones:\n  - name: a.test\n\tcomment: x\n", 3, "a tab indents this line; indent with spaces"),
        (
            "hosted_zones:\n  - name a.test\n    comment: x\n",
            3,
            "there is no colon in line 2: 'name a.test'; write name: value",
        ),
        ("hosted_zones\n  - name: a.test\n", 2, "there is no colon in line 1: 'hosted_zones'"),
        ("hosted_zones:\n  - name:a.test\n    comment: x\n", 3, "there is no blank after the colon in line 2"),
        ("hosted_zones:\n  - name:a.test\n", 2, "write name: a.test, with a blank after the colon "),
        ("hosted_zones:\n  -name: a.test\n", 1, "begin each entry with '- ': a hyphen and a blank "),
        ("hosted_zones: - name: a.test\n", 1, "a list begins in the line of its name; begin it on the next line"),
        ("server: http: 127.0.0.1:0", 1, "a second name with a colon stands in this line"),
        (
            f"{ZONE}      - name: *\n        type: A\n",
            4,
            'text without quotes cannot begin with *; write "*" in quotes ',
        ),
        (f"{ZONE}      - name: *.a.test\n        type: A\n", 4, 'write "*.a.test" in quotes '),
        (f"{ZONE}      - {{name: *, type: A}}\n", 4, 'write "*" in quotes '),
        (f"{ZONE}      - name: *foo\n", 4, 'no anchor &foo stands before this; write "*foo" in quotes if it is text '),
        (
            f"{ZONE}      - name: @\n        type: A\n",
            4,
            'text without quotes cannot begin with @; write "@" in quotes ',
        ),
        (f"{ZONE}      - {{name: @, type: A}}\n", 4, 'write "@" in quotes '),
        (f"{ZONE}      - name: %a\n", 4, 'write "%a" in quotes '),
        (f"{ZONE}      - name: `a`\n", 4, 'write "`a`" in quotes '),
        ("%a: 1\n", 1, "a line cannot begin with %; quote text that begins with % "),
        (f"{ZONE}      - name: !a b\n", 4, "quote text that begins with ! "),
        (
            f"{ZONE}      - {{name: a, type: A\n      - {{name: b}}\n",
            5,
            "{ is not closed before this, or a comma is missing",
        ),
        (f"{ZONE}      - {{name: a, resource_records: [192.0.2.1}}\n", 4, "[ is not closed before this"),
        (f"{ZONE}      - {{name: a type: A}}\n", 4, "{ is not closed before this, or a comma is missing"),
        ('hosted_zones:\n  - name: "a.test\n', 2, "a quotation mark is not closed"),
        ("hosted_zones:\n  - name: 'a'.test\n", 2, "text goes on after its closing quotation mark: '.test'; quote all"),
        ('hosted_zones:\n  - name: "\\."\n', 2, "this backslash means nothing between double quotation marks"),
        ("hosted_zones: []\nhosted_zones: []\n", 2, "'hosted_zones' is already written on line 1; write it once "),
        (
            "hosted_zones:\n  - name: a.test\n    name: b.test\n",
            3,
            "'name' is already written on line 2; write it once ",
        ),
        ("{hosted_zones: []}}\n", 1, "something stands after the end of the file's content; remove it "),
        ("]", 1, "a bracket or a comma stands where a value belongs"),
        ("health_checkers: {strict_addresses: yes}", 1, "'yes' is text; write true "),
        ("health_checkers: {strict_addresses: off}", 1, "'off' is text; write false "),
        ("health_checkers: {per_region: '2'}", 1, "'2' is text; write 2 without quotes "),
        ("hosted_zones:\n  - name: a.test\n\u00a0 id: Z1\n", 3, "replace the non-breaking spaces of this line"),
    ],
)
def test_a_mistake_in_yaml_is_told_in_plain_words(text, line, says):
    assert refused_with(text, says).line == line


def of_type(type, value):
    return f"{ZONE}      - {{name: a, type: {type}, ttl: 60, resource_records: ['{value}']}}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (of_type("A", "www.shop.test"), "or type: CNAME for a name "),
        (of_type("A", "192.0.2.256"), "value is not a valid IPv4 address; write an IPv4 address such as 192.0.2.1 "),
        (of_type("A", "::1"), "write type: AAAA for an IPv6 address "),
        (of_type("AAAA", "192.0.2.1"), "write type: A for an IPv4 address "),
        (of_type("MX", "mail.shop.test"), "MX record doesn't have 2 fields; write preference and host"),
        (of_type("MX", "99999 a.test"), 'invalid value for field "Preference": 99999; write preference and host'),
        (of_type("TXT", "v=spf1 -all"), """write '"v=spf1 -all"', with both kinds of quotation marks """),
        (of_type("TXT", '"é"'), "by the octal numbers of their bytes: \\303\\251 for é "),
        ("server: {http: 8053}", '8053 has no IP address; write "127.0.0.1:8053" '),
        ("server: {dns: 53}", '53 has no IP address; write "127.0.0.1:53" '),
        ("server: {http: '127.0.0.1'}", "'127.0.0.1' has no port; write 127.0.0.1:8053 "),
        ("server: {port: 53}", 'write dns: "127.0.0.1:1053", or http: "127.0.0.1:8053" '),
    ],
)
def test_a_wrong_value_is_answered_with_a_right_one(text, says):
    refused_with(text, says)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "the file is empty; write {} if it is to declare nothing "),
        ('{"hosted_zones": [],}', 1, "a comma "),
        ('{"hosted_zones": [\n,]}', 2, "column 1: a value belongs here"),
        ('{"hosted_zones": []\n"geo": {}}', 2, "column 1: a comma is missing, or a bracket is not closed"),
        ('{"hosted_zones" []}', 1, "column 17: a colon is missing"),
        ("{'hosted_zones': []}", 1, "JSON has no single quotation marks"),
        ("{hosted_zones: []}", 1, 'a name in double quotation marks belongs here; write "name": value'),
        ('{\n// zones\n"hosted_zones": []}', 2, "JSON has no comments; remove it, or name the file .yaml "),
        ('{"hosted_zones": []}}', 1, "something stands after the end of the file's content; remove it "),
        ('{"hosted_zones": "x', 1, "a quotation mark is not closed on its line"),
        ('{"hosted_zones": "\\."}', 1, "this backslash means nothing in JSON"),
        ('{"hosted_zones": "a\nb"}', 1, "a line ends, or a tab stands, inside a text"),
        ('{"hosted_zones": yes}', 1, "a value belongs here"),
    ],
)
def test_a_mistake_in_json_is_told_in_plain_words(text, line, says):
    assert refused_with(text, says, "f.json").line == line


def refused_with(text, says, name="f.yaml"):
    """Returns the error of a text that says this."""
    with pytest.raises(FilesRefused) as refused:
        load_text(name, text)
    found = [error for error in refused.value.errors if says in str(error)]
    assert found, str(refused.value)
    return found[0]
