"""Random worlds, changes and questions, for tests that compare replies."""

import random
from dataclasses import replace
from ipaddress import IPv4Address, ip_network

import dns.edns
import dns.flags
import dns.message

from dnsemu.commands.traffic.published import Traffic
from dnsemu.config import names
from dnsemu.config.model.geo import CidrCollection, DeclaredPlace, Geo, GeoNetwork
from dnsemu.config.model.record_sets import HostedZoneId
from dnsemu.config.model.routing import IpBased
from dnsemu.config.model.world import World
from dnsemu.healthcheck.verdict.snapshot import Status
from dnsemu.policies.location.locator import Locator
from dnsemu.policies.model import Group
from dnsemu.publication.board import EVERYTHING, Difference, Published, names_changed
from dnsemu.publication.publishing import recompiled, with_writes
from dnsemu.state.tables import CIDR_COLLECTION, HOSTED_ZONE, RECORD_SET, Write
from dnsemu.zone.catalog import Catalog
from dnsemu.zone.compiled import apply_changes
from dnsemu.zone.resources import compile_resource
from tests.builders import (
    geo,
    geoproximity,
    hosted_zone,
    latency,
    multivalue,
    primary,
    record_set,
    resource,
    secondary,
    target,
    weighted,
)

CHECKS = ["h0", "h1", "h2", "h3"]
ORIGINS = ["test", "sub.test", "b.sub.test", "other.example"]
LABELS = ["a", "b", "c", "ns1", "mail", "*"]
LOAD_BALANCER = "lb.us-east-1.elb.amazonaws.com"
HOST = "origin.example.net"
"""A target of the load balancer, given by host name."""
POLICY = "policy"
"""The label of a name whose answer comes from hidden groups."""
NETWORKS = ["198.51.100.0/24", "203.0.113.0/25", "192.0.2.0/24", "2001:db8::/48", "8.8.8.0/24", "198.18.0.0/15"]
SOURCES = ["127.0.0.1", "198.51.100.7", "203.0.113.9", "2001:db8::1", "::ffff:198.51.100.7"]
GEO = Geo(
    networks=(
        GeoNetwork(ip_network("198.51.100.0/24"), DeclaredPlace(country="DE")),
        GeoNetwork(ip_network("203.0.113.0/24"), DeclaredPlace(country="JP")),
        GeoNetwork(ip_network("203.0.113.64/26"), DeclaredPlace(country="US", subdivision="CA")),
        GeoNetwork(ip_network("2001:db8::/32"), DeclaredPlace(region="sa-east-1")),
    )
)
TYPES = ["A", "A", "A", "AAAA", "TXT", "MX", "NS", "SOA", "CNAME", "SRV", "ANY", "DS", "TYPE999", "PTR"]


class RandomWorld:
    """A random world; `published` is its published value, which `change` replaces."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        zones = [self._zone(number, origin) for number, origin in enumerate(ORIGINS) if self.dice.random() < 0.8]
        collection = self._collection()
        lb = resource(LOAD_BALANCER, target("192.0.2.201", "h0"), target("192.0.2.202", "h1"), target(HOST))
        world = World(
            geo=GEO,
            hosted_zones=World().hosted_zones.update({zone.id: zone for zone in zones}),
            cidr_collections=World().cidr_collections.update({collection.id: collection}),
            resources=World().resources.update({lb.name: lb}),
        )
        empty = Published(world, Catalog.of([], [compile_resource(lb)]), Locator(GEO))
        self.published = recompiled(empty, world, lambda _: 0.0, Traffic())

    def _collection(self):
        blocks = self.dice.sample(NETWORKS[:4], 2)
        return CidrCollection("c", "c", {"one": (ip_network(blocks[0]),), "two": (ip_network(blocks[1]),)})

    def _zone(self, number, origin):
        dice = self.dice
        ns = ("ns-1.awsdns-00.com", "ns-600.awsdns-11.net") if dice.random() < 0.5 else (f"ns1.{origin}", f"b.{origin}")
        zone = hosted_zone(origin, ns=ns)
        for _ in range(dice.randrange(4, 14)):
            group = self.group(origin, number)
            there = {(r.name, r.type) for r in zone.record_sets.values()}
            if (group[0].name, group[0].type) not in there:
                zone = replace(zone, record_sets=zone.record_sets.update({r.key: r for r in group}))
        return replace(zone, id=HostedZoneId(f"Z{number}"))

    def name(self, origin):
        labels = [self.dice.choice(LABELS) for _ in range(self.dice.choice((1, 1, 1, 2)))]
        return ".".join([*labels, origin]).replace("a.*", "a.b")

    def group(self, origin, number):
        """Draws the record sets of a group, of any policy and type."""
        dice, here = self.dice, number
        name, type_ = self.name(origin), dice.choice(["A", "A", "A", "AAAA", "CNAME", "TXT", "MX", "NS", "SRV"])
        if type_ == "NS" and name.startswith("*"):
            type_ = "TXT"

        def more(index):
            found = {"ttl": dice.choice((60, 60, 60, 30)), "type_": type_, "values": self.values(type_, origin)}
            if dice.random() < 0.4:
                found["check"] = dice.choice(CHECKS)
            if type_ in ("A", "CNAME") and dice.random() < 0.4:
                other = dice.randrange(len(ORIGINS)) if dice.random() < 0.3 else here
                found |= {"alias": self.name(ORIGINS[other]), "eth": dice.random() < 0.6, "alias_zone": f"Z{other}"}
                if type_ == "A" and dice.random() < 0.2:
                    found |= {"alias": LOAD_BALANCER, "alias_zone": "Z35SXDOTRQ7X7K"}
            return found

        def several(make, most):
            return [make(index) for index in range(dice.randint(1, most))]

        match dice.choice(
            ["simple"] * 4 + ["weighted"] * 3 + ["failover", "latency", "geo", "near", "ip", "multivalue"]
        ):
            case "weighted" if type_ != "NS":
                return several(lambda i: weighted(name, dice.choice((0, 1, 5, 200)), f"w{i}", **more(i)), 4)
            case "failover" if type_ != "NS":
                return [primary(name, **{"check": "h0"} | more(0)), secondary(name, **more(1))][: dice.randint(1, 2)]
            case "latency" if type_ != "NS":
                regions = ["us-east-1", "eu-west-1", "ap-northeast-1"]
                return several(lambda i: latency(name, regions[i], **more(i)), 3)
            case "geo" if type_ != "NS":
                return several(lambda i: geo(name, f"g{i}", country=("JP", "DE", "*")[i], **more(i)), 3)
            case "near" if type_ != "NS":
                regions = ["us-east-1", "eu-west-1"]
                return several(lambda i: geoproximity(name, f"n{i}", region=regions[i], bias=10 * i, **more(i)), 2)
            case "ip" if type_ != "NS":
                locations = ["one", "two", "*"]
                return several(lambda i: record_set(name, routing=IpBased("c", locations[i]), id=f"i{i}", **more(i)), 3)
            case "multivalue" if type_ not in ("NS", "CNAME"):
                number = dice.choice((1, 3, 9, 11))
                return [multivalue(name, f"m{i}", **more(i) | {"alias": None}) for i in range(number)]
        return [record_set(name, **more(0))]

    def values(self, type_, origin):
        dice = self.dice
        number = 1 if type_ == "CNAME" else dice.choice((1, 1, 2, 3, 5))

        def host():
            inside = self.name(origin).replace("*", "x")
            return dice.choice((inside, inside, "far.away.example", f"b.{dice.choice(ORIGINS)}"))

        def value(index):
            match type_:
                case "A":
                    return f"192.0.2.{dice.randrange(60)}"
                case "AAAA":
                    return f"2001:db8::{dice.randrange(1, 60)}"
                case "TXT":
                    return f'"{index} {"x" * dice.choice((1, 20, 200))}"'
                case "MX":
                    return f"{index} {host()}"
                case "SRV":
                    return f"0 0 {index} {host()}"
                case _:
                    return host()

        return tuple(dict.fromkeys(value(index) for index in range(number)))

    def change(self):
        """Makes a random change, mostly by API writes; returns its `Difference`."""
        match self.dice.choice(["api"] * 6 + ["host", "policy", "policy", "everything"]):
            case "host":
                return self._change_host()
            case "policy":
                return self._change_policy()
            case "everything":
                self.published = recompiled(self.published, self.published.world, lambda _: 0.0, Traffic())
                return EVERYTHING
        return self._write()

    def _change_host(self):
        """Gives the load balancer's host another address, or none."""
        catalog = self.published.catalog
        (lb,) = {resource.declared.name: resource for resource in catalog.resources.values()}.values()
        address = self.dice.choice((None, *(IPv4Address(f"192.0.2.{number}") for number in range(210, 214))))
        lb = lb.with_hosts({(names.parse(HOST), "us-east-1"): address})
        self.published = replace(self.published, catalog=catalog.with_resources([lb]))
        return Difference(resources=frozenset(lb.names))

    def _change_policy(self):
        """Adds, changes or removes a record set that leads to a hidden group, as a traffic policy instance does."""
        dice, catalog = self.dice, self.published.catalog
        ours = [zone for zone in catalog.zones.values() if zone.id in self.published.world.hosted_zones]
        if not ours:
            return Difference()
        before = dice.choice(ours)
        key = names.hidden("a rule", "1")
        root = record_set(f"{POLICY}.{names.display(before.name)}", alias="x.test", alias_zone=before.id)
        root = replace(root, alias=replace(root.alias, name=key))
        addresses = dice.sample(range(220, 240), 2)
        members = [
            weighted("x.test", 1 + n, f"w{n}", values=f"192.0.2.{a}", check="h2") for n, a in enumerate(addresses)
        ]
        hidden = Group(key, root.type, tuple(replace(member, name=key) for member in members))
        if before.group(root.name, root.type) and dice.random() < 0.3:
            after = apply_changes(before, [(root.key, None)])
        else:
            after = apply_changes(before, [(root.key, root)], [hidden])
        self.published = replace(self.published, catalog=catalog.with_zone(after))
        return Difference(names=frozenset(names_changed(before, after, [root.name])))

    def _write(self):
        """Writes as random API commands do."""
        dice, world = self.dice, self.published.world
        writes = []
        zones = list(world.hosted_zones.values())
        for _ in range(dice.randint(1, 2)):
            number = dice.randrange(len(ORIGINS))
            zone = next((z for z in zones if z.id == f"Z{number}"), None)
            match dice.choice(["put", "put", "put", "drop", "drop", "apex", "zone", "cidr"]):
                case "put" if zone is not None:
                    group = self.group(ORIGINS[number], number)
                    old = [r for r in zone.record_sets.values() if (r.name, r.type) == (group[0].name, group[0].type)]
                    writes += [Write(RECORD_SET, (zone.id, *r.key), None) for r in old]
                    writes += [Write(RECORD_SET, (zone.id, *r.key), r) for r in group]
                case "drop" if zone is not None:
                    apex = names.parse(ORIGINS[number])
                    some = [r for r in zone.record_sets.values() if r.name != apex]
                    writes += [Write(RECORD_SET, (zone.id, *r.key), None) for r in dice.sample(some, min(2, len(some)))]
                case "apex" if zone is not None:
                    hosts = dice.sample(["ns1.far.example", "ns2.far.example", f"ns1.{ORIGINS[number]}"], 2)
                    soa = f"{hosts[0]} host.far.example {dice.randrange(9)} 7200 900 1209600 {dice.choice((60, 300))}"
                    for type_, values in (("NS", hosts), ("SOA", soa)):
                        made = record_set(ORIGINS[number], type_, values, ttl=900)
                        writes.append(Write(RECORD_SET, (zone.id, *made.key), made))
                case "zone":
                    if zone is not None:
                        writes.append(Write(HOSTED_ZONE, zone.id, None))
                    else:
                        made = self._zone(number, ORIGINS[number])
                        writes.append(Write(HOSTED_ZONE, made.id, replace(made, record_sets=type(made.record_sets)())))
                        writes += [Write(RECORD_SET, (made.id, *r.key), r) for r in made.record_sets.values()]
                    break
                case "cidr":
                    collection = self._collection()
                    writes.append(Write(CIDR_COLLECTION, collection.id, collection))
        last = {(write.table, write.key): write for write in writes}  # each row once, as a step has it
        self.published, change = with_writes(self.published, tuple(last.values()), lambda _: 0.0)
        return change

    def health(self):
        """Draws a health check, or a target of the load balancer, and its new status."""
        (lb,) = self.published.world.resources.values()
        return self.dice.choice([*CHECKS, *lb.target_ids]), self.dice.choice((Status.HEALTHY, Status.UNHEALTHY))

    def question(self):
        """Draws a packet, its source address, and True for UDP."""
        dice = self.dice
        origin = dice.choice(ORIGINS)
        name = self.name(origin).replace("*", dice.choice(("*", "x", "yy", "zzz")))
        if dice.random() < 0.2:
            name = f"{dice.choice(LABELS[:3])}.{name}"
        if dice.random() < 0.15:
            name = origin
        if dice.random() < 0.05:
            name = f"{POLICY}.{origin}"
        more = {}
        if dice.random() < 0.6:
            options = []
            if dice.random() < 0.6:
                network = ip_network(dice.choice(NETWORKS))
                bits = dice.choice((network.prefixlen, network.prefixlen, 0, 12))
                options.append(dns.edns.ECSOption(str(network.network_address), bits))
            if dice.random() < 0.4:
                options.append(dns.edns.GenericOption(10, dice.randbytes(8)))
            if dice.random() < 0.1:
                options.append(dns.edns.GenericOption(12, bytes(dice.randrange(4))))
            more = {"use_edns": 0, "payload": dice.choice((512, 600, 1232, 4096)), "options": options}
            more["ednsflags"] = dns.flags.DO if dice.random() < 0.3 else 0
        query = dns.message.make_query(name, dice.choice(TYPES), **more)
        if dice.random() < 0.3:
            query.flags = dice.choice((0, dns.flags.CD, dns.flags.RD | dns.flags.AD))
        return query.to_wire(), dice.choice(SOURCES), dice.random() < 0.8

    def again(self, packet):
        """Returns the same question with another id, and sometimes in other case or with another cookie."""
        dice, again = self.dice, bytearray(packet)
        again[:2] = dice.randbytes(2)
        if dice.random() < 0.3:
            for at in range(12, again.index(0, 12)):
                if dice.random() < 0.5 and chr(again[at]).isalpha():
                    again[at] ^= 0x20
        if packet[-12:-8] == b"\0\x0a\0\x08":
            again[-8:] = dice.randbytes(8)
        return bytes(again)
