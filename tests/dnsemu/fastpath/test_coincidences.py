"""Names asked that share labels with names in the reply: compression then differs, so a template does not fit."""

import random

import pytest

from dnsemu.answering.dice import QuickDice
from dnsemu.config import names
from dnsemu.config.names import DName
from dnsemu.server.responder import Responder
from tests.asking import Server
from tests.builders import multivalue, record_set, zone
from tests.rounds import rounds

QTYPES = (1, 1, 2, 15, 5, 33, 12, 16, 255, 43)


def sides(*zones):
    """Makes a server with caches and one without; returns a function that asks both with the same random numbers."""
    fast, slow = Server(*zones), Server(*zones)
    chances = random.Random(), random.Random()
    for server, chance, more in zip((fast, slow), chances, ({}, {"ttl_divisor": lambda: 1.0}), strict=True):
        server.use(Responder(server.board, server.health, QuickDice(chance.random), str, **more))

    def ask(packet, seed):
        for chance in chances:
            chance.seed(seed)
        return fast.raw(packet), slow.raw(packet)

    return ask


def packet(name, qtype):
    return b"\0\1\1\0\0\1\0\0\0\0\0\0" + name + qtype.to_bytes(2, "big") + b"\0\1"


def labels(dice, number):
    """Draws labels of one to four letters, from an alphabet of two."""
    parts = (bytes(dice.choice(b"ab") for _ in range(dice.choice((1, 1, 2, 4)))) for _ in range(number))
    return b"".join(bytes([len(part)]) + part for part in parts)


def coinciding_zone(dice, origin):
    """Draws a zone of delegations and wildcards whose values name hosts at or below them."""

    def name(number):
        return names.display(DName(labels(dice, number) + names.parse(origin)))

    sets, used = [], set()
    for _ in range(dice.randrange(3, 9)):
        owner, type_ = name(dice.choice((1, 1, 2))), dice.choice(("NS", "NS", "MX", "CNAME", "SRV", "PTR", "A"))
        if dice.random() < 0.4 and type_ != "NS":
            owner = "*" + owner[owner.index(".") :]
        if owner in used:
            continue
        used.add(owner)
        hosts = [name(dice.choice((1, 2, 3))) for _ in range(dice.choice((1, 2, 3)))]
        hosts += [f"a.{owner.removeprefix('*.')}", f"bb.{owner.removeprefix('*.')}"]
        dice.shuffle(hosts)
        values = {
            "MX": [f"{rank} {host}" for rank, host in enumerate(hosts[:2])],
            "SRV": [f"0 0 1 {hosts[0]}"],
            "A": ["192.0.2.1", "192.0.2.2"],
            "NS": list(dict.fromkeys(hosts[:3])),
        }.get(type_, hosts[:1])
        sets.append(record_set(owner, type_, values))
    sets += [record_set(host) for host in {name(dice.choice((1, 2, 3))) for _ in range(4)} - used]
    return zone(origin, *sets, ns=(name(1), "ns.elsewhere.example"))


@pytest.mark.parametrize("seed", range(rounds(60)))
def test_every_name_is_answered_as_without_the_cache(seed):
    dice = random.Random(seed)
    origin = dice.choice(("t", "a.t"))
    compiled = coinciding_zone(dice, origin)
    ask, owners = sides(compiled), [name for name in compiled.nodes if not names.is_wildcard(name)]
    for number in range(200):
        asked = packet(labels(dice, dice.choice((0, 1, 1, 2, 3))) + dice.choice(owners), dice.choice(QTYPES))
        got, expected = ask(asked, number)
        assert got == expected, asked.hex()


def test_a_cut_itself_and_the_names_below_it():
    """R52: they share a cached referral, except for names that occur in it."""
    ask = sides(zone("test", record_set("sub.test", "NS", ["ns1.sub.test"]), record_set("ns1.sub.test")))
    for name in ("sub.test", "ns1.sub.test", "ns2.sub.test", "ns1.sub.test", "x.ns1.sub.test"):
        got, expected = ask(packet(names.parse(name), 1), 1)
        assert got == expected, name


def test_a_sample_of_equal_values_decides_the_ttl():
    """R23, R91: nine record sets have one value, and the TTL depends on which eight answer."""
    sets = [multivalue("m.test", f"m{n}", values="192.0.2.1", ttl=30 if n == 0 else 60) for n in range(9)]
    ask = sides(zone("test", *sets))
    ttls = set()
    for number in range(60):
        got, expected = ask(packet(names.parse("m.test"), 1), number)
        assert got == expected
        ttls.add(got[30:34])
    assert len(ttls) == 2
