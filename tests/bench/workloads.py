"""What is asked, and the zone that is asked for it. Everything is drawn from a fixed seed, so every run asks the same."""

import random
import string
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import dns.edns
import dns.message

ZONE = "bench.test"
MANY = 10_000
"""Names, or client networks, where a workload varies them."""
SEED = 53

COUNTRIES = ("US", "DE", "FR", "GB", "JP", "BR", "IN", "AU", "ZA", "CA")
CONTINENTS = ("EU", "AS", "NA", "SA", "AF", "OC")
WEIGHTS = (10, 20, 30, 40)
CHECKS = 10
LEAVES = {"a1": 3, "a2": 2, "b1": 3, "b2": 2}
"""The groups at the bottom of the alias tree; together they have a record set for each health check."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A kind of question; `packets` are messages in wire form, `rcode` what a right answer to any of them carries."""

    title: str
    packets: Callable[[], Sequence[bytes]]
    rcode: str = "NOERROR"


def _same(name: str) -> Callable[[], Sequence[bytes]]:
    return lambda: [dns.message.make_query(f"{name}.{ZONE}", "A").to_wire()]


def _below(name: str) -> Callable[[], Sequence[bytes]]:
    def packets() -> Sequence[bytes]:
        dice = random.Random(SEED)
        labels = ("".join(dice.choices(string.ascii_lowercase + string.digits, k=12)) for _ in range(MANY))
        return [dns.message.make_query(f"{label}.{name}.{ZONE}", "A").to_wire() for label in labels]

    return packets


def _from_networks(name: str) -> Callable[[], Sequence[bytes]]:
    def packets() -> Sequence[bytes]:
        dice = random.Random(SEED)
        blocks = (IPv4Network((dice.randrange(1 << 24, 224 << 24) & ~0xFF, 24)) for _ in range(MANY))
        subnets = (dns.edns.ECSOption(str(block.network_address), block.prefixlen) for block in blocks)
        return [
            dns.message.make_query(f"{name}.{ZONE}", "A", use_edns=0, options=[subnet]).to_wire() for subnet in subnets
        ]

    return packets


WORKLOADS = {
    "static": Workload("one A name", _same("static")),
    "weighted": Workload(f"a weighted group of {len(WEIGHTS)}", _same("weighted")),
    "geolocation": Workload(
        f"{len(COUNTRIES) + len(CONTINENTS) + 1} locations, {MANY:,} client networks in ECS", _from_networks("geo")
    ),
    "tree": Workload(f"an alias tree three deep, {CHECKS} health checks", _same("tree")),
    "nxdomain": Workload(f"{MANY:,} names that do not exist", _below("nothing"), rcode="NXDOMAIN"),
    "wildcard": Workload(f"{MANY:,} names under a wildcard", _below("wild")),
}


def dnsperf_file(packets: Sequence[bytes]) -> bytes:
    """The packets as `dnsperf -B` reads them: each behind its length, as over TCP."""
    return b"".join(struct.pack("!H", len(packet)) + packet for packet in packets)


def dnsemu_file(closed_port: int) -> str:
    """A file for dnsemu with a name for every workload.

    Args:
        closed_port: a loopback port that nobody listens on. The checks' interval is so long that they stay as they
            are at the start: what is measured is answering.
    """
    lines = ["health_checks:"]
    for number in range(CHECKS):
        lines.append(
            f"  - {{id: check-{number}, type: TCP, ip_address: 127.0.0.1, port: {closed_port}, "
            "request_interval: 3600, failure_threshold: 10}"
        )
    lines += ["hosted_zones:", f"  - name: {ZONE}", "    record_sets:"]
    lines += [f"      - {{{record_set}}}" for record_set in (*_flat(), *_geolocation(), *_tree())]
    return "\n".join(lines) + "\n"


def many_record_sets(number: int) -> str:
    """A file for dnsemu with so many simple record sets."""
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
    return [
        "name: static, type: A, ttl: 60, resource_records: [192.0.2.1]",
        'name: "*.wild", type: A, ttl: 60, resource_records: [192.0.2.2]',
        *weighted,
    ]


def _geolocation() -> Sequence[str]:
    places = [f"country_code: {code}" for code in COUNTRIES]
    places += [f"continent_code: {code}" for code in CONTINENTS]
    places.append('country_code: "*"')
    return [
        f"name: geo, type: A, ttl: 60, set_identifier: g{index}, geo_location: {{{place}}}, "
        f"resource_records: [192.0.2.{index}]"
        for index, place in enumerate(places)
    ]


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
