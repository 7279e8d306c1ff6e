"""Cached replies equal uncached ones byte by byte, with the same random numbers, for random questions and changes."""

import random

import pytest

from dnsemu.answering.dice import QuickDice
from dnsemu.healthcheck.verdict.snapshot import HealthBoard
from dnsemu.publication.board import Board
from dnsemu.server.responder import Responder
from tests.dnsemu.fastpath.worlds import RandomWorld
from tests.rounds import rounds

WORLDS = rounds(25)
STEPS = 20
QUESTIONS = 100
"""Questions between two changes; also the number of different ones in a world, ids, case and cookies aside."""


class Side:
    """One of two servers over the same boards."""

    def __init__(self, board, health, **more):
        self._random = random.Random()
        self.responder = Responder(board, health, QuickDice(self._random.random), str, **more)
        self._handlers = self.responder.handlers()

    def ask(self, packet, source, seed, *, over_udp):
        self._random.seed(seed)
        return (self._handlers.udp if over_udp else self._handlers.tcp)(packet, source)


@pytest.mark.parametrize("seed", range(WORLDS))
def test_cached_replies_equal_uncached_ones(seed):
    world = RandomWorld(seed)
    dice, board, health = random.Random(seed), Board(world.published), HealthBoard()
    fast, slow = Side(board, health), Side(board, health, ttl_divisor=lambda: 1.0)
    questions = [world.question() for _ in range(QUESTIONS)]
    for step in range(STEPS):
        for number in range(QUESTIONS):
            packet, source, over_udp = dice.choice(questions)
            packet = world.again(packet)
            expected = slow.ask(packet, source, number, over_udp=over_udp)
            for _ in range(dice.choice((1, 1, 1, 3))):
                assert fast.ask(packet, source, number, over_udp=over_udp) == expected, (step, packet.hex(), source)
        if dice.random() < 0.5:
            health.set(*world.health())
        else:
            change = world.change()
            board.publish(world.published, change)
    assert dict(slow.responder.answered.items()).keys() == dict(fast.responder.answered.items()).keys()
