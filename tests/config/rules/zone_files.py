"""Files with one hosted zone, written a record set a line, and their errors."""

import pytest

from dnsemu.config.errors import FilesRefused
from dnsemu.config.file.load import load_text

CHECK = "{id: up, type: TCP, ip_address: 127.0.0.1, port: 80}"


def zone(*entries):
    """Writes a file with a hosted zone of these record sets."""
    lines = "".join(f"      - {entry}\n" for entry in entries)
    return f"health_checks: [{CHECK}]\nhosted_zones:\n  - name: shop.test\n    record_sets:\n{lines}"


FIRST_LINE = 5
"""The line of the first record set that `zone` writes; each has a line."""


def errors(*entries):
    """Returns the errors of a file with these record sets."""
    with pytest.raises(FilesRefused) as caught:
        load_text("shop.yaml", zone(*entries))
    return caught.value.errors


def a(name, rest="", value="192.0.2.1"):
    """Writes a record set of type A."""
    return f"{{name: {name}, type: A, ttl: 60, resource_records: [{value}]{rest and ', '}{rest}}}"


def alias(name, target, rest="", type="A", healthy="true"):
    """Writes an alias."""
    target = f"{{dns_name: {target}, evaluate_target_health: {healthy}}}"
    return f"{{name: {name}, type: {type}, alias_target: {target}{rest and ', '}{rest}}}"


def chain(aliases):
    """Writes a chain of aliases, the last to a record set with values."""
    return [*(alias(f"c{n}", f"c{n + 1}.shop.test") for n in range(aliases)), a(f"c{aliases}")]


W1, W2 = "set_identifier: s1, weight: 1", "set_identifier: s2, weight: 2"
US, EU = "set_identifier: us, region: us-east-1", "set_identifier: eu, region: eu-west-1"
JP, NO = "set_identifier: jp, geo_location: {country_code: JP}", "set_identifier: no, geo_location: {country_code: NO}"
UP = "health_check_id: up"
PRIMARY, SECONDARY = f"set_identifier: p, failover: PRIMARY, {UP}", "set_identifier: s, failover: SECONDARY"
MULTI = "set_identifier: m, multi_value_answer: true"
N = "www.shop.test."


def assert_refused(entries, rule, id, at, field, words):
    """Asserts that these record sets have one error: of this rule, at this entry and field, with these words."""
    (error,) = errors(*entries)
    assert (error.rule, error.id) == (rule, id)
    assert error.where == f"hosted_zones[0].record_sets[{at}]{field}"
    assert (error.file, error.line) == ("shop.yaml", FIRST_LINE + at)
    assert words in (error.sentence or error.message)
