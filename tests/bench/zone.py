"""The zone of the benchmark: for dnsemu, and as a zone file for other servers."""

from collections.abc import Sequence

ZONE = "bench.test"
HOT_NAMES = 1_000
MIXED_CASE = "the-name-asked-in-random-case"
"""A name so long that its random case never repeats."""

COUNTRIES = ("US", "DE", "FR", "GB", "JP", "BR", "IN", "AU", "ZA", "CA")
CONTINENTS = ("EU", "AS", "NA", "SA", "AF", "OC")
REGIONS = (
    "us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1",
    "sa-east-1",
)  # fmt: skip
WEIGHTS = (10, 20, 30, 40)
CHECKS = 10
LEAVES = {"a1": 3, "a2": 2, "b1": 3, "b2": 2}
"""Groups at the bottom of the alias tree; together they have one record set per health check."""

ZONE_FILE = "\n".join(
    (
        "$TTL 60",
        "@ SOA ns hostmaster 1 7200 900 1209600 300",
        "@ NS ns",
        "ns A 192.0.2.53",
        "static A 192.0.2.1",
        f"{MIXED_CASE} A 192.0.2.3",
        "*.wild A 192.0.2.2",
        *(f"h{index} A 192.0.2.{index % 250}" for index in range(HOT_NAMES)),
        "",
    )
)
"""Records without a policy. There is no `$ORIGIN`: servers know it from their configuration."""


def dnsemu_file(closed_port: int) -> str:
    """Returns a file for dnsemu with a name for every workload.

    Args:
        closed_port: a loopback port that refuses connections. The checks' interval is so long that none changes its
            status: only answering is measured.
    """
    lines = ["health_checks:"]
    for number in range(CHECKS):
        lines.append(
            f"  - {{id: check-{number}, type: TCP, ip_address: 127.0.0.1, port: {closed_port}, "
            "request_interval: 3600, failure_threshold: 10}"
        )
    lines += ["hosted_zones:", f"  - name: {ZONE}", "    record_sets:"]
    lines += [f"      - {{{record_set}}}" for record_set in (*_flat(), *_near(), *_tree())]
    return "\n".join(lines) + "\n"


def many_record_sets(number: int) -> str:
    """Returns a file for dnsemu with a number of simple record sets."""
    lines = ["hosted_zones:", f"  - name: {ZONE}", "    record_sets:"]
    lines += [
        f"      - {{name: r{index}, type: A, ttl: 60, resource_records: [192.0.2.{index % 256}]}}"
        for index in range(number)
    ]
    return "\n".join(lines) + "\n"


def _flat() -> Sequence[str]:
    weighted = [
        f"name: weighted, type: A, ttl: 60, set_identifier: w{weight}, weight: {weight}, "
        f"resource_records: [192.0.2.{weight}]"
        for weight in WEIGHTS
    ]
    hot = [f"name: h{index}, type: A, ttl: 60, resource_records: [192.0.2.{index % 250}]" for index in range(HOT_NAMES)]
    return [
        "name: static, type: A, ttl: 60, resource_records: [192.0.2.1]",
        f"name: {MIXED_CASE}, type: A, ttl: 60, resource_records: [192.0.2.3]",
        'name: "*.wild", type: A, ttl: 60, resource_records: [192.0.2.2]',
        *weighted,
        *hot,
    ]


def _near() -> Sequence[str]:
    """Returns one name with geolocation routing, and one with latency routing."""
    places = [f"country_code: {code}" for code in COUNTRIES]
    places += [f"continent_code: {code}" for code in CONTINENTS]
    places.append('country_code: "*"')
    by_location = [
        f"name: geo, type: A, ttl: 60, set_identifier: g{index}, geo_location: {{{place}}}, "
        f"resource_records: [192.0.2.{index}]"
        for index, place in enumerate(places)
    ]
    by_latency = [
        f"name: latency, type: A, ttl: 60, set_identifier: {region}, region: {region}, "
        f"resource_records: [192.0.2.{index}]"
        for index, region in enumerate(REGIONS)
    ]
    return by_location + by_latency


def _tree() -> Sequence[str]:
    def alias(name: str) -> str:
        return f"alias_target: {{dns_name: {name}.{ZONE}, evaluate_target_health: true}}"

    record_sets = [f"name: tree, type: A, {alias('split')}"]
    for side in "ab":
        record_sets += [
            f"name: split, type: A, set_identifier: {side}, weight: 50, {alias(side)}",
            f"name: {side}, type: A, set_identifier: p, failover: PRIMARY, {alias(side + '1')}",
            f"name: {side}, type: A, set_identifier: s, failover: SECONDARY, {alias(side + '2')}",
        ]
    check = 0
    for name, members in LEAVES.items():
        for _ in range(members):
            record_sets.append(
                f"name: {name}, type: A, ttl: 60, set_identifier: c{check}, weight: 10, health_check_id: check-{check}, "
                f"resource_records: [192.0.2.{check}]"
            )
            check += 1
    return record_sets
