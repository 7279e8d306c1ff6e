"""The workloads. Everything comes from a fixed seed or a counter, so every run sends the same queries."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import dns.edns
import dns.message
from sender import Patch
from zone import CHECKS, HOT_NAMES, MIXED_CASE, WEIGHTS, ZONE

SEED = 53
NETWORKS_HOT = 256
GARBAGE_EVERY = 10
"""Good queries per packet of garbage."""

_HEADER = 12
_LABEL = "a" * 13
"""Placeholder for a label of the same length."""
_COOKIE = b"\1COOKIE\1"


@dataclass(frozen=True, slots=True)
class Asked:
    """Packets in wire form, and the parts that are fresh in each query."""

    packets: Sequence[bytes]
    patches: Sequence[Patch] = ()


@dataclass(frozen=True, slots=True)
class Workload:
    """A kind of question. A right answer has `rcode`, and a record if that is NOERROR.

    A cold workload never repeats a question, so a server's caches must be bounded. The answers of a varied one differ, by
    client or by random draw.
    """

    title: str
    asked: Callable[[], Asked]
    rcode: str = "NOERROR"
    is_cold: bool = False
    is_varied: bool = False
    garbage_every: int = 0


def hot_networks() -> Sequence[IPv4Network]:
    """Returns the networks that repeat."""
    dice = random.Random(SEED)
    return [IPv4Network((number << 8, 24)) for number in sorted(dice.sample(range(11 << 16, 126 << 16), NETWORKS_HOT))]


def hot_names() -> Asked:
    """Returns all names that repeat, in random order."""
    names = [f"h{index}" for index in range(HOT_NAMES)]
    random.Random(SEED).shuffle(names)
    return Asked([_query(name) for name in names])


def _query(name: str, *options: dns.edns.Option, want_dnssec: bool = False) -> bytes:
    edns = 0 if options else -1
    # dnspython draws ids; the sender overwrites them.
    query = dns.message.make_query(
        f"{name}.{ZONE}", "A", id=0, use_edns=edns, want_dnssec=want_dnssec, options=list(options) or None
    )
    return query.to_wire()


def _same(name: str) -> Callable[[], Asked]:
    return lambda: Asked([_query(name)])


def _from_hot_networks(name: str) -> Callable[[], Asked]:
    def asked() -> Asked:
        subnets = [dns.edns.ECSOption(str(block.network_address), block.prefixlen) for block in hot_networks()]
        random.Random(SEED).shuffle(subnets)
        return Asked([_query(name, subnet) for subnet in subnets])

    return asked


def _below(name: str) -> Callable[[], Asked]:
    return lambda: Asked([_query(_LABEL + name)], [Patch("label", _HEADER + 1, len(_LABEL))])


def _from_any_network() -> Asked:
    packet = _query("geo", dns.edns.ECSOption("1.2.3.0", 24))
    # The packet ends with the address: as many bytes as the prefix needs.
    return Asked([packet], [Patch("network", len(packet) - 3, 3)])


def _in_any_case() -> Asked:
    packet = _query(MIXED_CASE)
    # After the name: type and class.
    return Asked([packet], [Patch("case", _HEADER, len(packet) - _HEADER - 4)])


def _with_cookie() -> Asked:
    packet = _query("static", dns.edns.GenericOption(dns.edns.OptionType.COOKIE, _COOKIE), want_dnssec=True)
    return Asked([packet], [Patch("bytes", packet.index(_COOKIE), len(_COOKIE))])


WORKLOADS = {
    "static": Workload("one A name", _same("static")),
    "weighted": Workload(f"a weighted group of {len(WEIGHTS)}", _same("weighted"), is_varied=True),
    "geolocation": Workload(
        f"17 locations, ECS from {NETWORKS_HOT} networks (others: as many subnets)",
        _from_hot_networks("geo"),
        is_varied=True,
    ),
    "latency": Workload(
        f"8 Regions, ECS from {NETWORKS_HOT} networks (others: as many subnets)",
        _from_hot_networks("latency"),
        is_varied=True,
    ),
    "tree": Workload(f"an alias tree three deep, {CHECKS} health checks", _same("tree"), is_varied=True),
    "hot names": Workload(f"{HOT_NAMES:,} names", hot_names),
    "wildcard": Workload("names under a wildcard, none twice", _below(".wild"), is_cold=True),
    "nxdomain": Workload("names that do not exist, none twice", _below(""), rcode="NXDOMAIN", is_cold=True),
    "any network": Workload("17 locations, ECS, no network twice", _from_any_network, is_cold=True),
    "random case": Workload("one A name in random case", _in_any_case, is_cold=True),
    "cookie": Workload("one A name, EDNS with DO and a fresh COOKIE", _with_cookie, is_cold=True),
    "garbage": Workload(
        f"one A name, and a packet of garbage with every {GARBAGE_EVERY}th query",
        _same("static"),
        garbage_every=GARBAGE_EVERY,
    ),
}
